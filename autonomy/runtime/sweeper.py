"""What every worker process looks after, each second: runs whose worker died, files whose message
was lost. No scheduler is needed: as long as one worker lives, everything is found again.

Queued runs need no sweeping: each engine also claims by itself every second.
"""

from __future__ import annotations

import logging
import time

from django.db import connection

from autonomy.memory.ingestion import sources_to_ingest
from autonomy.runtime import transitions
from autonomy.runtime.couriers import ring_file
from autonomy.runtime.leases import HELD
from handywriterz.env import env

logger = logging.getLogger(__name__)

DEAD = f"""
SELECT id, fence FROM autonomy_runs run
WHERE status = 'running'
  AND (lease_until < now()
       OR (beat_at < now() - make_interval(secs => %(grace)s) AND NOT {HELD % "run.owner_lock"}))
LIMIT 100
"""  # noqa: S608 - constants only
"""The lock is gone and the last beat is old, or the lease ran out (its process hangs)."""

FORGET = f"""
DELETE FROM autonomy_worker_processes worker
WHERE seen_at < now() - interval '7 days' AND NOT {HELD % "worker.lock_no"}
"""  # noqa: S608 - constants only

FILE_SECONDS = 10.0
"""Between two rings for the same file by one process."""
FORGET_SECONDS = 3_600.0


def reclaim_dead() -> int:
    """Put runs of dead workers back in the queue; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(DEAD, {"grace": env().lease_grace_seconds})
        found = cursor.fetchall()
    for run_id, number in found:
        logger.warning("run %s: its worker (fence %s) is dead; reclaiming", run_id, number)
        transitions.reclaim(run_id, int(number))
    return len(found)


class Sweeper:
    """One process's share of the looking after."""

    def __init__(self) -> None:
        self._rung: dict[str, float] = {}
        self._forgot_at = 0.0

    def sweep(self) -> None:
        """One round; call it each second, in a database thread."""
        reclaim_dead()
        self._ring_files()
        now = time.monotonic()
        if now - self._forgot_at > FORGET_SECONDS:
            self._forgot_at = now
            with connection.cursor() as cursor:
                cursor.execute(FORGET)

    def _ring_files(self) -> None:
        now = time.monotonic()
        self._rung = {key: at for key, at in self._rung.items() if now - at < FILE_SECONDS}
        for source_id in sources_to_ingest():
            if str(source_id) not in self._rung:
                self._rung[str(source_id)] = now
                ring_file(source_id)
