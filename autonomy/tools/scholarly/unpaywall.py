"""Unpaywall: where a work can be read freely. https://unpaywall.org/products/api

It asks for an e-mail address and knows nothing but DOIs: without either it is not asked.
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
from autonomy.tools.scholarly.reading import items, names, number, plain, text, trimmed
from autonomy.tools.scholarly.registry import Registry, described, kept

MOST = 5
"""DOIs that it is asked for at once: each is a request."""
_TYPES = {
    "journal-article": "article-journal",
    "proceedings-article": "paper-conference",
    "book-chapter": "chapter",
    "book": "book",
    "monograph": "book",
    "posted-content": "article",
    "dissertation": "thesis",
    "report": "report",
}


class Unpaywall(Registry):
    name: ClassVar[str] = "unpaywall"
    base: ClassVar[str] = "https://api.unpaywall.org"
    pace: ClassVar[Pace] = Pace(per_minute=120, burst=5)
    """A hundred thousand a day are allowed."""

    async def identify(self, ask: Asker, wanted: Mapping[str, Sequence[str]]) -> list[Work] | None:
        dois = wanted.get("doi", ())
        if not self.account.email or not 0 < len(dois) <= MOST:
            return None
        found = []
        for one in dois:
            answer = await ask.json(f"/v2/{quote(one, safe='/')}", {"email": self.account.email})
            if answer is None:
                continue
            if not isinstance(answer, Mapping) or "doi" not in answer:
                raise ask.unreadable()
            found.append(_work(answer))
        return kept(found)


def _work(record: Mapping[str, Any]) -> Work | None:
    year = number(record.get("year"))
    genre = text(record.get("genre"))
    csl = trimmed(
        {
            "type": _TYPES.get(genre, "document"),
            "title": plain(record.get("title")),
            "author": _people(record),
            "issued": issued_from(text(record.get("published_date")))
            or (issued(year) if year else None),
            "container-title": plain(record.get("journal_name")),
            "publisher": plain(record.get("publisher")),
            "genre": "Preprint" if genre == "posted-content" else "",
            "DOI": known(doi=record.get("doi")).get("doi", ""),
        }
    )
    if not described(csl):
        return None
    return Work(
        csl=csl,
        identifiers=known(doi=record.get("doi")),
        providers=("unpaywall",),
        url=text(record.get("doi_url")),
        copies=_copies(record),
    )


def _people(record: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    for one in items(record.get("z_authors")):
        family, given = plain(one.get("family")), plain(one.get("given"))
        if family:
            found.append(trimmed({"family": family, "given": given}))
        else:
            found += names([text(one.get("raw_author_name")) or text(one.get("name"))])
    return found


def _copies(record: Mapping[str, Any]) -> tuple[OpenCopy, ...]:
    found = []
    for place in items(record.get("oa_locations")):
        pdf = text(place.get("url_for_pdf"))
        address = pdf or text(place.get("url"))
        if address.startswith("http"):
            found.append(
                OpenCopy(
                    url=address,
                    media_type="application/pdf" if pdf else "",
                    licence=text(place.get("license")),
                    version=text(place.get("version")),
                )
            )
    return tuple(found[:8])
