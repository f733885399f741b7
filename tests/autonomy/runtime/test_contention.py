"""A transaction that gave way to another is tried again; nothing else is."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg.errors
import pytest
from django.db import OperationalError, connection, transaction

from autonomy.models import QueueUser
from autonomy.runtime import contention
from autonomy.runtime.contention import collided, transacted

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def collision(kind: type[psycopg.Error] = psycopg.errors.DeadlockDetected) -> OperationalError:
    error = OperationalError("in each other's way")
    error.__cause__ = kind("in each other's way")
    return error


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contention, "PAUSE_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (collision(), True),
        (collision(psycopg.errors.SerializationFailure), True),
        (collision(psycopg.errors.AdminShutdown), False),
        (OperationalError("the connection is closed"), False),
    ],
)
def test_a_collision_is_told_from_a_database_that_is_away(
    error: OperationalError, expected: bool
) -> None:
    assert collided(error) is expected


@pytest.mark.django_db(transaction=True)
def test_tries_are_bounded_and_leave_nothing_behind(alice: User) -> None:
    tries = []

    @transacted
    def unlucky() -> None:
        tries.append(QueueUser.objects.create(user=alice))
        raise collision()

    with pytest.raises(OperationalError):
        unlucky()
    assert len(tries) == contention.TRIES
    assert not QueueUser.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_another_error_is_not_tried_again() -> None:
    tries = []

    @transacted
    def broken() -> None:
        tries.append(1)
        raise OperationalError("the connection is closed")

    with pytest.raises(OperationalError):
        broken()
    assert tries == [1]


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_only_the_outermost_is_tried_again() -> None:
    tries = []

    @transacted
    def inner() -> None:
        tries.append(1)
        raise collision()

    with pytest.raises(OperationalError), transaction.atomic():
        inner()
    assert tries == [1]


@pytest.mark.django_db(transaction=True)
def test_two_that_lock_the_same_rows_in_opposite_order_both_succeed(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contention, "PAUSE_SECONDS", 0.3)
    for user in (alice, bob):
        QueueUser.objects.create(user=user)
    barrier = threading.Barrier(2)
    begun: list[str] = []

    @transacted
    def charge(name: str, first: int, second: int) -> None:
        begun.append(name)
        row = QueueUser.objects.select_for_update().get(pk=first)
        if begun.count(name) == 1:
            barrier.wait(timeout=60)
        other = QueueUser.objects.select_for_update().get(pk=second)
        for one in (row, other):
            one.virtual_time += 1
            one.save(update_fields=["virtual_time"])

    def run(name: str, first: int, second: int) -> None:
        try:
            charge(name, first, second)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        pair = [
            pool.submit(run, "one", alice.pk, bob.pk),
            pool.submit(run, "two", bob.pk, alice.pk),
        ]
        for each in pair:
            each.result()
    # One was given up at least once; on a busy machine it may come back before the other goes on.
    assert 3 <= len(begun) < 2 * contention.TRIES
    assert list(QueueUser.objects.values_list("virtual_time", flat=True)) == [2.0, 2.0]
