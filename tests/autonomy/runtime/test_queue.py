"""The fair queue."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from autonomy.core.types import RunStatus
from autonomy.models import Job, QueueUser, Run
from autonomy.runtime import queue, transitions
from autonomy.runtime.queue import Claim


def test_users_take_turns_however_many_runs_one_has(
    start: Callable[..., Run], alice: User, bob: User
) -> None:
    for _ in range(3):
        start(owner=alice)
    start(owner=bob)
    owners = [claim.owner_id for claim in iter(lambda: queue.claim(1), None) if claim]
    assert owners == [alice.pk, bob.pk, alice.pk, alice.pk]


def test_nobody_has_more_than_the_cap_running_even_when_many_claim_at_once(
    start: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = queue.env().model_copy(update={"runs_per_user": 2})
    monkeypatch.setattr(queue, "env", lambda: small)
    for _ in range(8):
        start()

    def take(_: int) -> Claim | None:
        try:
            return queue.claim(1)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        claims = [claim for claim in pool.map(take, range(8)) if claim]
    assert len(claims) <= 2
    while queue.claim(1) is not None:
        pass
    assert Run.objects.filter(status=RunStatus.RUNNING).count() == 2
    assert len({claim.fence.run_id for claim in claims}) == len(claims)


def test_a_claim_makes_the_run_running_and_ends_its_job(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run = start()
    taken = claim()
    run.refresh_from_db()
    assert (run.status, run.fence, run.owner_lock) == (RunStatus.RUNNING, 1, 1)
    assert run.lease_until is not None
    assert taken.attempt == 1
    assert not Job.objects.exists()
    assert queue.claim(1) is None


def test_priority_then_age_within_one_user(start: Callable[..., Run]) -> None:
    first, second, urgent = start(), start(), start()
    Job.objects.filter(run=urgent).update(priority=5)
    taken = [claim.fence.run_id for claim in iter(lambda: queue.claim(1), None) if claim]
    assert taken == [str(urgent.pk), str(first.pk), str(second.pk)]


def test_idle_time_is_no_credit(start: Callable[..., Run], alice: User, bob: User) -> None:
    start(owner=alice)
    QueueUser.objects.filter(user=alice).update(virtual_time=500)
    start(owner=bob)
    assert QueueUser.objects.get(user=bob).virtual_time == 500


def test_the_time_of_a_segment_is_charged_when_it_ends_and_only_once(
    start: Callable[..., Run], claim: Callable[[], Claim], alice: User
) -> None:
    start()
    fence = claim().fence
    Run.objects.update(seconds_spent=61.0, beat_at=Now())
    transitions.release(fence, "slice")
    first = QueueUser.objects.get(user=alice).virtual_time
    assert first == pytest.approx(61.0, abs=0.5)
    transitions.release(claim().fence, "slice")
    again = QueueUser.objects.get(user=alice).virtual_time
    assert again == pytest.approx(first + queue.CLAIM_CHARGE, abs=0.1)


def test_a_killed_workers_time_is_charged_too(
    start: Callable[..., Run], claim: Callable[[], Claim], alice: User
) -> None:
    run = start()
    fence = claim().fence
    Run.objects.update(seconds_spent=40.0)  # as the heartbeats counted it
    transitions.reclaim(run.pk, fence.number)
    assert QueueUser.objects.get(user=alice).virtual_time == pytest.approx(40.0)


def test_a_job_that_is_not_due_waits(start: Callable[..., Run]) -> None:
    run = start()
    Job.objects.filter(run=run).update(available_at=F("available_at") + queue.timedelta(hours=1))
    assert queue.claim(1) is None
    assert not queue.others_wait()
