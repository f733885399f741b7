"""Provider health that all workers share: kept in Redis, changed by one script, seen in a mirror.

Redis' own clock is the only one that counts. Each operation is one round trip and is answered
within `TIMEOUT_SECONDS`; while Redis does not answer, this process goes on alone with its share of
the rate. The success of an endpoint that is well costs no round trip: the next admission tells.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from functools import cache
from hashlib import sha1
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from redis.exceptions import NoScriptError, RedisError

from autonomy.core.llm.circuit import ANSWERED
from autonomy.core.llm.endpoint import Endpoint
from autonomy.core.llm.failures import PROVIDER_CLOSED, PROVIDER_DOWN, Failure, FailureKind
from autonomy.core.llm.health import (
    Admission,
    Change,
    CircuitLimits,
    HealthState,
    LocalHealth,
    Refused,
)
from autonomy.core.llm.rate import FREE, Bucket
from autonomy.runtime.health_connections import HealthConnections
from handywriterz.env import env

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 0.2
PAUSE_SECONDS = 2.0
"""After Redis did not answer, this process goes on alone for this long before it asks again."""
LAG_SECONDS = 0.05
"""An alarm that rings later than this tells of a busy process, not of a slow Redis."""
MIRROR_SECONDS = 5.0
"""Older knowledge is refreshed in the background when somebody looks at it."""
ANNOUNCE_SECONDS = 10.0
"""A process says this often that it is one of those that share the endpoints."""
LEASE_SECONDS = 10.0
"""A probe whose process does not renew it for this long is given up for dead."""
LONGEST_PROBE = 900.0
UNKNOWN_WORKERS = 8
"""Processes that are assumed to share the endpoints when Redis never said."""

ENDPOINT = "hw:health:endpoint:"
MEMORY = "hw:health:memory"
WORKERS = "hw:health:workers"
ENDPOINTS = "hw:health:endpoints"

# Redis' clock; tests put their own in its place.
CLOCK = "local t = redis.call('TIME')\nlocal now = t[1] + t[2] / 1000000\n"
SCRIPT = Path(__file__).with_suffix(".lua").read_text("utf-8")

FIELDS = [field.name for field in fields(Endpoint) if field.name != "lease"] + ["lease"]
"""In the order of the script."""
_INTEGERS = {"epoch", "window", "count", "before", "failures", "generation", "openings"}


def endpoint_from(values: Sequence[bytes | None]) -> Endpoint:
    """The endpoint whose fields Redis gave."""
    known: dict[str, Any] = {}
    for name, value in zip(FIELDS, values, strict=True):
        if name == "lease":
            known[name] = (value or b"").decode()
        elif name in _INTEGERS:
            known[name] = int(value or 0)
        else:
            known[name] = float(value or 0)
    return Endpoint(**known)


def _class_of(failure: Failure) -> str:
    if failure.kind is FailureKind.RATE_LIMIT:
        return "rate"
    if failure.kind in PROVIDER_CLOSED:
        return "refused"
    if failure.kind in PROVIDER_DOWN:
        return "down"
    return "answered" if failure.kind in ANSWERED else ""


@dataclass(slots=True)
class _Seen:
    """What this process knows of an endpoint."""

    endpoint: Endpoint
    at: float
    """Of this process's clock."""
    succeeded_at: float = 0.0
    """When a success was seen last that Redis was not told of; 0 = none."""


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
        self._script = script.encode()
        self._sha = sha1(self._script, usedforsecurity=False).hexdigest()
        self._connections = HealthConnections(url, TIMEOUT_SECONDS)
        self._process = uuid4().hex[:12]
        self._tokens = count(1)
        self._mirror: dict[str, _Seen] = {}
        self._ahead = 0.0
        """Redis' clock minus this process's."""
        self._workers = UNKNOWN_WORKERS
        self._announced_at = float("-inf")
        self._alone: LocalHealth | None = None
        """Takes over while Redis is away."""
        self._substitute = LocalHealth(self._limits)
        """The last that took over."""
        self._ask_again_at = 0.0
        self._asking = False
        self._strayed: set[str] = set()
        """Endpoints that were used while Redis was away, and that it has not been told of."""
        self._background: set[asyncio.Task[Any]] = set()
        self._renewals: dict[str, asyncio.Task[None]] = {}

    # ------------------------------------------------------------------------------ looking

    def is_open(self, endpoint: str) -> bool:
        if self._alone is not None:
            return self._alone.is_open(endpoint)
        seen = self._look(endpoint)
        return seen is not None and seen.endpoint.is_open(self._redis_now())

    def state(self, endpoint: str) -> HealthState:
        if self._alone is not None:
            return self._alone.state(endpoint)
        seen = self._look(endpoint)
        return HealthState() if seen is None else seen.endpoint.state(self._redis_now())

    def states(self) -> dict[str, HealthState]:
        return {endpoint: self.state(endpoint) for endpoint in list(self._mirror)}

    async def refresh(self, endpoints: Sequence[str]) -> None:
        await self._within(self._refresh(list(endpoints)))

    async def refresh_all(self) -> None:
        """`refresh` for every endpoint that any process has used within the last hour."""
        await self._within(self._refresh(None))

    def _redis_now(self) -> float:
        return self._clock() + self._ahead

    def _look(self, endpoint: str) -> _Seen | None:
        seen = self._mirror.get(endpoint)
        if seen is None or self._clock() - seen.at > MIRROR_SECONDS:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return seen
            if seen is not None:
                seen.at = self._clock()  # One refresh is enough.
            self._keep(loop.create_task(self.refresh([endpoint])))
        return seen

    async def _refresh(self, endpoints: list[str] | None) -> None:
        async with self._connections.one() as connection:
            if endpoints is None:
                found = await connection.ask("ZRANGE", ENDPOINTS, "0", "-1")
                endpoints = [name.decode() for name in found]
            asked_at = self._clock()
            questions = [("HMGET", ENDPOINT + name, *FIELDS) for name in endpoints]
            answers = await connection.ask_all([("TIME",), *questions])
        seconds, micros = answers[0]
        self._ahead = int(seconds) + int(micros) / 1e6 - asked_at
        for name, values in zip(endpoints, answers[1:], strict=True):
            self._saw(name, endpoint_from(values))

    def _saw(self, name: str, endpoint: Endpoint) -> None:
        seen = self._mirror.get(name)
        if seen is None:
            self._mirror[name] = _Seen(endpoint, self._clock())
        else:
            seen.endpoint, seen.at = endpoint, self._clock()

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
        age = self._age_of_success(endpoint)
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
            "1" if endpoint in self._strayed else "",
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
            return await self._admit_alone(
                endpoint, per_minute=per_minute, burst=burst, longest=longest, holding=holding
            )
        self._strayed.discard(endpoint)
        if announce:
            self._announced_at = asked_at
        if answer[0] == b"refused":
            self._stop_renewing(holding)
            seconds = float(answer[2])
            return Refused("rate" if answer[1] == b"rate" else "circuit_open", seconds)
        known = self._mirror[endpoint].endpoint
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
        if self._alone is not None:
            await self._alone.succeeded(endpoint, admission)
        seen = self._mirror.get(endpoint)
        if seen is not None:
            seen.succeeded_at = self._clock()
            known = seen.endpoint
            if not (admission.probe or known.open_until or known.rate or known.failures):
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
            _class_of(failure),
            self._age_of_success(endpoint),
            failure.retry_after or 0.0 if holds else 0.0,
            limits.failures,
            limits.refused,
            limits.cooldown,
            limits.longest,
            limits.shortest,
            self._chance(),
        )
        if answer is None and self._alone is not None:
            return await self._alone.failed(endpoint, failure, admission)
        return self._change(answer)

    async def abandoned(self, endpoint: str, admission: Admission) -> None:
        self._stop_renewing(admission)
        if self._alone is not None:
            await self._alone.abandoned(endpoint, admission)
        if admission.probe:
            await self._do(endpoint, "abandoned", admission.token)

    async def clear(self, endpoint: str) -> Change | None:
        if self._alone is not None:
            await self._alone.clear(endpoint)
        return self._change(await self._do(endpoint, "clear"))

    def _age_of_success(self, endpoint: str) -> float | str:
        seen = self._mirror.get(endpoint)
        if seen is None or not seen.succeeded_at:
            return ""
        age, seen.succeeded_at = self._clock() - seen.succeeded_at, 0.0
        return age

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
            self._operate(endpoint, operation, [_text(value) for value in arguments])
        )
        return found

    async def _operate(self, endpoint: str, operation: str, arguments: list[str]) -> list[bytes]:
        async with self._connections.one() as connection:
            keys = ("4", ENDPOINT + endpoint, MEMORY, WORKERS, ENDPOINTS)
            rest = (*keys, operation, connection.run_id, *arguments)
            asked_at = self._clock()
            try:
                given = await connection.ask("EVALSHA", self._sha, *rest)
            except NoScriptError:
                given = await connection.ask("EVAL", self._script, *rest)
        length = int(given[2])
        self._ahead = float(given[0]) - asked_at
        self._workers = max(1, int(given[1]))
        self._saw(endpoint, endpoint_from(given[3 + length :]))
        answer: list[bytes] = given[3 : 3 + length]
        return answer

    async def _within(self, exchange: Any) -> Any:
        """What `exchange` with Redis gives, or None when it takes too long or fails.

        It runs as a task of its own: a caller that is cancelled leaves at once, and never with a
        cancellation that the connection has swallowed.
        """
        again = self._alone is not None
        if again and (self._asking or self._clock() < self._ask_again_at):
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
            self._went(error)
            return None
        finally:
            if again:
                self._asking = False
        if again:
            self._came_back()
        return result

    def _keep(self, task: asyncio.Task[Any]) -> asyncio.Task[Any]:
        self._background.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled():
            task.exception()  # Looked at, so that nothing is said of it a second time.

    # ------------------------------------------------------------------------------ alone

    def _went(self, error: Exception) -> None:
        self._ask_again_at = self._clock() + PAUSE_SECONDS
        self._announced_at = float("-inf")
        if self._alone is None:
            logger.warning(
                "The shared health of providers cannot be reached (%s); this process goes on "
                "alone with its share of the rate.",
                type(error).__name__,
            )
            self._alone = self._substitute = LocalHealth(
                self._limits,
                workers=self._workers,
                cautious=True,
                clock=self._redis_now,
                chance=self._chance,
                seed=self._known,
            )

    def _came_back(self) -> None:
        if self._alone is not None:
            self._alone = None
            logger.warning("The shared health of providers can be reached again.")

    def _known(self, endpoint: str) -> Endpoint | None:
        """What this process goes on from alone, where nothing may come ahead of its time."""
        seen = self._mirror.get(endpoint)
        if seen is None:
            return None
        known = copy(seen.endpoint)
        if not known.rate:
            known.tat -= known.tolerance
        return known

    async def _admit_alone(
        self,
        endpoint: str,
        *,
        per_minute: float | None,
        burst: float | None,
        longest: float,
        holding: Admission | None,
    ) -> Admission | Refused:
        self._strayed.add(endpoint)
        # Not `_alone`: Redis may have come back while this caller waited for it.
        answer = await self._substitute.admit(
            endpoint, per_minute=per_minute, burst=burst, longest=longest, holding=holding
        )
        if isinstance(answer, Admission):
            return replace(answer, stale_at=answer.stale_at - self._ahead)
        return answer

    async def aclose(self) -> None:
        """Close what is open on the running loop."""
        for task in [*self._renewals.values()]:
            task.cancel()
        self._renewals.clear()
        await self._connections.aclose()


def _text(value: object) -> str:
    return repr(value) if isinstance(value, float) else str(value)


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
