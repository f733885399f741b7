"""robots.txt, as RFC 9309 has it: asked once per host and while, and heeded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2
from protego import Protego

from autonomy.core.works import FetchRefused
from autonomy.tools.fetch.cache import Cache

KEEP_SECONDS = 86_400.0
"""RFC 9309: a cached copy is not used for longer than a day."""
KEEP_FAILURE_SECONDS = 600.0
LONGEST = 512 * 1024
"""Bytes that are read of one; the RFC asks for at least 500 KiB."""
LONGEST_DELAY = 10.0
"""Seconds that a Crawl-delay is heeded up to: nobody waits longer for one page."""
_NONE = b"0"
_CLOSED = b"1"

Read = Callable[[httpx2.URL], Awaitable[tuple[int, bytes]]]
"""Status and body at an address. Raises `FetchRefused`."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What one host allows us."""

    allowed: bool
    delay: float = 0.0
    """Seconds between two requests."""
    unread: bool = False
    """Whether it is closed only because its robots.txt cannot be had."""


class Robots:
    """Rules of all hosts.

    Args:
        name: ours, as robots.txt calls it.
    """

    def __init__(self, name: str, cache: Cache) -> None:
        self._name = name
        self._cache = cache

    async def rules(self, url: httpx2.URL, read: Read) -> Rules:
        place = url.copy_with(path="/robots.txt", query=None, fragment=None)
        kept_as = f"outside:robots:{place}"
        kept = await self._cache.get(kept_as)
        if kept is None:
            kept, seconds = await self._read(place, read)
            await self._cache.set(kept_as, kept, seconds)
        if kept == _CLOSED:
            return Rules(allowed=False, unread=True)
        if kept == _NONE:
            return Rules(allowed=True)
        parsed = Protego.parse(kept.decode("utf-8", errors="replace"))
        delay = parsed.crawl_delay(self._name) or 0.0
        allowed = parsed.can_fetch(str(url), self._name)
        return Rules(allowed=bool(allowed), delay=min(float(delay), LONGEST_DELAY))

    async def _read(self, place: httpx2.URL, read: Read) -> tuple[bytes, float]:
        try:
            status, body = await read(place)
        except FetchRefused as refused:
            if refused.code == "address":
                raise
            return _CLOSED, KEEP_FAILURE_SECONDS
        if status < 400:
            # An empty file allows everything, and is no longer the same as none.
            return body[:LONGEST] or b"\n", KEEP_SECONDS
        # No such file, or one that is hidden from us: no rules. A server in trouble: hands off.
        return (_NONE, KEEP_SECONDS) if status < 500 else (_CLOSED, KEEP_FAILURE_SECONDS)
