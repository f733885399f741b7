"""The line to the hosts of learnt tools: what all calls share, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx2

from autonomy.core.llm.health import Admission, LocalHealth, ProviderHealth, turn
from autonomy.core.outbound import Resolve, Trusted, resolve
from autonomy.tools.learnt.failing import LearntFailure
from autonomy.tools.learnt.secrets import host_key

RATES: dict[str, float | None] = {"local": None, "gentle": 10.0, "ordinary": 60.0, "busy": 300.0}
"""Calls per minute to one host, over all workers, of each rate class."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Of one call."""

    seconds: float = 30.0
    answer_bytes: int = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """What all calls of learnt tools share."""

    agent: str
    """The User-Agent: the product, and where its operator can be reached."""
    health: ProviderHealth = field(default_factory=LocalHealth)
    """Spaces the calls to each host, over all workers, and leaves a broken one alone."""
    trusted: Trusted = frozenset()
    """Private hosts that may be called."""
    limits: CallLimits = CallLimits()
    resolve: Resolve = resolve
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


async def leave_to_send(line: Line, name: str, url: httpx2.URL, rate: str) -> Admission:
    """Leave to send one request, waited for if need be. Raises `LearntFailure`."""
    leave, _ = await turn(
        line.health,
        f"tool:{host_key(url)}",
        per_minute=RATES.get(rate, 60.0),
        burst=5.0,
        longest=line.limits.seconds,
        sleep=line.sleep,
    )
    if isinstance(leave, Admission):
        return leave
    wait = max(1, round(leave.seconds))
    raise LearntFailure(
        "rate_limited" if leave.kind == "rate" else "unavailable",
        f"{name}: {url.host} may be called again in {wait} seconds.",
        tool=name,
        retry_after=float(wait),
    )


async def paced(line: Line, name: str, address: str, rate: str) -> None:
    """Wait for a call's turn at a host whose failures are not counted here. Raises as a call."""
    url = httpx2.URL(address)
    leave = await leave_to_send(line, name, url, rate)
    await line.health.abandoned(f"tool:{host_key(url)}", leave)
