"""A worker process is alive exactly while it holds its advisory lock.

The lock belongs to a session of its own, so PostgreSQL frees it the moment the process is gone,
however it went. The same session renews the leases of all runs that the process drives: one
statement every two seconds, whatever their number.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.utils import timezone

from autonomy.models import WorkerProcess
from handywriterz.env import env

logger = logging.getLogger(__name__)

LOCK_CLASS, UPKEEP_CLASS, SWEEP_CLASS = 7711, 7712, 7713
"""First keys of all two-key advisory locks of the product, so that no two mean the same lock: of
workers (the second key is `WorkerProcess.lock_no`), of upkeep, and of a dead worker's take-over
(the second key is its number again). 7714 is of who works on a file: `memory.file_claims`; 7715 and
7716 are of who asks for a comparison and who makes it: `runtime.similarity_turns`."""

AGAIN_SECONDS = 0.5
"""Between losing a lock and announcing the process anew."""

HELD = f"""
%s IN (SELECT held.objid::bigint FROM pg_locks held
       WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 2
         AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND held.classid = {LOCK_CLASS})
"""  # noqa: S608 - constants only
"""Whether the worker with a lock number (a column or a parameter) is alive. Written so that
PostgreSQL lists its locks once per statement, not once per row."""

ALIVE = f"""
SELECT worker.lock_no FROM autonomy_worker_processes worker
WHERE {HELD % "worker.lock_no"} AND worker.seen_at > now() - make_interval(secs => %(ttl)s)
"""  # noqa: S608 - constants only

BEAT = """
WITH mine AS (
    SELECT id FROM autonomy_runs WHERE owner_lock = %(lock)s AND status = 'running'
    FOR NO KEY UPDATE SKIP LOCKED
), renewed AS (
    UPDATE autonomy_runs run
    SET lease_until = now() + make_interval(secs => %(ttl)s),
        seconds_spent = run.seconds_spent + extract(epoch FROM now() - run.beat_at),
        beat_at = now()
    FROM mine WHERE run.id = mine.id
)
UPDATE autonomy_worker_processes SET seen_at = now() WHERE lock_no = %(lock)s
"""
"""Rows that another transaction has just locked are renewed by the next beat: a heartbeat never
waits. Run time is accounted here, so a crash loses at most one beat of it."""


def bound_idle_transactions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Have PostgreSQL end a transaction whose client falls silent for as long as a lease lasts.

    A process that is frozen in the middle of a transaction would keep its row locks, and with them
    its runs, out of everybody's reach for as long as it is frozen.
    """
    milliseconds = int(env().lease_ttl_seconds * 1000)
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = {milliseconds}")


def bound_connections() -> None:
    """Have `bound_idle_transactions` of every connection that this process opens from now on. A
    process that drives runs calls it before anything of it can ask the database."""
    connection_created.connect(bound_idle_transactions, dispatch_uid="lease")


def live_locks() -> list[int]:
    """Lock numbers of the worker processes that are alive: the lock is held, and the heartbeat is
    fresh, because a frozen process holds its lock too."""
    with connection.cursor() as cursor:
        cursor.execute(ALIVE, {"ttl": env().lease_ttl_seconds})
        return [int(row[0]) for row in cursor.fetchall()]


def any_worker_alive() -> bool:
    """Whether some worker process is there to drive runs."""
    return bool(live_locks())


class Lease:
    """This process's announcement, lock and heartbeat, on a thread and connection of its own.

    Args:
        on_lost: called from the heartbeat thread when the lock is lost; the process must stop
            driving at once. A new lock is announced afterwards.
        on_held: called from the heartbeat thread with each newly held lock number.
        beat_seconds: between heartbeats.
    """

    def __init__(
        self,
        *,
        on_held: Callable[[int], None],
        on_lost: Callable[[], None],
        beat_seconds: float | None = None,
    ) -> None:
        self._on_held = on_held
        self._on_lost = on_lost
        self._beat_seconds = beat_seconds or env().lease_beat_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Free the lock and end the thread."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._hold()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("the worker's lock is lost: %s", error)
            except Exception:
                # Without this thread the process would live on and never claim again.
                logger.exception("the worker's heartbeat failed; it announces itself anew")
            self._stop.wait(AGAIN_SECONDS)

    def _hold(self) -> None:
        """Announce this process and renew its leases until it stops or something fails."""
        lock_no: int | None = None
        try:
            lock_no = self._announce()
            self._on_held(lock_no)
            while not self._stop.wait(self._beat_seconds):
                self._beat(lock_no)
        finally:
            try:
                if lock_no is not None and not self._stop.is_set():
                    self._on_lost()
            finally:  # the lock goes with the session, whatever else happens
                with contextlib.suppress(DatabaseError, InterfaceError):
                    connection.close()

    def _announce(self) -> int:
        """A row and a held lock for this process, under a number never used before."""
        row = WorkerProcess.objects.create(
            host=socket.gethostname()[:120], pid=os.getpid(), seen_at=timezone.now()
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, row.lock_no])
        logger.info("worker %s holds lock %s", os.getpid(), row.lock_no)
        return row.lock_no

    def _beat(self, lock_no: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(BEAT, {"lock": lock_no, "ttl": env().lease_ttl_seconds})
