"""Who works on which file: claims, signs of life, and whose turn it is.

Every step is a conditional update on the attempt that claimed the source, so duplicates of the
message are harmless and a worker that was thought dead cannot write over its successor.

Who works on a file holds a shared advisory lock on it, which PostgreSQL frees the moment the process
is gone; a file without one is taken up again within seconds. A worker that hangs keeps its lock and
is told by its signs of life, which stop.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import BooleanField, DateTimeField, Func, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone

from autonomy.core.types import FileStatus
from autonomy.models import Source

_log = logging.getLogger(__name__)
STALE = timedelta(seconds=20)
"""Without a sign of life, after which a worker that holds its lock is taken to hang."""
GRACE = timedelta(seconds=4)
"""The same without the lock: a claim is a moment older than the lock on it, and a worker that lost
its session takes the lock anew with its next sign."""
SIGN_SECONDS = 1.5
MAX_CLAIMS = 10
"""Without any progress: then it is the file that ends its workers. Not fewer, because a file is
read in a process of its own, whose death is a failure to read it and no worker's: whatever kills
workers at such a moment is most likely something else."""
IN_WORK = (FileStatus.PARSING, FileStatus.EMBEDDING)
_SERVER_STARTED = Func(function="pg_postmaster_start_time", output_field=DateTimeField())
_CLAIMS_LOCK = 0x66696C65
"""One claim at a time: each looks at what all others hold. It takes milliseconds."""
_FILE_CLASS = 7714
"""First key of the two-key advisory locks of those who work on files; see `runtime.leases`."""
_LOCK = "SELECT pg_advisory_lock_shared(%s, hashtext(%s))"
_DEAD = f"""
({{row}}.worked_at IS NULL OR {{row}}.worked_at < %(stale)s
 OR ({{row}}.worked_at < %(grace)s
     AND hashtext({{row}}.id::text)::bigint & 4294967295 NOT IN (
         SELECT held.objid::bigint FROM pg_locks held
         WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
           AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
           AND held.classid = {_FILE_CLASS})))
"""  # noqa: S608 - constants only
"""Whether nobody alive works on the source `row` any more. PostgreSQL lists its locks once."""

# The owner with the fewest files in work is next, then whoever was worked for longest ago, so that
# a batch of hundreds and a single file of somebody else take turns.
_NEXT = f"""
WITH waiting AS (
    SELECT s.id, s.owner_id, s.created_at FROM autonomy_sources s
    WHERE (s.status = 'queued'
           OR (s.status IN ('parsing', 'embedding') AND {_DEAD.format(row="s")}))
      AND NOT EXISTS (
          SELECT 1 FROM autonomy_sources twin
          WHERE twin.sha256 = s.sha256 AND s.sha256 <> '' AND twin.id <> s.id
            AND twin.status IN ('parsing', 'embedding') AND NOT {_DEAD.format(row="twin")})
), turns AS (
    SELECT o.owner_id, busy.files, busy.last
    FROM (SELECT DISTINCT owner_id FROM waiting) o CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE status IN ('parsing', 'embedding')
                                  AND worked_at >= %(stale)s) AS files,
               max(worked_at) AS last
        FROM autonomy_sources WHERE owner_id = o.owner_id
    ) busy
)
SELECT w.id FROM waiting w JOIN turns t USING (owner_id)
ORDER BY t.files, t.last NULLS FIRST, w.created_at, w.id
LIMIT 1
"""  # noqa: S608 - constants only


class Superseded(Exception):
    """This attempt no longer holds the source."""


def claim(key: uuid.UUID) -> Source | None:
    """Take this source if nobody alive holds it."""
    with transaction.atomic():
        _one_at_a_time()
        return _take(key)


def claim_next() -> Source | None:
    """Take the source whose turn it is; None where none waits.

    A file whose very bytes are being read for somebody else waits for that reading.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _one_at_a_time()
        while True:
            cursor.execute(_NEXT, _limits())
            row = cursor.fetchone()
            if row is None:
                return None
            if source := _take(row[0]):
                return source


