"""The one loop behind every live view: replay from a cursor, then follow.

A viewer reads the log for itself until it stands within the ring of its channel (see `channel`),
and takes what follows from there, like all others. Falls it out of the ring, it reads the log
again. Its position alone decides what is new to it, so there is no seam between replay and live
where an event could be lost or doubled.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from autonomy.core.types import Event

POLL_SECONDS = 2.0
HEARTBEAT_SECONDS = 20.0
OUTAGE_SECONDS = 60.0
"""How long a view waits for a log that cannot be read before it ends."""
RETRY_SECONDS = 0.5


class LogAway(Exception):
    """The log cannot be read at the moment."""


Signature = tuple[int, int, int, int]
"""Of some runs: how many, their events, how many are unfinished, and the fences of those. Whatever
a view shows of the runs, this differs once there is something new."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The followed runs, as one read found them."""

    runs: Sequence[str] = ()
    """Ids, oldest first (they order the cursor)."""
    heads: Mapping[str, int] = field(default_factory=dict)
    """Last sequence number of each."""
    unfinished: Mapping[str, int] = field(default_factory=dict)
    """Those that may still log something, and the fence of each."""

    @property
    def signature(self) -> Signature:
        return (
            len(self.runs),
            sum(self.heads.values()),
            len(self.unfinished),
            sum(self.unfinished.values()),
        )


class Item:
    """An event on its way to many viewers: turned into JSON once."""

    __slots__ = ("event", "scope", "text")

    def __init__(self, event: Event, scope: Scope) -> None:
        self.event = event
        self.scope = scope
        self.text = event.model_dump_json(exclude_none=True)


@dataclass(frozen=True, slots=True)
class Batch:
    """One read of the log."""

    events: Sequence[Event]
    """Logged events beyond the position, in order of sequence within each run."""
    scope: Scope
    more: bool = False
    """There is more to read at once."""


class Feed(Protocol):
    """Where events come from: one run, or all runs of a conversation."""

    async def read(self, position: Position, limit: int) -> Batch:
        """At most `limit` events that `position` does not have.

        Raises:
            LogAway: the database cannot be reached.
        """
        ...


class Live(Protocol):
    """What a viewer needs of a `channel.Channel`: the newest events of what it follows."""

    @property
    def scope(self) -> Scope:
        """The followed runs as of `end`."""
        ...

    @property
    def start(self) -> int:
        """Index of the oldest item that is kept."""
        ...

    @property
    def end(self) -> int:
        """Index after the newest item."""
        ...

    def item(self, index: int) -> Item:
        """The item at `start <= index < end`."""
        ...

    def covers(self, position: Position) -> bool:
        """Whether every logged event that `position` lacks is kept or still to come."""
        ...

    def text(self) -> Sequence[Item]:
        """The streamed text as of `end`, whole."""
        ...

    async def changed(self, index: int, seconds: float) -> None:
        """Return once `end` is beyond `index` or the runs have finished, at the latest after
        `seconds`.

        Raises:
            LogAway: the log has been away for too long.
        """
        ...


@dataclass(slots=True)
class Position:
    """How far each run has been delivered, and its form as an SSE `id:`."""

    seen: dict[str, int] = field(default_factory=dict)
    oldest: str = ""
    """Runs with a smaller id count as delivered."""

    def has(self, run_id: str, seq: int) -> bool:
        return seq <= self.seen.get(run_id, 0) or run_id < self.oldest

    def advance(self, event: Event) -> bool:
        """Take one event; False when it had been delivered before."""
        run_id = event.run_id or ""
        if self.has(run_id, event.seq):
            return False
        self.seen[run_id] = event.seq
        return True

    def cursor(self, scope: Scope) -> str:
        """`run:seq`, comma-joined from the oldest run of which anything is still to come to the
        newest seen.

        Runs before the first entry are complete, so one entry is enough while one run is active.
        """
        first = ""
        for run in scope.runs:
            if run < self.oldest:
                continue
            if run in scope.unfinished or self.seen.get(run, 0) < scope.heads[run]:
                first = run
                break
        # Backwards: a long conversation has many runs, and few of them are still at it.
        entries: list[str] = []
        for run in reversed(scope.runs):
            if run < first or (not first and entries):
                break
            if run in self.seen or run == first:
                entries.append(f"{run}:{self.seen.get(run, 0)}")
        return ",".join(reversed(entries))


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


@dataclass(frozen=True, slots=True)
class Frame:
    """What goes to a client: an event, or (without one) a sign of life."""

    item: Item | None


ALIVE = Frame(None)
PAGE = 100
"""Events per read of a viewer for itself: what it holds while its client is slow."""


async def follow(
    feed: Feed,
    position: Position,
    live: Live | None,
    *,
    until_finished: bool = False,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Frame]:
    """Frames from `position` on.

    Args:
        live: where to go on after the replay; None ends with the last event there is now.
        until_finished: end once no followed run can log any more (streams of one run).

    Raises:
        LogAway: the log could not be read for `OUTAGE_SECONDS`.
    """
    view = _View(feed, position, heartbeat_seconds, clock)
    while not view.finished:
        async for frame in view.replay(live):
            yield frame
        if live is None:
            return
        async for frame in view.ride(live, until_finished=until_finished):
            yield frame


class _View:
    def __init__(
        self, feed: Feed, position: Position, heartbeat_seconds: float, clock: Callable[[], float]
    ) -> None:
        self._feed = feed
        self._position = position
        self._heartbeat_seconds = heartbeat_seconds
        self._clock = clock
        self._spoke_at = clock()
        self.finished = False
        """Everything was delivered and nothing is to come. Whether the ring covers the position
        does not tell: who fell out of it by streamed text lacks no logged event."""

    def _silence(self) -> float:
        """Seconds until a sign of life is due."""
        return self._spoke_at + self._heartbeat_seconds - self._clock()

    def _say(self, frame: Frame) -> Frame:
        self._spoke_at = self._clock()
        return frame

    async def replay(self, live: Live | None) -> AsyncIterator[Frame]:
        """Read the log, page by page, until the ring has all the rest (or to its end)."""
        away_since: float | None = None
        while live is None or not live.covers(self._position):
            try:
                batch = await self._feed.read(self._position, PAGE)
            except LogAway:
                away_since = self._clock() if away_since is None else away_since
                if self._clock() - away_since > OUTAGE_SECONDS:
                    raise
                if self._silence() <= 0:
                    yield self._say(ALIVE)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            away_since = None
            for event in batch.events:
                if self._position.advance(event):
                    yield self._say(Frame(Item(event, batch.scope)))
            if live is None and not batch.more:
                return

    async def ride(self, live: Live, *, until_finished: bool) -> AsyncIterator[Frame]:
        """What the ring has and gets; ends when this viewer fell out of it or has `finished`."""
        index, joined, text = live.start, live.end, live.text()
        while index >= live.start:
            if index >= joined and text:
                for item in text:
                    yield self._say(Frame(item))
                text = ()
            elif index < live.end:
                item = live.item(index)
                index += 1
                # Text from before the viewer joined is part of the text so far.
                new = index > joined if not item.event.seq else self._position.advance(item.event)
                if new:
                    yield self._say(Frame(item))
            elif until_finished and not live.scope.unfinished:
                self.finished = True
                return
            elif self._silence() <= 0:
                yield self._say(ALIVE)
            else:
                await live.changed(index, self._silence())
