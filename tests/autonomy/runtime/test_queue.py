"""The fair queue."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F

from autonomy import services
from autonomy.core.types import RunStatus
from autonomy.models import Job, QueueUser, Run
from autonomy.runtime import queue
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


def test_run_time_is_charged(start: Callable[..., Run], alice: User) -> None:
    start()
    queue.claim(1)
    queue.charge(alice.pk, 61.0)
    assert QueueUser.objects.get(user=alice).virtual_time == pytest.approx(61.0)


def test_the_place_in_line_is_told(start: Callable[..., Run], alice: User, bob: User) -> None:
    runs = [start(owner=alice) for _ in range(3)]
    of_bob = start(owner=bob)
    assert [queue.position(run) for run in runs] == [1, 3, 4]
    assert queue.position(of_bob) == 2
    services.cancel(of_bob)
    of_bob.refresh_from_db()
    assert queue.position(of_bob) is None


def test_a_job_that_is_not_due_waits(start: Callable[..., Run]) -> None:
    run = start()
    Job.objects.filter(run=run).update(available_at=F("available_at") + queue.timedelta(hours=1))
    assert queue.claim(1) is None
    assert not queue.others_wait()
