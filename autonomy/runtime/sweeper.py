"""What every worker process looks after, each second: runs whose worker died, files whose message
was lost. No scheduler is needed: as long as one worker lives, everything is found again.

Queued runs need no sweeping: each engine also claims by itself every second.
"""

from __future__ import annotations

import logging
import time

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from autonomy.memory.file_claims import sources_to_ingest
from autonomy.runtime import (
    checks,
    notices,
    reembedding,
    report_waits,
    segment_ends,
    similarity_turns,
)
from autonomy.runtime.budget_statements import HOLD_DAYS
from autonomy.runtime.couriers import ring_embedding, ring_file, ring_similarity
from autonomy.runtime.leases import HELD, SWEEP_CLASS
from handywriterz.env import env

logger = logging.getLogger(__name__)

DEAD_WORKERS = f"""
SELECT owner_lock
FROM (SELECT driven.owner_lock, LEAST(
          max(driven.lease_until), min(driven.lease_until) + make_interval(secs => %(ttl)s),
          CASE WHEN NOT {HELD % "driven.owner_lock"}
               THEN max(driven.beat_at) + make_interval(secs => %(grace)s) END) AS over
      FROM autonomy_runs driven WHERE driven.status = 'running'
      GROUP BY driven.owner_lock) AS worker
WHERE over < now()
"""  # noqa: S608 - constants only
"""Dead workers. Death is a worker's, not a run's: a run that was claimed a moment before it belongs
to it.

A worker is dead when its lock is gone and its last beat is not of this moment; when it hangs, so
that all of its leases ran out; or when one of them is so old that its heartbeat cannot be at work.
"""

ONE_SWEEPER = "SELECT pg_try_advisory_xact_lock(%s, %s)"
"""Held on a dead worker while its runs are taken over."""

LEFT_BEHIND = """
SELECT id, fence FROM autonomy_runs
WHERE owner_lock = %(lock)s AND status = 'running'
ORDER BY owner_id, id
FOR NO KEY UPDATE SKIP LOCKED
"""
"""Runs of a dead worker. In the order of their owners: two sweeps lock their places in the queue one
after the other, and no place before a day that is needed (`HOLD_DAYS`), because whoever starts a run
locks the day first. A run that somebody has locked is left to the next look."""

FORGET = f"""
DELETE FROM autonomy_worker_processes worker
WHERE seen_at < now() - interval '7 days' AND NOT {HELD % "worker.lock_no"}
"""  # noqa: S608 - constants only

FILE_SECONDS = 10.0
"""Between two rings for the same file by one process."""
COMPARISON_SECONDS = 3.0
"""Between two looks of one process at comparisons that nobody has taken."""
LAG_SECONDS = 300.0
"""Between two looks whether the space that is searched has all passages: it costs a scan."""
FORGET_SECONDS = 3_600.0
WAITS_SECONDS = 30.0
"""Between two looks by one process at reports that do not come."""


def reclaim_dead() -> int:
    """Put runs of dead workers back in the queue; how many there were."""
    limits = {"grace": env().lease_grace_seconds, "ttl": env().lease_ttl_seconds}
    with connection.cursor() as cursor:
        cursor.execute(DEAD_WORKERS, limits)
        workers = [int(row[0]) for row in cursor.fetchall()]
    return sum(_take_over(lock_no) for lock_no in workers)


@transaction.atomic
def _take_over(lock_no: int) -> int:
    """Reclaim what one dead worker drove; how many runs. Another process's sweep of the same worker
    is left to finish.

    Nobody is to blame because of it: what killed the worker may be any of its runs, or none (see
    `apart`, which finds out).
    """
    with connection.cursor() as cursor:
        cursor.execute(ONE_SWEEPER, [SWEEP_CLASS, lock_no])
        if not cursor.fetchall()[0][0]:
            return 0
        cursor.execute(LEFT_BEHIND, {"lock": lock_no})
        left = cursor.fetchall()
        cursor.execute(HOLD_DAYS, {"runs": [row[0] for row in left]})
    left_there = 0
    for run_id, number in left:
        logger.warning("run %s: its worker (fence %s) is dead; reclaiming", run_id, number)
        try:
            segment_ends.reclaim(run_id, int(number))
        except (OperationalError, InterfaceError):
            raise  # the database is at fault: everything is looked at again
        except Exception:
            # Rolled back to before it. It is tried again, and the others do not wait for it.
            logger.exception("run %s: could not be taken over", run_id)
            left_there += 1
    return len(left) - left_there


class Sweeper:
    """One process's share of the looking after."""

    def __init__(self) -> None:
        self._rung: dict[str, float] = {}
        self._forgot_at = self._embedding_at = self._lag_at = self._waits_at = 0.0
        self._compared_at = 0.0

    def sweep(self) -> int:
        """One round; call it each second, in a database thread. How many runs it put back in the
        queue: the caller may claim them at once."""
        reclaimed = reclaim_dead()
        self._ring_files()
        notices.wake()
        self._ring_embedding()
        self._ring_similarity()
        now = time.monotonic()
        if now - self._waits_at > WAITS_SECONDS:
            self._waits_at = now
            report_waits.look(timezone.now())
            checks.free_expired()
        if now - self._forgot_at > FORGET_SECONDS:
            self._forgot_at = now
            with connection.cursor() as cursor:
                cursor.execute(FORGET)
        return reclaimed

    def _ring_embedding(self) -> None:
        now = time.monotonic()
        if now - self._embedding_at < FILE_SECONDS:
            return
        self._embedding_at = now
        look = now - self._lag_at > LAG_SECONDS
        if look:
            self._lag_at = now
        if reembedding.due() or (look and reembedding.active_lags()):
            ring_embedding()

    def _ring_similarity(self) -> None:
        now = time.monotonic()
        if now - self._compared_at < COMPARISON_SECONDS:
            return
        self._compared_at = now
        if (check_id := similarity_turns.waiting()) is not None:
            ring_similarity(check_id)

    def _ring_files(self) -> None:
        now = time.monotonic()
        self._rung = {key: at for key, at in self._rung.items() if now - at < FILE_SECONDS}
        for source_id in sources_to_ingest():
            if str(source_id) not in self._rung:
                self._rung[str(source_id)] = now
                ring_file(source_id)
