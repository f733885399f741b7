"""Search engines that know the open pages of the made-up world."""

from __future__ import annotations

import html
import json
from urllib.parse import quote

from tests.registries.answering import Asked, Reply, file_url, reply
from tests.registries.files import plain_title
from tests.registries.searching import search
from tests.registries.world import Entry


def _hits(asked: Asked, query: str) -> list[tuple[str, Entry]]:
    found = [entry for entry in search("openalex", query) if entry.open_as]
    return [(file_url(asked, entry), entry) for entry in found]


def searxng(asked: Asked) -> Reply:
    if asked.path != "/search" or asked.get("format") != "json":
        return Reply(403, {"Content-Type": "text/html"}, b"<h1>Forbidden</h1>")
    results = [
        {"url": url, "title": plain_title(entry), "content": entry.finding, "engine": "made up"}
        for url, entry in _hits(asked, asked.get("q"))
    ]
    return reply({"query": asked.get("q"), "results": results, "unresponsive_engines": []})


def brave(asked: Asked) -> Reply:
    if not asked.headers.get("x-subscription-token"):
        return reply({"type": "ErrorResponse", "error": {"status": 422}}, 422)
    results = [
        {
            "url": url,
            "title": plain_title(entry),
            "description": f"<strong>{entry.finding}</strong>",
        }
        for url, entry in _hits(asked, asked.get("q"))
    ]
    return reply({"type": "search", "web": {"type": "search", "results": results}})


def tavily(asked: Asked) -> Reply:
    if not asked.headers.get("authorization", "").startswith("Bearer "):
        return reply({"detail": {"error": "Unauthorized: missing or invalid API key."}}, 401)
    query = json.loads(asked.body)["query"]
    results = [
        {"url": url, "title": plain_title(entry), "content": entry.finding, "score": 0.9}
        for url, entry in _hits(asked, query)
    ]
    return reply({"query": query, "results": results, "response_time": 0.4})


def duckduckgo(asked: Asked) -> Reply:
    rows = "".join(
        f'<div class="result results_links web-result"><h2><a class="result__a" href="//duckduckgo.com/l/?uddg={quote(url, safe="")}&amp;rut=1">'
        f'{html.escape(plain_title(entry))}</a></h2><a class="result__snippet">{html.escape(entry.finding)}</a></div>'
        for url, entry in _hits(asked, asked.get("q"))
    )
    ad = '<div class="result result--ad"><a class="result__a" href="https://shop.example/">Buy</a></div>'
    page = f'<!doctype html><html><body><div id="links">{ad}{rows}</div></body></html>'
    return Reply(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())
