"""What a web page says of the work that it shows: scholarly and social tags, and JSON-LD."""

from __future__ import annotations

import json
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from autonomy.library.bibliography import (
    find_doi,
    issued_from,
    people,
    person,
    sane_title,
)
from autonomy.library.normalise import one_line

MOST_TAGS = 500
VALUE_CHARS = 2_000
_TITLE_KEYS = ("citation_title", "dc.title", "dcterms.title", "og:title", "twitter:title")
_AUTHOR_KEYS = ("citation_author", "dc.creator", "dcterms.creator")
_DATE_KEYS = (
    "citation_publication_date",
    "citation_date",
    "citation_online_date",
    "dc.date",
    "dcterms.issued",
    "dcterms.date",
    "article:published_time",
    "date",
)
_DOI_KEYS = (
    "citation_doi",
    "dc.identifier.doi",
    "prism.doi",
    "dc.identifier",
    "bepress_citation_doi",
)
_CONTAINER_KEYS = (
    "citation_journal_title",
    "citation_conference_title",
    "citation_inbook_title",
)
_PLAIN = {
    "volume": "citation_volume",
    "issue": "citation_issue",
    "publisher": "citation_publisher",
}
"""CSL variables that a tag gives as they are."""


class _Tags:
    """The page's meta tags by name (lower case); one may stand several times."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._values: dict[str, list[str]] = {}
        for node in tree.css("meta")[:MOST_TAGS]:
            given = node.attributes
            key = given.get("name") or given.get("property") or given.get("itemprop")
            value = one_line(given.get("content") or "")
            if key and value:
                self._values.setdefault(key.strip().lower(), []).append(value[:VALUE_CHARS])

    def __contains__(self, key: str) -> bool:
        return key in self._values

    @property
    def scholarly(self) -> bool:
        """Whether the page is of a publication, for indexes of such."""
        return any(key.startswith("citation_") for key in self._values)

    def first(self, *keys: str) -> str:
        """The first value of the first of `keys` that is there, else empty."""
        return next((self._values[key][0] for key in keys if key in self._values), "")

    def all(self, *keys: str) -> list[str]:
        """All values of the first of `keys` that is there."""
        return next((self._values[key] for key in keys if key in self._values), [])


def metadata(tree: LexborHTMLParser) -> dict[str, Any]:
    """CSL-JSON of the work that the page shows, without `id`; of the page itself where it names
    none."""
    tags, linked = _Tags(tree), _linked_data(tree)
    csl: dict[str, Any] = {
        "title": _title(tree, tags, linked),
        "author": _authors(tags, linked),
        "issued": issued_from(tags.first(*_DATE_KEYS) or str(linked.get("datePublished") or "")),
        "DOI": find_doi(tags.first(*_DOI_KEYS)),
        **_container(tags),
        **{variable: tags.first(key) for variable, key in _PLAIN.items()},
        "page": _pages(tags),
    }
    url = tags.first("og:url", "citation_abstract_html_url") or _canonical(tree)
    if url.startswith(("http://", "https://")) and not (tags.scholarly and csl["DOI"]):
        csl["URL"] = url
    return {"type": "webpage"} | {name: value for name, value in csl.items() if value}


def _title(tree: LexborHTMLParser, tags: _Tags, linked: dict[str, Any]) -> str | None:
    node = tree.css_first("title")
    own = node.text() if node is not None else ""
    return sane_title(tags.first(*_TITLE_KEYS) or str(linked.get("headline") or "") or own)


def _authors(tags: _Tags, linked: dict[str, Any]) -> list[dict[str, str]]:
    if names := tags.all(*_AUTHOR_KEYS):
        return [found for name in names if (found := person(name))]
    # Of a site's own tag only whole names: it often has the site itself for an author.
    named = people(tags.first("author", "article:author"))
    return _linked_people(linked) or [name for name in named if "given" in name]


def _container(tags: _Tags) -> dict[str, str]:
    """What the work stands in, and its type where that tells it."""
    if container := tags.first(*_CONTAINER_KEYS):
        paper = "citation_conference_title" in tags
        kind = "paper-conference" if paper else "article-journal"
        return {"container-title": container, "type": kind}
    return {"container-title": tags.first("og:site_name")}


def _pages(tags: _Tags) -> str:
    first, last = tags.first("citation_firstpage"), tags.first("citation_lastpage")
    return f"{first}-{last}" if first and last else first


def _canonical(tree: LexborHTMLParser) -> str:
    node = tree.css_first("link[rel=canonical]")
    return (node.attributes.get("href") or "") if node is not None else ""


def _linked_data(tree: LexborHTMLParser) -> dict[str, Any]:
    """The first article of the page's JSON-LD, if any."""
    for node in tree.css('script[type="application/ld+json"]')[:10]:
        try:
            data = json.loads(node.text())
        except (ValueError, RecursionError):
            continue
        items = (
            data
            if isinstance(data, list)
            else data.get("@graph", [data])
            if isinstance(data, dict)
            else []
        )
        for item in items if isinstance(items, list) else []:
            if isinstance(item, dict) and "headline" in item:
                return item
    return {}


def _linked_people(linked: dict[str, Any]) -> list[dict[str, str]]:
    authors = linked.get("author")
    entries = authors if isinstance(authors, list) else [authors]
    names = [entry.get("name") if isinstance(entry, dict) else entry for entry in entries]
    return [
        found
        for name in names
        if isinstance(name, str) and (found := person(name)) and "given" in found
    ]
