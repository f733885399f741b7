"""OpenAlex: an open index of works and what they cite. https://developers.openalex.org

Without a key a few searches a day are free; looking up single works always is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from autonomy.core.csl import normal_doi
from autonomy.core.works import OpenCopy, Retraction, Work
from autonomy.library.bibliography import issued, issued_from
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly.identifiers import arxiv, known, openalex
from autonomy.tools.scholarly.reading import (
    MOST_REFERENCES,
    items,
    mapping,
    names,
    number,
    plain,
    sequence,
    text,
    trimmed,
    unfolded,
)
from autonomy.tools.scholarly.registry import Reference, Registry, Years, described, kept

_TYPES = {
    "article": "article-journal",
    "review": "article-journal",
    "letter": "article-journal",
    "editorial": "article-journal",
    "erratum": "article-journal",
    "preprint": "article",
    "book": "book",
    "book-chapter": "chapter",
    "dissertation": "thesis",
    "report": "report",
    "dataset": "dataset",
    "standard": "standard",
    "reference-entry": "entry-encyclopedia",
    "peer-review": "review",
}
_FIELDS = (
    "id,doi,ids,display_name,publication_year,publication_date,type,language,authorships,"
    "primary_location,locations,biblio,abstract_inverted_index,cited_by_count,referenced_works,"
    "is_retracted"
)
BATCH = 50
"""Identifiers in one question."""


class OpenAlex(Registry):
    name: ClassVar[str] = "openalex"
    base: ClassVar[str] = "https://api.openalex.org"
    pace: ClassVar[Pace] = Pace(per_minute=300, burst=5)
    keyed_pace: ClassVar[Pace | None] = Pace(per_minute=1_200, burst=10)

    def _with(self, **params: str | int) -> dict[str, str | int]:
        if self.account.email:
            params["mailto"] = self.account.email
        if self.account.key:
            params["api_key"] = self.account.key
        return params

    async def search(self, ask: Asker, query: str, limit: int, years: Years) -> list[Work]:
        params = self._with(search=_words(query), per_page=min(limit, 100), select=_FIELDS)
        if years:
            params["filter"] = f"publication_year:{years.first or ''}-{years.last or ''}"
        return self._listed(ask, await ask.json("/works", params))

    async def identify(self, ask: Asker, wanted: Mapping[str, Sequence[str]]) -> list[Work] | None:
        sought = {
            "doi": [
                *wanted.get("doi", ()),
                *(f"10.48550/arxiv.{one}" for one in wanted.get("arxiv", ())),
            ],
            "openalex": wanted.get("openalex", ()),
            "pmid": wanted.get("pmid", ()),
            "pmcid": wanted.get("pmcid", ()),
        }
        total = sum(map(len, sought.values()))
        if not total:
            return None
        if total == 1:
            kind, one = next((kind, ids[0]) for kind, ids in sought.items() if ids)
            # Looking up one work costs nothing; a list counts against the day's allowance.
            named = one if kind == "openalex" else f"{kind}:{one}"
            answer = await ask.json(f"/works/{named}", self._with(select=_FIELDS))
            if answer is None:
                return []
            if not isinstance(answer, Mapping) or "id" not in answer:
                raise ask.unreadable()
            return kept([_work(answer)])
        found: list[Work] = []
        for kind, ids in sought.items():
            for at in range(0, len(ids), BATCH):
                some = ids[at : at + BATCH]
                params = self._with(
                    filter=f"{kind}:{'|'.join(some)}", per_page=len(some), select=_FIELDS
                )
                found += self._listed(ask, await ask.json("/works", params))
        return found

    async def find(self, ask: Asker, reference: Reference, limit: int) -> list[Work]:
        # A comma would begin the next filter.
        params = self._with(
            filter=f"title.search:{_words(reference.title)}", per_page=limit, select=_FIELDS
        )
        return self._listed(ask, await ask.json("/works", params))

    async def citing(self, ask: Asker, work: Work, limit: int) -> list[Work] | None:
        number_ = work.identifiers.get("openalex")
        if not number_:
            return None
        params = self._with(
            filter=f"cites:{number_}",
            sort="cited_by_count:desc",
            per_page=min(limit, 100),
            select=_FIELDS,
        )
        return self._listed(ask, await ask.json("/works", params))

    def _listed(self, ask: Asker, answer: Any) -> list[Work]:
        listed = mapping(answer).get("results")
        if not isinstance(listed, list):
            raise ask.unreadable()
        return kept([_work(record) for record in items(listed)])


def _words(query: str) -> str:
    """Without what its query language would read as operators."""
    return " ".join("".join(c if c.isalnum() or c in "-'" else " " for c in query).split())


def _work(record: Mapping[str, Any]) -> Work | None:
    biblio = mapping(record.get("biblio"))
    first, last = text(biblio.get("first_page")), text(biblio.get("last_page"))
    primary = mapping(record.get("primary_location"))
    source = mapping(primary.get("source"))
    locations = items(record.get("locations")) or [primary]
    preprint = text(record.get("type")) == "preprint"
    place = text(source.get("type"))
    kind = _TYPES.get(text(record.get("type")), "document")
    if kind == "article-journal" and place == "conference":
        kind = "paper-conference"
    if kind == "article-journal" and place == "repository":
        kind, preprint = "article", True
    year = number(record.get("publication_year"))
    date = issued_from(text(record.get("publication_date"))) or (issued(year) if year else None)
    csl = trimmed(
        {
            "type": kind,
            "title": plain(record.get("display_name")),
            "author": _authors(record),
            "issued": date,
            "container-title": "" if preprint else plain(source.get("display_name")),
            "publisher": plain(source.get("host_organization_name")),
            "volume": text(biblio.get("volume")),
            "issue": text(biblio.get("issue")),
            "page": f"{first}–{last}" if last and last != first else first,
            "ISSN": text(source.get("issn_l")),
            "language": text(record.get("language")),
            "genre": "Preprint" if preprint else "",
            "DOI": normal_doi(record.get("doi")),
        }
    )
    if not described(csl):
        return None
    ids = mapping(record.get("ids"))
    pages = (text(one.get("landing_page_url")) for one in locations)
    on_arxiv = next((one for page in pages if "arxiv.org" in page and (one := arxiv(page))), "")
    return Work(
        csl=csl,
        identifiers=known(
            openalex=record.get("id"),
            doi=record.get("doi"),
            pmid=ids.get("pmid"),
            pmcid=ids.get("pmcid"),
            arxiv=on_arxiv,
        ),
        providers=("openalex",),
        abstract=unfolded(record.get("abstract_inverted_index")),
        url=text(primary.get("landing_page_url")) or text(record.get("id")),
        copies=_copies(locations),
        cited_by=number(record.get("cited_by_count")),
        references=tuple(
            f"openalex:{one}"
            for cited in sequence(record.get("referenced_works"))[:MOST_REFERENCES]
            if (one := openalex(cited))
        ),
        notices=(
            (Retraction(kind="retraction", provider="openalex"),)
            if record.get("is_retracted") is True
            else ()
        ),
    )


def _authors(record: Mapping[str, Any]) -> list[dict[str, str]]:
    listed = items(record.get("authorships"))
    # The raw name is what the work says; the display name is an author's, over all works.
    return names(
        [
            text(mapping(one.get("author")).get("display_name")) or text(one.get("raw_author_name"))
            for one in listed
        ]
    )


def _copies(locations: Sequence[Mapping[str, Any]]) -> tuple[OpenCopy, ...]:
    found = []
    for place in locations:
        address = text(place.get("pdf_url")) or text(place.get("landing_page_url"))
        if place.get("is_oa") is True and address.startswith("http"):
            found.append(
                OpenCopy(
                    url=address,
                    media_type="application/pdf" if place.get("pdf_url") else "",
                    licence=text(place.get("license")),
                    version=text(place.get("version")),
                )
            )
    return tuple(found[:6])
