"""arXiv: preprints, as Atom. https://info.arxiv.org/help/api/user-manual.html"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from autonomy.core.csl import normal_doi
from autonomy.core.works import OpenCopy, Retraction, Work
from autonomy.library.bibliography import issued_from
from autonomy.library.normalise import one_line
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.lines import Unanswered
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly import identifiers
from autonomy.tools.scholarly.identifiers import known
from autonomy.tools.scholarly.reading import names, plain, prose, trimmed
from autonomy.tools.scholarly.registry import Reference, Registry, Years, described, kept

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_SMALL = frozenset("a an and are as at by for from in is of on or that the to with".split())
MOST_WORDS = 12
"""Of a query: each is one more condition."""
BATCH = 50


class Arxiv(Registry):
    name: ClassVar[str] = "arxiv"
    base: ClassVar[str] = "https://export.arxiv.org"
    pace: ClassVar[Pace] = Pace(per_minute=20)
    """One request each three seconds is what its terms ask for."""

    async def search(self, ask: Asker, query: str, limit: int, years: Years) -> list[Work]:
        words = [w for w in re.findall(r"\w[\w-]*", query.lower()) if w not in _SMALL][:MOST_WORDS]
        if not words:
            return []
        sought = " AND ".join(f"all:{word}" for word in words)
        if years:
            first, last = years.first or 1991, years.last or 2199
            sought = f"({sought}) AND submittedDate:[{first}01010000 TO {last}12312359]"
        return await self._entries(
            ask, search_query=sought, start=0, max_results=limit, sortBy="relevance"
        )

    async def identify(self, ask: Asker, wanted: Mapping[str, Sequence[str]]) -> list[Work] | None:
        ids = wanted.get("arxiv", ())
        if not ids:
            return None
        found: list[Work] = []
        for at in range(0, len(ids), BATCH):
            some = ids[at : at + BATCH]
            found += await self._entries(ask, id_list=",".join(some), max_results=len(some))
        return found

    async def find(self, ask: Asker, reference: Reference, limit: int) -> list[Work]:
        words = " ".join(re.findall(r"\w[\w-]*", reference.title))
        if not words:
            return []
        return await self._entries(ask, search_query=f'ti:"{words}"', start=0, max_results=limit)

    async def _entries(self, ask: Asker, **params: str | int) -> list[Work]:
        root = await ask.xml("/api/query", params)
        if root is None or root.tag != f"{_ATOM}feed":
            raise ask.unreadable()
        entries = root.findall(f"{_ATOM}entry")
        if len(entries) == 1 and "/api/errors" in _text(entries[0], f"{_ATOM}id"):
            raise _misunderstood(ask)
        return kept([_work(entry) for entry in entries])


def _misunderstood(ask: Asker) -> Unanswered:
    return ask.unreadable("It reported an error in place of works.")


def _text(element: Any, path: str) -> str:
    found = element.find(path)
    return one_line("".join(found.itertext())) if found is not None else ""


def _work(entry: Any) -> Work | None:
    number = identifiers.arxiv(_text(entry, f"{_ATOM}id"))
    title = plain(_text(entry, f"{_ATOM}title"))
    if not number or title.lower() == "error":
        return None
    published = normal_doi(_text(entry, f"{_ARXIV}doi"))
    own = f"10.48550/arxiv.{number}"
    summary = prose(_text(entry, f"{_ATOM}summary"))
    comment = _text(entry, f"{_ARXIV}comment")
    csl = trimmed(
        {
            "type": "article",
            "title": title,
            "author": names(
                [_text(one, f"{_ATOM}name") for one in entry.findall(f"{_ATOM}author")]
            ),
            "issued": issued_from(_text(entry, f"{_ATOM}published")),
            "publisher": "arXiv",
            "number": f"arXiv:{number}",
            "genre": "Preprint",
            "DOI": own,
            "URL": f"https://arxiv.org/abs/{number}",
        }
    )
    if not described(csl):
        return None
    links = entry.findall(f"{_ATOM}link")
    licence = next((one.get("href", "") for one in links if one.get("rel") == "license"), "")
    pdf = next((one.get("href", "") for one in links if one.get("title") == "pdf"), "")
    withdrawn = re.search(r"\b(?:has been|was|is) withdrawn\b", f"{comment} {summary[:200]}", re.I)
    return Work(
        csl=csl,
        identifiers=known(arxiv=number, doi=own),
        providers=("arxiv",),
        abstract=summary,
        url=f"https://arxiv.org/abs/{number}",
        copies=(
            OpenCopy(
                url=pdf.replace("http://arxiv.org/", "https://arxiv.org/")
                or f"https://arxiv.org/pdf/{number}",
                media_type="application/pdf",
                licence=licence,
                version="submittedVersion",
            ),
        ),
        notices=(Retraction(kind="withdrawal", provider="arxiv"),) if withdrawn else (),
        versions=(f"doi:{published}",) if published and published != own else (),
    )
