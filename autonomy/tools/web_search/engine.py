"""What a search engine is asked, and how its lines are tidied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx2

from autonomy.core.works import Page
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.lines import Line
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly.reading import items, plain, text

LONGEST_SNIPPET = 1_000
"""Characters."""


class Engine:
    """One search engine. `search` raises `Unanswered`."""

    name: ClassVar[str]
    base: ClassVar[str]
    pace: ClassVar[Pace] = Pace(per_minute=55)

    def __init__(self, base_url: str = "", key: str = "") -> None:
        self.base_url = (base_url or self.base).rstrip("/")
        self._key = key

    @property
    def line(self) -> Line:
        own = self.base_url != self.base
        return Line(self.name, self.base_url, self.pace, self._secrets(), own=own)

    def _secrets(self) -> Mapping[str, str]:
        return {}

    async def search(self, ask: Asker, query: str, limit: int) -> list[Page]:
        raise NotImplementedError


def pages(listed: Any, engine: str, limit: int, *, words: Sequence[str]) -> list[Page]:
    """Lines of results as pages: those with an address that may be called, each address once.

    Args:
        words: names of the field that has the snippet, the first that is there counts.
    """
    found: dict[str, Page] = {}
    for one in items(listed):
        address = text(one.get("url"))
        snippet = next((said for name in words if (said := plain(one.get(name)))), "")
        page = page_of(address, plain(one.get("title")), snippet, engine)
        if page is not None:
            found.setdefault(page.url, page)
    return list(found.values())[:limit]


def page_of(address: str, title: str, snippet: str, engine: str) -> Page | None:
    """A page with an address of the web; whether it may be called is asked when it is."""
    try:
        url = httpx2.URL(address).copy_with(fragment=None)
    except (httpx2.InvalidURL, ValueError):
        return None
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        return None
    return Page(
        url=str(url), title=title or url.host, snippet=snippet[:LONGEST_SNIPPET], engine=engine
    )
