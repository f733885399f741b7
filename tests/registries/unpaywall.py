"""Unpaywall's words for the made-up world."""

from __future__ import annotations

from typing import Any

from tests.registries.answering import Asked, Reply, file_url, reply
from tests.registries.searching import known_to

NAME = "unpaywall"


def answer(asked: Asked) -> Reply:
    if "@" not in asked.get("email"):
        message = "Please use your own email address in API calls."
        return reply({"HTTP_status_code": 422, "error": True, "message": message}, 422)
    doi = asked.path.removeprefix("/v2/").lower()
    entry = next((one for one in known_to(NAME) if one.doi == doi), None)
    if entry is None:
        message = f"'{doi}' isn't in Unpaywall."
        return reply({"HTTP_status_code": 404, "error": True, "message": message}, 404)
    place: dict[str, Any] = {
        "url": file_url(asked, entry),
        "url_for_pdf": file_url(asked, entry) if entry.open_as == "pdf" else None,
        "url_for_landing_page": f"https://doi.org/{entry.doi}",
        "license": entry.licence or None,
        "version": "publishedVersion",
        "host_type": "publisher",
    }
    places = [place] if entry.open_as else []
    return reply(
        {
            "doi": entry.doi,
            "doi_url": f"https://doi.org/{entry.doi}",
            "title": entry.title,
            "genre": "journal-article",
            "year": entry.year,
            "published_date": entry.day,
            "journal_name": entry.venue,
            "publisher": "Invented Press",
            "is_oa": bool(places),
            "best_oa_location": places[0] if places else None,
            "oa_locations": places,
            "z_authors": [
                {"raw_author_name": f"{given} {family}".strip(), "author_position": "first"}
                for given, family in entry.authors
            ],
        }
    )
