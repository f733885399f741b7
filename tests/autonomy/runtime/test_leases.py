"""A process announces itself, keeps its lock, and announces itself anew whatever went wrong."""

from __future__ import annotations

import queue as queues
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError

from autonomy.models import WorkerProcess
from autonomy.runtime import leases
from autonomy.runtime.leases import Lease, any_worker_alive, live_locks
from tests.stack_process import eventually

SECONDS = 20.0


class Ear:
    """Hears what a lease tells its engine, in order: numbers for locks held, None for one lost."""

    def __init__(self) -> None:
        self.heard: queues.Queue[int | None] = queues.Queue()
        self.held: BaseException | None = None
        self.lost: BaseException | None = None

    def on_held(self, lock_no: int) -> None:
        self.heard.put(lock_no)
        _fail(self.held)

    def on_lost(self) -> None:
        self.heard.put(None)
        _fail(self.lost)

    def next(self) -> int | None:
        return self.heard.get(timeout=SECONDS)


def _fail(error: BaseException | None) -> None:
    if error is not None:
        raise error


@contextmanager
def announced(ear: Ear) -> Iterator[Lease]:
    lease = Lease(on_held=ear.on_held, on_lost=ear.on_lost, beat_seconds=0.02)
    lease.start()
    try:
        yield lease
    finally:
        lease.stop()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "AGAIN_SECONDS", 0.0)


def test_a_lease_is_a_held_lock_until_it_is_stopped(threads: None) -> None:
    ear = Ear()
    with announced(ear):
        number = ear.next()
        assert live_locks() == [number]
    assert eventually(lambda: not any_worker_alive()), "PostgreSQL hears of a session's end later"
    assert ear.heard.empty(), "a lock that is given back is not lost"


@pytest.mark.parametrize(
    "error", [OperationalError("the server is away"), ValueError("nobody has named this")]
)
def test_whatever_ends_a_heartbeat_the_process_announces_itself_under_a_new_number(
    threads: None, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failed = threading.Event()
    beat = Lease._beat

    def failing_once(self: Lease, lock_no: int) -> None:
        if not failed.is_set():
            failed.set()
            raise error
        beat(self, lock_no)

    monkeypatch.setattr(Lease, "_beat", failing_once)
    ear = Ear()
    with announced(ear):
        first, lost, second = ear.next(), ear.next(), ear.next()
        assert lost is None
        assert first != second
        assert eventually(lambda: live_locks() == [second]), "the old lock went with its session"
    assert WorkerProcess.objects.count() == 2


@pytest.mark.parametrize("which", ["held", "lost"])
def test_a_listener_that_fails_does_not_end_the_heartbeat(
    threads: None, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    ear = Ear()
    setattr(ear, which, RuntimeError("the loop is closed"))
    monkeypatch.setattr(Lease, "_beat", lambda self, lock_no: _fail(OperationalError("away")))
    with announced(ear):
        first, lost, second = ear.next(), ear.next(), ear.next()
        assert (lost, second is not None, first != second) == (None, True, True)
