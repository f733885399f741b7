"""SearXNG: a metasearch server of one's own. https://docs.searxng.org/dev/search_api.html"""

from __future__ import annotations

from typing import ClassVar

from autonomy.core.works import Page
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly.reading import mapping
from autonomy.tools.web_search.engine import Engine, pages


class SearXNG(Engine):
    name: ClassVar[str] = "searxng"
    base: ClassVar[str] = ""
    pace: ClassVar[Pace] = Pace(per_minute=120, burst=4)

    async def search(self, ask: Asker, query: str, limit: int) -> list[Page]:
        answer = await ask.json("/search", {"q": query, "format": "json", "safesearch": 1})
        listed = mapping(answer).get("results")
        if not isinstance(listed, list):
            raise ask.unreadable("Its JSON output may be switched off (search.formats).")
        return pages(listed, self.name, limit, words=("content",))
