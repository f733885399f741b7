"""200 SIGKILLs of workers, at random moments and at named points, while at least 240 runs are
driven."""

from __future__ import annotations

import time

from tests.chaos.arena import Arena
from tests.chaos.library import PRODUCT_JOURNEY, prepare_library
from tests.chaos.points import NAMES
from tests.chaos.scenario import Row, allowed, count, percentile
from tests.chaos.storm import Storm, promises
from tests.chaos.zygote import alive

KILLS = 200
RUNS = 240
WORKERS = 4
BUSY = 20
"""Runs kept going while the storm lasts."""
LIVES = (0.4, 3.0)
"""Seconds after which a worker is killed, at a random moment."""
ARMED_LIVES = 4.0
"""The same of a worker that is to die at a named point, should it not come by there."""
STEPS_BETWEEN = 5
"""Checkpoints that all runs together commit before a random kill. A machine too slow for that gets
time: workers that never live to the end of a step prove nothing, and look like poison."""
PRODUCT_SHARE = 0.1
INLINE_BYTES = "500"
"""Results beyond go to a file, so that there is something between file and row."""
P95_SECONDS = 3.0
MAX_SECONDS = 20.0


class SigKill:
    name = "sigkill"

    def run(self, seed: int, scale: float) -> list[Row]:
        kills, runs = count(KILLS, scale, 10), count(RUNS, scale, 12)
        with Arena(EFFECT_INLINE_BYTES=INLINE_BYTES) as arena:
            question = prepare_library(arena)
            with Storm(arena, seed) as storm:
                began = time.monotonic()
                self._rage(storm, kills, runs, question)
                raged = time.monotonic() - began
                settled = storm.settle()
                seconds = time.monotonic() - began
                return [*self._rows(storm, kills, runs, raged, settled, seconds, scale)]

    def _rage(self, storm: Storm, kills: int, runs: int, question: str) -> None:
        killed = committed = 0
        while killed < kills or storm.started < runs:
            steps = storm.committed()
            for one in storm.gone():
                killed += bool(one.point)
                committed = steps
            due = [w for w in storm.workers if w.until and w.until < time.monotonic()]
            if due and steps >= committed + STEPS_BETWEEN:
                killed += alive(due[0].pid)
                storm.kill(due[0])
                committed = steps
            while len(storm.workers) < WORKERS:
                self._spawn(storm)
            storm.answer()
            if storm.active() < BUSY:
                for _ in range(5):
                    self._start(storm, question)
            time.sleep(0.02)
        # Those that are armed might still go off: the runs are brought home by fresh workers.
        for one in list(storm.workers):
            storm.kill(one)
        for _ in range(WORKERS):
            storm.spawn()

    def _spawn(self, storm: Storm) -> None:
        pick = storm.random
        if pick.random() < 0.5:
            storm.spawn(pick.choice(NAMES), pick.randint(1, 4), ARMED_LIVES, calm=False)
        else:
            storm.spawn(lives=pick.uniform(*LIVES), calm=False)

    def _start(self, storm: Storm, question: str) -> None:
        if storm.random.random() < PRODUCT_SHARE:
            storm.start_run(question, PRODUCT_JOURNEY)
        else:
            storm.start_run(storm.course())

    def _rows(
        self,
        storm: Storm,
        kills: int,
        runs: int,
        raged: float,
        settled: bool,
        seconds: float,
        scale: float,
    ) -> list[Row]:
        deaths = storm.deaths()
        at_points = {line["point"] for line in storm.journal("died")}
        waits = storm.reclaims()
        p95, worst = percentile(waits, 0.95), max(waits, default=0.0)
        fault = "SIGKILL"
        return [
            Row(
                fault,
                f"{len(deaths)} kills ({len(at_points)} named points), {storm.started} runs",
                f"≥ {kills} kills, ≥ {runs} runs",
                len(deaths) >= kills and storm.started >= runs and settled,
                raged,
            ),
            *promises(storm, fault, seconds, apart=True),
            Row(
                f"{fault}: kill → next claim",
                f"p50 {percentile(waits, 0.5):.2f} s, p95 {p95:.2f} s, max {worst:.2f} s"
                f" of {len(waits)}",
                f"p95 < {allowed(P95_SECONDS, scale):g} s, max < {allowed(MAX_SECONDS, scale):g} s",
                bool(waits)
                and p95 < allowed(P95_SECONDS, scale)
                and worst < allowed(MAX_SECONDS, scale),
                0.0,
            ),
        ]


scenario = SigKill()
