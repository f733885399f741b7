"""Semantic Scholar's academic graph. https://api.semanticscholar.org/api-docs/graph

Callers without a key share one rate, so an answer of 429 is nothing unusual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from autonomy.core.works import OpenCopy, Work
from autonomy.library.bibliography import issued, issued_from
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly.identifiers import known
from autonomy.tools.scholarly.reading import (
    items,
    mapping,
    names,
    number,
    plain,
    prose,
    sequence,
    text,
    trimmed,
)
from autonomy.tools.scholarly.registry import Reference, Registry, Years, described, kept

_FIELDS = (
    "externalIds,url,title,abstract,venue,year,publicationDate,publicationTypes,journal,authors,"
    "citationCount,openAccessPdf"
)
_TYPES = {
    "JournalArticle": "article-journal",
    "Review": "article-journal",
    "Conference": "paper-conference",
    "Book": "book",
    "BookSection": "chapter",
    "Dataset": "dataset",
}
_NAMED = {"doi": "DOI", "arxiv": "ARXIV", "pmid": "PMID", "pmcid": "PMCID", "semantic_scholar": ""}
BATCH = 200


class SemanticScholar(Registry):
    name: ClassVar[str] = "semantic_scholar"
    base: ClassVar[str] = "https://api.semanticscholar.org"
    pace: ClassVar[Pace] = Pace(per_minute=20)
    keyed_pace: ClassVar[Pace | None] = Pace(per_minute=55)
    """One request a second, over all of its endpoints."""

    def _secrets(self) -> Mapping[str, str]:
        return {"x-api-key": self.account.key} if self.account.key else {}

    async def search(self, ask: Asker, query: str, limit: int, years: Years) -> list[Work]:
        params: dict[str, str | int] = {
            # It takes no operators; a hyphen makes a word that nothing has.
            "query": query.replace("-", " "),
            "limit": min(limit, 100),
            "fields": _FIELDS,
        }
        if years:
            params["year"] = f"{years.first or ''}-{years.last or ''}"
        return self._listed(ask, await ask.json("/graph/v1/paper/search", params))

    async def identify(self, ask: Asker, wanted: Mapping[str, Sequence[str]]) -> list[Work] | None:
        ids = [
            f"{prefix}:{one.removeprefix('PMC') if kind == 'pmcid' else one}" if prefix else one
            for kind, prefix in _NAMED.items()
            for one in wanted.get(kind, ())
        ]
        if not ids:
            return None
        if len(ids) == 1:
            answer = await ask.json(
                f"/graph/v1/paper/{quote(ids[0], safe=':/')}", {"fields": _FIELDS}
            )
            if answer is None:
                return []
            if not isinstance(answer, Mapping) or "paperId" not in answer:
                raise ask.unreadable()
            return kept([_work(answer)])
        found: list[Work] = []
        for at in range(0, len(ids), BATCH):
            answer = await ask.json(
                "/graph/v1/paper/batch",
                {"fields": _FIELDS},
                body={"ids": ids[at : at + BATCH]},
                # It says 400 when it knows none of them.
                unknown=frozenset({400, 404}),
            )
            if answer is None:
                continue
            if not isinstance(answer, list):
                raise ask.unreadable()
            found += kept([_work(record) for record in items(answer)])
        return found

    async def find(self, ask: Asker, reference: Reference, limit: int) -> list[Work]:
        answer = await ask.json(
            "/graph/v1/paper/search/match",
            {"query": reference.title.replace("-", " "), "fields": _FIELDS},
        )
        return [] if answer is None else self._listed(ask, answer)

    async def citing(self, ask: Asker, work: Work, limit: int) -> list[Work] | None:
        for kind in ("semantic_scholar", "doi", "arxiv", "pmid"):
            if kind in work.identifiers:
                named = ":".join(filter(None, (_NAMED[kind], work.identifiers[kind])))
                break
        else:
            return None
        answer = await ask.json(
            f"/graph/v1/paper/{quote(named, safe=':/')}/citations",
            {"fields": _FIELDS, "limit": min(limit, 100)},
        )
        if answer is None:
            return []
        listed = mapping(answer).get("data")
        if not isinstance(listed, list):
            raise ask.unreadable()
        return kept([_work(mapping(one.get("citingPaper"))) for one in items(listed)])

    def _listed(self, ask: Asker, answer: Any) -> list[Work]:
        told = mapping(answer)
        if told.get("total") == 0:
            return []  # Then there is no `data`.
        listed = told.get("data")
        if not isinstance(listed, list):
            raise ask.unreadable()
        return kept([_work(record) for record in items(listed)])


def _work(record: Mapping[str, Any]) -> Work | None:
    external = mapping(record.get("externalIds"))
    journal = mapping(record.get("journal"))
    kinds = [text(kind) for kind in sequence(record.get("publicationTypes"))]
    venue = plain(journal.get("name")) or plain(record.get("venue"))
    preprint = "arxiv" in venue.lower() or "rxiv" in venue.lower()
    year = number(record.get("year"))
    kind = next((_TYPES[one] for one in kinds if one in _TYPES), "")
    csl = trimmed(
        {
            "type": "article" if preprint else kind or ("article-journal" if venue else "document"),
            "title": plain(record.get("title")),
            "author": names([text(one.get("name")) for one in items(record.get("authors"))]),
            "issued": issued_from(text(record.get("publicationDate")))
            or (issued(year) if year else None),
            "container-title": "" if preprint else venue,
            "volume": "" if preprint else text(journal.get("volume")),
            "page": "" if preprint else text(journal.get("pages")),
            "genre": "Preprint" if preprint else "",
            "DOI": known(doi=external.get("DOI")).get("doi", ""),
        }
    )
    if not described(csl):
        return None
    pdf = mapping(record.get("openAccessPdf"))
    address = text(pdf.get("url"))
    copies = (
        (OpenCopy(url=address, media_type="application/pdf", licence=text(pdf.get("license"))),)
        if address.startswith("http")
        else ()
    )
    return Work(
        csl=csl,
        identifiers=known(
            semantic_scholar=record.get("paperId"),
            doi=external.get("DOI"),
            arxiv=external.get("ArXiv"),
            pmid=external.get("PubMed"),
            pmcid=external.get("PubMedCentral"),
        ),
        providers=("semantic_scholar",),
        abstract=prose(record.get("abstract")),
        url=text(record.get("url")),
        copies=copies,
        cited_by=number(record.get("citationCount")),
    )
