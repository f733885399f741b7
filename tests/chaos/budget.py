"""50 kills in the middle of model calls of runs whose budgets are tight, while a watcher looks
whether any run has ever spent or set aside more than it may."""

from __future__ import annotations

import threading
import time
from typing import Any

from tests.chaos.arena import Arena
from tests.chaos.graph import TOKENS, USD
from tests.chaos.scenario import Row, count
from tests.chaos.storm import Storm, promises
from tests.chaos.zygote import alive

KILLS = 50
WORKERS = 3
BUSY = 18
CALLS = (3, 9)
"""A budget is enough for so many calls, all reserved in full; a run wants up to 18."""
POLL_SECONDS = 0.01

OVERRUN = """
SELECT run.id, run.tokens_spent, run.tokens_reserved, run.tokens_limit,
       run.usd_spent, run.usd_reserved, run.usd_limit
FROM autonomy_runs run
WHERE run.tokens_spent + run.tokens_reserved > run.tokens_limit
   OR run.usd_spent + run.usd_reserved > run.usd_limit
"""
ENDINGS = """
SELECT count(*) FILTER (WHERE stop_reason IN ('budget_tokens', 'budget_usd')),
       count(*) FILTER (WHERE stop_reason IN ('budget_tokens', 'budget_usd')
                        AND status = 'succeeded'),
       count(*) FILTER (WHERE stop_reason NOT IN ('budget_tokens', 'budget_usd', 'completed')),
       count(*) FILTER (WHERE status = 'failed' AND EXISTS (
           SELECT 1 FROM autonomy_artifacts a WHERE a.run_id = run.id AND a.kind = 'document'))
FROM autonomy_runs run
"""


ENDS = [
    f"{status} ({limit})"
    for status in ("succeeded", "failed")
    for limit in ("budget_tokens", "budget_usd")
]


class Watcher:
    """Looks at every run's account again and again, on a connection of its own."""

    def __init__(self, arena: Arena) -> None:
        self._connection = arena.connect()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.looks = 0
        self.overruns: list[tuple[Any, ...]] = []

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._connection.close()

    def _watch(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            self.overruns += self._connection.execute(OVERRUN).fetchall()
            self.looks += 1


class TightBudget:
    name = "budget"

    def run(self, seed: int, scale: float) -> list[Row]:
        kills = count(KILLS, scale, 6)
        with Arena() as arena, Storm(arena, seed) as storm, Watcher(arena) as watcher:
            began = time.monotonic()
            self._rage(storm, kills)
            settled = storm.settle()
            seconds = time.monotonic() - began
            return self._rows(storm, watcher, kills, settled, seconds)

    def _rage(self, storm: Storm, kills: int) -> None:
        killed = 0
        while killed < kills:
            killed += sum(bool(one.point) for one in storm.gone())
            for one in [w for w in storm.workers if w.until and w.until < time.monotonic()]:
                killed += alive(one.pid)
                storm.kill(one)
            while len(storm.workers) < WORKERS:
                pick = storm.random
                point = pick.choice(
                    ("between reserve and settle", "between reserve and settle", "")
                )
                storm.spawn(point, pick.randint(1, 6), pick.uniform(0.5, 2.5))
            if storm.active() < BUSY:
                for _ in range(4):
                    self._start(storm)
            time.sleep(0.02)
        for one in list(storm.workers):
            storm.kill(one)
        for _ in range(WORKERS):
            storm.spawn()

    def _start(self, storm: Storm) -> None:
        pick = storm.random
        calls = pick.randint(*CALLS)
        goal = f"storm {pick.randint(3, 6)} {pick.randint(1, 3)} {pick.randint(20, 80)}"
        if pick.random() < 0.5:
            storm.start_run(goal, tokens=calls * TOKENS + pick.randint(0, TOKENS))
        else:
            storm.start_run(goal, usd=calls * USD + pick.random() * USD)

    def _rows(
        self, storm: Storm, watcher: Watcher, kills: int, settled: bool, seconds: float
    ) -> list[Row]:
        deaths = len(storm.deaths())
        stopped, with_draft, odd, draftless = storm.outside.execute(ENDINGS).fetchall()[0]
        fault = "kills at a tight budget"
        return [
            Row(
                fault,
                f"{deaths} kills, {storm.started} runs",
                f"≥ {kills} kills, all end",
                deaths >= kills and settled,
                seconds,
            ),
            Row(
                f"{fault}: spent + reserved ≤ limit",
                f"{len(watcher.overruns)} overruns in {watcher.looks} looks",
                "always",
                not watcher.overruns and watcher.looks > 0,
                0.0,
            ),
            Row(
                f"{fault}: the limit is a named ending",
                f"{stopped} ended at their limit, {with_draft} of them with a draft;"
                f" {draftless} with a draft counted as failed; {odd} other endings",
                "some; 0 failed in spite of a draft; 0 others",
                stopped > 0 and not odd and not draftless,
                0.0,
            ),
            *promises(storm, fault, seconds, endings=ENDS),
        ]


scenario = TightBudget()
