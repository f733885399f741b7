"""Runs of dead workers are found, poisoned ones are ended, files are rung for."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.utils import timezone

from autonomy import services
from autonomy.core.types import FileStatus, RunStatus, StopReason, TaskSpec
from autonomy.models import Episode, Job, Run, Source, WorkerProcess
from autonomy.runtime import leases, queue, segment_ends, sweeper, transitions, upkeep
from autonomy.runtime.budgets_ledger import RunLedger, close_all
from autonomy.runtime.fence import Fence
from autonomy.runtime.leases import LOCK_CLASS, any_worker_alive
from autonomy.runtime.queue import Claim
from autonomy.runtime.sweeper import Sweeper, reclaim_dead
from handywriterz.env import env
from tests.autonomy.runtime.conftest import run_async
from tests.locks import waits_for_a_lock
from tests.stack_process import eventually


def age(run: Run, seconds: float) -> None:
    Run.objects.filter(pk=run.pk).update(beat_at=timezone.now() - timedelta(seconds=seconds))


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


@contextlib.contextmanager
def lock_of_worker(lock_no: int) -> Iterator[None]:
    """As if that worker lived."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [LOCK_CLASS, lock_no])
        yield
    finally:
        other.close()


@contextlib.contextmanager
def locked(run: Run) -> Iterator[None]:
    """As if somebody's transaction were just changing the run."""
    other = connection.copy()
    try:
        other.connect()
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM autonomy_runs WHERE id = %s FOR UPDATE", [run.pk])
        yield
        other.rollback()
    finally:
        other.close()


