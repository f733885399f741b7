"""Crossref: what publishers register with their DOIs. https://api.crossref.org"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from autonomy.core.csl import normal_doi
from autonomy.core.works import OpenCopy, Retraction, Work
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly.identifiers import known
from autonomy.tools.scholarly.reading import (
    MOST_AUTHORS,
    MOST_REFERENCES,
    dated,
    iso,
    items,
    mapping,
    number,
    plain,
    prose,
    sequence,
    text,
    trimmed,
)
from autonomy.tools.scholarly.registry import Reference, Registry, Years, described, kept

_TYPES = {
    "journal-article": "article-journal",
    "proceedings-article": "paper-conference",
    "book": "book",
    "monograph": "book",
    "edited-book": "book",
    "reference-book": "book",
    "book-chapter": "chapter",
    "book-section": "chapter",
    "book-part": "chapter",
    "reference-entry": "entry-encyclopedia",
    "dissertation": "thesis",
    "report": "report",
    "report-component": "report",
    "posted-content": "article",
    "dataset": "dataset",
    "standard": "standard",
    "peer-review": "review",
}
_NOTICES = {
    "retraction": "retraction",
    "partial_retraction": "retraction",
    "removal": "withdrawal",
    "withdrawal": "withdrawal",
    "expression_of_concern": "expression_of_concern",
    "correction": "correction",
    "corrigendum": "correction",
    "erratum": "correction",
}
_MARKED = re.compile(
    r"\W*(retracted|withdrawn)(?:\s+(?:article|paper|chapter))?\s*[:\])–—-]+\s*", re.I
)
"""What publishers put before the title of a work that they have taken back."""
_ROLES = ("author", "editor", "translator")
BATCH = 40
"""DOIs in one question: the address stays under 4 KB."""


class Crossref(Registry):
    name: ClassVar[str] = "crossref"
    base: ClassVar[str] = "https://api.crossref.org"
    pace: ClassVar[Pace] = Pace(per_minute=120, burst=2)
    """Of the polite pool's lists; the headers say what holds now."""

    def _secrets(self) -> Mapping[str, str]:
        key = self.account.key
        return {"Crossref-Plus-API-Token": f"Bearer {key}"} if key else {}

    def _polite(self, **params: str | int) -> dict[str, str | int]:
        if self.account.email:
            params["mailto"] = self.account.email
        return params

    async def search(self, ask: Asker, query: str, limit: int, years: Years) -> list[Work]:
        filters = []
        if years.first is not None:
            filters.append(f"from-pub-date:{years.first}")
        if years.last is not None:
            filters.append(f"until-pub-date:{years.last}")
        params = self._polite(rows=limit)
        params["query.bibliographic"] = query
        if filters:
            params["filter"] = ",".join(filters)
        return self._listed(ask, await ask.json("/works", params))

    async def identify(self, ask: Asker, wanted: Mapping[str, Sequence[str]]) -> list[Work] | None:
        # DOIs of arXiv are registered elsewhere.
        dois = [one for one in wanted.get("doi", ()) if not one.startswith("10.48550/")]
        if not dois:
            return None
        if len(dois) == 1:
            answer = await ask.json(f"/works/{quote(dois[0], safe='/')}", self._polite())
            if answer is None:
                return []
            message = mapping(answer).get("message")
            if not isinstance(message, Mapping):
                raise ask.unreadable()
            return kept([_work(message)])
        found: list[Work] = []
        for at in range(0, len(dois), BATCH):
            some = dois[at : at + BATCH]
            filters = ",".join(f"doi:{one}" for one in some)
            params = self._polite(filter=filters, rows=len(some))
            found += self._listed(ask, await ask.json("/works", params))
        return found

    async def find(self, ask: Asker, reference: Reference, limit: int) -> list[Work]:
        return await self.search(ask, reference.words, limit, Years())

    def _listed(self, ask: Asker, answer: Any) -> list[Work]:
        listed = mapping(mapping(answer).get("message")).get("items")
        if not isinstance(listed, list):
            raise ask.unreadable()
        return kept([_work(record) for record in items(listed)])


