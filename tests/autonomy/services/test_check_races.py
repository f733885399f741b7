"""Checkers at the same moment: one gets the document, and the run wakes once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from autonomy.models import Check, CheckEvent, Episode, Resume
from autonomy.services import ServiceError, check_work, checks, originality
from tests.autonomy.check_desk import Desk, make_checker, make_desk, run_out

pytestmark = pytest.mark.usefixtures("threads")


def at_once(asks: Sequence[Callable[[], object]]) -> list[str]:
    """Each in a thread of its own, begun together: `done`, or the code of the refusal."""
    barrier = threading.Barrier(len(asks))

    def one(ask: Callable[[], object]) -> str:
        try:
            barrier.wait(timeout=20)
            ask()
        except ServiceError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(one, asks))


@pytest.fixture
def people(threads: None, make_user: Callable[..., User]) -> list[User]:
    return [make_checker(make_user, f"checker{number}") for number in range(8)]


@pytest.fixture
def desk(people: list[User], alice: User) -> Desk:
    return make_desk(alice)


def test_of_many_who_claim_at_once_one_holds_it(desk: Desk, people: list[User]) -> None:
    pk = desk.check().pk
    for _ in range(5):
        outcomes = at_once([lambda who=who: checks.claim_check(who, pk) for who in people])
        assert outcomes.count("done") == 1
        holder = people[outcomes.index("done")]
        assert [checks.holds(who, desk.check()) for who in people].count(True) == 1
        assert desk.check().holder == holder
        run_out(desk.check())
    claims = CheckEvent.objects.filter(deed="claimed").count()
    assert (claims, CheckEvent.objects.filter(deed="expired").count()) == (5, 4)


def test_a_renewal_and_a_claim_at_the_end_of_a_lease_leave_one_holder(
    desk: Desk, people: list[User]
) -> None:
    first, second = people[:2]
    pk = desk.check().pk
    checks.claim_check(first, pk)
    for _ in range(10):
        holder = Check.objects.get().holder
        assert holder is not None
        other = second if holder == first else first
        run_out(desk.check())
        renewed, claimed = at_once(
            [
                lambda who=holder: checks.renew_check(who, pk),
                lambda who=other: checks.claim_check(who, pk),
            ]
        )
        assert (renewed in ("lease_expired", "lease_lost"), claimed) == (True, "done")
        assert [checks.holds(who, desk.check()) for who in (holder, other)] == [False, True]


def test_accept_reject_and_the_owners_report_at_once_wake_the_run_once(
    desk: Desk, people: list[User]
) -> None:
    carol = people[0]
    check = checks.claim_check(carol, desk.check().pk)
    check_work.note_check(carol, check.pk, note="Quote the second sentence.", similarity=38.0)
    asks: list[Callable[[], object]] = [
        *[lambda: check_work.accept_check(carol, check.pk)] * 4,
        *[lambda: check_work.reject_check(carol, check.pk)] * 4,
        *[
            lambda: originality.submit_report(
                desk.run, cycle_id=desk.cycle.pk, observed_similarity=12.0
            )
        ]
        * 4,
    ]

    outcomes = at_once(asks)

    assert "done" in outcomes
    assert Resume.objects.filter(run=desk.run).count() == 1
    assert Episode.objects.filter(run=desk.run, type="run.resumed").count() == 1
    desk.cycle.refresh_from_db()
    list(checks.queue(carol))  # whoever looks finds the check settled
    outcome = desk.check().outcome
    verdict = {"accepted": "accepted", "rejected": "rejected", "withdrawn": ""}[outcome]
    assert desk.cycle.verdict == verdict
    for kind, part in (("accepted", outcomes[:4]), ("rejected", outcomes[4:8])):
        assert part.count("done") == (4 if outcome == kind else 0), (outcome, outcomes)
