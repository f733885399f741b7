"""Many runs in one worker process: how close to what the model calls alone would take.

Each run makes a line of calls of one second; ideal is a worker that costs nothing, in which each
run takes exactly its calls' time and all runs go on at once.
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.bench.figures import Figure, percentile
from tests.bench.processes import cpu_seconds, resident_mb, tree_cpu_seconds
from tests.bench.servers import servers
from tests.stack_process import ROOT, StackProcess, eventually

if TYPE_CHECKING:
    from autonomy.models import Run

CALL_SECONDS = 1.0
STEPS = 10
CONCURRENT = (1, 50, 200)
GOAL_SHARE = 0.85
GOAL_MB = 700.0
WAIT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of runs showed."""

    runs: int
    whole: float
    """Ideal over measured time, from the commit that queued all runs to the end of the last."""
    steady: float
    """Supersteps per second over the ideal, between the first and the last quarter of them."""
    added_p95: float
    """Seconds a superstep took beyond its call."""
    per_minute: float
    worker_cpu: float
    """CPU seconds of the worker per superstep."""
    database_cpu: float
    resident: float
    connections: int


def bench() -> list[Figure]:
    figures = []
    with servers() as stack, worker(stack, STEPS, CALL_SECONDS, max(CONCURRENT)) as process:
        for runs in CONCURRENT:
            measured = drive(stack, process.pid, runs)
            figures += _figures(measured)
    return figures


def _figures(measured: Round) -> list[Figure]:
    name = f"{measured.runs} runs × {STEPS} calls of {CALL_SECONDS:g} s"
    ideal = f"ideal {measured.runs * 60 / (STEPS * CALL_SECONDS):.0f} runs/min"
    full = measured.runs == max(CONCURRENT)
    goal = f"≥ {GOAL_SHARE:.0%}" if full else ""

    def reached(share: float) -> bool | None:
        return share >= GOAL_SHARE if full else None

    return [
        Figure(
            f"{name}: of ideal, whole",
            measured.whole * 100,
            "%",
            ideal,
            goal,
            reached(measured.whole),
        ),
        Figure(
            f"{name}: of ideal, steady",
            measured.steady * 100,
            "%",
            ideal,
            goal,
            reached(measured.steady),
        ),
        Figure(f"{name}: runs per minute", measured.per_minute, "", ideal),
        Figure(f"{name}: added per superstep, p95", measured.added_p95 * 1e3, "ms"),
        Figure(f"{name}: worker CPU per superstep", measured.worker_cpu * 1e3, "ms"),
        Figure(f"{name}: PostgreSQL CPU per superstep", measured.database_cpu * 1e3, "ms"),
        Figure(
            f"{name}: memory of the worker",
            measured.resident,
            "MB",
            f"{measured.connections} database connections",
            f"< {GOAL_MB:g} MB" if full else "",
            measured.resident < GOAL_MB if full else None,
        ),
    ]


@contextmanager
def worker(
    stack: StackProcess, steps: int, seconds: float, capacity: int
) -> Iterator[subprocess.Popen[bytes]]:
    """One worker process that is ready to claim."""
    from autonomy.runtime.leases import any_worker_alive

    log = (stack.data_dir / "logs" / "bench-worker.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.worker", str(steps), str(seconds), str(capacity)],
        cwd=ROOT,
        env=stack.environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        if not eventually(any_worker_alive, 60):
            raise AssertionError("no worker:\n" + stack.log("bench-worker"))
        yield process
    finally:
        process.terminate()
        process.wait(60)
        log.close()


def drive(stack: StackProcess, pid: int, count: int) -> Round:
    """Queue `count` runs of as many people in one commit and wait until all have ended."""
    from autonomy.models import Run

    database = stack.pid("postgres")
    cpu, database_cpu = cpu_seconds(pid), tree_cpu_seconds(database)
    runs = queue_runs(count)
    ids = [run.pk for run in runs]
    began = time.time()
    peak = 0.0
    connections = 0

    def ended() -> bool:
        nonlocal peak, connections
        peak = max(peak, resident_mb(pid))
        connections = max(connections, _connections())
        return not Run.objects.filter(pk__in=ids, finished_at__isnull=True).exists()

    if not eventually(ended, WAIT_SECONDS, every=0.5):
        raise AssertionError(f"{count} runs did not end:\n" + stack.log("bench-worker"))
    supersteps = count * STEPS
    return Round(
        runs=count,
        worker_cpu=(cpu_seconds(pid) - cpu) / supersteps,
        database_cpu=(tree_cpu_seconds(database) - database_cpu) / supersteps,
        resident=peak,
        connections=connections,
        **_timing(ids, began),
    )


def queue_runs(count: int) -> list[Run]:
    """`count` runs of as many people, committed at once."""
    from django.contrib.auth.models import User
    from django.db import transaction

    from autonomy import services
    from autonomy.core.types import TaskSpec

    known = User.objects.filter(username__startswith="bench-").count()
    people = User.objects.bulk_create(
        User(username=f"bench-{known + number}") for number in range(count)
    )
    with transaction.atomic():
        return [services.start_run(person, TaskSpec(goal="Tides")) for person in people]


def _timing(ids: list[object], began: float) -> dict[str, float]:
    from autonomy.models import Episode, Run

    failed = Run.objects.filter(pk__in=ids).exclude(status="succeeded").count()
    if failed:
        raise AssertionError(f"{failed} of {len(ids)} runs did not succeed")
    rows = Episode.objects.filter(run_id__in=ids, content__startswith="done ").order_by("ts")
    by_run: dict[object, list[float]] = {}
    moments = []
    for run_id, ts in rows.values_list("run_id", "ts"):
        by_run.setdefault(run_id, []).append(ts.timestamp())
        moments.append(ts.timestamp())
    if len(moments) != len(ids) * STEPS:
        raise AssertionError(f"{len(moments)} supersteps were committed")
    ends = Run.objects.filter(pk__in=ids).values_list("finished_at", flat=True)
    wall = max(end.timestamp() for end in ends if end is not None) - began
    quarter = len(moments) // 4
    middle = moments[-quarter - 1] - moments[quarter]
    rate = (len(moments) - 2 * quarter - 1) / middle
    gaps = [
        later - earlier - CALL_SECONDS
        for done in by_run.values()
        for earlier, later in itertools.pairwise(done)
    ]
    return {
        "whole": STEPS * CALL_SECONDS / wall,
        "steady": rate * CALL_SECONDS / len(ids),
        "added_p95": percentile(gaps, 0.95),
        "per_minute": len(ids) * 60 / wall,
    }


def _connections() -> int:
    """Sessions of the database that are not this process's own."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    from tests.bench.figures import table

    sys.stdout.write(table(bench()))
