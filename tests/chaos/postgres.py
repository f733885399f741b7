"""PostgreSQL stopped in the middle of everything, again and again, as by a pulled plug."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time

import httpx
import psycopg

from handywriterz.stack.child import STEADY_SECONDS
from tests.chaos.invariants import told
from tests.chaos.load import Load
from tests.chaos.product import Product, until
from tests.chaos.scenario import Row, allowed, count
from tests.stack_process import running

SETTLE_SECONDS = 1.0
"""After its return; what was asked before may still get its refusal then."""
ADDRESSES = ("/api/v2/runs", "/api/v2/health", "/", "/api/files")


class PostgresRestarted:
    name = "postgres"

    def run(self, seed: int, scale: float) -> list[Row]:
        return asyncio.run(self._run(random.Random(seed), scale))

    async def _run(self, rng: random.Random, scale: float) -> list[Row]:
        async with Product(delay=0.4) as product:
            return await Storm(product, rng, scale).rows()


class Storm:
    def __init__(self, product: Product, rng: random.Random, scale: float) -> None:
        self.product = product
        self.rng = rng
        self.scale = scale
        self.stops = count(6, scale, 2)
        self.progress: list[float] = []
        """Seconds from each return until a run had progressed."""
        self.all_progress: list[float] = []
        """The same, until each run that was going on had."""
        self.back = 0.0
        """When it was there again, by the monotonic clock."""
        self.outages: list[tuple[float, float]] = []
        """(stopped, back), seconds since the epoch."""
        self.answers: list[tuple[float, float, str, int, str]] = []
        """(asked, answered, address, status, media type) of every request beside the load."""

    async def rows(self) -> list[Row]:
        began = time.monotonic()
        product, late = self.product, allowed(10.0, self.scale)
        load = Load(product, product["alice"], 5)
        async with load.going():
            asking = asyncio.create_task(self._ask())
            await asyncio.sleep(2 + self.rng.random())
            for _ in range(self.stops):
                await self._outage()
                # A server that was killed sooner is started again with ever more patience.
                await asyncio.sleep(max(0.0, STEADY_SECONDS - (time.monotonic() - self.back)))
                await asyncio.sleep(self.rng.uniform(0.2, 1.2))
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            again = await self._everything_at_once(load)
        left = await product.settled(60)
        offences = await product.offences()
        doubled = len(load.runs) - len(set(load.runs.values()))
        astray = await load.wrong()
        (lost,) = await product.sql(
            "SELECT count(*) FILTER (WHERE status <> 'succeeded'), count(*),"
            " coalesce(string_agg(DISTINCT error, ' | '), '') FROM autonomy_runs"
        )
        seconds = time.monotonic() - began
        meanwhile, after = self._sorted(load)
        again_late = allowed(30.0, self.scale)
        return [
            Row(
                f"PostgreSQL restarted -m immediate {self.stops}×",
                f"{lost[0] + left} of {lost[1]} runs lost{f' ({lost[2][:200]})' if lost[2] else ''}, "
                f"broken promises: {told(offences)}, {len(astray)} of {len(load.viewers)} viewers not exact",
                "0 lost",
                not (lost[0] or left or offences or astray or doubled),
                seconds,
            ),
            Row(
                "… progress after it is up",
                f"first after max {max(self.progress):.1f} s, every run after max "
                f"{max(self.all_progress):.1f} s",
                f"< {late:.0f} s",
                max(self.all_progress) < late,
                seconds,
            ),
            Row(
                "… requests",
                f"while it is away {_counted(meanwhile)}, from {SETTLE_SECONDS:.0f} s after {_counted(after)}",
                "503 or an answer, never another fault; no fault after",
                not any(status >= 500 and status != 503 for status in meanwhile)
                and not any(status >= 500 or not status for status in after),
                seconds,
            ),
            Row(
                "supervisor and both servers killed at once, started again",
                f"every run goes on {again:.1f} s after the command",
                f"< {again_late:.0f} s, 0 lost (above)",
                again < again_late,
                seconds,
            ),
        ]

    async def _outage(self) -> None:
        product = self.product
        going = await self._going()
        stopped = time.time()
        await product.kill("postgres", signal.SIGQUIT)
        await asyncio.sleep(0.3)
        assert await until(self._answers, 60) is not None, "PostgreSQL did not come back"
        back, back_at = time.monotonic(), time.time()
        self.back = back
        self.outages.append((stopped, back_at))
        first, every = await self._progress(going, back)
        self.progress.append(first)
        self.all_progress.append(every)

    async def _everything_at_once(self, load: Load) -> float:
        """Seconds from starting the product again to every run having gone on."""
        product = self.product
        going = await self._going()
        orphans = [
            product.stack.pid(name) for name in ("postgres", "redis", "web", "runs", "files")
        ]
        self.outages.append((time.time(), time.time() + 90))  # what happens now is its own row
        for pid in (product.stack.supervisor, orphans[0], orphans[1]):
            os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        await asyncio.to_thread(product.stack.wait)
        # At once, while the workers of the earlier life may still be ending.
        await asyncio.to_thread(product.stack.start)
        assert not any(running(pid) for pid in orphans), "a process outlived its supervisor"
        _, every = await self._progress(going, began)
        return every

    async def _going(self) -> dict[str, int]:
        """The newest event of every run that is going on."""
        return dict(
            await self.product.sql(
                "SELECT id::text, last_seq FROM autonomy_runs WHERE status IN ('queued', 'running')"
            )
        )

    async def _progress(self, going: dict[str, int], since: float) -> tuple[float, float]:
        """Seconds since `since` until one of the runs, and until all of them had gone on."""
        first: float | None = None
        while True:
            heads = dict(
                await self.product.sql(
                    "SELECT id::text, last_seq FROM autonomy_runs WHERE id::text = ANY(%s)",
                    [list(going)],
                )
            )
            took = time.monotonic() - since
            moved = [run for run, seq in going.items() if heads.get(run, 0) > seq]
            if moved and first is None:
                first = took
            if len(moved) == len(going) or took > 60:
                return (took if first is None else first), took
            await asyncio.sleep(0.1)

    async def _answers(self) -> bool:
        try:
            await self.product.sql("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    async def _ask(self) -> None:
        """Ask for pages and lists all the time, as people and programs do."""
        alice = self.product["alice"]
        async with httpx.AsyncClient(
            base_url=self.product.stack.base_url, timeout=30, cookies={"sessionid": alice.session}
        ) as browser:
            while True:
                for address in ADDRESSES:
                    asked = time.time()
                    client = browser if address == "/" else alice.http
                    status, kind = 0, ""
                    try:
                        reply = await client.get(address)
                        status = reply.status_code
                        kind = reply.headers.get("content-type", "")
                    except httpx.TransportError as error:
                        kind = repr(error)
                    self.answers.append((asked, time.time(), address, status, kind))
                    await asyncio.sleep(0.05)

    def _sorted(self, load: Load) -> tuple[dict[int, int], dict[int, int]]:
        """Numbers by status, while PostgreSQL was away and from `SETTLE_SECONDS` after its return."""
        meanwhile: dict[int, int] = {}
        after: dict[int, int] = {}
        everything = [(asked, status) for asked, _, _, status, _ in self.answers]
        everything += load.answers
        for at, status in everything:
            away = any(start - 0.5 <= at <= back + SETTLE_SECONDS for start, back in self.outages)
            found = meanwhile if away else after
            found[status] = found.get(status, 0) + 1
        return meanwhile, after


def _counted(statuses: dict[int, int]) -> str:
    named = {0: "no answer"}
    return ", ".join(f"{n}× {named.get(s, s)}" for s, n in sorted(statuses.items())) or "nothing"


scenario = PostgresRestarted()
