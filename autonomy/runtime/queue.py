"""The fair queue: who is driven next.

Each user has a virtual time that grows with the run time the user has had. The user with the
least goes first, and within one user the highest priority and then the oldest run. A job row
exists exactly while its run is queued.

Whoever has jobs is flagged `in_line`, and only those are looked at: a claim costs the same with
ten accounts as with a hundred thousand. The flag is set and cleared under the lock of the user's
row, so a user with jobs always has it; one that is left over costs a look, which clears it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from autonomy.models import Job, Run
from autonomy.runtime.events import append
from autonomy.runtime.fence import Fence
from autonomy.runtime.prepared import execute
from autonomy.runtime.priorities import of_job
from autonomy.runtime.transition_events import claimed
from handywriterz.env import env

CLAIM_CHARGE = 1.0
"""Seconds of virtual time charged in advance, so that simultaneous claims alternate users."""

BEHIND = CLAIM_CHARGE / 2
"""How far behind whoever is served next a user gets in line: nobody who comes overtakes the first,
and a stream of newcomers moves the level on towards those who have had more."""

CAP = """COALESCE(
    (SELECT NULLIF(quota.runs_at_once, 0) FROM autonomy_quotas quota
     WHERE quota.user_id = account.user_id), %(cap)s)
"""
"""How many runs the user of `account` may have running."""

RUNNING = """
(SELECT count(*) FROM autonomy_runs driven
 WHERE driven.owner_id = account.user_id AND driven.status = 'running')
"""

DUE = """
EXISTS (SELECT 1 FROM autonomy_job_queue job
        WHERE job.user_id = account.user_id AND job.available_at <= clock_timestamp())
"""

CLAIMABLE = f"""
SELECT account.user_id, account.virtual_time FROM autonomy_queue_users account
WHERE account.in_line AND {DUE} AND {RUNNING} < {CAP}
ORDER BY account.virtual_time, account.user_id
LIMIT 1
"""  # noqa: S608 - constants only
"""Who would be served next. Users at their cap are walked past: no more of them than there are
runs being driven."""

NEXT_USER = f"""
SELECT account.user_id FROM autonomy_queue_users account
WHERE account.in_line AND account.user_id <> ALL(%(skip)s)
  AND ({DUE} OR NOT EXISTS (SELECT 1 FROM autonomy_job_queue job
                            WHERE job.user_id = account.user_id))
  AND {RUNNING} < {CAP}
ORDER BY account.virtual_time, account.user_id
LIMIT 1
FOR UPDATE OF account SKIP LOCKED
"""  # noqa: S608 - constants only
"""As `CLAIMABLE`, locked; and those whose flag is left over, so that it gets cleared."""

SUSPECT = 2
"""Claims without progress after which a run may be what kills its workers. From then on it is
driven in a process of its own (see `apart`), by each worker a few at a time: each takes memory."""

MAY_DRIVE_SUSPECT = f"""
%(suspects)s > (SELECT count(*) FROM autonomy_runs held
                WHERE held.owner_lock = %(lock)s AND held.status = 'running'
                  AND held.claims_without_progress > {SUSPECT})
"""  # noqa: S608 - constants only

TAKE = f"""
WITH next AS (
    SELECT job.run_id FROM autonomy_job_queue job
    JOIN autonomy_runs run ON run.id = job.run_id
    JOIN autonomy_queue_users account ON account.user_id = job.user_id
    WHERE job.user_id = %(user)s AND job.available_at <= clock_timestamp()
      AND run.status = 'queued' AND {RUNNING} < {CAP}
      AND (run.claims_without_progress < {SUSPECT} OR {MAY_DRIVE_SUSPECT})
    ORDER BY job.priority DESC, job.enqueued_at, job.run_id
    LIMIT 1
    FOR UPDATE OF job SKIP LOCKED
    FOR NO KEY UPDATE OF run SKIP LOCKED
), gone AS (
    DELETE FROM autonomy_job_queue job USING next WHERE job.run_id = next.run_id
    RETURNING job.run_id, job.reason
), account AS (
    UPDATE autonomy_queue_users
    SET virtual_time = virtual_time + %(charge)s * (SELECT count(*) FROM gone),
        in_line = EXISTS (SELECT 1 FROM autonomy_job_queue job
                          WHERE job.user_id = %(user)s
                            AND job.run_id NOT IN (SELECT run_id FROM gone))
    WHERE user_id = %(user)s
)
UPDATE autonomy_runs run
SET status = 'running', fence = run.fence + 1, owner_lock = %(lock)s,
    lease_until = now() + make_interval(secs => %(ttl)s), beat_at = now(),
    started_at = COALESCE(run.started_at, now()), waiting_for = NULL,
    claims_without_progress = run.claims_without_progress + 1,
    faults = CASE WHEN run.claims_without_progress = 0 THEN 0 ELSE run.faults END,
    seconds_charged = run.seconds_spent + %(charge)s
FROM next, gone
WHERE run.id = next.run_id
RETURNING run.id, run.fence, run.claims_without_progress, gone.reason
"""  # noqa: S608 - constants only
"""Runs after the user's row is locked: a fresh snapshot, so the cap and the flag are exact."""