def _work(record: Mapping[str, Any]) -> Work | None:
    kind = text(record.get("type"))
    pages = text(record.get("page"))
    title = _unmarked(plain(record.get("title")))
    subtitle = plain(record.get("subtitle"))
    if subtitle and subtitle.lower() not in title.lower():
        title = f"{title}: {subtitle}"
    people = {role: _people(record.get(role)) for role in _ROLES}
    csl = trimmed(
        {
            "type": _TYPES.get(kind, "document"),
            "title": title,
            **people,
            "issued": _issued(record),
            "container-title": plain(record.get("container-title")),
            "container-title-short": plain(record.get("short-container-title")),
            "publisher": plain(record.get("publisher")),
            "publisher-place": plain(record.get("publisher-location")),
            "volume": text(record.get("volume")),
            "issue": text(record.get("issue")),
            "page": pages,
            "number": "" if pages else text(record.get("article-number")),
            "edition": text(record.get("edition-number")),
            "ISSN": text(record.get("ISSN")),
            "ISBN": text(record.get("ISBN")).rpartition("/")[2],
            "language": text(record.get("language")),
            "genre": "Preprint" if kind == "posted-content" else "",
            "event-title": plain(mapping(record.get("event")).get("name")),
            "DOI": normal_doi(record.get("DOI")),
        }
    )
    if not described(csl):
        return None
    pre, post = _related(record)
    return Work(
        csl=csl,
        identifiers=known(doi=record.get("DOI")),
        providers=("crossref",),
        abstract=prose(record.get("abstract")),
        url=f"https://doi.org/{csl['DOI']}" if "DOI" in csl else "",
        copies=_copies(record),
        cited_by=number(record.get("is-referenced-by-count")),
        references=_references(record),
        notices=_notices(record),
        versions=tuple(f"doi:{one}" for one in (*pre, *post)),
    )


def _unmarked(title: str) -> str:
    marked = _MARKED.match(title)
    return title[marked.end() :] if marked else title


def _people(listed: Any) -> list[dict[str, str]]:
    found = []
    for one in items(listed)[:MOST_AUTHORS]:
        family, given = plain(one.get("family")), plain(one.get("given"))
        literal = plain(one.get("name"))
        if family:
            found.append(
                trimmed({"family": family, "given": given, "suffix": plain(one.get("suffix"))})
            )
        elif literal or given:
            found.append({"literal": literal or given})
    return found


def _issued(record: Mapping[str, Any]) -> dict[str, Any] | None:
    # Print is what references give; `issued` is the earliest of all and may be years before.
    for name in ("published-print", "published", "issued", "published-online", "created"):
        date = dated(record.get(name))
        if date is not None:
            return date
    return None


def _copies(record: Mapping[str, Any]) -> tuple[OpenCopy, ...]:
    """Links that are free to read: only where a licence says so."""
    licences = [
        (text(one.get("URL")), text(one.get("content-version")))
        for one in items(record.get("license"))
        if "creativecommons.org" in text(one.get("URL"))
    ]
    if not licences:
        return ()
    versions = {"vor": "publishedVersion", "am": "acceptedVersion"}
    found = []
    for link in items(record.get("link")):
        address, version = text(link.get("URL")), text(link.get("content-version"))
        licence = next((url for url, of in licences if of in (version, "unspecified")), "")
        if address.startswith("http") and licence:
            found.append(
                OpenCopy(
                    url=address,
                    media_type=text(link.get("content-type")).replace("unspecified", ""),
                    licence=licence,
                    version=versions.get(version, ""),
                )
            )
    return tuple(found[:6])


def _references(record: Mapping[str, Any]) -> tuple[str, ...]:
    cited = (normal_doi(one.get("DOI")) for one in items(record.get("reference")))
    return tuple(dict.fromkeys(f"doi:{one}" for one in cited if one))[:MOST_REFERENCES]


def _notices(record: Mapping[str, Any]) -> tuple[Retraction, ...]:
    found = []
    for notice in items(record.get("updated-by")):
        kind = _NOTICES.get(text(notice.get("type")).lower().replace("-", "_").replace(" ", "_"))
        if kind:
            found.append(
                Retraction(
                    kind=kind,
                    date=iso(notice.get("updated")),
                    doi=normal_doi(notice.get("DOI")),
                    provider="crossref",
                )
            )
    said = _MARKED.match(plain(record.get("title")))
    if said and not any(one.ends for one in found):
        # Publishers put it before the title, often without a notice of its own.
        kind = "retraction" if said[1].lower() == "retracted" else "withdrawal"
        found.append(Retraction(kind=kind, provider="crossref"))
    return tuple(found)


def _related(record: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    relation = mapping(record.get("relation"))

    def of(kind: str) -> list[str]:
        return [
            found
            for one in items(sequence(relation.get(kind)))
            if text(one.get("id-type")) == "doi" and (found := normal_doi(one.get("id")))
        ]

    return of("has-preprint"), of("is-preprint-of")
