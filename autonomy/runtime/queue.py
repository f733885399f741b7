"""The fair queue: who is driven next.

Each user has a virtual time that grows with the run time the user has had. The user with the
least goes first, and within one user the highest priority and then the oldest run. A job row
exists exactly while its run is queued.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from autonomy.core.types import RunStatus
from autonomy.models import Job, Run
from autonomy.runtime.events import append
from autonomy.runtime.fence import Fence
from autonomy.runtime.transition_events import claimed
from handywriterz.env import env

CLAIM_CHARGE = 1.0
"""Seconds of virtual time charged in advance, so that simultaneous claims alternate users."""

ENQUEUE_USER = """
INSERT INTO autonomy_queue_users AS mine (user_id, virtual_time)
SELECT %(user)s, COALESCE(min(other.virtual_time), 0)
FROM autonomy_queue_users other
WHERE EXISTS (SELECT 1 FROM autonomy_job_queue job WHERE job.user_id = other.user_id)
   OR EXISTS (SELECT 1 FROM autonomy_runs run
              WHERE run.owner_id = other.user_id AND run.status = 'running')
ON CONFLICT (user_id) DO UPDATE
SET virtual_time = GREATEST(mine.virtual_time, EXCLUDED.virtual_time)
WHERE NOT EXISTS (SELECT 1 FROM autonomy_job_queue job WHERE job.user_id = mine.user_id)
"""
"""A user who comes back after a while starts level with the others: idle time is no credit."""

NEXT_USER = """
SELECT account.user_id FROM autonomy_queue_users account
WHERE account.user_id <> ALL(%(skip)s)
  AND EXISTS (SELECT 1 FROM autonomy_job_queue job
              WHERE job.user_id = account.user_id AND job.available_at <= clock_timestamp())
  AND (SELECT count(*) FROM autonomy_runs run
       WHERE run.owner_id = account.user_id AND run.status = 'running') < %(cap)s
ORDER BY account.virtual_time, account.user_id
LIMIT 1
FOR UPDATE OF account SKIP LOCKED
"""

TAKE = """
WITH next AS (
    SELECT job.run_id FROM autonomy_job_queue job
    JOIN autonomy_runs run ON run.id = job.run_id
    WHERE job.user_id = %(user)s AND job.available_at <= clock_timestamp() AND run.status = 'queued'
      AND (SELECT count(*) FROM autonomy_runs other
           WHERE other.owner_id = %(user)s AND other.status = 'running') < %(cap)s
    ORDER BY job.priority DESC, job.enqueued_at, job.run_id
    LIMIT 1
    FOR UPDATE OF job, run SKIP LOCKED
), gone AS (
    DELETE FROM autonomy_job_queue job USING next WHERE job.run_id = next.run_id
    RETURNING job.reason
)
UPDATE autonomy_runs run
SET status = 'running', fence = run.fence + 1, owner_lock = %(lock)s,
    lease_until = now() + make_interval(secs => %(ttl)s), beat_at = now(),
    started_at = COALESCE(run.started_at, now()), waiting_for = NULL,
    claims_without_progress = run.claims_without_progress + 1
FROM next, gone
WHERE run.id = next.run_id
RETURNING run.id, run.fence, run.claims_without_progress, gone.reason
"""
"""Runs after the user's row is locked: a fresh snapshot, so the cap is exact."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One segment's right to drive a run."""

    fence: Fence
    owner_id: int
    attempt: int
    """How often the run was claimed since its last checkpoint; 1 is the normal case."""
    reason: str
    """Why it was in the queue: see `transitions`."""


def enqueue(run: Run, reason: str, delay: timedelta | None = None) -> None:
    """Put a run in line, to be claimed after `delay` at the earliest. The caller's transaction
    has just made it `queued`."""
    with connection.cursor() as cursor:
        cursor.execute(ENQUEUE_USER, {"user": run.owner_id})
    job = Job.objects.create(run=run, user_id=run.owner_id, reason=reason)
    if delay is not None:
        Job.objects.filter(pk=job.pk).update(available_at=Now() + delay)


def dequeue(run: Run) -> None:
    """Take a run out of line. The caller's transaction has just made it something else."""
    Job.objects.filter(run=run).delete()


def claim(lock_no: int) -> Claim | None:
    """Make the next run `running` under this worker's lock; None when none may run.

    The order of locks is user, then job and run (skipping locked ones), so claims never wait for
    each other or for a transition.
    """
    skip: list[int] = []
    limits = {"cap": env().runs_per_user, "lock": lock_no, "ttl": env().lease_ttl_seconds}
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(NEXT_USER, {**limits, "skip": skip})
            found = cursor.fetchone()
            if found is None:
                return None
            user_id = int(found[0])
            cursor.execute(TAKE, {**limits, "user": user_id})
            taken = cursor.fetchone()
            if taken is None:  # the last place under the cap went, or the job is being changed
                skip.append(user_id)
                continue
            cursor.execute(
                "UPDATE autonomy_queue_users SET virtual_time = virtual_time + %s"
                " WHERE user_id = %s",
                [CLAIM_CHARGE, user_id],
            )
            run_id, number, attempt, reason = taken
            fence = Fence(str(run_id), int(number))
            result = Claim(fence, user_id, int(attempt), reason)
            append(fence.run_id, [claimed(result.attempt, reason)], fence=fence)
        return result


def charge(owner_id: int, seconds: float) -> None:
    """Account the run time of a segment beyond what the claim charged."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE autonomy_queue_users SET virtual_time = virtual_time + %s WHERE user_id = %s",
            [max(0.0, seconds - CLAIM_CHARGE), owner_id],
        )


def others_wait() -> bool:
    """Whether any run waits that could be claimed."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_USER.replace("FOR UPDATE OF account SKIP LOCKED", ""), _any())
        return cursor.fetchone() is not None


def _any() -> dict[str, Any]:
    return {"skip": [], "cap": env().runs_per_user}


POSITION = """
WITH line AS (
    SELECT job.run_id,
           row_number() OVER (ORDER BY job.turn, account.virtual_time, job.user_id) AS place
    FROM (SELECT run_id, user_id,
                 row_number() OVER (PARTITION BY user_id
                                    ORDER BY priority DESC, enqueued_at, run_id) AS turn
          FROM autonomy_job_queue) job
    JOIN autonomy_queue_users account ON account.user_id = job.user_id
)
SELECT place FROM line WHERE run_id = %s
"""


def position(run: Run) -> int | None:
    """1-based place in line, as if users took turns from now on; None when not queued."""
    if run.status != RunStatus.QUEUED:
        return None
    with connection.cursor() as cursor:
        cursor.execute(POSITION, [str(run.pk)])
        row = cursor.fetchone()
    return int(row[0]) if row else None