ENQUEUE_USER = f"""
INSERT INTO autonomy_queue_users AS mine (user_id, virtual_time, in_line)
SELECT %(user)s, COALESCE(
    (SELECT next.virtual_time + {BEHIND} FROM ({CLAIMABLE}) AS next),
    (SELECT virtual_time FROM autonomy_queue_users ORDER BY virtual_time DESC LIMIT 1),
    0), true
ON CONFLICT (user_id) DO UPDATE
SET in_line = true,
    virtual_time = CASE
        WHEN mine.in_line AND EXISTS (SELECT 1 FROM autonomy_job_queue job
                                      WHERE job.user_id = mine.user_id) THEN mine.virtual_time
        ELSE LEAST(GREATEST(mine.virtual_time, EXCLUDED.virtual_time),
                   EXCLUDED.virtual_time + %(debt)s) END
"""  # noqa: S608 - constants only
"""A user who gets in line starts just behind whoever is served next, and while nobody could be
served level with the one who had the most: idle time is no credit, be it of an old account or a new one.
Time had beyond the level stays a debt, whatever the user does meanwhile; but no more of it than can
have been taken from others, see `most_debt`."""

LEAVE = """
UPDATE autonomy_queue_users SET in_line = false
WHERE user_id = %(user)s
  AND NOT EXISTS (SELECT 1 FROM autonomy_job_queue job WHERE job.user_id = %(user)s)
"""

CHARGE = """
UPDATE autonomy_queue_users account
SET virtual_time = account.virtual_time + GREATEST(0, run.seconds_spent - run.seconds_charged)
FROM autonomy_runs run
WHERE run.id = %(run)s AND account.user_id = run.owner_id
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """One segment's right to drive a run."""

    fence: Fence
    owner_id: int
    attempt: int
    """How often the run was claimed since its last checkpoint; 1 is the normal case."""
    reason: str
    """Why it was in the queue: see `transitions`."""


def most_debt() -> float:
    """Seconds that a user can be ahead of others who wait: a slice of each run driven at once.
    More than that was had while nobody else wanted it, and is not held against the user."""
    return env().slice_seconds * env().runs_per_user


def enqueue(run: Run, reason: str, delay: timedelta | None = None) -> None:
    """Put a run in line, to be claimed after `delay` at the earliest. The caller's transaction
    has just made it `queued`."""
    parameters = {"user": run.owner_id, "cap": env().runs_per_user, "debt": most_debt()}
    with connection.cursor() as cursor:
        # First the user's row, which stays locked until commit: whoever clears the flag meanwhile
        # waits, and then sees the job.
        cursor.execute(ENQUEUE_USER, parameters)
    # What has begun goes before its owner's runs that have not: whoever has a hundred of them and
    # yields to others now and then would otherwise begin all of them and finish none.
    place = {"enqueued_at": run.created_at} if run.started_at else {}
    job = Job.objects.create(
        run=run, user_id=run.owner_id, reason=reason, priority=of_job(run, reason), **place
    )
    if delay is not None:
        Job.objects.filter(pk=job.pk).update(available_at=Now() + delay)


def dequeue(run: Run) -> None:
    """Take a run out of line. The caller's transaction has just made it something else."""
    Job.objects.filter(run=run).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM autonomy_queue_users WHERE user_id = %s FOR UPDATE", [run.owner_id]
        )
        # A statement of its own: it sees what was committed until the lock was had.
        cursor.execute(LEAVE, {"user": run.owner_id})


def claim(lock_no: int) -> Claim | None:
    """Make the next run `running` under this worker's lock; None when none may run."""
    return next(iter(claim_many(lock_no, 1)), None)


@transaction.atomic
def claim_many(lock_no: int, limit: int) -> list[Claim]:
    """Make the next runs `running` under this worker's lock, as if claimed one after the other;
    fewer than `limit` when no more may run.

    The order of locks is user, then job and run (skipping locked ones), so claims never wait for
    each other or for a transition; nor does one that holds the locks of several users.
    """
    skip: list[int] = []
    limits = {
        "cap": env().runs_per_user,
        "lock": lock_no,
        "suspects": env().suspects_per_worker,
        "ttl": env().lease_ttl_seconds,
    }
    claims: list[Claim] = []
    while len(claims) < limit:
        found = execute(NEXT_USER, {"cap": limits["cap"], "skip": skip})
        if not found:
            break
        user_id = int(found[0][0])
        taken = execute(TAKE, {**limits, "user": user_id, "charge": CLAIM_CHARGE})
        if not taken:  # a left-over flag, or the job is just being changed
            skip.append(user_id)
            continue
        run_id, number, attempt, reason = taken[0]
        made = Claim(Fence(str(run_id), int(number)), user_id, int(attempt), reason)
        append(made.fence.run_id, [claimed(made.attempt, reason)], fence=made.fence)
        claims.append(made)
    return claims


def charge(run_id: object) -> None:
    """Account the run time of the segment that has just ended, beyond what the claim charged.

    Belongs to the transaction that takes the run out of `running`, however that came about: what
    the heartbeats counted of a killed worker is charged like any other.
    """
    with connection.cursor() as cursor:
        cursor.execute(CHARGE, {"run": str(run_id)})


def others_wait() -> bool:
    """Whether any run waits that could be claimed."""
    parameters: dict[str, Any] = {"cap": env().runs_per_user}
    return bool(execute(CLAIMABLE, parameters))
