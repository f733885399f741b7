"""What every storm of processes needs: workers that are replaced, runs that keep coming, an end
that is waited for, and the figures."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.chaos.arena import Arena
from tests.chaos.invariants import offences
from tests.chaos.scenario import Row
from tests.chaos.zygote import Zygote, alive

SETTLE_SECONDS = 300.0
"""How long the runs may take after the last fault."""
POLL_SECONDS = 0.02
CRASH = "crashed"
"""File in `DATA_DIR` with the traceback of a worker that broke by itself."""

ACTIVE = "SELECT count(*) FROM autonomy_runs WHERE status IN ('queued', 'running')"
WAITING = """
SELECT id, waiting_for ->> 'interrupt_id' FROM autonomy_runs
WHERE status = 'waiting_human' AND task ->> 'goal' LIKE 'storm %'
"""


@dataclass(slots=True)
class Worker:
    """One worker process and when it began."""

    pid: int
    began: float = field(default_factory=time.monotonic)
    point: str = ""
    until: float = 0.0
    """Monotonic time at which it is killed, if it lives that long; 0 for never."""


class Storm:
    """Workers and runs of one scenario.

    Args:
        arena: entered already.
        seed: of all random choices.
    """

    def __init__(self, arena: Arena, seed: int) -> None:
        from tests.chaos import worker

        self.arena = arena
        self.random = random.Random(seed)
        self.workers: list[Worker] = []
        self.kills: dict[int, float] = {}
        """Pid of a worker that was killed → when, as the wall clock had it."""
        self.started = self.answered = 0
        self.outside: psycopg.Connection[Any]
        worker.prepare()
        self._zygote = Zygote(worker.work)

    def __enter__(self) -> Storm:
        from tests.chaos import graph

        self.outside = self.arena.connect()
        self.outside.execute(graph.OUTSIDE)
        return self

    def __exit__(self, *_: object) -> None:
        for one in self.workers:
            if alive(one.pid):
                os.kill(one.pid, signal.SIGKILL)
        self._zygote.close()
        self.outside.close()

    # ------------------------------------------------------------------ runs

    def start_run(
        self,
        goal: str,
        journey: str = "write",
        *,
        models: Mapping[str, str] | None = None,
        length_words: int | None = None,
        **budget: float,
    ) -> str:
        """Queue a run of the next person and return its id."""
        from autonomy import services
        from autonomy.core.types import Budget, TaskSettings, TaskSpec

        owner = self.arena.people[self.started % len(self.arena.people)]
        self.started += 1
        limits = {"tokens": 1_000_000, "seconds": 3_600.0, "usd": 500.0, **budget}
        settings = TaskSettings(
            budget=Budget.model_validate(limits),
            models=dict(models or {}),
            length_words=length_words,
        )
        spec = TaskSpec(goal=goal, journey=journey, settings=settings)
        return str(services.start_run(owner, spec).pk)

    def course(self) -> str:
        """How some run goes."""
        pick = self.random
        silent = " silent" if pick.random() < 0.3 else ""
        asks = " asks" if pick.random() < 0.25 else ""
        return (
            f"storm {pick.randint(3, 6)} {pick.randint(1, 3)} {pick.randint(5, 60)}{silent}{asks}"
        )

    def answer(self) -> int:
        """Be the people whom runs wait for: each is told a word, and then another one, too late.
        How many were answered."""
        from autonomy import services
        from autonomy.models import Run

        waiting = self.outside.execute(WAITING).fetchall()
        for run_id, interrupt_id in waiting:
            run = Run.objects.get(pk=run_id)
            services.answer_interrupt(run, interrupt_id, {"word": str(self.answered)})
            self.answered += 1
            with contextlib.suppress(services.Conflict):
                services.answer_interrupt(run, interrupt_id, {"word": "too late"})
                raise AssertionError(f"run {run_id} took a second answer")
        return len(waiting)

    def active(self) -> int:
        """Runs that wait for a worker or have one.

        Raises:
            AssertionError: a worker could not even begin its work.
        """
        crash = self.arena.data_dir / CRASH
        assert not crash.exists(), crash.read_text()
        return int(self.outside.execute(ACTIVE).fetchone()[0])  # type: ignore[index]

    def committed(self) -> int:
        """Checkpoints so far, of all runs."""
        row = self.outside.execute("SELECT max(id) FROM autonomy_checkpoints").fetchone()
        return int(row[0] or 0) if row else 0

    def settle(self, seconds: float = SETTLE_SECONDS) -> bool:
        """Whether every run comes to rest in time."""

        def over() -> bool:
            idle = self.active() == 0
            return not self.answer() and idle

        return self.until(over, seconds, every=0.2)

    # ------------------------------------------------------------------ workers

    def spawn(
        self, point: str = "", times: int = 1, lives: float = 0.0, calm: bool = True, **order: Any
    ) -> Worker:
        """Start a worker.

        Args:
            point, times: where it dies by itself.
            lives: after how many seconds it is to be killed; 0 for never.
            calm: leave it alone, whatever `--point` says.
        """
        files = {
            "journal": str(self.arena.journal),
            "log": str(self.arena.log),
            "crash": str(self.arena.data_dir / CRASH),
        }
        if not calm:
            point = os.environ.get("CHAOS_POINT", point)
        pid = self._zygote.spawn(point=point, times=times, **files, **order)
        made = Worker(pid, point=point, until=time.monotonic() + lives if lives else 0.0)
        self.workers.append(made)
        return made

    def kill(self, one: Worker) -> None:
        """SIGKILL, and remember when."""
        if alive(one.pid):
            self.kills[one.pid] = time.time()
            os.kill(one.pid, signal.SIGKILL)
            self.until(lambda: not alive(one.pid), 5.0)
        self.workers.remove(one)

    def gone(self) -> list[Worker]:
        """Workers that died by themselves since the last look; they are forgotten."""
        dead = [one for one in self.workers if not alive(one.pid)]
        for one in dead:
            self.workers.remove(one)
        return dead

    def until(
        self, condition: Callable[[], bool], seconds: float, every: float = POLL_SECONDS
    ) -> bool:
        """Whether `condition` comes true within `seconds`."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(every)
        return True

    # ------------------------------------------------------------------ what was seen

    def journal(self, kind: str = "") -> list[dict[str, Any]]:
        """What the workers wrote down, oldest first."""
        if not self.arena.journal.exists():
            return []
        lines = [json.loads(line) for line in self.arena.journal.read_text().splitlines()]
        return [line for line in lines if not kind or line["kind"] == kind]

    def deaths(self) -> dict[int, float]:
        """Pid → wall time of every kill, from outside and at named points."""
        return self.kills | {line["pid"]: line["at"] for line in self.journal("died")}

    def reclaims(self) -> list[float]:
        """Seconds from a kill to the next claim of each run that the worker was driving."""
        deaths = self.deaths()
        claims = {(line["run"], line["fence"]): line for line in self.journal("claim")}
        lost = self.outside.execute(
            "SELECT run_id::text, fence, ts FROM autonomy_episodic_logs"
            " WHERE type = 'attempt.restarted' AND meta ->> 'cause' = 'worker_lost'"
        ).fetchall()
        found = []
        for run, fence, ts in lost:
            before = claims.get((run, fence - 1))
            if before is not None and before["pid"] in deaths:
                found.append(ts.timestamp() - deaths[before["pid"]])
        return found

    def broken(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every promise that does not hold, those about the outside included."""
        from tests.chaos import graph

        found = offences(self.outside)
        for name, statement in (
            ("effects made twice", graph.EFFECTS_TWICE),
            ("effects never made", graph.EFFECTS_MISSING),
            ("words of people lost or heard twice", graph.HEARD_WRONGLY),
        ):
            rows = self.outside.execute(statement).fetchall()
            if rows:
                found[name] = rows
        return found

    def ended(self) -> dict[str, int]:
        """How many runs ended how."""
        rows = self.outside.execute(
            "SELECT status || CASE WHEN stop_reason IN ('', 'completed') THEN ''"
            " ELSE ' (' || stop_reason || ')' END, count(*) FROM autonomy_runs GROUP BY 1"
        ).fetchall()
        return {str(name): int(number) for name, number in rows}


NAMED = ("lost runs", "steps committed twice", "effects made twice", "gaps or doubles in seq")
"""The promises that get a row of their own where there is room for it."""


def promises(
    storm: Storm, fault: str, seconds: float, *, endings: Sequence[str] = (), apart: bool = False
) -> list[Row]:
    """Whether every promise held.

    Args:
        endings: other than success that the scenario calls for.
        apart: a row for each of `NAMED`, not one for all.
    """
    found = storm.broken()
    for name, seen in found.items():
        print(f"    {fault}: {name}: {len(seen)}, e.g. {seen[:3]}", flush=True)
    ended = storm.ended()
    odd = {name: n for name, n in ended.items() if name != "succeeded" and name not in endings}
    rows = []
    for name in NAMED if apart else ():
        seen = found.pop(name, [])
        rows.append(Row(f"{fault}: {name}", str(len(seen)), "0", not seen, seconds))
    broken = {name: len(seen) for name, seen in found.items()}
    told = f"{broken or 0} broken; {_counted(ended)}"
    which = "all other promises" if apart else "all promises"
    return [*rows, Row(f"{fault}: {which}", told, "0 broken", not broken and not odd, seconds)]


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(numbers.items()))
