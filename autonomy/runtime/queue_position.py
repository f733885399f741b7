"""A run's place in line, as people are told it."""

from __future__ import annotations

import math
from typing import Any

from autonomy.core.types import RunStatus
from autonomy.models import Run
from autonomy.runtime.prepared import execute
from autonomy.runtime.queue import CAP, CLAIM_CHARGE, RUNNING
from handywriterz.env import env

MINE = f"""
SELECT job.user_id, account.virtual_time, {CAP}, {RUNNING},
       job.available_at > now(),
       (SELECT count(*) FROM autonomy_job_queue other
        WHERE other.user_id = job.user_id AND other.available_at <= now()
          AND (other.priority > job.priority
               OR (other.priority = job.priority
                   AND (other.enqueued_at, other.run_id) < (job.enqueued_at, job.run_id))))
FROM autonomy_job_queue job
JOIN autonomy_queue_users account ON account.user_id = job.user_id
WHERE job.run_id = %(run)s
"""  # noqa: S608 - constants only

AHEAD = f"""
WITH running AS MATERIALIZED (
    SELECT owner_id, count(*) AS runs FROM autonomy_runs WHERE status = 'running' GROUP BY owner_id
), waiting AS MATERIALIZED (
    SELECT job.user_id, count(*) AS jobs FROM autonomy_job_queue job
    WHERE job.available_at <= now() GROUP BY job.user_id
), line AS (
    SELECT account.user_id, account.virtual_time, waiting.jobs, cap.runs AS cap,
           GREATEST(0, cap.runs - COALESCE(running.runs, 0)) AS free
    FROM waiting
    JOIN autonomy_queue_users account ON account.user_id = waiting.user_id
    LEFT JOIN running ON running.owner_id = waiting.user_id
    LEFT JOIN autonomy_quotas quota ON quota.user_id = waiting.user_id
    CROSS JOIN LATERAL (SELECT COALESCE(NULLIF(quota.runs_at_once, 0), %(cap)s) AS runs) AS cap
    WHERE waiting.user_id <> %(user)s
)
SELECT COALESCE(sum(GREATEST(
    LEAST(jobs, GREATEST(0, free + (%(round)s - 1) * cap)),
    LEAST(jobs, free + %(round)s * cap, turns.taken))), 0)
FROM line
CROSS JOIN LATERAL (
    SELECT GREATEST(0, CASE
        WHEN user_id < %(user)s THEN floor((%(key)s - virtual_time) / {CLAIM_CHARGE}) + 1
        ELSE ceil((%(key)s - virtual_time) / {CLAIM_CHARGE}) END) AS taken
) AS turns
"""  # noqa: S608 - constants only
"""Other users' jobs that come before the place (`round`, `key`).

A round is what may be driven at once: a user with `free` places of `cap` fills those in round 0
and `cap` more in each that follows. Within a round a user's jobs come at the user's virtual time
plus the charge of each claim, as `queue.claim` goes.
"""

LATER = """
SELECT count(*) FILTER (WHERE job.available_at <= now()),
       count(*) FILTER (WHERE job.available_at > now()
                        AND (job.available_at, job.run_id) < (mine.available_at, mine.run_id))
FROM autonomy_job_queue job, autonomy_job_queue mine WHERE mine.run_id = %(run)s
"""


def position(run: Run) -> int | None:
    """1-based place in line: in how many claims from now this run's turn comes, if nobody joins
    and every turn takes as long. A run that is not due yet stands behind all that are. None when
    the run is not queued."""
    if run.status != RunStatus.QUEUED:
        return None
    cap = env().runs_per_user
    found = execute(MINE, {"run": run.pk, "cap": cap})
    if not found:
        return None
    user_id, virtual_time, places, running, delayed, before = found[0]
    if delayed:
        due, earlier = execute(LATER, {"run": run.pk})[0]
        return int(due) + int(earlier) + 1
    place: dict[str, Any] = {
        "user": user_id,
        "cap": cap,
        "round": _round(int(before) + 1, max(0, int(places) - int(running)), int(places)),
        "key": float(virtual_time) + int(before) * CLAIM_CHARGE,
    }
    return int(execute(AHEAD, place)[0][0]) + int(before) + 1


def _round(turn: int, free: int, cap: int) -> int:
    """In which round a user's `turn`-th job is driven."""
    return max(0, math.ceil((turn - free) / cap))
