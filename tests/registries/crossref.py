"""Crossref's words for the made-up world."""

from __future__ import annotations

from typing import Any

from tests.registries.answering import Asked, Reply, file_url, reply
from tests.registries.searching import between, known_to, search
from tests.registries.world import Entry, by_key

NAME = "crossref"
RATE = {"X-Rate-Limit-Limit": "50", "X-Rate-Limit-Interval": "1s", "X-Api-Pool": "polite"}


def answer(asked: Asked) -> Reply:
    if asked.path.startswith("/works/"):
        doi = asked.path.removeprefix("/works/").lower()
        for entry in known_to(NAME):
            if entry.doi == doi:
                return _message("work", _record(asked, entry))
        return Reply(404, {"Content-Type": "text/plain", **RATE}, b"Resource not found.")
    if asked.path != "/works":
        return Reply(404, {"Content-Type": "text/plain"}, b"Resource not found.")
    query = asked.get("query.bibliographic")
    found = search(NAME, query) if query else known_to(NAME)
    dois: set[str] = set()
    for part in filter(None, asked.get("filter").split(",")):
        kind, _, value = part.partition(":")
        if kind == "doi":
            dois.add(value)
        elif kind == "from-pub-date":
            found = between(found, int(value[:4]), None)
        elif kind == "until-pub-date":
            found = between(found, None, int(value[:4]))
        else:
            error = {"type": "filter-not-available", "value": kind, "message": "no such filter"}
            return reply(
                {"status": "failed", "message-type": "validation-failure", "message": [error]}, 400
            )
    if dois:
        found = [entry for entry in found if entry.doi in dois]
    page = found[: asked.number("rows", 20)]
    body = {
        "total-results": len(found),
        "items-per-page": 20,
        "items": [_record(asked, e) for e in page],
    }
    return _message("work-list", body)


def _message(kind: str, body: Any) -> Reply:
    whole = {"status": "ok", "message-type": kind, "message-version": "1.0.0", "message": body}
    return reply(whole, headers=RATE)


def _record(asked: Asked, entry: Entry) -> dict[str, Any]:
    record: dict[str, Any] = {
        "DOI": entry.doi,
        "type": "journal-article",
        "title": [("RETRACTED: " if entry.notice == "retraction" else "") + entry.title],
        "container-title": [entry.venue],
        "publisher": "Invented Press",
        "volume": entry.volume,
        "issue": entry.issue,
        "page": entry.pages.replace("–", "-"),
        "ISSN": ["1234-5679"],
        "language": "en",
        "author": [
            {
                "given": given,
                "family": family,
                "sequence": "first" if at == 0 else "additional",
                "affiliation": [],
            }
            if given
            else {"name": family, "sequence": "additional", "affiliation": []}
            for at, (given, family) in enumerate(entry.authors)
        ],
        "issued": {"date-parts": [[entry.year, entry.month]]},
        "published-print": {"date-parts": [[entry.year, entry.month]]},
        "created": {"date-parts": [[entry.year, entry.month, 1]]},
        "is-referenced-by-count": entry.cited_by,
        "reference": [
            {"key": f"ref{at}", "DOI": by_key(key).doi, "doi-asserted-by": "publisher"}
            for at, key in enumerate(entry.cites)
        ],
        "URL": f"https://doi.org/{entry.doi}",
    }
    if entry.abstract:
        record["abstract"] = f"<jats:title>Abstract</jats:title><jats:p>{entry.abstract}</jats:p>"
    if entry.open_as == "pdf":
        record["license"] = [
            {
                "URL": "https://creativecommons.org/licenses/by/4.0/",
                "content-version": "vor",
                "delay-in-days": 0,
            }
        ]
        record["link"] = [
            {
                "URL": file_url(asked, entry),
                "content-type": "application/pdf",
                "content-version": "vor",
                "intended-application": "text-mining",
            }
        ]
    if entry.notice:
        record["updated-by"] = [
            {
                "DOI": f"{entry.doi}.notice",
                "type": entry.notice,
                "label": entry.notice.replace("_", " ").capitalize(),
                "source": "retraction-watch" if entry.notice == "retraction" else "publisher",
                "updated": {"date-parts": [[entry.year + 2, 3, 1]]},
            }
        ]
    return record
