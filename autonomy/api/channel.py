"""The newest events of one run or conversation, read once per process for all who watch it.

One task reads the log when a hint says so (or the hub, which polls, since hints may be lost), turns
each event into JSON once and keeps the newest in a ring. Viewers walk along the ring, each at its own pace;
one that is too slow falls out of it and reads the log for itself. So a process holds a bounded
amount for each thing that is followed, however many follow it and however slowly.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from autonomy.api import stream
from autonomy.api.drafts import Drafts
from autonomy.api.stream import Feed, Item, LogAway, Position, Scope
from autonomy.runtime.tokens import Piece

logger = logging.getLogger(__name__)

T = TypeVar("T")

KEEP_ITEMS = 1_000
KEEP_CHARS = 4_000_000
"""Of JSON, in the ring of one channel."""
PREFILL = 300
"""Events in the ring from the start, so that viewers who come back need not read the log."""
PAGE = 500
LOOK_SECONDS = 60.0
"""A channel that nobody woke looks by itself; the hub wakes it much sooner when there is cause."""
GATHER_SECONDS = 0.02
"""Least time between two reads: under a storm of events each read brings several."""


class ScopedFeed(Feed, Protocol):
    async def scope(self) -> Scope:
        """The followed runs as they stand now.

        Raises:
            LogAway: the database cannot be reached.
        """
        ...


class Hints(Protocol):
    """Tells when reading is worth while; see `hints.Hints`."""

    logged: bool
    """Whether the log has grown since the last `wait`; False means streamed text only."""

    async def wait(self, seconds: float) -> bool: ...


TextSource = Callable[[Mapping[str, str]], Awaitable[tuple[list[Piece], dict[str, str]]]]
"""`tokens.pieces_after`."""


class Channel:
    """Implements `stream.Live`; `run` has to run."""

    def __init__(
        self,
        feed: ScopedFeed,
        text: TextSource,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._feed = feed
        self._read_pieces = text
        self._clock = clock
        self._items: deque[Item] = deque()
        self._chars = 0
        self._start = 0
        self._scope = Scope()
        self._position = Position()
        self._floor: dict[str, int] = {}
        """Last number of each run that is not in the ring any more."""
        self._drafts = Drafts()
        self._cursors: dict[str, str] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        self._told = (0, True)
        self._away_since: float | None = None
        self._ready = False
        self._failure: BaseException | None = None
        self._ended = False

    # ------------------------------------------------------------------ for viewers

    @property
    def failed(self) -> bool:
        """Nothing will follow what is in the ring: whoever comes needs another channel."""
        return self._failure is not None

    @property
    def scope(self) -> Scope:
        return self._scope

    @property
    def start(self) -> int:
        return self._start

    @property
    def end(self) -> int:
        return self._start + len(self._items)

    def item(self, index: int) -> Item:
        return self._items[index - self._start]

    def covers(self, position: Position) -> bool:
        return self._ready and all(position.has(run, seq) for run, seq in self._floor.items())

    def text(self) -> Sequence[Item]:
        return [Item(event, self._scope) for event in self._drafts.whole()]

    async def changed(self, index: int, seconds: float) -> None:
        self._check()
        if self.end > index:
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(future)
        self._check()

    def end_views(self) -> None:
        """Let nobody wait any longer: the process stops."""
        self._ended = True
        self._tell()

    def _check(self) -> None:
        if self._ended:
            raise LogAway
        if self._failure is not None:
            raise LogAway from self._failure
        since = self._away_since
        if since is not None and self._clock() - since > stream.OUTAGE_SECONDS:
            raise LogAway

    # ------------------------------------------------------------------ the one reader

    async def run(self, hints: Hints) -> None:
        """Read until cancelled."""
        try:
            await self._begin()
            logged = True
            while True:
                began = self._clock()
                if logged:
                    await self._read_log()
                await self._read_text()
                self._tell_of_news()
                _heed_cancellation()
                woken = await hints.wait(LOOK_SECONDS)
                logged = hints.logged or not woken
                if woken:
                    await asyncio.sleep(max(0.0, began + GATHER_SECONDS - self._clock()))
        except Exception as failure:
            logger.exception("A channel failed")
            self._failure = failure
            self._tell()

    async def ready(self) -> None:
        """Return once viewers can join.

        Raises:
            LogAway: the log cannot be read.
        """
        while not self._ready:
            await self.changed(self.end, stream.RETRY_SECONDS)

    async def _begin(self) -> None:
        """Fill the ring with the newest events; what is older is left to those who need it."""
        scope = await self._patiently(self._feed.scope)
        room = PREFILL
        for run in reversed(scope.runs):
            head = scope.heads[run]
            taken = min(room, head)
            room -= taken
            if head > taken:
                self._floor[run] = self._position.seen[run] = head - taken
        await self._read_log()
        await self._read_text()
        self._ready = True

    async def _read_log(self) -> None:
        while True:
            batch = await self._patiently(lambda: self._feed.read(self._position, PAGE))
            self._drafts.fenced(batch.scope.unfinished)
            for event in batch.events:
                if self._position.advance(event):
                    self._append(Item(event, batch.scope))
                    for again in self._drafts.logged(event):
                        self._append(Item(again, batch.scope))
            if not batch.more:
                # Only now: with all of its events in the ring a run may count as finished.
                self._scope = batch.scope
                return
            self._tell_of_news()

    async def _read_text(self) -> None:
        unfinished = self._scope.unfinished
        cursors = {run: self._cursors.get(run, "0-0") for run in unfinished}
        more = bool(cursors)
        while more:
            pieces, self._cursors = await self._read_pieces(cursors)
            more = len(pieces) > 0 and self._cursors != cursors
            cursors = self._cursors
            for piece in pieces:
                event = self._drafts.take(piece)
                if event is not None:
                    self._append(Item(event, self._scope))

    async def _patiently(self, read: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                found = await read()
            except LogAway:
                if self._away_since is None:
                    self._away_since = self._clock()
                await asyncio.sleep(stream.RETRY_SECONDS)
            else:
                self._away_since = None
                return found

    def _append(self, item: Item) -> None:
        self._items.append(item)
        self._chars += len(item.text)
        while len(self._items) > KEEP_ITEMS or self._chars > KEEP_CHARS:
            gone = self._items.popleft()
            self._start += 1
            self._chars -= len(gone.text)
            if gone.event.seq:
                self._floor[gone.event.run_id or ""] = gone.event.seq

    def _tell_of_news(self) -> None:
        """Wake who waits, if it is worth while: waking a thousand viewers is not free."""
        news = (self.end, bool(self._scope.unfinished))
        if news != self._told:
            self._told = news
            self._tell()

    def _tell(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)


def _heed_cancellation() -> None:
    """Raise one that was lost: redis-py sends with `asyncio.wait_for`, which in Python 3.11
    swallows a cancellation that comes as the write completes."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