def test_a_run_whose_workers_lock_is_gone_is_reclaimed_after_the_grace(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    claim()
    age(run, -60)  # a beat of this very moment, however slow the machine is
    assert reclaim_dead() == 0
    age(run, 1)  # and no more: a beat from before PostgreSQL started would be its restart's
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


def test_a_round_of_upkeep_keeps_nobody_from_taking_over(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    claim()
    age(run, 1)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", upkeep.UPKEEP_LOCK)
        assert Run.objects.get(pk=run.pk).owner_lock == upkeep.UPKEEP_LOCK[1], "the same number"
        assert reclaim_dead() == 1
    finally:
        other.close()


def test_a_process_that_freezes_inside_a_transaction_loses_its_row_locks(
    start: Callable[..., Run], claim: Callable[[], Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = start()
    claim()
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    ttl = SimpleNamespace(lease_ttl_seconds=2.0)
    monkeypatch.setattr(leases, "env", lambda: ttl)
    frozen = connection.copy()
    try:
        frozen.connect()
        leases.bound_idle_transactions(connection=frozen)
        frozen.set_autocommit(False)
        with frozen.cursor() as cursor:
            cursor.execute("SELECT 1 FROM autonomy_runs WHERE id = %s FOR UPDATE", [run.pk])
        assert reclaim_dead() == 0
        assert eventually(lambda: reclaim_dead() == 1)
    finally:
        with contextlib.suppress(DatabaseError):
            frozen.close()


def test_a_run_that_was_alone_with_workers_that_died_is_not_blamed_for_a_few(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    """Who kills workers from outside kills those that drive a single run too."""
    run = start()
    for _ in range(segment_ends.MAX_CLAIMS - 1):
        claim()
        age(run, 1)
        assert reclaim_dead() == 1
    run.refresh_from_db()
    assert (run.status, run.faults) == (RunStatus.QUEUED, 0)


def test_a_run_that_takes_every_worker_along_is_ended_all_the_same(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    """Where a process of its own never outlives its worker, as when a container goes as a whole."""
    run = start()
    for number in range(segment_ends.MAX_CLAIMS):
        claim()
        WorkerProcess.objects.create(host="here", pid=number, seen_at=timezone.now())
        age(run, 1)
        reclaim_dead()
    run.refresh_from_db()
    assert (run.status, run.stop_reason) == (RunStatus.FAILED, StopReason.POISONED)
    assert "again and again" in run.error


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


def test_runs_that_died_in_company_are_not_blamed_and_driven_a_few_suspects_at_a_time(
    start: Callable[..., Run],
    claim: Callable[[], Claim],
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = env().model_copy(update={"suspects_per_worker": 1})
    monkeypatch.setattr(queue, "env", lambda: one)
    runs = [start(f"Number {n}") for n in range(3)]
    for _ in range(2):  # all three go down with their worker, twice
        for _ in runs:
            claim()
        Run.objects.update(beat_at=timezone.now() - timedelta(seconds=1))
        assert reclaim_dead() == 3

    suspect = claim()
    assert queue.claim(1) is None
    fresh = start("Something new", bob)
    assert claim().fence.run_id == str(fresh.pk), "others are driven beside it"
    assert queue.claim(2) is not None, "another worker takes another suspect"
    Run.objects.filter(pk=suspect.fence.run_id).update(claims_without_progress=0)
    assert queue.claim(1) is not None, "it made progress, so the next one is looked at"
    assert set(Run.objects.values_list("faults", flat=True)) == {0}


def test_only_the_run_that_killed_its_own_process_is_poisoned(
    start: Callable[..., Run],
) -> None:
    poison, neighbour = start("Poison"), start("Neighbour")
    for _ in range(segment_ends.MAX_FAULTS):
        fences = {}
        for worker in (1, 2):
            made = queue.claim(worker)
            assert made is not None
            fences[made.fence.run_id] = made.fence.number
        segment_ends.reclaim(poison.pk, fences[str(poison.pk)], own_fault=True)
        segment_ends.reclaim(neighbour.pk, fences[str(neighbour.pk)])
    poison.refresh_from_db()
    neighbour.refresh_from_db()
    assert (poison.status, poison.stop_reason) == (RunStatus.FAILED, StopReason.POISONED)
    assert (neighbour.status, neighbour.faults) == (RunStatus.QUEUED, 0)


def test_a_run_claimed_right_before_its_worker_died_goes_with_the_others_and_is_not_blamed(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    early, late = start("Early"), start("Late")
    claim()
    claim()
    age(early, 10)
    age(late, -60)  # of this very moment: perhaps the worker is only just gone
    assert reclaim_dead() == 0
    age(late, 1)
    assert reclaim_dead() == 2
    assert set(Run.objects.values_list("status", "faults")) == {(RunStatus.QUEUED, 0)}


def test_a_worker_hangs_when_all_of_its_leases_ran_out(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    early, late = start("Early"), start("Late")
    claim()
    claim()
    with lock_of_worker(1):
        Run.objects.filter(pk=early.pk).update(lease_until=ago(0.1))
        assert reclaim_dead() == 0, "the other's lease is good: it was claimed after the last beat"
        Run.objects.filter(pk=late.pk).update(lease_until=ago(0.1))
        assert reclaim_dead() == 2
    assert set(Run.objects.values_list("status", "faults")) == {(RunStatus.QUEUED, 0)}


def test_a_worker_whose_heartbeat_is_stuck_does_not_go_on_by_claiming(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    early, _late = start("Early"), start("Late")
    claim()
    claim()
    ttl = env().lease_ttl_seconds
    with lock_of_worker(1):
        Run.objects.filter(pk=early.pk).update(lease_until=ago(ttl + 1))
        assert reclaim_dead() == 2


def test_a_run_that_somebody_has_locked_is_left_to_the_next_look(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    runs = [start(), start()]
    claim()
    claim()
    Run.objects.update(beat_at=ago(1))
    with locked(runs[0]):
        assert reclaim_dead() == 1
    assert reclaim_dead() == 1
    assert set(Run.objects.values_list("status", "faults")) == {(RunStatus.QUEUED, 0)}


def test_taking_over_and_starting_a_run_of_the_same_person_wait_for_each_other_in_one_order(
    start: Callable[..., Run],
    claim: Callable[[], Claim],
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One run of the dead worker goes back in line, the next ends with an open reservation; in
    between, its owner starts another."""
    start()
    poisoned = start()
    for made in (claim(), claim()):
        run_async(RunLedger(made.fence).reserve("k", "writer", "m", 10, 0.01))
    Run.objects.filter(pk=poisoned.pk).update(claims_without_progress=segment_ends.MAX_CLAIMS)
    Run.objects.update(beat_at=ago(1))
    problems: list[BaseException] = []
    starting = threading.Thread(target=_start_one, args=[alice, problems])

    def closing(run_id: object) -> int:
        starting.start()
        # Until it has the day, or waits for a row that the sweep has locked.
        assert eventually(lambda: waits_for_a_lock() or not starting.is_alive())
        return close_all(run_id)

    monkeypatch.setattr(transitions, "close_all", closing)
    assert reclaim_dead() == 2
    starting.join(30)
    assert problems == []
    poisoned.refresh_from_db()
    assert (poisoned.stop_reason, poisoned.tokens_reserved) == (StopReason.POISONED, 0)
    assert Run.objects.filter(status=RunStatus.QUEUED).count() == 2


def _start_one(owner: User, problems: list[BaseException]) -> None:
    try:
        services.start_run(owner, TaskSpec(goal="Another", journey="write"))
    except DatabaseError as error:
        problems.append(error)
    finally:
        connection.close()


def _found_by_a_sweep(fence: Fence) -> bool:
    return reclaim_dead() == 1


def _found_by_its_own_worker(fence: Fence) -> bool:
    return segment_ends.reclaim(fence.run_id, fence.number)


def _given_back_after_an_error_that_is_not_its_own(fence: Fence) -> bool:
    return segment_ends.retry(fence, "The database went away.", own_fault=False)


@pytest.mark.parametrize(
    "lost",
    [
        _found_by_a_sweep,
        _found_by_its_own_worker,
        _given_back_after_an_error_that_is_not_its_own,
    ],
)
def test_a_run_is_not_blamed_while_workers_die_without_it_however_often(
    start: Callable[..., Run], claim: Callable[[], Claim], lost: Callable[[Fence], bool]
) -> None:
    """A storm that kills four workers alike, faster than the run gets anywhere."""
    run = start()
    for number in range(3 * segment_ends.MAX_CLAIMS):
        Job.objects.update(available_at=timezone.now())
        claimed = claim()
        for other in range(4):
            WorkerProcess.objects.create(
                host="here", pid=number * 10 + other, seen_at=timezone.now()
            )
        age(run, 1)
        assert lost(claimed.fence)
    run.refresh_from_db()
    assert (run.status, run.faults) == (RunStatus.QUEUED, 0)
    assert run.claims_without_progress == 3 * segment_ends.MAX_CLAIMS
    assert queue.claim(1) is None, "it is tried ever less often"


def test_runs_that_each_take_their_worker_along_do_not_excuse_each_other_for_good(
    start: Callable[..., Run], claim: Callable[[], Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in containers that are killed as a whole: two workers die for each of a run's claims."""
    most = segment_ends.MAX_CLAIMS + 2
    few = env().model_copy(update={"max_lost_claims": most})
    monkeypatch.setattr(segment_ends, "env", lambda: few)
    runs = [start("One"), start("Other")]
    for number in range(most):
        assert set(Run.objects.values_list("status", flat=True)) == {RunStatus.QUEUED}
        Job.objects.update(available_at=timezone.now())
        for run in runs:
            claim()
            WorkerProcess.objects.create(host=str(run.pk), pid=number, seen_at=timezone.now())
        Run.objects.update(beat_at=ago(1))
        assert reclaim_dead() == 2
    for run in runs:
        run.refresh_from_db()
        assert (run.status, run.stop_reason) == (RunStatus.FAILED, StopReason.POISONED)
        assert f"it was begun {most} times" in run.error
        assert "need not be its own doing" in run.error


def test_a_run_that_was_lost_a_thousand_times_is_tried_again_and_others_with_it(
    start: Callable[..., Run], claim: Callable[[], Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    many = env().model_copy(update={"max_lost_claims": 5_000})
    monkeypatch.setattr(segment_ends, "env", lambda: many)
    run = start()
    claim()
    start("Neighbour")
    claim()
    Run.objects.filter(pk=run.pk).update(claims_without_progress=1_100)
    WorkerProcess.objects.bulk_create(
        WorkerProcess(host="here", pid=number, seen_at=timezone.now()) for number in range(1_400)
    )
    Run.objects.update(beat_at=ago(1))
    assert reclaim_dead() == 2
    late = Job.objects.get(run=run).available_at - timezone.now()
    assert 50 < late.total_seconds() <= segment_ends.LONGEST_DELAY


def test_a_run_that_cannot_be_taken_over_does_not_keep_others_waiting(
    start: Callable[..., Run], claim: Callable[[], Claim], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, well = start("Broken"), start("Well")
    claim()
    claim()
    Run.objects.update(beat_at=ago(1))
    to_queue = transitions.to_queue

    def failing(run_id: object, *args: Any, **columns: Any) -> bool:
        moved = to_queue(run_id, *args, **columns)
        if str(run_id) == str(broken.pk):
            raise OverflowError
        return moved

    monkeypatch.setattr(transitions, "to_queue", failing)
    assert reclaim_dead() == 1
    well.refresh_from_db()
    broken.refresh_from_db()
    assert (well.status, broken.status) == (RunStatus.QUEUED, RunStatus.RUNNING)
    monkeypatch.undo()
    assert reclaim_dead() == 1


def test_workers_that_died_before_their_next_heartbeat_count_too(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    for number in range(segment_ends.MAX_CLAIMS):
        claim()
        for other in range(2):  # last seen right before the run began
            seen = timezone.now() - timedelta(seconds=env().lease_beat_seconds / 2)
            WorkerProcess.objects.create(host="here", pid=number * 10 + other, seen_at=seen)
        Run.objects.filter(pk=run.pk).update(started_at=timezone.now())
        age(run, 1)
        assert reclaim_dead() == 1
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED


def test_a_database_that_starts_anew_blames_nobody(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    for _ in range(5):
        claim()
        age(run, 3_600 * 24 * 365)  # last seen before PostgreSQL started
        assert reclaim_dead() == 1
    run.refresh_from_db()
    assert (run.status, run.faults) == (RunStatus.QUEUED, 0)


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
