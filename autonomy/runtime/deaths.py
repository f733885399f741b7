"""Whether what a run did not get on with is explained by workers that die without it too."""

from __future__ import annotations

from django.db import connection

from autonomy.runtime.leases import HELD
from handywriterz.env import env

ALSO_WITHOUT_IT = 1.25
"""Workers that went away, for each of a run's claims without progress, beyond which something else
kills workers. Where four of them are killed alike, ten claims of one run in twelve deaths have a
chance of 1 in 25,000. Two runs that each take their worker along explain each other for good; only
`max_lost_claims` ends those."""

DEATHS = f"""
SELECT count(*) FROM autonomy_worker_processes gone, autonomy_runs run
WHERE run.id = %(run)s
  AND gone.seen_at > COALESCE(
          (SELECT saved.created_at FROM autonomy_checkpoints saved
           WHERE saved.thread_id = run.id::text AND saved.checkpoint_ns = ''
           ORDER BY saved.checkpoint_id DESC LIMIT 1), run.started_at)
          - make_interval(secs => %(beat)s)
  AND NOT ({HELD % "gone.lock_no"})
"""  # noqa: S608 - constants only
"""Workers that went away since the run's last checkpoint: each was seen a beat before at the latest."""


def explain(run_id: object, claims: int) -> bool:
    """Whether so many workers went away since the run's last checkpoint that its `claims` without
    progress need not be its own doing."""
    with connection.cursor() as cursor:
        cursor.execute(DEATHS, {"run": str(run_id), "beat": env().lease_beat_seconds})
        deaths = int(cursor.fetchall()[0][0])
    return deaths > ALSO_WITHOUT_IT * claims
