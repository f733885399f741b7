"""A token bucket: the one rate limiter, shared by tools and the model gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class TokenBucket:
    """Lets `rate` calls per second through on average, and up to `burst` at once.

    Callers are served in the order they came: each reserves its place before it waits, so a crowd
    neither starves anyone nor wakes up together. Belongs to one process; a waiting caller that is
    cancelled gives its place back.
    """

    def __init__(
        self,
        rate: float,
        burst: float = 1.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if rate <= 0 or burst < 1:
            raise ValueError("A token bucket needs a rate above 0 and a burst of at least 1.")
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._tokens = burst
        self._seen = clock()

    def _refill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._seen) * self._rate)
        self._seen = now

    def wait(self, tokens: float = 1.0) -> float:
        """Seconds a caller would have to wait now for `tokens`; 0 when they are there."""
        self._refill()
        return max(0.0, (tokens - self._tokens) / self._rate)

    async def acquire(self, tokens: float = 1.0) -> float:
        """Take `tokens`, waiting for them if need be; returns the seconds waited.

        Raises:
            ValueError: more than `burst` was asked for, which would never come together.
        """
        if tokens > self._burst:
            raise ValueError(
                f"This bucket holds {self._burst:g} tokens; {tokens:g} were asked for."
            )
        delay = self.wait(tokens)
        # The debt is taken before waiting: it is the caller's place in the queue.
        self._tokens -= tokens
        if delay > 0:
            try:
                await self._sleep(delay)
            except asyncio.CancelledError:
                self._tokens += tokens
                raise
        return delay
