"""The one loop behind every live view: replay from a cursor, then follow.

PostgreSQL is read for every logged event; hints only say *when* to read. So a dropped hint costs
at most one poll, a missing Redis costs nothing but latency, and replay and live are one code path
without a seam where an event could be lost or doubled.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from autonomy.core.types import Event

POLL_SECONDS = 2.0
HEARTBEAT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Batch:
    """One read of the log."""

    events: Sequence[Event]
    """Logged events beyond the position, in order of sequence within each run."""
    runs: Sequence[str]
    """Ids of every followed run, oldest first (they order the cursor)."""
    unfinished: frozenset[str]
    """Those that may still log something."""
    more: bool = False
    """There is more to read at once."""


class Feed(Protocol):
    """Where events come from: one run, or all runs of a conversation."""

    async def read(self, position: Mapping[str, int]) -> Batch:
        """Events with `seq > position[run]` (0 for runs that are not in it)."""
        ...

    async def tokens(self, unfinished: frozenset[str]) -> Sequence[Event]:
        """Streamed text since the last call; never logged, nothing when Redis is away."""
        ...


class Wakeup(Protocol):
    """Tells when reading is worth while."""

    async def wait(self, seconds: float) -> bool:
        """Return True as soon as something happened, False after `seconds`."""
        ...


@dataclass(frozen=True, slots=True)
class Frame:
    """What goes to a client: an event, or (without one) a sign of life."""

    event: Event | None
    cursor: str | None = None
    """Position after this event; None for frames that are not in the log."""


@dataclass(slots=True)
class Position:
    """How far each run has been delivered, and its form as an SSE `id:`."""

    seen: dict[str, int] = field(default_factory=dict)

    def advance(self, event: Event) -> bool:
        """Take one event; False when it had been delivered before."""
        run_id = event.run_id or ""
        if event.seq <= self.seen.get(run_id, 0):
            return False
        self.seen[run_id] = event.seq
        return True

    def cursor(self, runs: Sequence[str], unfinished: frozenset[str]) -> str:
        """`run:seq`, comma-joined from the oldest run that may still speak to the newest seen.

        Runs before the first entry are complete, so one entry is enough while one run is active.
        """
        seen = [run for run in runs if run in self.seen]
        first = next((i for i, run in enumerate(seen) if run in unfinished), len(seen) - 1)
        return ",".join(f"{run}:{self.seen[run]}" for run in seen[first:])


def parse_cursor(cursor: str) -> dict[str, int]:
    """The positions in a cursor of `Position.cursor`; anything else gives an empty position,
    because a reader that starts over is safe and one that fails is not."""
    position: dict[str, int] = {}
    for entry in cursor.split(",")[:1000]:
        run_id, separator, seq = entry.strip().rpartition(":")
        if not separator or not seq.isdecimal() or len(seq) > 18:
            return {}
        position[run_id] = int(seq)
    return position


async def follow(
    feed: Feed,
    wakeup: Wakeup,
    position: Position,
    *,
    live: bool = True,
    until_finished: bool = False,
    poll_seconds: float = POLL_SECONDS,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Frame]:
    """Frames from `position` on.

    Args:
        live: go on after the replay; False ends with the last event there is now.
        until_finished: end once no followed run can log any more (streams of one run).
    """
    spoke_at = clock()
    while True:
        batch = await feed.read(position.seen)
        for event in batch.events:
            if position.advance(event):
                spoke_at = clock()
                yield Frame(event, position.cursor(batch.runs, batch.unfinished))
        if batch.more:
            continue
        if not live or (until_finished and not batch.unfinished):
            return
        for event in await feed.tokens(batch.unfinished):
            spoke_at = clock()
            yield Frame(event)
        await wakeup.wait(poll_seconds)
        if clock() - spoke_at >= heartbeat_seconds:
            spoke_at = clock()
            yield Frame(None)


def sse(frame: Frame) -> bytes:
    """One frame in the text/event-stream format."""
    if frame.event is None:
        return b": heartbeat\n\n"
    lines = [f"id: {frame.cursor}"] if frame.cursor is not None else []
    lines.append(f"data: {frame.event.model_dump_json(exclude_none=True)}")
    return ("\n".join(lines) + "\n\n").encode()
