"""All live views of this process: one channel per thing that is followed, and a seat per view."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from autonomy.api.channel import Channel
from autonomy.api.feed import RunsFeed
from autonomy.api.hints import listen
from autonomy.runtime.tokens import pieces_after
from handywriterz.stopping import before_stop


class TooManyStreams(Exception):
    """The person has as many views open as one may have."""


@dataclass(slots=True)
class _Open:
    channel: Channel
    reader: asyncio.Task[None]
    viewers: int = 0


@dataclass(slots=True)
class Hub:
    """The channels and seats of one event loop."""

    _channels: dict[str, _Open] = field(default_factory=dict)
    _seats: Counter[int] = field(default_factory=Counter)

    @contextlib.contextmanager
    def seat(self, user_id: int, limit: int) -> Iterator[None]:
        """Count one view of this person while the block runs.

        Raises:
            TooManyStreams: there are `limit` of them in this process.
        """
        if self._seats[user_id] >= limit:
            raise TooManyStreams
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
        if found is None:
            channel = Channel(feed, pieces_after)
            reader = asyncio.create_task(_read(channel, group), name=f"channel {group}")
            found = self._channels[group] = _Open(channel, reader)
        found.viewers += 1
        try:
            await found.channel.ready()
            yield found.channel
        finally:
            found.viewers -= 1
            if not found.viewers:
                if self._channels.get(group) is found:
                    del self._channels[group]
                found.reader.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await found.reader

    def end(self) -> None:
        """End every view; its client comes back to another process."""
        for found in self._channels.values():
            found.channel.end_views()


async def _read(channel: Channel, group: str) -> None:
    async with listen(group) as hints:
        await channel.run(hints)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())


before_stop(lambda: hub().end())
