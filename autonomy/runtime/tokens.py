"""Streamed text: shown live, never logged. It travels in a capped Redis stream per run.

Losing it is harmless: `section.committed` replaces it, `attempt.restarted` discards it. So every
failure here is silent, and a run goes on without Redis.

Each entry says where in its task's text it belongs (`offset`), so a reader notices what is missing
and never shows a piece twice. Every so often, and after a loss, an entry repeats the whole text of
its task: what the cap of the stream or an absence of Redis took away comes back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from redis import RedisError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from autonomy.runtime.couriers import hint
from autonomy.runtime.fence import Fence

logger = logging.getLogger(__name__)

BATCH_SECONDS = 0.07
KEEP_ENTRIES = 2_000
WHOLE_EVERY = 100
"""Entries of a task between two that repeat its whole text; well below `KEEP_ENTRIES`, also when
several tasks of the run write at once."""
WHOLE_CHARS = 64 * 1024
"""A task's text is repeated up to this length only."""
READ_ENTRIES = 500
KEEP_SECONDS = 600
TIMEOUT_SECONDS = 0.5
PAUSE_SECONDS = 2.0
"""After a failure nothing is tried for this long."""


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


def _sendable(text: str) -> str:
    """`text` without halves of surrogate pairs: no encoding has bytes for them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def utf16_length(text: str) -> int:
    """Length of `text` as JavaScript counts it, which is what offsets are in."""
    return len(text) + sum(character > "\uffff" for character in text)


@dataclass(slots=True)
class _Task:
    """The text of one task as far as it was handed over."""

    text: str = ""
    """From the start; given up ("") once longer than `WHOLE_CHARS`."""
    length: int = 0
    pending: str = ""
    part: int = 0
    """Grows with every restart; text of an earlier part is void."""
    announce: bool = False
    """Readers have not been told of this part."""
    since_whole: int = 0
    lost: bool = False
    """Something was not delivered since the whole text was last sent."""


class TokenStream:
    """The writing side, for one segment of a run."""

    def __init__(self, fence: Fence, conversation_id: object | None = None) -> None:
        self._fence = fence
        self._conversation_id = conversation_id
        self._tasks: dict[str, _Task] = {}
        self._flusher: asyncio.Task[None] | None = None
        self._closed_until = 0.0

    def add(self, task_id: str, text: str) -> None:
        """Take a piece of text; it leaves within `BATCH_SECONDS` together with its neighbours."""
        if text := _sendable(text):
            self._tasks.setdefault(task_id, _Task()).pending += text
            self._start_flusher()

    def restart(self, task_id: str) -> None:
        """What the task wrote so far is void; its text begins anew."""
        before = self._tasks.get(task_id)
        if before is not None:
            self._tasks[task_id] = _Task(part=before.part + 1, announce=True)
            self._start_flusher()

    def _start_flusher(self) -> None:
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush_soon())

    def _waiting(self) -> list[tuple[str, _Task]]:
        return [(name, t) for name, t in self._tasks.items() if t.pending or t.announce]

    async def close(self) -> None:
        """Send what is left."""
        if self._flusher is not None:
            await self._flusher

    async def _flush_soon(self) -> None:
        # Text that comes while an entry is on its way is nobody else's to send.
        while self._waiting():
            await asyncio.sleep(BATCH_SECONDS)
            waiting = self._waiting()
            entries = [_entry(name, task) for name, task in waiting]
            if time.monotonic() < self._closed_until or not await self._send(entries):
                for _, task in waiting:
                    task.lost = True

    async def _send(self, entries: Sequence[dict[str, str]]) -> bool:
        stream = key(self._fence.run_id)
        try:
            async with client().pipeline(transaction=False) as pipe:
                for entry in entries:
                    fields: Any = entry | {"fence": str(self._fence.number)}
                    pipe.xadd(stream, fields, maxlen=KEEP_ENTRIES, approximate=True)
                pipe.expire(stream, KEEP_SECONDS)
                await pipe.execute()
        except (RedisError, OSError, TimeoutError, ValueError) as error:
            # Also what cannot be sent at all: a run does not fail for want of spectators.
            logger.debug("tokens dropped: %s", type(error).__name__)
            self._closed_until = time.monotonic() + PAUSE_SECONDS
            return False
        hint(self._fence.run_id, self._conversation_id, 0)
        return True


def _entry(task_id: str, task: _Task) -> dict[str, str]:
    """What is pending of a task, or its whole text when it is time to repeat it."""
    piece, offset = task.pending, task.length
    task.pending, task.announce = "", False
    task.length += utf16_length(piece)
    known = bool(task.text) or offset == 0
    task.text = task.text + piece if known and task.length <= WHOLE_CHARS else ""
    task.since_whole += 1
    if task.text and (task.lost or task.since_whole >= WHOLE_EVERY):
        task.since_whole, task.lost = 0, False
        piece, offset = task.text, 0
    return {"task": task_id, "part": str(task.part), "offset": str(offset), "text": piece}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of streamed text, as it was read."""

    run_id: str
    task_id: str
    fence: int
    """Of the segment that wrote it; text of an older fence is void."""
    part: int
    """Of the task's text within the segment; text of an earlier part is void."""
    offset: int
    """Where it belongs in the text of its part, in UTF-16 units."""
    text: str
    ts: str


async def pieces_after(cursors: Mapping[str, str]) -> tuple[list[Piece], dict[str, str]]:
    """Text of several runs after each one's cursor, and the next cursors.

    `0-0` starts with what is still kept. Without Redis there is nothing and no error.
    """
    runs = list(cursors)
    if not runs:
        return [], {}
    try:
        async with client().pipeline(transaction=False) as pipe:
            for run_id in runs:
                pipe.xrange(key(run_id), min=f"({cursors[run_id]}", max="+", count=READ_ENTRIES)
            answers: Any = await pipe.execute()
    except (RedisError, OSError, TimeoutError) as error:
        logger.debug("tokens not read: %s", error)
        return [], dict(cursors)
    found: list[Piece] = []
    ahead = dict(cursors)
    for run_id, entries in zip(runs, answers, strict=True):
        for entry_id, fields in entries:
            cursor = entry_id.decode()
            ahead[run_id] = cursor
            at = datetime.fromtimestamp(int(cursor.partition("-")[0]) / 1000, UTC)
            found.append(
                Piece(
                    run_id=run_id,
                    task_id=fields[b"task"].decode(),
                    fence=int(fields[b"fence"]),
                    part=int(fields[b"part"]),
                    offset=int(fields[b"offset"]),
                    text=fields[b"text"].decode("utf-8", "replace"),
                    ts=at.isoformat(),
                )
            )
    return found, ahead
