"""`core.ports.Web`: one search engine, and pages from anywhere."""

from __future__ import annotations

from autonomy.core.works import Answer, Fetched, FetchRefused, Page, PagesFound, ProviderAnswer
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.desk import Desk, Told, untold
from autonomy.tools.fetch.fetcher import Fetcher
from autonomy.tools.fetch.lines import Unanswered
from autonomy.tools.scholarly.reading import plain
from autonomy.tools.web_search.engine import Engine

MOST_PAGES = 50
LONGEST_QUERY = 400
"""Characters."""


class OpenWeb:
    """`Web` with the engine that was chosen.

    Args:
        engine: None finds nothing.
        fetcher: None fetches nothing: web search off means that no page is called either.
    """

    def __init__(
        self, engine: Engine | None, desk: Desk, fetcher: Fetcher | None, told: Told = untold
    ) -> None:
        self._engine = engine
        self._desk = desk
        self._fetcher = fetcher
        self._told = told

    @property
    def engine(self) -> str:
        """Its name; empty without one."""
        return self._engine.name if self._engine else ""

    async def search(self, query: str, *, limit: int = 10) -> PagesFound:
        engine = self._engine
        query = plain(query)[:LONGEST_QUERY]
        if engine is None or not query:
            return PagesFound()
        limit = max(1, min(limit, MOST_PAGES))

        async def question(ask: Asker) -> list[Page]:
            return await engine.search(ask, query, limit)

        found: list[Page] = []
        try:
            found = await self._desk.put(engine.line, question)
            answer = ProviderAnswer(
                provider=engine.name,
                answer=Answer.FOUND if found else Answer.NOTHING,
                count=len(found),
            )
        except Unanswered as problem:
            answer = ProviderAnswer(
                provider=engine.name, answer=problem.answer, message=problem.message
            )
        await self._told(answer)
        return PagesFound(pages=tuple(found), answers=(answer,))

    async def fetch(self, url: str) -> Fetched:
        if self._fetcher is None:
            raise FetchRefused("unreachable", "Pages of the web are not fetched here.")
        return await self._fetcher.fetch(url)
