"""All live views of this process: one channel per thing that is followed, and a seat per view."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from autonomy.api import stream
from autonomy.api.channel import Channel
from autonomy.api.feed import RunsFeed, signatures
from autonomy.api.hints import Hints, listen
from autonomy.api.stream import Scope
from autonomy.runtime.metrics import LIVE_VIEWS
from autonomy.runtime.metrics_store import STORE
from autonomy.runtime.tokens import pieces_after
from handywriterz.stopping import before_stop

logger = logging.getLogger(__name__)

NOTHING = Scope().signature


@dataclass(slots=True)
class _Open:
    feed: RunsFeed
    channel: Channel
    reader: asyncio.Task[None] | None = None
    hints: Hints | None = None
    viewers: int = 0


@dataclass(slots=True)
class Hub:
    """The channels and seats of one event loop."""

    _channels: dict[str, _Open] = field(default_factory=dict)
    _seats: Counter[int] = field(default_factory=Counter)
    _poller: asyncio.Task[None] | None = None

    def full(self, user_id: int, limit: int) -> bool:
        """Whether this person has `limit` views open in this process."""
        return self._seats[user_id] >= limit

    @property
    def views(self) -> int:
        """Views that are open."""
        return self._seats.total()

    @contextlib.contextmanager
    def seat(self, user_id: int) -> Iterator[None]:
        """Count one view of this person while the block runs."""
        self._seats[user_id] += 1
        try:
            yield
        finally:
            self._seats[user_id] -= 1
            if not self._seats[user_id]:
                del self._seats[user_id]

    @contextlib.asynccontextmanager
    async def watch(self, feed: RunsFeed) -> AsyncIterator[Channel]:
        """The channel of what `feed` follows, shared with all who watch it meanwhile.

        Raises:
            LogAway: the log cannot be read.
        """
        group = feed.target.group
        found = self._channels.get(group)
        # A failed one is left to those who are in it: one of them may be sending to a client that
        # reads nothing, and come to notice only minutes later.
        if found is None or found.channel.failed:
            found = self._channels[group] = _Open(feed, Channel(feed, pieces_after))
            found.reader = asyncio.create_task(_read(found), name=f"channel {group}")
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll(), name="poll of followed runs")
        found.viewers += 1
        try:
            await found.channel.ready()
            yield found.channel
        finally:
            found.viewers -= 1
            if not found.viewers:
                if self._channels.get(group) is found:
                    del self._channels[group]
                await _stop(found.reader)
            if not self._channels:
                poller, self._poller = self._poller, None
                await _stop(poller)

    async def _poll(self) -> None:
        """Hints may be lost: ask at intervals what has changed, for all channels at once, and
        wake those that do not know it."""
        while True:
            await asyncio.sleep(stream.POLL_SECONDS)
            try:
                now = await signatures([found.feed.target for found in self._channels.values()])
            except stream.LogAway:
                continue
            for group, found in self._channels.items():
                known = found.channel.scope.signature
                if found.hints is not None and now.get(group, NOTHING) != known:
                    found.hints.wake(1)
                elif found.hints is not None and found.channel.scope.unfinished:
                    found.hints.wake(0)  # streamed text

    def end(self) -> None:
        """End every view; its client comes back to another process."""
        for found in self._channels.values():
            found.channel.end_views()


async def _read(found: _Open) -> None:
    async with listen(found.feed.target.group) as found.hints:
        await found.channel.run(found.hints)


async def _stop(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        (failure,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(failure, Exception):
            logger.error("%s failed", task.get_name(), exc_info=failure)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


def views() -> dict[str, float]:
    """Views that are open in this process, as a gauge."""
    return {"": sum(one.views for one in list(_hubs.values()))}


before_stop(lambda: hub().end())
STORE.live(LIVE_VIEWS, views)
