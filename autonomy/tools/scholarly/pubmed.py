"""PubMed by NCBI's E-utilities. https://www.ncbi.nlm.nih.gov/books/NBK25499/

Two requests a question: `esearch` finds numbers, `efetch` describes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from autonomy.core.works import Retraction, Work
from autonomy.library.bibliography import issued, issued_from
from autonomy.library.normalise import one_line
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly.identifiers import known, pmid
from autonomy.tools.scholarly.reading import (
    LONGEST_ABSTRACT,
    MOST_AUTHORS,
    MOST_REFERENCES,
    mapping,
    plain,
    sequence,
    text,
    trimmed,
)
from autonomy.tools.scholarly.registry import Reference, Registry, Years, described, kept

_NOTICES = {
    "RetractionIn": "retraction",
    "PartialRetractionIn": "retraction",
    "ExpressionOfConcernIn": "expression_of_concern",
    "ErratumIn": "correction",
    "CorrectedandRepublishedIn": "correction",
}
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_LANGUAGES = {"eng": "en", "fre": "fr", "ger": "de", "spa": "es", "por": "pt", "ita": "it"}
BATCH = 100


class PubMed(Registry):
    name: ClassVar[str] = "pubmed"
    base: ClassVar[str] = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
    pace: ClassVar[Pace] = Pace(per_minute=150, burst=2)
    """Three a second are allowed."""
    keyed_pace: ClassVar[Pace | None] = Pace(per_minute=500, burst=5)

    def _with(self, **params: str | int) -> dict[str, str | int]:
        params |= {"db": "pubmed", "tool": "handywriterz"}
        if self.account.email:
            params["email"] = self.account.email
        if self.account.key:
            params["api_key"] = self.account.key
        return params

    async def search(self, ask: Asker, query: str, limit: int, years: Years) -> list[Work]:
        words = " ".join(re.findall(r"\w[\w'-]*", query))
        if not words:
            return []
        more: dict[str, str | int] = {}
        if years:
            more = {
                "datetype": "pdat",
                "mindate": str(years.first or 1600),
                "maxdate": str(years.last or 2200),
            }
        return await self._described(ask, await self._numbers(ask, words, limit, **more))

    async def identify(self, ask: Asker, wanted: Mapping[str, Sequence[str]]) -> list[Work] | None:
        numbers = list(wanted.get("pmid", ()))
        dois = [one for one in wanted.get("doi", ()) if not re.search(r'["\[\]]', one)]
        if not numbers and not dois:
            return None
        for at in range(0, len(dois), BATCH):
            some = dois[at : at + BATCH]
            term = " OR ".join(f'"{one}"[AID]' for one in some)
            numbers += await self._numbers(ask, term, len(some))
        return await self._described(ask, list(dict.fromkeys(numbers)))

    async def find(self, ask: Asker, reference: Reference, limit: int) -> list[Work]:
        words = " ".join(re.findall(r"\w[\w'-]*", reference.title))
        if not words:
            return []
        return await self._described(ask, await self._numbers(ask, f"{words}[Title]", limit))

    async def _numbers(self, ask: Asker, term: str, limit: int, **more: str | int) -> list[str]:
        params = self._with(term=term, retmode="json", retmax=limit, sort="relevance", **more)
        result = mapping(mapping(await ask.json("/esearch.fcgi", params)).get("esearchresult"))
        if "ERROR" in result or not isinstance(result.get("idlist"), list):
            raise ask.unreadable()
        return [found for one in sequence(result["idlist"]) if (found := pmid(one))]

    async def _described(self, ask: Asker, numbers: Sequence[str]) -> list[Work]:
        found: list[Work] = []
        for at in range(0, len(numbers), BATCH):
            some = numbers[at : at + BATCH]
            root = await ask.xml("/efetch.fcgi", self._with(id=",".join(some), retmode="xml"))
            if root is None or root.tag != "PubmedArticleSet":
                raise ask.unreadable()
            found += kept([_work(one) for one in root.findall("PubmedArticle")])
        order = {number: at for at, number in enumerate(numbers)}
        return sorted(found, key=lambda work: order.get(work.identifiers.get("pmid", ""), 10**6))


def _all(element: Any) -> str:
    """The text of an element with that of the markup inside it."""
    return one_line("".join(element.itertext())) if element is not None else ""


def _at(element: Any, path: str) -> str:
    return _all(element.find(path)) if element is not None else ""


def _work(article: Any) -> Work | None:
    citation = article.find("MedlineCitation")
    described_in = citation.find("Article") if citation is not None else None
    if described_in is None:
        return None
    journal = described_in.find("Journal")
    ids = {
        one.get("IdType"): _all(one)
        for one in article.findall("PubmedData/ArticleIdList/ArticleId")
    }
    electronic = next(
        (_all(one) for one in described_in.findall("ELocationID") if one.get("EIdType") == "doi"),
        "",
    )
    identifiers = known(
        pmid=_at(citation, "PMID"), doi=ids.get("doi") or electronic, pmcid=ids.get("pmc")
    )
    kinds = {_all(one) for one in described_in.findall("PublicationTypeList/PublicationType")}
    language = _at(described_in, "Language")
    csl = trimmed(
        {
            "type": "article" if "Preprint" in kinds else "article-journal",
            "title": plain(_at(described_in, "ArticleTitle")).removesuffix("."),
            "author": _people(described_in),
            "issued": _issued(described_in),
            "container-title": plain(_at(journal, "Title")),
            "container-title-short": plain(_at(journal, "ISOAbbreviation")),
            "volume": _at(journal, "JournalIssue/Volume"),
            "issue": _at(journal, "JournalIssue/Issue"),
            "page": _at(described_in, "Pagination/MedlinePgn")
            or "-".join(
                filter(
                    None,
                    (
                        _at(described_in, "Pagination/StartPage"),
                        _at(described_in, "Pagination/EndPage"),
                    ),
                )
            ),
            "ISSN": _at(journal, "ISSN"),
            "language": _LANGUAGES.get(language, language),
            "genre": "Preprint" if "Preprint" in kinds else "",
            "DOI": identifiers.get("doi", ""),
            "PMID": identifiers.get("pmid", ""),
            "PMCID": identifiers.get("pmcid", ""),
        }
    )
    if not described(csl) or "pmid" not in identifiers:
        return None
    return Work(
        csl=csl,
        identifiers=identifiers,
        providers=("pubmed",),
        abstract=_abstract(described_in),
        url=f"https://pubmed.ncbi.nlm.nih.gov/{identifiers['pmid']}/",
        references=_references(article),
        notices=_notices(citation, kinds),
    )


def _people(article: Any) -> list[dict[str, str]]:
    found = []
    for one in article.findall("AuthorList/Author")[:MOST_AUTHORS]:
        family, group = _at(one, "LastName"), _at(one, "CollectiveName")
        given = _at(one, "ForeName") or _at(one, "Initials")
        if family:
            found.append(trimmed({"family": family, "given": given, "suffix": _at(one, "Suffix")}))
        elif group:
            found.append({"literal": group})
    return found


def _issued(article: Any) -> dict[str, Any] | None:
    date = article.find("Journal/JournalIssue/PubDate")
    if date is None:
        return None
    year = _at(date, "Year")
    if not re.fullmatch(r"\d{4}", year):
        return issued_from(_at(date, "MedlineDate"))
    said = _at(date, "Month").lower()
    month = int(said) if re.fullmatch(r"0?[1-9]|1[0-2]", said) else None
    if said[:3] in _MONTHS:
        month = _MONTHS.index(said[:3]) + 1
    day = _at(date, "Day")
    return issued(year, month, int(day) if re.fullmatch(r"[0-3]?\d", day) and int(day) else None)


def _abstract(article: Any) -> str:
    parts = []
    for one in article.findall("Abstract/AbstractText"):
        label, said = text(one.get("Label")), _all(one)
        if said:
            parts.append(f"{label.capitalize()}: {said}" if label else said)
    return "\n".join(parts)[:LONGEST_ABSTRACT]


def _references(article: Any) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for one in article.findall("PubmedData/ReferenceList/Reference"):
        ids = {each.get("IdType"): _all(each) for each in one.findall("ArticleIdList/ArticleId")}
        named = known(doi=ids.get("doi"), pmid=ids.get("pubmed"))
        for kind in ("doi", "pmid"):
            if kind in named:
                found.setdefault(f"{kind}:{named[kind]}")
                break
    return tuple(found)[:MOST_REFERENCES]


def _notices(citation: Any, kinds: set[str]) -> tuple[Retraction, ...]:
    found = []
    for one in citation.findall("CommentsCorrectionsList/CommentsCorrections"):
        kind = _NOTICES.get(one.get("RefType", ""))
        if kind:
            source = _at(one, "RefSource")
            named = known(doi=source if "10." in source else "")
            found.append(Retraction(kind=kind, doi=named.get("doi", ""), provider="pubmed"))
    if "Retracted Publication" in kinds and not any(one.kind == "retraction" for one in found):
        found.append(Retraction(kind="retraction", provider="pubmed"))
    return tuple(dict.fromkeys(found))
