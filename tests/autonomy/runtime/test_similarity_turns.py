"""Comparisons are made a few at a time, in turns between people, and none is forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from autonomy.models import Run, SimilarityCheck
from autonomy.runtime import couriers, similarity_checks, similarity_turns
from autonomy.runtime.similarity_checks import TooManyWaiting
from autonomy.runtime.sweeper import Sweeper
from handywriterz.env import env
from tests.autonomy.runtime.test_originality import RIVER, NoMeaning, a_document, a_run, a_source

pytestmark = pytest.mark.django_db(transaction=True)
Bounds = Callable[..., None]


@pytest.fixture
def bounds(monkeypatch: pytest.MonkeyPatch) -> Bounds:
    """Sets the bounds of this deployment."""

    def set_to(**named: int) -> None:
        given = env().model_copy(update={f"similarity_{name}": n for name, n in named.items()})
        for module in (similarity_turns, similarity_checks):
            monkeypatch.setattr(module, "env", lambda: given)

    return set_to


@pytest.fixture(autouse=True)
def _no_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity_checks, "shared_embedder", NoMeaning)


def asked(owner: User) -> SimilarityCheck:
    """A comparison that the person waits for."""
    return similarity_checks.wanted(_question(a_run(owner)))[0]


def _question(run: Run) -> similarity_checks.Question:
    return similarity_checks.question(a_document(run, RIVER))


def taken() -> SimilarityCheck:
    row = similarity_turns.take()
    assert row is not None
    return row


def aged(row: SimilarityCheck, seconds: float) -> None:
    """Have it claimed so long ago."""
    at = timezone.now() - timedelta(seconds=seconds)
    SimilarityCheck.objects.filter(pk=row.pk).update(claimed_at=at)


def in_another_session(row: SimilarityCheck, work: Callable[[], object]) -> None:
    """Do `work` while another session holds the lock of somebody who is at `row`."""
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with similarity_turns.held(row):
            begun.set()
            done.wait(20)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert begun.wait(20)
        work()
    finally:
        done.set()
        thread.join()


def test_one_persons_comparisons_are_made_one_after_the_other_beside_anothers(
    alice: User, bob: User, bounds: Bounds
) -> None:
    bounds(at_once=2, at_once_per_user=1)
    first, second, other = asked(alice), asked(alice), asked(bob)
    assert [taken(), taken()] == [first, other]
    assert similarity_turns.take() is None
    assert similarity_turns.ahead(second) == 2
    SimilarityCheck.objects.filter(pk=first.pk).update(status="failed", error="It failed.")
    assert taken() == second


def test_no_more_are_made_at_once_than_the_deployment_allows(
    alice: User, bob: User, bounds: Bounds
) -> None:
    bounds(at_once=1, at_once_per_user=5)
    asked(alice)
    asked(bob)
    assert similarity_turns.take() is not None
    assert similarity_turns.take() is None
    assert similarity_turns.waiting(0) is None


def test_whoever_has_not_had_a_turn_for_longest_is_next(
    alice: User, bob: User, bounds: Bounds
) -> None:
    bounds(at_once=1, at_once_per_user=1)
    rows = [asked(alice), asked(alice), asked(bob)]
    order = []
    for _ in rows:
        row = taken()
        order.append(rows.index(row))
        SimilarityCheck.objects.filter(pk=row.pk).update(status="failed", error="It failed.")
    assert order == [0, 2, 1]


def test_one_more_than_a_person_may_have_is_refused_and_nothing_is_lost(
    alice: User, bob: User, bounds: Bounds
) -> None:
    bounds(waiting_per_user=2)
    waiting = [asked(alice), asked(alice)]
    late = _question(a_run(alice))
    with pytest.raises(TooManyWaiting):
        similarity_checks.wanted(late)
    asked(bob)
    assert similarity_checks.wanted(similarity_checks.question(waiting[0].artifact))[0] in waiting
    similarity_checks.work()
    assert similarity_checks.wanted(late)[0].status == "queued"
    assert SimilarityCheck.objects.filter(artifact__run__owner=alice).count() == 3


def test_what_a_dead_worker_was_at_is_taken_up_again(alice: User, bounds: Bounds) -> None:
    bounds(at_once=1)
    row = asked(alice)
    taken()
    aged(row, similarity_turns.GRACE_SECONDS + 1)

    def look() -> None:
        assert similarity_turns.take() is None
        assert similarity_turns.waiting(0) is None

    in_another_session(row, look)
    assert similarity_turns.waiting() == row.pk
    again = taken()
    assert (again.pk, again.attempts, again.broke_off) == (row.pk, 2, 1)


def test_one_that_hangs_is_taken_up_again_although_its_worker_lives(alice: User) -> None:
    row = asked(alice)
    taken()
    aged(row, similarity_turns.STALE_SECONDS + 1)
    in_another_session(row, taken)
    row.refresh_from_db()
    assert row.attempts == 2


def test_one_that_ends_its_workers_fails_and_can_be_asked_for_again(alice: User) -> None:
    row = asked(alice)
    for _ in range(similarity_turns.MOST_DEATHS):
        taken()
        aged(row, similarity_turns.GRACE_SECONDS + 1)
    assert similarity_turns.take() is None
    row.refresh_from_db()
    assert (row.status, row.error) == ("failed", similarity_turns.GAVE_UP)
    assert similarity_checks.again(row)
    similarity_checks.work()
    row.refresh_from_db()
    assert (row.status, row.broke_off) == ("done", 0)


def test_a_sweeper_rings_for_what_nobody_took(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(couriers._doorbell, "send", told.append)
    row = asked(alice)
    Sweeper().sweep()
    assert told == []
    SimilarityCheck.objects.update(created_at=timezone.now() - timedelta(seconds=6))
    Sweeper().sweep()
    assert told == [("autonomy.tasks.compare", str(row.pk))]


def test_how_far_it_is_is_told_and_whoever_lost_it_stops(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_source(alice, RIVER)
    row = asked(alice)
    monkeypatch.setattr(similarity_checks, "_TELL_SECONDS", 0.0)
    seen: list[int] = []
    found = similarity_checks.found

    def watched(given: Any, embedder: Any, tell: Callable[[float], None]) -> Any:
        def on_progress(share: float) -> None:
            tell(share)
            seen.append(SimilarityCheck.objects.get(pk=row.pk).progress)
            if share >= 0.3:
                SimilarityCheck.objects.filter(pk=row.pk).update(attempts=9)

        return found(given, embedder, on_progress)

    monkeypatch.setattr(similarity_checks, "found", watched)
    similarity_checks.work()
    row.refresh_from_db()
    assert seen[0] == 30
    assert (row.status, row.attempts, row.result) == ("running", 9, None)


def test_a_document_that_cannot_be_read_says_so(alice: User) -> None:
    row = asked(alice)
    type(row.artifact).objects.filter(pk=row.artifact_id).update(body={"title": 5})
    similarity_checks.work()
    row.refresh_from_db()
    assert row.status == "failed"
    assert "cannot be read any more" in row.error
