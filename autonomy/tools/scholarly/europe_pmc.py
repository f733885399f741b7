"""Europe PMC: the life sciences, with open full texts. https://europepmc.org/RestfulWebService"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from autonomy.core.works import OpenCopy, Retraction, Work
from autonomy.library.bibliography import issued, issued_from
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly.identifiers import known
from autonomy.tools.scholarly.reading import (
    MOST_AUTHORS,
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

_NOTICES = (
    ("retraction in", "retraction"),
    ("expression of concern in", "expression_of_concern"),
    ("erratum in", "correction"),
    ("corrected and republished in", "correction"),
)
BATCH = 40


class EuropePmc(Registry):
    name: ClassVar[str] = "europe_pmc"
    base: ClassVar[str] = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    pace: ClassVar[Pace] = Pace(per_minute=300, burst=5)

    async def search(self, ask: Asker, query: str, limit: int, years: Years) -> list[Work]:
        words = " ".join(re.findall(r"\w[\w'-]*", query))
        if not words:
            return []
        sought = f"({words})"
        if years:
            sought += f" AND PUB_YEAR:[{years.first or 1600} TO {years.last or 2200}]"
        return await self._found(ask, sought, limit)

    async def identify(self, ask: Asker, wanted: Mapping[str, Sequence[str]]) -> list[Work] | None:
        terms = [
            *(f'DOI:"{one}"' for one in wanted.get("doi", ()) if '"' not in one),
            *(f"(EXT_ID:{one} AND SRC:MED)" for one in wanted.get("pmid", ())),
            *(f"PMCID:{one}" for one in wanted.get("pmcid", ())),
        ]
        if not terms:
            return None
        found: list[Work] = []
        for at in range(0, len(terms), BATCH):
            some = terms[at : at + BATCH]
            found += await self._found(ask, " OR ".join(some), len(some))
        return found

    async def find(self, ask: Asker, reference: Reference, limit: int) -> list[Work]:
        words = " ".join(re.findall(r"\w[\w'-]*", reference.title))
        return await self._found(ask, f'TITLE:"{words}"', limit) if words else []

    async def citing(self, ask: Asker, work: Work, limit: int) -> list[Work] | None:
        one = work.identifiers.get("pmid")
        return await self._found(ask, f"CITES:{one}_MED", limit) if one else None

    async def _found(self, ask: Asker, query: str, limit: int) -> list[Work]:
        answer = await ask.json(
            "/search",
            {"query": query, "format": "json", "resultType": "core", "pageSize": min(limit, 100)},
        )
        listed = mapping(mapping(answer).get("resultList")).get("result")
        if not isinstance(listed, list):
            raise ask.unreadable()
        return kept([_work(record, self.base_url) for record in items(listed)])


def _work(record: Mapping[str, Any], base_url: str) -> Work | None:
    journal_info = mapping(record.get("journalInfo"))
    journal = mapping(journal_info.get("journal"))
    book = mapping(record.get("bookOrReportDetails"))
    kinds = {
        text(one).lower() for one in sequence(mapping(record.get("pubTypeList")).get("pubType"))
    }
    preprint = text(record.get("source")) == "PPR" or "preprint" in kinds
    year = number(record.get("pubYear"))
    printed = text(journal_info.get("printPublicationDate"))
    first = text(record.get("firstPublicationDate"))
    # The year of the issue is what references give.
    date = next((one for one in (printed, first) if year and one.startswith(str(year))), "")
    csl = trimmed(
        {
            "type": "article" if preprint else ("article-journal" if journal else "document"),
            "title": plain(record.get("title")).removesuffix("."),
            "author": _people(record),
            "issued": issued_from(date) or (issued(year) if year else None),
            "container-title": plain(journal.get("title")),
            "container-title-short": plain(journal.get("isoabbreviation")),
            "publisher": plain(book.get("publisher")),
            "volume": text(journal_info.get("volume")),
            "issue": text(journal_info.get("issue")),
            "page": text(record.get("pageInfo")),
            "ISSN": text(journal.get("issn")) or text(journal.get("essn")),
            "genre": "Preprint" if preprint else "",
            "DOI": known(doi=record.get("doi")).get("doi", ""),
            "PMID": text(record.get("pmid")),
            "PMCID": text(record.get("pmcid")),
        }
    )
    if not described(csl):
        return None
    identifiers = known(doi=record.get("doi"), pmid=record.get("pmid"), pmcid=record.get("pmcid"))
    source, number_ = text(record.get("source")), text(record.get("id"))
    return Work(
        csl=csl,
        identifiers=identifiers,
        providers=("europe_pmc",),
        abstract=prose(record.get("abstractText")),
        url=f"https://europepmc.org/article/{source}/{number_}" if source and number_ else "",
        copies=_copies(record, identifiers.get("pmcid", ""), base_url),
        cited_by=number(record.get("citedByCount")),
        notices=_notices(record, kinds),
    )


def _people(record: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    for one in items(mapping(record.get("authorList")).get("author"))[:MOST_AUTHORS]:
        family, given = plain(one.get("lastName")), plain(one.get("firstName"))
        literal = plain(one.get("collectiveName")) or plain(one.get("fullName"))
        if family:
            initials = " ".join(f"{letter}." for letter in plain(one.get("initials")))
            found.append(trimmed({"family": family, "given": given or initials}))
        elif literal:
            found.append({"literal": literal})
    return found


def _copies(record: Mapping[str, Any], pmcid: str, base_url: str) -> tuple[OpenCopy, ...]:
    licence = text(record.get("license"))
    found = []
    if pmcid and text(record.get("isOpenAccess")) == "Y":
        found.append(
            OpenCopy(
                url=f"{base_url}/{pmcid}/fullTextXML",
                media_type="application/xml",
                licence=licence,
                version="publishedVersion",
            )
        )
    for one in items(mapping(record.get("fullTextUrlList")).get("fullTextUrl")):
        address = text(one.get("url"))
        if text(one.get("availabilityCode")) in ("OA", "F") and address.startswith("http"):
            style = text(one.get("documentStyle"))
            found.append(
                OpenCopy(
                    url=address,
                    media_type={"pdf": "application/pdf", "html": "text/html"}.get(style, ""),
                    licence=licence,
                )
            )
    return tuple(found[:6])


def _notices(record: Mapping[str, Any], kinds: set[str]) -> tuple[Retraction, ...]:
    found = []
    for one in items(mapping(record.get("commentCorrectionList")).get("commentCorrection")):
        said = text(one.get("type")).lower()
        kind = next((kind for words, kind in _NOTICES if said.startswith(words)), "")
        if kind:
            found.append(Retraction(kind=kind, provider="europe_pmc"))
    if "retracted publication" in kinds and not any(one.kind == "retraction" for one in found):
        found.append(Retraction(kind="retraction", provider="europe_pmc"))
    return tuple(dict.fromkeys(found))
