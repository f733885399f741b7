"""The fair queue."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from autonomy import services
from autonomy.core.types import RunStatus, TaskSpec
from autonomy.models import Job, QueueUser, Quota, Run
from autonomy.runtime import queue, segment_ends
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


def test_a_run_that_yielded_goes_before_its_owners_runs_that_have_not_begun(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    first, second = start(), start()
    for _ in range(3):
        taken = claim()
        assert taken.fence.run_id == str(first.pk)
        segment_ends.release(taken.fence, "slice")
    assert claim().fence.run_id == str(first.pk)
    assert claim().fence.run_id == str(second.pk)


def test_idle_time_is_no_credit(start: Callable[..., Run], alice: User, bob: User) -> None:
    start(owner=alice)
    QueueUser.objects.filter(user=alice).update(virtual_time=500)
    start(owner=bob)
    assert QueueUser.objects.get(user=bob).virtual_time == 500 + queue.BEHIND


def test_the_time_of_a_segment_is_charged_when_it_ends_and_only_once(
    start: Callable[..., Run], claim: Callable[[], Claim], alice: User
) -> None:
    start()
    fence = claim().fence
    Run.objects.update(seconds_spent=61.0, beat_at=Now())
    segment_ends.release(fence, "slice")
    first = QueueUser.objects.get(user=alice).virtual_time
    assert first == pytest.approx(61.0, abs=0.5)
    segment_ends.release(claim().fence, "slice")
    again = QueueUser.objects.get(user=alice).virtual_time
    assert again == pytest.approx(first + queue.CLAIM_CHARGE, abs=0.1)


def test_a_killed_workers_time_is_charged_too(
    start: Callable[..., Run], claim: Callable[[], Claim], alice: User
) -> None:
    run = start()
    fence = claim().fence
    Run.objects.update(seconds_spent=40.0)  # as the heartbeats counted it
    segment_ends.reclaim(run.pk, fence.number)
    assert QueueUser.objects.get(user=alice).virtual_time == pytest.approx(40.0)


def test_a_job_that_is_not_due_waits(start: Callable[..., Run]) -> None:
    run = start()
    Job.objects.filter(run=run).update(available_at=F("available_at") + queue.timedelta(hours=1))
    assert queue.claim(1) is None
    assert not queue.others_wait()


# ------------------------------------------------------------------ fairness


def seconds(user: User) -> float:
    return QueueUser.objects.get(user=user).virtual_time


def had(user: User, virtual_time: float) -> None:
    QueueUser.objects.update_or_create(user=user, defaults={"virtual_time": virtual_time})


def test_a_new_user_starts_level_with_old_ones(
    start: Callable[..., Run], alice: User, bob: User
) -> None:
    had(alice, 5_000.0)
    start(owner=bob)
    start(owner=alice)
    assert (seconds(bob), seconds(alice)) == (5_000.0, 5_000.0 + queue.BEHIND)


def test_time_had_is_still_owed_after_a_pause(
    start: Callable[..., Run], alice: User, bob: User
) -> None:
    start(owner=bob)
    had(bob, 100.0)
    had(alice, 160.0)
    mine = start(owner=alice)
    for _ in range(3):  # leaving the line and coming back sheds nothing
        services.cancel(mine)
        mine = start(owner=alice)
    assert seconds(alice) == 160.0
    assert queue.claim(1).owner_id == bob.pk  # type: ignore[union-attr]


def test_no_more_is_owed_than_can_have_been_taken_from_others(
    start: Callable[..., Run], alice: User, bob: User
) -> None:
    start(owner=bob)
    had(bob, 100.0)
    had(alice, 90_000.0)  # a night alone on the machine
    start(owner=alice)
    assert seconds(alice) == 100.0 + queue.BEHIND + queue.most_debt()


def test_users_at_their_cap_do_not_hold_the_level_back(
    start: Callable[..., Run], alice: User, bob: User, make_user: Callable[..., User]
) -> None:
    Quota.objects.create(user=alice, runs_at_once=1)
    start(owner=alice)
    start(owner=alice)
    assert queue.claim(1) is not None  # Alice waits with the rest, at her cap and far behind
    start(owner=bob)
    had(bob, 700.0)
    carol = make_user("carol")
    start(owner=carol)
    assert seconds(carol) == 700.0 + queue.BEHIND


def test_nobody_who_comes_later_overtakes_the_first(
    start: Callable[..., Run], alice: User, bob: User
) -> None:
    start(owner=bob)
    start(owner=alice)  # has the lower number
    owners = [claim.owner_id for claim in iter(lambda: queue.claim(1), None) if claim]
    assert owners == [bob.pk, alice.pk]


def test_a_users_own_cap_goes_before_the_deployments(start: Callable[..., Run], bob: User) -> None:
    Quota.objects.create(user=bob, runs_at_once=1)
    for _ in range(3):
        start(owner=bob)
    assert queue.claim(1) is not None
    assert queue.claim(1) is None
    Quota.objects.update(runs_at_once=2)
    assert queue.claim(1) is not None
    assert queue.claim(1) is None


# ------------------------------------------------------------------ priorities


def test_what_a_person_waits_for_goes_before_the_same_persons_long_work(
    alice: User, start: Callable[..., Run]
) -> None:
    first = start()
    services.pause(first)
    bulk = start()
    services.set_priority(bulk, 10)
    answer = services.start_run(alice, TaskSpec(goal="What is sight?", journey="answer"))
    services.resume(first)
    taken = [claim.fence.run_id for claim in iter(lambda: queue.claim(1), None) if claim]
    assert taken == [str(answer.pk), str(first.pk), str(bulk.pk)]


def test_a_priority_counts_at_once_and_stays_with_the_run(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    start()
    urgent = start()
    services.set_priority(urgent, 3)
    fence = claim().fence
    assert fence.run_id == str(urgent.pk)
    segment_ends.release(fence, "slice")
    assert Job.objects.get(run=urgent).priority == 3
    with pytest.raises(services.Invalid):
        services.set_priority(urgent, 11)


# ------------------------------------------------------------------ who is in line


def test_the_flag_is_there_exactly_while_jobs_are(
    start: Callable[..., Run], claim: Callable[[], Claim], alice: User
) -> None:
    def in_line() -> bool:
        return QueueUser.objects.get(user=alice).in_line

    start()
    second = start()
    claim()
    assert in_line()
    services.cancel(second)
    assert not in_line()
    start()
    assert in_line()
    claim()
    assert not in_line()


def test_a_flag_left_over_costs_one_look(start: Callable[..., Run], alice: User, bob: User) -> None:
    start(owner=alice)
    Job.objects.all().delete()
    start(owner=bob)
    assert queue.claim(1) is not None
    assert not QueueUser.objects.get(user=alice).in_line


def test_the_flag_is_never_missing_however_starts_claims_and_cancels_race(
    start: Callable[..., Run], alice: User
) -> None:
    wrong: list[str] = []

    def live(number: int) -> None:
        dice = random.Random(number)
        try:
            for _ in range(12):
                match dice.randrange(3):
                    case 0:
                        start(owner=alice)
                    case 1:
                        claimed = queue.claim(1)
                        if claimed is not None:
                            services.cancel(Run.objects.get(pk=claimed.fence.run_id))
                    case _:
                        queued = Run.objects.filter(status=RunStatus.QUEUED).first()
                        if queued is not None:
                            with contextlib.suppress(services.Conflict):
                                services.cancel(queued)
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT job.run_id FROM autonomy_job_queue job"
                        " JOIN autonomy_queue_users account USING (user_id)"
                        " WHERE NOT account.in_line"
                    )
                    wrong.extend(str(row[0]) for row in cursor.fetchall())
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(live, range(6)))
    assert wrong == []
    while queue.claim(1) is not None:
        Run.objects.filter(status=RunStatus.RUNNING).update(
            status=RunStatus.PAUSED, owner_lock=None, lease_until=None
        )
    assert not Job.objects.exists()


# ------------------------------------------------------------------ scale

IDLE_USERS = """
WITH people AS (
    INSERT INTO auth_user (username, password, first_name, last_name, email, is_superuser,
                           is_staff, is_active, date_joined)
    SELECT 'idle-' || n, '', '', '', '', false, false, true, now()
    FROM generate_series(1, %s) AS n RETURNING id
)
INSERT INTO autonomy_queue_users (user_id, virtual_time, in_line)
SELECT id, random() * 1000, false FROM people
"""


def test_fifty_thousand_idle_accounts_are_not_looked_at(
    start: Callable[..., Run], bob: User, alice: User
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(IDLE_USERS, [50_000])
        cursor.execute("ANALYZE autonomy_queue_users")
        start(owner=alice)
        start(owner=bob)
        parameters = {"skip": [], "cap": 3, "user": alice.pk, "debt": 1.0}
        for statement in (queue.NEXT_USER, queue.CLAIMABLE, queue.ENQUEUE_USER):
            cursor.execute(f"EXPLAIN ANALYZE {statement}", parameters)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on autonomy_queue_users" not in plan
            assert "queue_users_" in plan