def _limits() -> dict[str, datetime]:
    now = timezone.now()
    return {"stale": now - STALE, "grace": now - GRACE}


def _dead() -> RawSQL:
    limits = _limits()
    statement = _DEAD.format(row=Source._meta.db_table)
    return RawSQL(  # noqa: S611 - constants only
        statement.replace("%(stale)s", "%s").replace("%(grace)s", "%s"),
        (limits["stale"], limits["grace"]),
        output_field=BooleanField(),
    )


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CLAIMS_LOCK])


def _take(key: uuid.UUID) -> Source | None:
    free = Q(status=FileStatus.QUEUED) | Q(status__in=IN_WORK, dead=True)
    source = (
        Source.objects.select_for_update()
        .alias(dead=_dead())
        .filter(free, id=key)
        .annotate(server_restarted=Q(worked_at__lt=_SERVER_STARTED))
        .first()
    )
    if source is None:
        return None
    source.attempts += 1
    source.claims_without_progress += 1
    source.worked_at = timezone.now()
    if source.status == FileStatus.QUEUED:
        source.status = FileStatus.PARSING
    source.save(update_fields=["attempts", "claims_without_progress", "worked_at", "status"])
    # When PostgreSQL went away under the last attempt, that was no fault of the file.
    if source.claims_without_progress > MAX_CLAIMS and not source.server_restarted:
        fail(
            source,
            "damaged",
            f"Reading this file broke off {MAX_CLAIMS} times, so it was given up. "
            "Save it again from the program that made it and upload that.",
        )
        return None
    return source


def held(source: Source) -> QuerySet[Source]:
    """The source's row, as long as this attempt holds it."""
    return Source.objects.filter(id=source.id, attempts=source.attempts, status__in=IN_WORK)


def update(source: Source, **fields: Any) -> None:
    """Write while this attempt still holds the source.

    Raises:
        Superseded: it does not.
    """
    if not held(source).update(worked_at=timezone.now(), **fields):
        raise Superseded


def progress(source: Source, **fields: Any) -> None:
    """As `update`, when the file is further than before: what broke off earlier attempts was then
    nothing in the file.

    Raises:
        Superseded: this attempt does not hold the source.
    """
    update(source, claims_without_progress=0, **fields)


def fail(source: Source, code: str, message: str) -> None:
    if held(source).update(status=FileStatus.FAILED, error_code=code, error=message):
        _log.info("source %s failed: %s", source.id, code)


def sources_to_ingest(limit: int = 8, waiting_seconds: float = 5.0) -> list[uuid.UUID]:
    """Sources that have waited for a worker, or whose worker died, for a sweeper to ring for. A
    few are enough: whoever hears a ring takes the one whose turn it is."""
    now = timezone.now()
    since = now - timedelta(seconds=waiting_seconds)
    waiting = Q(status=FileStatus.QUEUED, created_at__lt=since)
    dead = Q(status__in=IN_WORK, dead=True)
    rows = Source.objects.alias(dead=_dead()).filter(waiting | dead).order_by("created_at")
    return list(rows.values_list("id", flat=True)[:limit])


@contextmanager
def signs_of_life(source: Source) -> Iterator[None]:
    """Hold the lock and renew the claim while its work goes on, from a thread with a connection of
    its own."""
    done = threading.Event()

    def renew() -> None:
        locked = False
        try:
            while True:
                try:
                    if not locked:
                        _lock(source)
                        locked = True
                    held(source).update(worked_at=timezone.now())
                except (DatabaseError, InterfaceError) as error:
                    _log.info("source %s: no sign of life this time (%s)", source.id, error)
                    connection.close()  # the next one gets a new session
                    locked = False
                if done.wait(SIGN_SECONDS):
                    return
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"ingest-{source.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _lock(source: Source) -> None:
    """For as long as this thread's session lasts. Shared, so that nobody ever waits for it."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [_FILE_CLASS, str(source.id)])
