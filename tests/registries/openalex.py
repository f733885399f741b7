"""OpenAlex' words for the made-up world."""

from __future__ import annotations

import re
from typing import Any

from tests.registries.answering import Asked, Reply, file_url, reply
from tests.registries.searching import between, known_to, search
from tests.registries.world import Entry, by_key

NAME = "openalex"


def answer(asked: Asked) -> Reply:
    if one := re.fullmatch(r"/works/(?:doi:|https://doi\.org/)?(.+)", asked.path):
        return _single(asked, one[1])
    if asked.path != "/works":
        return reply({"error": "not found"}, 404)
    found = search(NAME, asked.get("search")) if asked.get("search") else known_to(NAME)
    for part in filter(None, asked.get("filter").split(",")):
        kind, _, value = part.partition(":")
        if kind == "publication_year":
            first, _, last = value.partition("-")
            found = between(found, _year(first), _year(last))
        elif kind == "title.search":
            found = [e for e in search(NAME, value, every=True, titles=True) if e in found]
        elif kind == "cites":
            found = [e for e in found if value in {by_key(key).openalex for key in e.cites}]
        elif kind in ("doi", "openalex", "pmid", "pmcid"):
            wanted = set(value.split("|"))
            attribute = {"doi": "doi", "openalex": "openalex", "pmid": "pmid", "pmcid": "pmcid"}[
                kind
            ]
            found = [e for e in found if getattr(e, attribute) in wanted]
        else:
            return reply({"error": "Invalid query parameters error.", "message": kind}, 400)
    if asked.get("sort") == "cited_by_count:desc":
        found = sorted(found, key=lambda entry: -entry.cited_by)
    page = found[: asked.number("per_page", 25)]
    return reply(
        {
            "meta": {"count": len(found), "page": 1, "per_page": 25, "next_cursor": None},
            "results": [_record(asked, entry) for entry in page],
            "group_by": [],
        },
        headers={"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "990"},
    )


def _year(text: str) -> int | None:
    return int(text) if text else None


def _single(asked: Asked, name: str) -> Reply:
    name = re.sub(r"^(?:pmid|pmcid):", "", name)
    for entry in known_to(NAME):
        if name in (entry.doi, entry.openalex, entry.pmid, entry.pmcid):
            return reply(_record(asked, entry))
    return reply({"error": "Not Found"}, 404)


def _record(asked: Asked, entry: Entry) -> dict[str, Any]:
    inverted: dict[str, list[int]] = {}
    for position, word in enumerate(entry.abstract.split()):
        inverted.setdefault(word, []).append(position)
    year = entry.year - 6 if entry.key == "heat.3" else entry.year
    first, _, last = entry.pages.partition("–")
    source = {
        "id": "https://openalex.org/S1",
        "display_name": "arXiv (Cornell University)" if entry.preprint else entry.venue,
        "issn_l": None if entry.preprint else "1234-5679",
        "type": "repository" if entry.preprint else "journal",
        "host_organization_name": "Invented Press",
    }
    location = {
        "is_oa": bool(entry.open_as),
        "landing_page_url": f"https://arxiv.org/abs/{entry.arxiv}"
        if entry.preprint
        else f"https://doi.org/{entry.doi}",
        "pdf_url": file_url(asked, entry) if entry.open_as == "pdf" else None,
        "license": entry.licence or None,
        "version": "submittedVersion" if entry.preprint else "publishedVersion",
        "source": source,
    }
    if entry.open_as in ("html", "jats"):
        location["landing_page_url"] = file_url(asked, entry)
    return {
        "id": f"https://openalex.org/{entry.openalex}",
        "doi": f"https://doi.org/{entry.doi}",
        "ids": {
            "openalex": f"https://openalex.org/{entry.openalex}",
            "doi": f"https://doi.org/{entry.doi}",
            **({"pmid": f"https://pubmed.ncbi.nlm.nih.gov/{entry.pmid}"} if entry.pmid else {}),
        },
        "display_name": entry.title,
        "publication_year": year,
        "publication_date": entry.day.replace(str(entry.year), str(year)),
        "type": "preprint" if entry.preprint else "article",
        "language": "en",
        "authorships": [
            {
                "author_position": "first" if at == 0 else "middle",
                "author": {"id": None, "display_name": f"{given} {family}".strip()},
                "raw_author_name": f"{given} {family}".strip(),
            }
            for at, (given, family) in enumerate(entry.authors)
        ],
        "primary_location": location,
        "locations": [location],
        "biblio": {
            "volume": entry.volume or None,
            "issue": entry.issue or None,
            "first_page": first or None,
            "last_page": last or None,
        },
        "abstract_inverted_index": inverted or None,
        "cited_by_count": entry.cited_by,
        "referenced_works": [f"https://openalex.org/{by_key(key).openalex}" for key in entry.cites],
        "is_retracted": entry.notice == "retraction",
    }
