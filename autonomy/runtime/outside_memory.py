"""What all processes of this deployment remember of the outside: answers, paces, and how each
provider answered last. Kept where Django's cache is: Redis away costs only what was remembered."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from django.core.cache import cache

from autonomy.core.works import Answer, ProviderAnswer
from autonomy.tools.fetch.pace import Pace

PACE_SECONDS = 3_600.0
"""A pace that nobody was told again for this long is forgotten."""
LOOK_SECONDS = 60.0
"""A process looks this often whether another has heard of a new pace."""
LAST_SECONDS = 7 * 86_400.0
TELL_SECONDS = 10.0
"""The same answer of the same provider is written down no more often than this."""


class SharedCache:
    """`tools.fetch.cache.Cache` of all processes."""

    async def get(self, name: str) -> bytes | None:
        found = await asyncio.to_thread(cache.get, name)
        return found if isinstance(found, bytes) else None

    async def set(self, name: str, value: bytes, seconds: float) -> None:
        await asyncio.to_thread(cache.set, name, value, max(1, round(seconds)))


class SharedPaces:
    """`tools.fetch.lines.Paces` of all processes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[Pace | None, float]] = {}

    async def get(self, provider: str) -> Pace | None:
        known = self._known.get(provider)
        if known is not None and self._clock() - known[1] < LOOK_SECONDS:
            return known[0]
        found = await asyncio.to_thread(cache.get, f"outside:pace:{provider}")
        pace = Pace(*found) if isinstance(found, tuple) and len(found) == 2 else None
        self._known[provider] = (pace, self._clock())
        return pace

    async def put(self, provider: str, pace: Pace) -> None:
        self._known[provider] = (pace, self._clock())
        value = (pace.per_minute, pace.burst)
        await asyncio.to_thread(cache.set, f"outside:pace:{provider}", value, PACE_SECONDS)


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """How a provider answered last, and when."""

    provider: str
    answer: str = ""
    """An `Answer`; empty when it was not asked within a week."""
    message: str = ""
    at: str = ""
    """ISO time, UTC."""


class LastAnswers:
    """Writes down how providers answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[str, tuple[Answer, float]] = {}

    async def tell(self, answer: ProviderAnswer) -> None:
        before = self._told.get(answer.provider)
        now = self._clock()
        if before and before[0] is answer.answer and now - before[1] < TELL_SECONDS:
            return
        self._told[answer.provider] = (answer.answer, now)
        last = LastAnswer(
            answer.provider, answer.answer.value, answer.message, datetime.now(UTC).isoformat()
        )
        name = f"outside:last:{answer.provider}"
        await asyncio.to_thread(cache.set, name, json.dumps(asdict(last)), LAST_SECONDS)


def last_answer(provider: str) -> LastAnswer:
    """How `provider` answered any process last."""
    found = cache.get(f"outside:last:{provider}")
    return LastAnswer(**json.loads(found)) if isinstance(found, str) else LastAnswer(provider)
