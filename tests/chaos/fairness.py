"""Somebody with a hundred runs beside somebody with one: the one starts within a slice."""

from __future__ import annotations

import asyncio
import random
import time

from tests.chaos.invariants import told
from tests.chaos.product import GOAL, QUESTION, Product, until
from tests.chaos.scenario import Row, allowed, count, percentile

SLICE_SECONDS = 5
PLACES = 4
"""Runs that the worker drives at once; the heavy user may have all of them."""
VISITS = 4


class Fairness:
    name = "fairness"

    def run(self, seed: int, scale: float) -> list[Row]:
        return asyncio.run(self._run(random.Random(seed), scale))

    async def _run(self, rng: random.Random, scale: float) -> list[Row]:
        async with Product(
            ("heavy", "light"),
            delay=0.7,
            throwaway=True,
            SLICE_SECONDS=str(SLICE_SECONDS),
            RUNS_PER_WORKER=str(PLACES),
            RUNS_PER_USER=str(PLACES),
        ) as product:
            began = time.monotonic()
            heavy, light = product["heavy"], product["light"]
            runs = count(100, scale, 20)
            for number in range(runs):
                await heavy.start(GOAL.format(words=1200, mark=f"heavy {number}"))
            watching = asyncio.create_task(self._most_at_once(product))
            waits: list[float] = []
            share: list[float] = []
            for number in range(count(VISITS, scale, 2)):
                await asyncio.sleep(rng.uniform(0.5, 3))
                before = await self._time_of(product, "heavy")
                asked = time.monotonic()
                run_id = await light.start(
                    QUESTION.format(mark=f"light {number}"), journey="answer"
                )

                async def started(run_id: str = run_id) -> bool:
                    return (await light.run(run_id))["started_at"] is not None

                took = await until(started, 60)
                waits.append(60.0 if took is None else took)

                async def ended(run_id: str = run_id) -> bool:
                    return (await light.run(run_id))["status"] in ("succeeded", "failed")

                assert await until(ended, 60) is not None
                spent = time.monotonic() - asked
                share.append((await self._time_of(product, "heavy") - before) / (spent * PLACES))
            watching.cancel()
            most = await watching
            (heavy_now,) = await product.sql(
                "SELECT count(*) FILTER (WHERE started_at IS NOT NULL),"
                " count(*) FILTER (WHERE status = 'succeeded') FROM autonomy_runs run"
                " JOIN auth_user ON auth_user.id = owner_id WHERE username = 'heavy'"
            )
            rows = await product.sql(
                "SELECT run.id::text FROM autonomy_runs run JOIN auth_user ON auth_user.id = owner_id"
                " WHERE username = 'heavy' AND status IN ('queued', 'running')"
            )
            for (run_id,) in rows:
                await heavy.http.post(f"/api/v2/runs/{run_id}/cancel")
            await product.settled(10)
            offences = await product.offences()
            seconds = time.monotonic() - began
            limit = allowed(SLICE_SECONDS, scale)
            return [
                Row(
                    f"a user with {runs} runs against a user with 1",
                    f"the light user starts after median {percentile(waits, 0.5):.1f} s, max "
                    f"{max(waits):.1f} s ({len(waits)} visits)",
                    f"within one slice ({limit:.0f} s)",
                    max(waits) <= limit,
                    seconds,
                ),
                Row(
                    "… and the heavy one meanwhile",
                    f"drives {percentile(share, 0.5):.0%} of the worker's places while the light one is "
                    f"there, {heavy_now[0]} runs begun, {heavy_now[1]} finished; most at once {most} "
                    f"(cap {PLACES}); broken promises: {told(offences)}",
                    "not starved (> 40 %), cap respected",
                    percentile(share, 0.5) > 0.4 and most <= PLACES and not offences,
                    seconds,
                ),
            ]

    async def _time_of(self, product: Product, name: str) -> float:
        """Seconds of run time that the user's runs have had."""
        rows = await product.sql(
            "SELECT coalesce(sum(seconds_spent + CASE WHEN status = 'running'"
            " THEN extract(epoch FROM now() - beat_at) ELSE 0 END), 0)::float FROM autonomy_runs run"
            " JOIN auth_user ON auth_user.id = owner_id WHERE username = %s",
            [name],
        )
        return float(rows[0][0])

    async def _most_at_once(self, product: Product) -> int:
        """The most runs of one user that were ever seen running, until cancelled."""
        most = 0
        try:
            while True:
                rows = await product.sql(
                    "SELECT count(*) FROM autonomy_runs WHERE status = 'running' GROUP BY owner_id"
                )
                most = max([most, *(int(row[0]) for row in rows)])
                await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            return most


scenario = Fairness()
