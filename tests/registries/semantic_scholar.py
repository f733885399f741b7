"""Semantic Scholar's words for the made-up world."""

from __future__ import annotations

import json
from typing import Any

from tests.registries.answering import Asked, Reply, file_url, reply
from tests.registries.searching import between, known_to, search
from tests.registries.world import Entry

NAME = "semantic_scholar"
_ROOT = "/graph/v1/paper"


def answer(asked: Asked) -> Reply:
    rest = asked.path.removeprefix(_ROOT)
    if rest == "/search":
        found = search(NAME, asked.get("query"), every=True)
        first, _, last = asked.get("year").partition("-")
        found = between(found, int(first) if first else None, int(last) if last else None)
        if not found:
            return reply({"total": 0, "offset": 0})
        page = [_record(asked, one) for one in found[: asked.number("limit", 10)]]
        return reply({"total": len(found), "offset": 0, "data": page})
    if rest == "/search/match":
        found = search(NAME, asked.get("query"), every=True, titles=True)[:1]
        if not found:
            return reply({"error": "Title match not found"}, 404)
        return reply({"data": [_record(asked, found[0]) | {"matchScore": 120.5}]})
    if rest == "/batch" and asked.method == "POST":
        wanted = json.loads(asked.body)["ids"]
        found_each = [_one(name) for name in wanted]
        if not any(found_each):
            return reply({"error": "No valid paper ids given"}, 400)
        return reply([_record(asked, one) if one else None for one in found_each])
    if rest.endswith("/citations"):
        cited = _one(rest.removeprefix("/").removesuffix("/citations"))
        if cited is None:
            return reply({"error": "Paper not found"}, 404)
        citing = [one for one in known_to(NAME) if cited.key in one.cites]
        data = [{"citingPaper": _record(asked, one)} for one in citing]
        return reply({"offset": 0, "data": data})
    one = _one(rest.removeprefix("/"))
    return reply(_record(asked, one)) if one else reply({"error": "Paper not found"}, 404)


def _one(name: str) -> Entry | None:
    kind, _, value = name.rpartition(":")
    attribute = {"DOI": "doi", "ARXIV": "arxiv", "PMID": "pmid", "PMCID": "pmcid", "": "s2"}.get(
        kind
    )
    value = f"PMC{value}" if kind == "PMCID" else value
    found = (one for one in known_to(NAME) if attribute and getattr(one, attribute) == value)
    return next(found, None)


def _record(asked: Asked, entry: Entry) -> dict[str, Any]:
    external = {
        "DOI": entry.doi,
        "ArXiv": entry.arxiv,
        "PubMed": entry.pmid,
        "PubMedCentral": entry.pmcid.removeprefix("PMC"),
        "CorpusId": 1,
    }
    pdf = entry.open_as == "pdf"
    return {
        "paperId": entry.s2,
        "externalIds": {name: value for name, value in external.items() if value},
        "url": f"https://www.semanticscholar.org/paper/{entry.s2}",
        "title": entry.title,
        "abstract": entry.abstract or None,
        "venue": "arXiv.org" if entry.preprint else entry.venue,
        "year": entry.year,
        "publicationDate": entry.day,
        "publicationTypes": None if entry.preprint else ["JournalArticle"],
        "journal": {"name": "ArXiv" if entry.preprint else entry.venue, "volume": entry.volume, "pages": entry.pages},
        "authors": [
            {"authorId": str(at), "name": f"{given} {family}".strip()}
            for at, (given, family) in enumerate(entry.authors)
        ],
        "citationCount": entry.cited_by,
        "openAccessPdf": {"url": file_url(asked, entry) if pdf else "", "status": "GOLD" if pdf else None, "license": "CCBY" if pdf else None},
    }  # fmt: skip
