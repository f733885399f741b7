"""A rolling deployment under load, again and again: each worker in turn is told to stop (SIGTERM)
while its successor starts. Runs move over at a boundary; nothing is done twice."""

from __future__ import annotations

import os
import signal
import time

from tests.chaos.arena import Arena
from tests.chaos.scenario import Row, allowed, count
from tests.chaos.storm import Storm, promises
from tests.chaos.zygote import alive

ROUNDS = 6
WORKERS = 3
BUSY = 24
GAP_SECONDS = 2.0
STOP_SECONDS = 25.0

GAPS = """
SELECT extract(epoch FROM next_ts - ts)::float FROM (
    SELECT type, meta ->> 'cause' AS cause, ts,
           lead(ts) OVER (PARTITION BY run_id ORDER BY seq) AS next_ts
    FROM autonomy_episodic_logs) log
WHERE type = 'note' AND cause = 'worker_stopping' AND next_ts IS NOT NULL
"""
"""From a run's release by a stopping worker to its claim by another."""
REPEATED = """
SELECT run_id, content, count(*) FROM autonomy_episodic_logs
WHERE type = 'action' GROUP BY 1, 2 HAVING count(*) > 1
"""
LOST = "SELECT count(*) FROM autonomy_episodic_logs WHERE type = 'attempt.restarted'"


class Drain:
    name = "drain"

    def run(self, seed: int, scale: float) -> list[Row]:
        rounds = count(ROUNDS, scale, 1)
        with Arena() as arena, Storm(arena, seed) as storm:
            began = time.monotonic()
            stops = self._deploy(storm, rounds)
            settled = storm.settle()
            return self._rows(storm, stops, rounds, settled, time.monotonic() - began, scale)

    def _deploy(self, storm: Storm, rounds: int) -> list[float]:
        """Seconds that each worker took to stop."""
        for _ in range(WORKERS):
            storm.spawn()
        stops = []
        self._feed(storm)
        for _ in range(rounds):
            for old in list(storm.workers):
                storm.spawn()
                until = time.monotonic() + storm.random.uniform(0.3, 1.2)
                storm.until(lambda: self._feed(storm) or time.monotonic() > until, 5.0)  # noqa: B023
                told = time.monotonic()
                os.kill(old.pid, signal.SIGTERM)
                pid = old.pid
                storm.until(lambda: self._feed(storm) or not alive(pid), STOP_SECONDS + 5)  # noqa: B023
                stops.append(time.monotonic() - told)
                storm.workers.remove(old)
        return stops

    def _feed(self, storm: Storm) -> bool:
        """Keep enough runs going. Always False, so that it can stand in a condition."""
        if storm.active() < BUSY:
            pick = storm.random
            for _ in range(6):
                storm.start_run(
                    f"storm {pick.randint(4, 8)} {pick.randint(1, 3)} {pick.randint(20, 200)}"
                )
        return False

    def _rows(
        self,
        storm: Storm,
        stops: list[float],
        rounds: int,
        settled: bool,
        seconds: float,
        scale: float,
    ) -> list[Row]:
        gaps = [row[0] for row in storm.outside.execute(GAPS).fetchall()]
        repeated = storm.outside.execute(REPEATED).fetchall()
        lost = (storm.outside.execute(LOST).fetchone() or (0,))[0]
        stopped = len(storm.journal("stopped"))
        goal = allowed(GAP_SECONDS, scale)
        fault = "SIGTERM"
        return [
            Row(
                fault,
                f"{stopped} workers replaced, slowest stop {max(stops):.1f} s, {storm.started} runs",
                f"{rounds * WORKERS} replaced, each within {STOP_SECONDS:g} s",
                stopped == rounds * WORKERS and max(stops) < STOP_SECONDS and settled,
                seconds,
            ),
            Row(
                f"{fault}: steps begun again",
                f"{len(repeated)}; {lost} runs taken from the dead",
                "0; 0",
                not repeated and not lost,
                0.0,
            ),
            Row(
                f"{fault}: gap between two workers",
                f"slowest {max(gaps, default=0.0):.2f} s of {len(gaps)}",
                f"< {goal:g} s",
                bool(gaps) and max(gaps) < goal,
                0.0,
            ),
            *promises(storm, fault, seconds),
        ]


scenario = Drain()
