"""Europe PMC's words for the made-up world."""

from __future__ import annotations

import re
from typing import Any

from tests.registries.answering import Asked, Reply, reply
from tests.registries.files import jats_of
from tests.registries.searching import between, known_to, search
from tests.registries.world import Entry

NAME = "europe_pmc"


def answer(asked: Asked) -> Reply:
    if full := re.fullmatch(r"/(PMC\d+)/fullTextXML", asked.path):
        for entry in known_to(NAME):
            if entry.pmcid == full[1]:
                return Reply(200, {"Content-Type": "application/xml"}, jats_of(entry).encode())
        return Reply(404, {"Content-Type": "application/xml"}, b"")
    if asked.path != "/search":
        return Reply(404, {"Content-Type": "text/html"}, b"<p>not found</p>")
    found = _found(asked.get("query"))
    page = found[: asked.number("pageSize", 25)]
    return reply(
        {
            "version": "6.9",
            "hitCount": len(found),
            "nextCursorMark": "*",
            "request": {"queryString": asked.get("query"), "resultType": "core"},
            "resultList": {"result": [_record(entry) for entry in page]},
        }
    )


def _found(query: str) -> list[Entry]:
    all_ = known_to(NAME)
    dois = re.findall(r'DOI:"([^"]+)"', query)
    pmids = re.findall(r"EXT_ID:(\d+)", query)
    pmcids = re.findall(r"PMCID:(PMC\d+)", query)
    if dois or pmids or pmcids:
        return [
            e for e in all_ if e.doi in dois or e.pmid in pmids or (e.pmcid and e.pmcid in pmcids)
        ]
    if cited := re.fullmatch(r"CITES:(\d+)_MED", query):
        keys = {entry.key for entry in all_ if entry.pmid == cited[1]}
        return [entry for entry in all_ if keys & set(entry.cites)]
    if title := re.fullmatch(r'TITLE:"(.+)"', query):
        return search(NAME, title[1], every=True, titles=True)
    years = re.search(r"PUB_YEAR:\[(\d+) TO (\d+)\]", query)
    found = search(NAME, re.sub(r"AND PUB_YEAR:.*|[()]", "", query), every=True)
    return between(found, int(years[1]), int(years[2])) if years else found


def _record(entry: Entry) -> dict[str, Any]:
    types = ["research-article", "Journal Article"]
    corrections = {
        "retraction": "Retraction in",
        "expression_of_concern": "Expression of concern in",
        "correction": "Erratum in",
    }
    record: dict[str, Any] = {
        "id": entry.pmid,
        "source": "MED",
        "pmid": entry.pmid,
        "doi": entry.doi,
        "title": entry.title + ".",
        "authorList": {
            "author": [
                {
                    "fullName": f"{family} {given[:1]}",
                    "firstName": given,
                    "lastName": family,
                    "initials": given[:1],
                }
                if given
                else {"collectiveName": family}
                for given, family in entry.authors
            ]
        },
        "journalInfo": {
            "issue": entry.issue,
            "volume": entry.volume,
            "yearOfPublication": entry.year,
            "printPublicationDate": f"{entry.year}-{entry.month:02d}-01",
            "journal": {"title": entry.venue, "isoabbreviation": "Inv. Press", "issn": "1234-5679"},
        },
        "pubYear": str(entry.year),
        "pageInfo": entry.pages.replace("–", "-"),
        "abstractText": f"<h4>Background</h4>{entry.abstract}",
        "language": "eng",
        "pubTypeList": {"pubType": types},
        "isOpenAccess": "Y" if entry.pmcid else "N",
        "citedByCount": entry.cited_by,
        "firstPublicationDate": entry.day,
    }
    if entry.pmcid:
        record |= {"pmcid": entry.pmcid, "license": "cc by"}
    if entry.notice:
        record["commentCorrectionList"] = {
            "commentCorrection": [
                {
                    "id": "1",
                    "source": "MED",
                    "reference": "Inv. Press",
                    "type": corrections[entry.notice],
                }
            ]
        }
    return record
