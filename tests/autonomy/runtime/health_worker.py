"""A worker process for tests of the shared health: does one thing and reports in lines.

    python -m tests.autonomy.runtime.health_worker URL hammer PER_MINUTE BURST SECONDS SKEW
    python -m tests.autonomy.runtime.health_worker URL probe

`hammer` prints the machine's monotonic clock, which processes share, at every request it may send.
"""

from __future__ import annotations

import asyncio
import sys
import time

import django


async def hammer(url: str, per_minute: float, burst: float, seconds: float, skew: float) -> None:
    from autonomy.core.llm.health import Admission, turn
    from autonomy.runtime.provider_health import RedisHealth

    health = RedisHealth(url, clock=lambda: time.monotonic() + skew)
    until = time.monotonic() + seconds

    async def one() -> None:
        while time.monotonic() < until:
            leave, _ = await turn(
                health, "hammered", per_minute=per_minute, burst=burst, longest=2.0
            )
            if isinstance(leave, Admission) and health.fresh(leave):
                print(repr(time.monotonic()), flush=True)
                await health.succeeded("hammered", leave)
            else:
                await asyncio.sleep(0.05)

    await asyncio.gather(*(one() for _ in range(5)))
    await health.aclose()


async def probe(url: str) -> None:
    from autonomy.core.llm.health import Admission
    from autonomy.runtime.provider_health import RedisHealth

    health = RedisHealth(url)
    answer = await health.admit("probed", per_minute=None, longest=1)
    print("probe" if isinstance(answer, Admission) and answer.probe else repr(answer), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    django.setup()
    url, what, *rest = sys.argv[1:]
    asyncio.run(hammer(url, *map(float, rest)) if what == "hammer" else probe(url))
