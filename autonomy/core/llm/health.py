"""The health of providers: who may send a request now, and what was learnt of those that were sent.

An endpoint is one account at one provider, see `Access.endpoint`. `RedisHealth` in
`runtime/provider_health.py` lets all workers agree; `LocalHealth` serves one process.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Protocol

from autonomy.core.llm.admission import Admission, Refused
from autonomy.core.llm.circuit import Change, CircuitLimits
from autonomy.core.llm.endpoint import Endpoint, HealthState
from autonomy.core.llm.failures import Failure
from autonomy.core.llm.rate import FREE, Bucket

__all__ = [
    "Admission",
    "Change",
    "CircuitLimits",
    "HealthState",
    "LocalHealth",
    "ProviderHealth",
    "Refused",
    "turn",
]

NAP_SECONDS = 2.0
"""A waiting caller asks again this often: slots move when a provider limits or recovers."""

LEASE_SECONDS = 900.0
"""A probe of the own process that was never reported on is given up after this long."""


class ProviderHealth(Protocol):
    """Rate and circuit of every endpoint. No method raises or waits for long."""

    def is_open(self, endpoint: str) -> bool:
        """Whether a request would be turned away now; from memory, maybe some seconds old."""
        ...

    def state(self, endpoint: str) -> HealthState:
        """For people and metrics; from memory, maybe some seconds old."""
        ...

    def states(self) -> dict[str, HealthState]:
        """`state` of every endpoint that this process has met."""
        ...

    async def refresh(self, endpoints: Sequence[str]) -> None:
        """Bring what `is_open` and `state` know up to date."""
        ...

    async def admit(
        self,
        endpoint: str,
        *,
        per_minute: float | None,
        burst: float | None = None,
        longest: float,
        holding: Admission | None = None,
    ) -> Admission | Refused:
        """Ask to send one request. Most callers want `turn`, which also waits.

        An admission whose `wait` is above 0 reserves a slot: sleep, then ask again with it as
        `holding`, which keeps the slot unless the provider has said otherwise since. The slot of
        a caller that never comes back is lost. Every admission must be followed by `succeeded`,
        `failed` or `abandoned`.

        Args:
            per_minute: most requests per minute; None leaves the rate to the provider's 429s.
            burst: most requests at once, part of that rate; None = ten seconds' worth.
            longest: seconds the caller would wait; a later slot is refused, not reserved.
        """
        ...

    def fresh(self, admission: Admission) -> bool:
        """Whether a request may still leave on this admission. Ask right before it is sent: a
        process that stood still for a while must be admitted anew."""
        ...

    async def succeeded(self, endpoint: str, admission: Admission) -> Change | None:
        """The provider answered. Returns what that changed for everybody."""
        ...

    async def failed(self, endpoint: str, failure: Failure, admission: Admission) -> Change | None:
        """The request failed. Returns what that changed for everybody."""
        ...

    async def abandoned(self, endpoint: str, admission: Admission) -> None:
        """The request was not sent or was given up: nothing was learnt."""
        ...

    async def clear(self, endpoint: str) -> Change | None:
        """A person saw the provider answer: close its circuit."""
        ...


async def turn(
    health: ProviderHealth,
    endpoint: str,
    *,
    per_minute: float | None,
    burst: float | None = None,
    longest: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> tuple[Admission | Refused, float]:
    """Wait for leave to send one request now: (the leave or the refusal, seconds slept).

    Ask last before sending, when nothing else needs waiting for. Cancellation gives up the turn.
    """
    slept = 0.0
    held: Admission | None = None
    while True:
        answer = await health.admit(
            endpoint,
            per_minute=per_minute,
            burst=burst,
            longest=longest - slept,
            holding=held,
        )
        if isinstance(answer, Refused) or answer.wait <= 0:
            return answer, slept
        held = answer
        nap = min(answer.wait, NAP_SECONDS)
        try:
            await sleep(nap)
        except BaseException:
            await health.abandoned(endpoint, held)
            raise
        slept += nap


class LocalHealth:
    """`ProviderHealth` in the memory of one process: tests, and while Redis is away.

    Args:
        limits: of the circuits.
        workers: processes that share the endpoints without seeing each other.
        cautious: others may have used the endpoints just before, so start without a burst.
        clock: seconds; only differences matter.
        chance: 0 to 1, spreads the cooldowns.
        seed: what is known of an endpoint that is met for the first time.
    """

    def __init__(
        self,
        limits: CircuitLimits | None = None,
        *,
        workers: int = 1,
        cautious: bool = False,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        seed: Callable[[str], Endpoint | None] = lambda _: None,
    ) -> None:
        self._limits = limits or CircuitLimits()
        self._workers = workers
        self._clock = clock
        self._chance = chance
        self._seed = seed
        self._since = clock() if cautious else 0.0
        self._endpoints: dict[str, Endpoint] = {}
        self._tokens = count(1)

    def _endpoint(self, endpoint: str) -> Endpoint:
        if endpoint not in self._endpoints:
            self._endpoints[endpoint] = self._seed(endpoint) or Endpoint()
        known = self._endpoints[endpoint]
        known.arrive(self._clock())
        return known

    def is_open(self, endpoint: str) -> bool:
        return self._endpoint(endpoint).is_open(self._clock())

    def state(self, endpoint: str) -> HealthState:
        return self._endpoint(endpoint).state(self._clock())

    def states(self) -> dict[str, HealthState]:
        return {name: self.state(name) for name in self._endpoints}

    async def refresh(self, endpoints: Sequence[str]) -> None:
        """What this process knows is all there is."""

    async def admit(
        self,
        endpoint: str,
        *,
        per_minute: float | None,
        burst: float | None = None,
        longest: float,
        holding: Admission | None = None,
    ) -> Admission | Refused:
        bucket = Bucket.of(per_minute, burst) if per_minute else FREE
        if self._workers > 1:
            bucket = bucket.shared_by(self._workers)
        now = self._clock()
        known = self._endpoint(endpoint)
        known.adopt(now, self._since, bucket)
        answer = known.admit(
            now,
            bucket,
            longest=longest,
            token=f"local-{next(self._tokens)}",
            lease_seconds=LEASE_SECONDS,
            holding=holding,
        )
        if isinstance(answer, Admission):
            return replace(answer, stale_at=answer.slot + bucket.fresh)
        return answer

    def fresh(self, admission: Admission) -> bool:
        return self._clock() <= admission.stale_at

    async def succeeded(self, endpoint: str, admission: Admission) -> Change | None:
        return self._endpoint(endpoint).succeeded(self._clock(), admission)

    async def failed(self, endpoint: str, failure: Failure, admission: Admission) -> Change | None:
        return self._endpoint(endpoint).failed(
            self._clock(), failure, admission, self._limits, chance=self._chance()
        )

    async def abandoned(self, endpoint: str, admission: Admission) -> None:
        self._endpoint(endpoint).abandoned(admission)

    async def clear(self, endpoint: str) -> Change | None:
        return self._endpoint(endpoint).clear(self._clock())
