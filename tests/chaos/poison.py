"""Runs that kill whichever process drives them, among many that do no harm: the former are ended
with the cause, the latter are finished."""

from __future__ import annotations

import time

from tests.chaos.arena import Arena
from tests.chaos.scenario import Row, count
from tests.chaos.storm import Storm, promises

INNOCENT = 40
POISON = 3
WORKERS = 3
SLOW_MILLISECONDS = 900
"""Of a step of every other innocent run: longer than a worker with a poisonous run lives, so that
such runs make no progress beside one."""
MOST_DEATHS = 3
"""Of workers, per poisonous run: one right after a checkpoint, and two that make it a suspect. From
then on it kills processes of its own."""

WRONGLY = """
SELECT id, task ->> 'goal', stop_reason FROM autonomy_runs
WHERE (task ->> 'goal' LIKE '%% poison')
      <> (status = 'failed' AND stop_reason = 'poisoned' AND error <> '')
"""


class Poison:
    name = "poison"

    def run(self, seed: int, scale: float) -> list[Row]:
        innocent, poisonous = count(INNOCENT, scale, 8), count(POISON, scale, 1)
        with Arena() as arena, Storm(arena, seed) as storm:
            began = time.monotonic()
            goals = [f"storm 3 2 {SLOW_MILLISECONDS if n % 2 else 20}" for n in range(innocent)]
            goals += ["storm 3 1 20 poison"] * poisonous
            storm.random.shuffle(goals)
            for goal in goals:
                storm.start_run(goal)
            deaths = self._drive(storm)
            seconds = time.monotonic() - began
            return self._rows(storm, deaths, innocent, poisonous, seconds)

    def _drive(self, storm: Storm) -> int:
        """Replace every worker that dies until all runs are at rest; how many died."""
        deaths = 0
        for _ in range(WORKERS):
            storm.spawn()

        def over() -> bool:
            nonlocal deaths
            for _ in storm.gone():
                deaths += 1
                storm.spawn()
            return storm.active() == 0

        storm.until(over, 300.0)
        return deaths

    def _rows(
        self, storm: Storm, deaths: int, innocent: int, poisonous: int, seconds: float
    ) -> list[Row]:
        wrong = storm.outside.execute(WRONGLY).fetchall()
        blamed = storm.outside.execute(
            "SELECT count(*) FROM autonomy_runs WHERE stop_reason = 'poisoned'"
        ).fetchone()
        fault = "poison"
        return [
            Row(
                fault,
                f"{(blamed or (0,))[0]} runs ended as poisoned after {deaths} deaths of workers;"
                f" {len(wrong)} wrongly",
                f"{poisonous} of {innocent + poisonous}, after ≤ {MOST_DEATHS * poisonous} deaths",
                not wrong and MOST_DEATHS <= deaths <= MOST_DEATHS * poisonous,
                seconds,
            ),
            *promises(storm, fault, seconds, endings=["failed (poisoned)"]),
        ]


scenario = Poison()
