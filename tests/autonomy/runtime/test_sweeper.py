"""Runs of dead workers are found, poisoned ones are ended, files are rung for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from autonomy.core.types import FileStatus, RunStatus, StopReason
from autonomy.models import Episode, Run, Source, WorkerProcess
from autonomy.runtime import sweeper
from autonomy.runtime.leases import LOCK_CLASS, any_worker_alive
from autonomy.runtime.queue import Claim
from autonomy.runtime.sweeper import Sweeper, reclaim_dead


def age(run: Run, seconds: float) -> None:
    Run.objects.filter(pk=run.pk).update(beat_at=timezone.now() - timedelta(seconds=seconds))


def test_a_run_whose_workers_lock_is_gone_is_reclaimed_after_the_grace(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    claim()
    assert reclaim_dead() == 0
    age(run, 4)
    assert reclaim_dead() == 1
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED
    assert run.owner_lock is None
    claimed = claim()
    assert (claimed.fence.number, claimed.attempt, claimed.reason) == (2, 2, "lost")
    assert Episode.objects.filter(run=run, type="attempt.restarted").count() == 1


def test_a_lock_that_is_held_protects_until_the_lease_ends(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    claim()
    age(run, 10)
    WorkerProcess.objects.create(lock_no=1, host="here", pid=1, seen_at=timezone.now())
    assert not any_worker_alive()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 1)", [LOCK_CLASS])
        assert any_worker_alive()
        assert reclaim_dead() == 0
        WorkerProcess.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
        assert not any_worker_alive(), "a frozen process drives nothing, though it holds its lock"
        # The process lives but hangs: it holds its lock and renews nothing.
        Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert reclaim_dead() == 1
        cursor.execute("SELECT pg_advisory_unlock(%s, 1)", [LOCK_CLASS])


def test_three_claims_without_progress_end_the_run(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    for _ in range(3):
        claim()
        age(run, 4)
        reclaim_dead()
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.stop_reason == StopReason.POISONED
    assert "three times" in run.error


def test_a_restart_of_postgresql_is_not_held_against_its_runs(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    for _ in range(5):
        claim()
        age(run, 30 * 86_400)  # the last sign of life is older than the server
        assert reclaim_dead() == 1
    run.refresh_from_db()
    assert (run.status, run.claims_without_progress) == (RunStatus.QUEUED, 0)
    assert run.seconds_spent < 60


def test_a_file_that_nobody_reads_is_rung_for_once_in_a_while(
    start: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    lost = Source.objects.create(owner_id=run.owner_id, file="x", status=FileStatus.QUEUED)
    Source.objects.filter(pk=lost.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    rung: list[object] = []
    monkeypatch.setattr(sweeper, "ring_file", rung.append)
    one = Sweeper()
    one.sweep()
    one.sweep()
    assert rung == [lost.pk]
