"""Publications in what a learnt tool gave back: whatever names its fields have, a list of things
with titles becomes works that can be judged, kept and cited."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from autonomy.core.works import Work

LISTS = 200
"""Lists that are looked at in one answer."""
DEPTH = 8
MOST = 50
"""Works taken from one answer."""
TITLES = ("title", "display_name", "headline", "name", "paper_title", "article_title")
ABSTRACTS = ("abstract", "summary", "description", "snippet", "abstract_text", "excerpt", "text")
LINKS = ("url", "link", "landing_page_url", "html_url", "uri", "href", "web_url")
YEARS = ("year", "publication_year", "pub_year", "published", "publication_date", "date", "issued")
VENUES = ("venue", "journal", "container_title", "journal_title", "publisher", "source")
AUTHORS = ("authors", "author", "creators", "creator", "contributors", "authorships")
NAMES = ("name", "display_name", "full_name", "author")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+", re.I)
_YEAR = re.compile(r"\b(1[5-9]\d\d|20\d\d)\b")
_TAG = re.compile(r"<[^<>]{1,200}>")


def works_in(value: Any, provider: str) -> list[Work]:
    """The works that `value` lists, in its order; of several lists the one with most of them.

    Args:
        provider: who says so, as events and sources name it.
    """
    best: list[Work] = []
    for items in _lists(_opened(value)):
        found = [work for item in items[:MOST] if (work := _work(item, provider)) is not None]
        if len(found) > len(best):
            best = found
    return best


def _opened(value: Any) -> Any:
    """The data inside a tool's words, where those are JSON."""
    if isinstance(value, dict) and value.keys() == {"text"} and isinstance(value["text"], str):
        try:
            return json.loads(value["text"])
        except ValueError:
            return value
    return value


def _lists(value: Any) -> Iterator[list[dict[str, Any]]]:
    """Every list of objects, the outer ones first; one object counts as a list of one."""
    level: list[Any] = [value]
    seen = 0
    if isinstance(value, dict):
        yield [value]
    for _ in range(DEPTH):
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, list):
                objects = [entry for entry in item if isinstance(entry, dict)]
                if objects:
                    seen += 1
                    if seen > LISTS:
                        return
                    yield objects
                deeper += item[:MOST]
            elif isinstance(item, dict):
                deeper += item.values()
        level = [item for item in deeper if isinstance(item, list | dict)]


def _work(item: Mapping[str, Any], provider: str) -> Work | None:
    fields = {_folded(key): value for key, value in item.items()}
    title = _first(fields, TITLES)
    if not title or len(title) > 500:
        return None
    abstract = _first(fields, ABSTRACTS)
    doi = _doi(fields)
    link = next((t for n in LINKS if (t := _text(fields.get(n))).startswith("http")), "")
    if not (abstract or doi or link):
        return None  # a name alone is no publication
    authors = _authors(fields)
    venue = _first(fields, VENUES)
    year = _year(fields)
    kind = "article-journal" if doi or (venue and authors) else "webpage"
    csl: dict[str, Any] = {"type": kind, "title": title}
    if authors:
        csl["author"] = authors
    if year:
        csl["issued"] = {"date-parts": [[year]]}
    if venue:
        csl["container-title"] = venue
    if doi:
        csl["DOI"] = doi
    if link:
        csl["URL"] = link
    return Work(
        csl=csl,
        identifiers={"doi": doi} if doi else {},
        providers=(provider,),
        abstract=abstract[:20_000],
        url=link or (f"https://doi.org/{doi}" if doi else ""),
    )


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()).strip("_")


def _text(value: Any) -> str:
    """One line of plain text; of a list its first entry, of an object its name."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("name") or value.get("display_name") or value.get("title") or ""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return " ".join(unescape(_TAG.sub("", str(value))).split())


def _first(fields: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text for name in names if (text := _text(fields.get(name)))), "")


def _doi(fields: Mapping[str, Any]) -> str:
    """The item's own DOI, bare and in lower case: never one that stands in its text."""
    nested = fields.get("identifiers") or fields.get("ids") or fields.get("external_ids") or {}
    places = [fields.get("doi")]
    if isinstance(nested, dict):
        places += [v for k, v in nested.items() if k.lower() == "doi"]
    for value in places:
        if match := _DOI.search(_text(value)):
            return match[0].rstrip(".,;)").lower()
    return ""


def _year(fields: Mapping[str, Any]) -> int | None:
    for name in YEARS:
        value = fields.get(name)
        if isinstance(value, dict):
            value = json.dumps(value)
        if match := _YEAR.search(_text(value)):
            return int(match[0])
    return None


def _authors(fields: Mapping[str, Any]) -> list[dict[str, str]]:
    listed: Any = next((fields[n] for n in AUTHORS if fields.get(n)), [])
    if isinstance(listed, str):
        listed = re.split(r";|,? and ", listed)
    made = [_author(one) for one in (listed if isinstance(listed, list) else [listed])[:50]]
    return [author for author in made if author]


def _author(value: Any) -> dict[str, str]:
    if isinstance(value, dict):
        given = _text(value.get("given") or value.get("first_name") or value.get("firstName"))
        family = _text(value.get("family") or value.get("last_name") or value.get("lastName"))
        if family:
            return {"family": family, **({"given": given} if given else {})}
        value = next((value[n] for n in NAMES if value.get(n)), "")
    name = _text(value)
    if not name or len(name) > 120:
        return {}
    if "," in name:
        family, _, given = name.partition(",")
        return {"family": family.strip(), "given": given.strip()}
    given, _, family = name.rpartition(" ")
    return {"family": family, **({"given": given} if given else {})}
