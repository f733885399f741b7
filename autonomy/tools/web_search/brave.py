"""Brave Search. https://api-dashboard.search.brave.com/app/documentation/web-search"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from autonomy.core.works import Page
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.scholarly.reading import mapping
from autonomy.tools.web_search.engine import Engine, pages

MOST = 20
"""Results that one question may ask for."""
LONGEST = 400
"""Characters that a query may have."""


class Brave(Engine):
    name: ClassVar[str] = "brave"
    base: ClassVar[str] = "https://api.search.brave.com"

    def _secrets(self) -> Mapping[str, str]:
        return {"X-Subscription-Token": self._key}

    async def search(self, ask: Asker, query: str, limit: int) -> list[Page]:
        answer = await ask.json(
            "/res/v1/web/search", {"q": query[:LONGEST], "count": min(limit, MOST)}
        )
        told = mapping(answer)
        if "web" not in told and told.get("type") != "search":
            raise ask.unreadable()
        listed = mapping(told.get("web")).get("results", [])
        return pages(listed, self.name, limit, words=("description",))
