"""Whose comparison is made next: how many at once, in turns between people, and none forgotten.

Who makes a comparison holds a shared advisory lock on it, which PostgreSQL frees the moment the
process is gone: what a dead worker was at is taken up again within seconds.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from autonomy.core.originality import SimilarityStatus
from autonomy.models import SimilarityCheck
from handywriterz.env import env

STALE_SECONDS = 600
"""A comparison that takes longer hangs, although its worker lives."""
GRACE_SECONDS = 4
"""A claim is a moment older than the lock on it."""
RING_SECONDS = 5
"""One that nobody took for so long is rung for again."""
MOST_DEATHS = 3
"""Workers that may die over one comparison: then it is the comparison that ends them."""
GAVE_UP = (
    f"The comparison broke off {MOST_DEATHS} times, so it was given up. Your document is safe. Try "
    "again; if it breaks off again, it needs more memory than this server has."
)
OPEN = (SimilarityStatus.QUEUED, SimilarityStatus.RUNNING)
_CLAIMS_LOCK = 0x73696D69
"""One claim at a time: each looks at what all others hold. It takes milliseconds."""
_ASKING_CLASS, _WORK_CLASS = 7715, 7716
"""First keys of two-key advisory locks; see `runtime.leases`."""

_ALIVE = f"""
(c.status = 'running' AND c.claimed_at > now() - make_interval(secs => {STALE_SECONDS})
 AND (c.claimed_at > now() - make_interval(secs => {GRACE_SECONDS})
      OR hashtext(c.id::text)::bigint & 4294967295 IN (
          SELECT held.objid::bigint FROM pg_locks held
          WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
            AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND held.classid = {_WORK_CLASS})))
"""  # noqa: S608 - constants only
_OPEN_ROWS = f"""
SELECT c.id, c.created_at, c.status, r.owner_id, {_ALIVE} AS alive
FROM autonomy_similarity_checks c
JOIN autonomy_artifacts a ON a.id = c.artifact_id
JOIN autonomy_runs r ON r.id = a.run_id
WHERE c.status IN ('queued', 'running')
"""  # noqa: S608 - constants only
_READY = f"""
WITH open AS ({_OPEN_ROWS}), turns AS (
    SELECT o.owner_id, count(*) FILTER (WHERE o.alive) AS busy,
           (SELECT max(c.claimed_at) FROM autonomy_similarity_checks c
            JOIN autonomy_artifacts a ON a.id = c.artifact_id
            JOIN autonomy_runs r ON r.id = a.run_id
            WHERE r.owner_id = o.owner_id) AS last
    FROM open o GROUP BY o.owner_id
)
SELECT o.id, o.created_at, o.status FROM open o JOIN turns t USING (owner_id)
WHERE NOT o.alive AND t.busy < %(per_user)s AND (SELECT sum(busy) FROM turns) < %(in_all)s
ORDER BY t.busy, t.last NULLS FIRST, o.created_at, o.id
"""  # noqa: S608 - constants only
_AHEAD = f"""
WITH open AS ({_OPEN_ROWS})
SELECT count(*) FROM open o
WHERE o.id <> %(id)s AND (o.alive OR o.created_at < %(created_at)s)
"""  # noqa: S608 - constants only
_WAITS = f"""
SELECT id FROM ({_READY}) ready
WHERE status = 'running' OR created_at <= now() - make_interval(secs => %(late)s)
LIMIT 1
"""  # noqa: S608 - constants only


def _bounds() -> dict[str, float]:
    return {"per_user": env().similarity_at_once_per_user, "in_all": env().similarity_at_once}


def take() -> SimilarityCheck | None:
    """Claim the comparison whose turn it is; None where none waits or as many are being made as
    may be. One over which too many workers died fails instead."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CLAIMS_LOCK])
        while True:
            cursor.execute(f"{_READY} LIMIT 1", _bounds())
            found = cursor.fetchone()
            if found is None:
                return None
            if row := _claim(found[0]):
                return row


def _claim(key: uuid.UUID) -> SimilarityCheck | None:
    rows = SimilarityCheck.objects.select_related("artifact__run").select_for_update(of=("self",))
    row = rows.filter(pk=key, status__in=OPEN).first()
    if row is None:
        return None
    died = row.broke_off + (row.status == SimilarityStatus.RUNNING)
    changed: dict[str, Any] = {"broke_off": died, "attempts": F("attempts") + 1}
    if died >= MOST_DEATHS:
        changed |= {"status": SimilarityStatus.FAILED, "error": GAVE_UP, "finished_at": Now()}
    else:
        changed |= {"status": SimilarityStatus.RUNNING, "claimed_at": Now(), "progress": 0}
    SimilarityCheck.objects.filter(pk=key).update(**changed)
    row.refresh_from_db(fields=["status", "attempts", "broke_off", "claimed_at", "progress"])
    return None if died >= MOST_DEATHS else row


@contextmanager
def held(row: SimilarityCheck) -> Iterator[None]:
    """Hold the lock that says that somebody alive is at it, on this thread's connection."""
    key = (_WORK_CLASS, str(row.pk))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", key)
    try:
        yield
    finally:
        # With a session that broke off the lock is gone too.
        with suppress(DatabaseError, InterfaceError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s, hashtext(%s))", key)


def waiting(seconds: float = RING_SECONDS) -> uuid.UUID | None:
    """A comparison that could be made now and that nobody has taken for so long."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, _bounds() | {"late": seconds})
        found = cursor.fetchone()
    return found[0] if found else None


def ahead(row: SimilarityCheck) -> int:
    """Comparisons, of anybody, that are being made or have waited longer."""
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, {"id": row.pk, "created_at": row.created_at})
        found = cursor.fetchone()
    return int(found[0])


def one_asks(owner_id: int) -> None:
    """Until the transaction ends, nobody else asks for this person."""
    with connection.cursor() as cursor:
        key: tuple[int, str] = (_ASKING_CLASS, str(owner_id))
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", key)


def open_of(owner_id: int) -> int:
    """Comparisons of this person that wait or are being made."""
    own = Q(artifact__run__owner_id=owner_id, status__in=OPEN)
    return SimilarityCheck.objects.filter(own).count()
