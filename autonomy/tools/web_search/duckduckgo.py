"""DuckDuckGo's page of results for browsers without scripts. There is no promise that it stays."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import parse_qs, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from autonomy.core.works import Answer, Page
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.lines import Unanswered
from autonomy.tools.fetch.pace import Pace
from autonomy.tools.scholarly.reading import plain
from autonomy.tools.web_search.engine import Engine, page_of


class DuckDuckGo(Engine):
    name: ClassVar[str] = "duckduckgo"
    base: ClassVar[str] = "https://html.duckduckgo.com"
    pace: ClassVar[Pace] = Pace(per_minute=10, burst=1)

    async def search(self, ask: Asker, query: str, limit: int) -> list[Page]:
        body = await ask.page("/html/", {"q": query})
        tree = LexborHTMLParser(body or b"")
        if tree.css_first(".anomaly-modal__title, #challenge-form") is not None:
            raise Unanswered(
                Answer.RATE_LIMITED, "duckduckgo takes us for a robot and asks for a proof."
            )
        results = tree.css(".result")
        if not results and tree.css_first(".no-results, #links") is None:
            raise ask.unreadable()
        found: dict[str, Page] = {}
        for one in results:
            link = one.css_first("a.result__a")
            if link is None or "result--ad" in (one.attributes.get("class") or ""):
                continue
            snippet = one.css_first(".result__snippet")
            page = page_of(
                _behind(link.attributes.get("href") or ""),
                plain(link.text()),
                plain(snippet.text()) if snippet is not None else "",
                self.name,
            )
            if page is not None:
                found.setdefault(page.url, page)
        return list(found.values())[:limit]


def _behind(address: str) -> str:
    """Where a link leads that goes through its counter (`/l/?uddg=…`)."""
    whole = urljoin("https://duckduckgo.com/", address)
    parts = urlsplit(whole)
    if parts.path == "/l/":
        return (parse_qs(parts.query).get("uddg") or [""])[0]
    return "" if (parts.hostname or "").endswith("duckduckgo.com") else whole
