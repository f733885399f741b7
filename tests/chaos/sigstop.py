"""40 workers stopped (SIGSTOP) for longer than their leases last, and let go again: whatever such a
zombie still tries to write is refused, and it lets go by itself."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

from tests.chaos.arena import Arena
from tests.chaos.scenario import Row, allowed, count
from tests.chaos.storm import Storm, Worker, promises
from tests.chaos.zygote import alive

STOPS = 40
WORKERS = 6
MORE_STOPS = 4
"""Times as many as asked for, at most, until one zombie has tried to write before it let go."""
STOPPED_AT_ONCE = 3
BUSY = 36
TTL_SECONDS = 2.0
"""Shorter than the product's, so that forty stops fit into a minute; all else is in proportion."""
BEAT_SECONDS = 0.4
AFTER_TTL = 1.0
STUCK_SECONDS = 15.0
"""For each round of stops: beyond, something holds on to the runs of a stopped worker."""
NOTICE_SECONDS = 2.0


class SigStop:
    name = "sigstop"

    def run(self, seed: int, scale: float) -> list[Row]:
        stops = count(STOPS, scale, 6)
        settings = {
            "LEASE_TTL_SECONDS": str(TTL_SECONDS),
            "LEASE_BEAT_SECONDS": str(BEAT_SECONDS),
        }
        with Arena(**settings) as arena, Storm(arena, seed) as storm:
            began = time.monotonic()
            stale = self._rage(storm, stops)
            settled = storm.settle()
            seconds = time.monotonic() - began
            return self._rows(storm, stops, stale, settled, seconds, scale)

    def _rage(self, storm: Storm, stops: int) -> int:
        """Stop and let go; how many runs were taken from stopped workers."""
        for _ in range(WORKERS):
            storm.spawn(witness=True)
        stopped: dict[int, tuple[Worker, float]] = {}
        done = stale = 0
        most = MORE_STOPS * stops
        rounds = max(1, most // STOPPED_AT_ONCE)
        deadline = time.monotonic() + STUCK_SECONDS * rounds
        while (done < stops or stopped) and time.monotonic() < deadline:
            if storm.active() < BUSY:
                for _ in range(6):
                    storm.start_run(self._course(storm))
            free = [w for w in storm.workers if w.pid not in stopped]
            if done < stops and len(stopped) < STOPPED_AT_ONCE and storm.random.random() < 0.2:
                one = storm.random.choice(free)
                if _driving(storm, one):
                    os.kill(one.pid, signal.SIGSTOP)
                    stopped[one.pid] = (one, time.monotonic())
                    done += 1
            for pid, (_, since) in list(stopped.items()):
                # Let go only when its runs are with others: that is what makes it a zombie.
                if time.monotonic() - since > TTL_SECONDS + AFTER_TTL and not _driving(
                    storm, stopped[pid][0]
                ):
                    os.kill(pid, signal.SIGCONT)
                    del stopped[pid]
                    stale += 1
            if done == stops and not stopped and stops < most and not _tried(storm):
                stops += 1
            time.sleep(0.02)
        return stale

    def _course(self, storm: Storm) -> str:
        # Silent: an outside that is asked while a process is frozen right before its call says
        # "not done" in good faith, and gets it twice. `docs/durability.md` says so.
        pick = storm.random
        return f"storm {pick.randint(4, 8)} {pick.randint(1, 3)} {pick.randint(20, 120)} silent"

    def _rows(
        self, storm: Storm, stops: int, woken: int, settled: bool, seconds: float, scale: float
    ) -> list[Row]:
        refused = Counter(line["what"] for line in storm.journal("refused"))
        accepted = Counter(line["what"] for line in storm.journal("accepted"))
        notices = [line["seconds"] for line in storm.journal("let go")]
        slowest = max(notices, default=0.0)
        goal = allowed(NOTICE_SECONDS, scale)
        working = [w for w in storm.workers if alive(w.pid)]
        fault = "SIGSTOP"
        return [
            Row(
                fault,
                f"{woken} stopped beyond the TTL and let go, {storm.started} runs",
                f"{stops} stops; all workers go on",
                woken >= stops and settled and len(working) == WORKERS,
                seconds,
            ),
            Row(
                f"{fault}: stale writes refused",
                f"{sum(refused.values())} ({_counted(refused)}); accepted"
                f" {_counted(accepted) or 0}",
                "all: > 0 refused, 0 accepted",
                bool(refused) and not accepted,
                0.0,
            ),
            Row(
                f"{fault}: a zombie lets go by itself",
                f"{len(notices)} runs, slowest {slowest:.2f} s",
                f"< {goal:g} s after it goes on",
                # Of few stops it may be that each zombie is told by a refused write first.
                slowest < goal and (bool(notices) or scale < 1.0),
                0.0,
            ),
            *promises(storm, fault, seconds),
        ]


def _tried(storm: Storm) -> bool:
    """Whether a zombie has tried to write."""
    journal = storm.arena.journal
    said = journal.read_text() if journal.exists() else ""  # its last line may be half there
    return any(f'"{what}"' in said for what in ("refused", "accepted"))


def _driving(storm: Storm, one: Worker) -> bool:
    """Whether the database says that this worker drives something."""
    found = storm.outside.execute(
        "SELECT 1 FROM autonomy_runs run JOIN autonomy_worker_processes worker"
        " ON worker.lock_no = run.owner_lock WHERE run.status = 'running' AND worker.pid = %s",
        [one.pid],
    ).fetchone()
    return found is not None


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counter.most_common())


scenario = SigStop()
