"""Runs cancelled at random points: over within a second, and nothing is heard of them again."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

from tests.chaos.invariants import told
from tests.chaos.product import GOAL, Person, Product, until
from tests.chaos.scenario import Row, allowed, count, percentile

KINDS = ("running", "running", "running", "running", "queued", "waiting", "paused", "twice")
"""Where the run stands when it is cancelled; `running` means in a model call or between two."""
AT_ONCE = 12
LINGER_SECONDS = 2.0


@dataclass(slots=True)
class Cancelled:
    kind: str
    mark: str
    run_id: str
    found: str
    """Status that the run had at that moment."""
    asked: float
    """Monotonic time of the request."""
    answered: float = 0.0
    statuses: tuple[int, ...] = ()
    shown: float = 0.0
    """Monotonic time at which the API said that the run is over."""


class Cancels:
    name = "cancels"

    def run(self, seed: int, scale: float) -> list[Row]:
        return asyncio.run(self._run(random.Random(seed), scale))

    async def _run(self, rng: random.Random, scale: float) -> list[Row]:
        people = ("alice", "bob")
        async with Product(
            people, delay=1.2, throwaway=True, RUNS_PER_USER=str(AT_ONCE)
        ) as product:
            await product.execute(
                "INSERT INTO autonomy_quotas (user_id, runs_at_once)"
                " SELECT id, 1 FROM auth_user WHERE username = 'bob'"
            )
            began = time.monotonic()
            kinds = [rng.choice(KINDS) for _ in range(count(100, scale, 10))]
            places = asyncio.Semaphore(AT_ONCE)

            async def one(number: int, kind: str) -> Cancelled | None:
                async with places:
                    return await self._one(product, random.Random(rng.random()), number, kind)

            blocker = await product["bob"].start(GOAL.format(words=1200, mark="blocker"))
            found = await asyncio.gather(*(one(i, kind) for i, kind in enumerate(kinds)))
            await self._cancel(product["bob"], blocker)
            await asyncio.sleep(LINGER_SECONDS)
            return await self._judge(product, [c for c in found if c], scale, began)

    async def _one(
        self, product: Product, rng: random.Random, number: int, kind: str
    ) -> Cancelled | None:
        """One run from its start to its cancellation; None when it ended by itself before."""
        # Bob may have one run at a time, so that his others wait in line.
        person = product["bob" if kind == "queued" else "alice"]
        mark = f"case-{number}-end"
        settings: dict[str, Any] = {"approve_plan": True} if kind == "waiting" else {}
        run_id = await person.start(GOAL.format(words=600, mark=mark), **settings)
        if kind == "waiting":
            await self._until(person, run_id, "waiting_human")
        elif kind == "queued":
            await asyncio.sleep(rng.uniform(0, 0.5))
        else:
            await asyncio.sleep(rng.uniform(0, 8))
        if kind == "paused":
            await person.http.post(f"/api/v2/runs/{run_id}/pause")
            await self._until(person, run_id, "paused")
        found = (await person.run(run_id))["status"]
        made = Cancelled(kind, mark, run_id, found, time.monotonic())
        requests = [self._cancel(person, run_id) for _ in range(2 if kind == "twice" else 1)]
        made.statuses = tuple(await asyncio.gather(*requests))
        made.answered = time.monotonic()
        await self._until(person, run_id, "cancelled")
        made.shown = time.monotonic()
        return None if (await person.run(run_id))["status"] != "cancelled" else made

    async def _cancel(self, person: Person, run_id: str) -> int:
        return (await person.http.post(f"/api/v2/runs/{run_id}/cancel")).status_code

    async def _until(self, person: Person, run_id: str, status: str) -> None:
        async def there() -> bool:
            return (await person.run(run_id))["status"] in (status, "succeeded", "failed")

        assert await until(there, 60) is not None, f"never {status}"

    async def _judge(
        self, product: Product, found: list[Cancelled], scale: float, began: float
    ) -> list[Row]:
        limit = allowed(1.0, scale)
        over = [c.shown - c.asked for c in found]
        hangups: list[float] = []
        unclosed = later = 0
        for cancelled in found:
            for call in product.provider.of(cancelled.mark):
                if call.began > cancelled.answered + limit:
                    later += 1
                elif call.ended is None:
                    unclosed += 1
                elif call.ended > cancelled.asked:
                    hangups.append(call.ended - cancelled.asked)
        still_open = sum(call.ended is None for call in product.provider.calls)
        refused = [c for c in found if any(status != 202 for status in c.statuses)]
        left = await product.settled(5)
        offences = await product.offences()
        kinds = {kind: sum(c.found == kind for c in found) for kind in {c.found for c in found}}
        stood = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
        seconds = time.monotonic() - began
        return [
            Row(
                f"{len(found)} cancels at random points ({stood})",
                f"over after p95 {percentile(over, 0.95):.2f} s, max {max(over):.2f} s; "
                f"{len(hangups)} open model calls closed after p95 {percentile(hangups, 0.95):.2f} s, "
                f"max {max(hangups, default=0):.2f} s",
                f"p95 < {limit:.0f} s",
                percentile(over, 0.95) < limit
                and percentile(hangups, 0.95) < limit
                and bool(hangups)
                and not unclosed,
                seconds,
            ),
            Row(
                "… and then",
                f"broken promises: {told(offences)}; {later} calls begun later, {still_open} left open, "
                f"{len(refused)} refused, {left} runs unsettled",
                "no later event, no later call",
                not (offences or later or still_open or refused or left),
                seconds,
            ),
        ]


scenario = Cancels()
