"""Tavily. https://docs.tavily.com/documentation/api-reference/endpoint/search"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from autonomy.core.works import Page
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.scholarly.reading import mapping
from autonomy.tools.web_search.engine import Engine, pages

MOST = 20


class Tavily(Engine):
    name: ClassVar[str] = "tavily"
    base: ClassVar[str] = "https://api.tavily.com"

    def _secrets(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._key}"}

    async def search(self, ask: Asker, query: str, limit: int) -> list[Page]:
        body = {"query": query, "max_results": min(limit, MOST), "search_depth": "basic"}
        listed = mapping(await ask.json("/search", body=body)).get("results")
        if not isinstance(listed, list):
            raise ask.unreadable()
        return pages(listed, self.name, limit, words=("content",))
