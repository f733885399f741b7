"""Operations on the providers' health in Redis: one script, one round trip each."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha1
from pathlib import Path

from redis.exceptions import NoScriptError

from autonomy.core.llm.circuit import ANSWERED
from autonomy.core.llm.failures import PROVIDER_CLOSED, PROVIDER_DOWN, Failure, FailureKind
from autonomy.runtime.health_connections import HealthConnections
from autonomy.runtime.health_mirror import FIELDS, Mirror, endpoint_from

UNKNOWN_WORKERS = 8
"""Processes that are assumed to share the endpoints when Redis never said."""

ENDPOINT = "hw:health:endpoint:"
MEMORY = "hw:health:memory"
WORKERS = "hw:health:workers"
ENDPOINTS = "hw:health:endpoints"

# Redis' clock; tests put their own in its place.
CLOCK = "local t = redis.call('TIME')\nlocal now = t[1] + t[2] / 1000000\n"
SCRIPT = Path(__file__).with_name("provider_health.lua").read_text("utf-8")


def text(value: object) -> str:
    """An argument of the script."""
    return repr(value) if isinstance(value, float) else str(value)


def class_of(failure: Failure) -> str:
    """What the script needs to know of a failure."""
    if failure.kind is FailureKind.RATE_LIMIT:
        return "rate"
    if failure.kind in PROVIDER_CLOSED:
        return "refused"
    if failure.kind in PROVIDER_DOWN:
        return "down"
    return "answered" if failure.kind in ANSWERED else ""


class HealthOperations:
    """Asks and tells one Redis; what it shows is put into `mirror`. Methods raise what the
    connection does, and have no patience of their own.

    Args:
        timeout: seconds for one answer of the connection.
        script: Lua that sets `now` and then does what `provider_health.lua` does.
        clock: of this process; only differences matter.
    """

    def __init__(
        self, url: str, timeout: float, mirror: Mirror, script: str, clock: Callable[[], float]
    ) -> None:
        self._connections = HealthConnections(url, timeout)
        self._mirror = mirror
        self._script = script.encode()
        self._sha = sha1(self._script, usedforsecurity=False).hexdigest()
        self._clock = clock
        self.workers = UNKNOWN_WORKERS
        """Processes that share the endpoints, as Redis said last."""

    async def operate(self, endpoint: str, operation: str, arguments: list[str]) -> list[bytes]:
        """Do one operation of the script; returns its answer."""
        async with self._connections.one() as connection:
            keys = ("4", ENDPOINT + endpoint, MEMORY, WORKERS, ENDPOINTS)
            rest = (*keys, operation, connection.run_id, *arguments)
            asked_at = self._clock()
            try:
                given = await connection.ask("EVALSHA", self._sha, *rest)
            except NoScriptError:
                given = await connection.ask("EVAL", self._script, *rest)
        length = int(given[2])
        self._mirror.ahead = float(given[0]) - asked_at
        self.workers = max(1, int(given[1]))
        self._mirror.saw(endpoint, endpoint_from(given[3 + length :]))
        answer: list[bytes] = given[3 : 3 + length]
        return answer

    async def refresh(self, endpoints: list[str] | None) -> None:
        """Bring the mirror up to date, for all endpoints that Redis knows when None are named."""
        async with self._connections.one() as connection:
            if endpoints is None:
                found = await connection.ask("ZRANGE", ENDPOINTS, "0", "-1")
                endpoints = [name.decode() for name in found]
            asked_at = self._clock()
            questions = [("HMGET", ENDPOINT + name, *FIELDS) for name in endpoints]
            answers = await connection.ask_all([("TIME",), *questions])
        seconds, micros = answers[0]
        self._mirror.ahead = int(seconds) + int(micros) / 1e6 - asked_at
        for name, values in zip(endpoints, answers[1:], strict=True):
            self._mirror.saw(name, endpoint_from(values))

    async def aclose(self) -> None:
        """Close what is open on the running loop."""
        await self._connections.aclose()
