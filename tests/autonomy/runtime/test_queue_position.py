"""The place in line that people are told."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import F

from autonomy import services
from autonomy.core.types import RunStatus
from autonomy.models import Job, QueueUser, Quota, Run
from autonomy.runtime import queue
from autonomy.runtime.queue_position import position


def test_the_place_in_line_is_told(start: Callable[..., Run], alice: User, bob: User) -> None:
    runs = [start(owner=alice) for _ in range(3)]
    of_bob = start(owner=bob)
    assert [position(run) for run in runs] == [1, 3, 4]
    assert position(of_bob) == 2
    services.cancel(of_bob)
    of_bob.refresh_from_db()
    assert position(of_bob) is None


def claimed_in_turn(finish: bool) -> list[str]:
    """The runs in the order in which they are claimed; with `finish` each ends at once."""
    order = []
    for claim in iter(lambda: queue.claim(1), None):
        assert claim is not None
        order.append(claim.fence.run_id)
        if finish:
            Run.objects.filter(pk=claim.fence.run_id).update(
                status=RunStatus.PAUSED, owner_lock=None, lease_until=None
            )
    return order


def told() -> list[str]:
    runs = Run.objects.filter(status=RunStatus.QUEUED)
    places = {str(run.pk): position(run) for run in runs}
    assert sorted(places.values()) == list(range(1, len(places) + 1))  # type: ignore[type-var]
    return sorted(places, key=lambda run_id: places[run_id] or 0)


@pytest.mark.parametrize("seed", range(4))
def test_the_places_told_are_the_order_of_the_claims(
    start: Callable[..., Run], make_user: Callable[..., User], seed: int
) -> None:
    dice = random.Random(seed)
    for number in range(4):
        owner = make_user(f"user{number}")
        for _ in range(dice.randint(1, 3)):
            run = start(owner=owner)
            services.set_priority(run, dice.choice([0, 0, 5]))
        QueueUser.objects.filter(user=owner).update(virtual_time=dice.random() * 3)
    expected = told()
    assert claimed_in_turn(finish=False) == expected


def test_whoever_is_at_the_cap_is_told_the_places_after_those_who_are_not(
    start: Callable[..., Run], alice: User, bob: User
) -> None:
    Quota.objects.create(user=alice, runs_at_once=2)
    of_alice = [start(owner=alice) for _ in range(5)]
    for _ in range(2):
        queue.claim(1)
    of_bob = [start(owner=bob) for _ in range(3)]
    QueueUser.objects.filter(user=bob).update(virtual_time=50)
    assert [position(run) for run in of_bob] == [1, 2, 3]
    assert [position(run) for run in of_alice[2:]] == [4, 5, 6]


def test_a_run_that_is_not_due_stands_behind_all_that_are(
    start: Callable[..., Run], alice: User, bob: User
) -> None:
    late, due, of_bob = start(owner=alice), start(owner=alice), start(owner=bob)
    later = F("available_at") + timedelta(hours=1)
    Job.objects.filter(run=late).update(available_at=later)
    assert [position(run) for run in (due, of_bob, late)] == [1, 2, 3]
