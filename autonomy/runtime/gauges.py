"""What is read when somebody looks: how many runs stand where, how long the line is."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from autonomy.runtime.leases import live_locks

LIVE_RUNS = """
SELECT status, count(*) FROM autonomy_runs WHERE finished_at IS NULL GROUP BY status
"""

LINE = """
SELECT count(*), COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - min(enqueued_at)), 0)
FROM autonomy_job_queue WHERE available_at <= clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Line:
    """The queue of runs that may be driven now."""

    runs: int
    oldest_seconds: float


def live_runs() -> dict[str, int]:
    """Runs that have not ended, by status."""
    with connection.cursor() as cursor:
        cursor.execute(LIVE_RUNS)
        return {str(status): int(count) for status, count in cursor.fetchall()}


def line() -> Line:
    with connection.cursor() as cursor:
        cursor.execute(LINE)
        runs, oldest = cursor.fetchone()
    return Line(int(runs), max(0.0, float(oldest)))


def workers() -> int:
    """Worker processes that drive runs."""
    return len(live_locks())
