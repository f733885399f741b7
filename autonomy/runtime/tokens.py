"""Streamed text: shown live, never logged. It travels in a capped Redis stream per run.

Losing it is harmless: `section.committed` replaces it, `attempt.restarted` discards it. So every
failure here is silent, and a run goes on without Redis.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from redis import RedisError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from autonomy.core.types import Event
from autonomy.runtime.couriers import hint
from autonomy.runtime.fence import Fence

logger = logging.getLogger(__name__)

BATCH_SECONDS = 0.07
KEEP_ENTRIES = 2_000
KEEP_SECONDS = 600
TIMEOUT_SECONDS = 0.5
PAUSE_SECONDS = 2.0
"""After a failure text is dropped for this long instead of being tried."""


def key(run_id: object) -> str:
    return f"hw:tokens:{run_id}"


_clients: dict[asyncio.AbstractEventLoop, Redis] = {}


def client() -> Redis:
    """The Redis client of the running event loop."""
    loop = asyncio.get_running_loop()
    for closed in [other for other in _clients if other.is_closed()]:
        del _clients[closed]
    if loop not in _clients:
        _clients[loop] = Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    return _clients[loop]


async def close_client() -> None:
    """Close the client of the running event loop."""
    found = _clients.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.aclose()


class TokenStream:
    """The writing side, for one segment of a run."""

    def __init__(self, fence: Fence, conversation_id: object | None = None) -> None:
        self._fence = fence
        self._conversation_id = conversation_id
        self._pending: dict[str, list[str]] = {}
        self._flusher: asyncio.Task[None] | None = None
        self._closed_until = 0.0

    def add(self, task_id: str, text: str) -> None:
        """Take a piece of text; it leaves within `BATCH_SECONDS` together with its neighbours."""
        if not text or time.monotonic() < self._closed_until:
            return
        self._pending.setdefault(task_id, []).append(text)
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush_soon())

    async def close(self) -> None:
        """Send what is left."""
        if self._flusher is not None:
            await self._flusher

    async def _flush_soon(self) -> None:
        await asyncio.sleep(BATCH_SECONDS)
        pending, self._pending = self._pending, {}
        try:
            async with client().pipeline(transaction=False) as pipe:
                for task_id, pieces in pending.items():
                    entry: Any = {
                        "task": task_id,
                        "fence": str(self._fence.number),
                        "text": "".join(pieces),
                    }
                    pipe.xadd(key(self._fence.run_id), entry, maxlen=KEEP_ENTRIES, approximate=True)
                pipe.expire(key(self._fence.run_id), KEEP_SECONDS)
                await pipe.execute()
            hint(self._fence.run_id, self._conversation_id, 0)
        except (RedisError, OSError, TimeoutError) as error:
            logger.debug("tokens dropped: %s", error)
            self._closed_until = time.monotonic() + PAUSE_SECONDS


async def tokens_after(
    run_id: object, cursor: str = "0-0", limit: int = 500
) -> tuple[Sequence[Event], str]:
    """Streamed text after `cursor` as unlogged `token` events, and the next cursor.

    `0-0` starts with what is still kept. Each event's `meta` says which task and fence the text
    belongs to: text of an older fence is void. Without Redis there is nothing and no error.
    """
    try:
        entries: Any = await client().xrange(key(run_id), min=f"({cursor}", max="+", count=limit)
    except (RedisError, OSError, TimeoutError) as error:
        logger.debug("tokens not read: %s", error)
        return (), cursor
    events = []
    for entry_id, fields in entries:
        cursor = entry_id.decode()
        at = datetime.fromtimestamp(int(cursor.partition("-")[0]) / 1000, UTC)
        events.append(
            Event(
                type="token",
                seq=0,
                ts=at.isoformat(),
                run_id=str(run_id),
                token=fields[b"text"].decode("utf-8", "replace"),
                meta={"task_id": fields[b"task"].decode(), "fence": int(fields[b"fence"])},
            )
        )
    return events, cursor
