"""Hints through the channel layer: *something was committed for this run or conversation*.

A hint may be lost, late or doubled. Whoever waits also polls, so hints only buy latency.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

SUBSCRIBE_SECONDS = 1.0
RETRY_SECONDS = 5.0


class Hints:
    """A flag that a background task raises at each hint; implements `channel.Hints`."""

    def __init__(self) -> None:
        self._raised = asyncio.Event()
        self._grown = False
        self.logged = False
        """Whether one of the hints that ended the last `wait` was of a committed event; the others
        are of streamed text."""

    def wake(self, seq: int) -> None:
        """Raise the flag. `seq` is of the last committed event, 0 when none was committed."""
        self._grown = self._grown or seq > 0
        self._raised.set()

    async def wait(self, seconds: float) -> bool:
        """Whether there was a hint within `seconds`."""
        self.logged = False
        # Not `wait_for`: in Python 3.11 it swallows a cancellation that comes with the flag.
        try:
            async with asyncio.timeout(seconds):
                await self._raised.wait()
        except TimeoutError:
            return False
        # Cleared before the reader reads, so a hint during the read wakes it once more.
        self._raised.clear()
        self.logged, self._grown = self._grown, False
        return True


@contextlib.asynccontextmanager
async def listen(group: str) -> AsyncIterator[Hints]:
    """Hints sent to `group` while the block runs. Without Redis there are simply none."""
    hints = Hints()
    subscribed = asyncio.Event()
    task = asyncio.create_task(_receive(group, hints, subscribed))
    try:
        # Subscribed before the first read: what commits in between is not missed.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SUBSCRIBE_SECONDS):
                await subscribed.wait()
        yield hints
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _receive(group: str, hints: Hints, subscribed: asyncio.Event) -> None:
    layer: Any = get_channel_layer()
    while layer is not None:
        channel: str | None = None
        try:
            async with asyncio.timeout(SUBSCRIBE_SECONDS):
                channel = await layer.new_channel()
                await layer.group_add(group, channel)
            if (task := asyncio.current_task()) is not None and task.cancelling():
                # The client library may swallow a cancellation that comes as it connects: who left
                # meanwhile would be waited for here without end, in a seat of its own.
                raise asyncio.CancelledError
            subscribed.set()
            while True:
                hints.wake(int((await layer.receive(channel)).get("seq", 1)))
        except (OSError, TimeoutError, RuntimeError, RedisError) as error:
            logger.debug("No hints for %s (%s); polling instead", group, error)
        finally:
            subscribed.set()
            if channel is not None:
                with contextlib.suppress(OSError, TimeoutError, RuntimeError, RedisError):
                    async with asyncio.timeout(SUBSCRIBE_SECONDS):
                        await layer.group_discard(group, channel)
        await asyncio.sleep(RETRY_SECONDS)
    subscribed.set()
