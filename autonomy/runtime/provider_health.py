"""Provider health that all workers share: kept in Redis, changed by one script, seen in a mirror.

Redis' own clock is the only one that counts. Each operation is one round trip and is answered
within `TIMEOUT_SECONDS`; while Redis does not answer, this process goes on alone with its share of
the rate. The success of an endpoint that is well costs no round trip: the next admission tells.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from typing import Any
from uuid import uuid4

from django.conf import settings
from redis.exceptions import RedisError

from autonomy.core.llm.endpoint import Endpoint
from autonomy.core.llm.failures import Failure, FailureKind
from autonomy.core.llm.health import Admission, Change, CircuitLimits, HealthState, Refused
from autonomy.core.llm.rate import FREE, Bucket
from autonomy.runtime.health_alone import Alone
from autonomy.runtime.health_mirror import Mirror
from autonomy.runtime.health_operations import CLOCK, SCRIPT, HealthOperations, class_of, text
from handywriterz.env import env

TIMEOUT_SECONDS = 0.2
LAG_SECONDS = 0.05
"""An alarm that rings later than this tells of a busy process, not of a slow Redis."""
ANNOUNCE_SECONDS = 10.0
"""A process says this often that it is one of those that share the endpoints."""
LEASE_SECONDS = 10.0
"""A probe whose process does not renew it for this long is given up for dead."""
LONGEST_PROBE = 900.0


class RedisHealth:
    """`ProviderHealth` of all processes on one Redis.

    Args:
        url: of the Redis.
        limits: of the circuits.
        clock: of this process; only differences matter.
        chance: 0 to 1, spreads the cooldowns.
        script: Lua that sets `now` and then does what `provider_health.lua` does.
    """

    def __init__(
        self,
        url: str,
        limits: CircuitLimits | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        script: str = CLOCK + SCRIPT,
    ) -> None:
        self._limits = limits or CircuitLimits()
        self._clock = clock
        self._chance = chance
        self._mirror = Mirror(clock)
        self._operations = HealthOperations(url, TIMEOUT_SECONDS, self._mirror, script, clock)
        self._alone = Alone(self._limits, self._mirror, clock=clock, chance=chance)
        self._process = uuid4().hex[:12]
        self._tokens = count(1)
        self._announced_at = float("-inf")
        self._asking = False
        """Somebody tries whether Redis is back."""
        self._background: set[asyncio.Task[Any]] = set()
        self._renewals: dict[str, asyncio.Task[None]] = {}

    # ------------------------------------------------------------------------------ looking

    def is_open(self, endpoint: str) -> bool:
        if self._alone.health is not None:
            return self._alone.health.is_open(endpoint)
        known = self._look(endpoint)
        return known is not None and known.is_open(self._mirror.redis_now())

    def state(self, endpoint: str) -> HealthState:
        if self._alone.health is not None:
            return self._alone.health.state(endpoint)
        known = self._look(endpoint)
        return HealthState() if known is None else known.state(self._mirror.redis_now())

    def states(self) -> dict[str, HealthState]:
        return {endpoint: self.state(endpoint) for endpoint in self._mirror.names()}

    async def refresh(self, endpoints: Sequence[str]) -> None:
        await self._within(self._operations.refresh(list(endpoints)))

    async def refresh_all(self) -> None:
        """`refresh` for every endpoint that any process has used within the last hour."""
        await self._within(self._operations.refresh(None))

    def _look(self, endpoint: str) -> Endpoint | None:
        known = self._mirror.get(endpoint)
        if self._mirror.is_old(endpoint):
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return known
            self._mirror.being_refreshed(endpoint)
            self._keep(loop.create_task(self.refresh([endpoint])))
        return known

    # ------------------------------------------------------------------------------ requests

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
        asked_at = self._clock()
        announce = asked_at - self._announced_at > ANNOUNCE_SECONDS
        age = self._mirror.take_age_of_success(endpoint)
        answer = await self._do(
            endpoint,
            "admit",
            bucket.interval,
            bucket.tolerance,
            bucket.fresh,
            min(longest, 1e9),
            f"{self._process}-{next(self._tokens)}",
            LEASE_SECONDS,
            age,
            "1" if endpoint in self._alone.strayed else "",
            self._process if announce else "",
            endpoint,
            *(
                (holding.token, holding.since, holding.epoch, holding.slot)
                if holding is not None
                else ("", 0, 0, 0)
            ),
        )
        if answer is None:
            self._stop_renewing(holding)
            return await self._alone.admit(
                endpoint, per_minute=per_minute, burst=burst, longest=longest, holding=holding
            )
        self._alone.strayed.discard(endpoint)
        if announce:
            self._announced_at = asked_at
        if answer[0] == b"refused":
            self._stop_renewing(holding)
            seconds = float(answer[2])
            return Refused("rate" if answer[1] == b"rate" else "circuit_open", seconds)
        known = self._mirror[endpoint]
        slot = float(answer[4])
        admission = Admission(
            wait=float(answer[1]),
            probe=answer[2] == b"1",
            token=answer[3].decode(),
            slot=slot,
            epoch=known.epoch,
            generation=known.generation,
            since=known.since,
            # Counted from before the question: never later than Redis would say.
            stale_at=asked_at + (slot + bucket.fresh - known.seen),
        )
        if admission.probe and admission.token not in self._renewals:
            self._renewals[admission.token] = asyncio.create_task(self._renew(endpoint, admission))
        return admission

    def fresh(self, admission: Admission) -> bool:
        return self._clock() <= admission.stale_at

    async def succeeded(self, endpoint: str, admission: Admission) -> Change | None:
        self._stop_renewing(admission)
        if self._alone.health is not None:
            await self._alone.health.succeeded(endpoint, admission)
        if self._mirror.succeeded(endpoint):
            known = self._mirror[endpoint]
            if not (
                admission.probe or known.open_until or known.rate or known.failures or known.limited
            ):
                return None
        return self._change(
            await self._do(
                endpoint,
                "succeeded",
                admission.since,
                admission.epoch,
                admission.generation,
            )
        )

    async def failed(self, endpoint: str, failure: Failure, admission: Admission) -> Change | None:
        self._stop_renewing(admission)
        limits = self._limits
        holds = failure.kind in (FailureKind.RATE_LIMIT, FailureKind.OVERLOAD)
        answer = await self._do(
            endpoint,
            "failed",
            admission.since,
            admission.epoch,
            admission.generation,
            admission.token,
            class_of(failure),
            self._mirror.take_age_of_success(endpoint),
            failure.retry_after or 0.0 if holds else 0.0,
            limits.failures,
            limits.refused,
            limits.cooldown,
            limits.longest,
            limits.shortest,
            self._chance(),
        )
        if answer is None and self._alone.health is not None:
            return await self._alone.health.failed(endpoint, failure, admission)
        return self._change(answer)

    async def abandoned(self, endpoint: str, admission: Admission) -> None:
        self._stop_renewing(admission)
        if self._alone.health is not None:
            await self._alone.health.abandoned(endpoint, admission)
        if admission.probe:
            await self._do(endpoint, "abandoned", admission.token)

    async def clear(self, endpoint: str) -> Change | None:
        if self._alone.health is not None:
            await self._alone.health.clear(endpoint)
        return self._change(await self._do(endpoint, "clear"))

    def _change(self, answer: list[bytes] | None) -> Change | None:
        return Change(answer[0].decode()) if answer and answer[0] else None

    # ------------------------------------------------------------------------------ probes

    async def _renew(self, endpoint: str, admission: Admission) -> None:
        """Keep the lease of a probe while this process lives and works on it."""
        until = self._clock() + LONGEST_PROBE
        while self._clock() < until:
            await asyncio.sleep(LEASE_SECONDS / 3)
            await self._do(endpoint, "renew", admission.token, LEASE_SECONDS)

    def _stop_renewing(self, admission: Admission | None) -> None:
        if admission is not None and (task := self._renewals.pop(admission.token, None)):
            task.cancel()

    # ------------------------------------------------------------------------------ Redis

    async def _do(self, endpoint: str, operation: str, *arguments: object) -> list[bytes] | None:
        """The script's answer; None when Redis is away."""
        found: list[bytes] | None = await self._within(
            self._operations.operate(endpoint, operation, [text(value) for value in arguments])
        )
        return found

    async def _within(self, exchange: Any) -> Any:
        """What `exchange` with Redis gives, or None when it takes too long or fails.

        It runs as a task of its own: a caller that is cancelled leaves at once, and never with a
        cancellation that the connection has swallowed.
        """
        again = self._alone.health is not None
        if again and (self._asking or self._clock() < self._alone.ask_again_at):
            exchange.close()
            return None
        if again:
            self._asking = True
        task = self._keep(asyncio.create_task(exchange))
        try:
            for _ in range(5):
                began = self._clock()
                done, _pending = await asyncio.wait({task}, timeout=TIMEOUT_SECONDS)
                if done or self._clock() - began < TIMEOUT_SECONDS + LAG_SECONDS:
                    break
            if not task.done():
                task.cancel()
                raise TimeoutError("no answer")
            result = task.result()
        except (RedisError, OSError, TimeoutError) as error:
            self._announced_at = float("-inf")
            self._alone.begin(error, self._operations.workers)
            return None
        finally:
            if again:
                self._asking = False
        if again:
            self._alone.end()
        return result

    def _keep(self, task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        self._background.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled():
            task.exception()  # Looked at, so that nothing is said of it a second time.

    async def aclose(self) -> None:
        """Close what is open on the running loop."""
        for task in [*self._renewals.values()]:
            task.cancel()
        self._renewals.clear()
        await self._operations.aclose()


@cache
def shared_health() -> RedisHealth:
    """The health of the providers, as all workers of this deployment share it."""
    return RedisHealth(
        settings.REDIS_URL,
        CircuitLimits(
            failures=env().model_circuit_failures,
            cooldown=env().model_circuit_seconds,
            refused=env().model_circuit_closed_seconds,
        ),
    )
