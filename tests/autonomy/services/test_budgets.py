"""A run that a limit has ended goes on when it is given more, and only then."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from autonomy import services
from autonomy.core.types import RunStatus, StopReason
from autonomy.models import Run
from autonomy.runtime.db import run_db
from tests.autonomy.services.ride import Ride, gapless

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.usefixtures("threads")


def spend(ride: Ride, tokens: int) -> None:
    Run.objects.filter(pk=ride.run.pk).update(tokens_spent=tokens)


@pytest.fixture
def broke(alice: User) -> Ride:
    """A run whose tokens were used up while it was searching: nothing is written."""
    ride = Ride(alice)
    ride.hooks[2] = lambda: spend(ride, 200_000)
    ride.drive()
    assert ride.run.stop_reason == StopReason.BUDGET_TOKENS, ride.run.stop_reason
    return ride


def test_a_run_that_failed_for_want_of_budget_is_finished_with_more(broke: Ride) -> None:
    assert broke.run.status == RunStatus.FAILED
    before = len(broke.log)

    services.set_budget(broke.run, tokens=400_000)
    broke.run.refresh_from_db()
    assert (broke.run.status, broke.run.stop_reason, broke.run.error) == ("queued", "", "")
    broke.drive()

    assert (broke.run.status, broke.run.stop_reason) == ("succeeded", "completed")
    resumed = [e for e in broke.log[before:] if e.type == "run.resumed"]
    assert len(resumed) == 1
    assert resumed[0].meta["budget"]["tokens_limit"] == 400_000
    assert not [e for e in broke.log[before:] if e.type == "budget" and "changed" in e.content]
    gapless(broke.run)


def test_a_best_draft_is_completed_with_what_had_been_left_out(alice: User) -> None:
    ride = Ride(alice)

    class Costly:
        """Uses the tokens up while the first section is being kept."""

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        async def save(self, kind: str, *content: Any) -> str:
            if kind == "section" and not spent:
                spent.append(1)
                await run_db(spend, ride, 200_000)
            saved: str = await self.inner.save(kind, *content)
            return saved

    spent: list[int] = []
    ride.change = lambda deps: dataclasses.replace(deps, artifacts=Costly(deps.artifacts))
    ride.drive()
    assert (ride.run.status, ride.run.stop_reason) == ("succeeded", "budget_tokens")
    assert "Conclusion" not in ride.headings()

    services.set_budget(ride.run, tokens=300_000)
    ride.drive()

    assert (ride.run.status, ride.run.stop_reason) == ("succeeded", "completed")
    assert "Conclusion" in ride.headings()
    assert ride.run.finished_at is not None
    gapless(ride.run)


def test_too_little_more_is_refused_and_changes_nothing(broke: Ride) -> None:
    before = len(broke.log)
    for limits in ({"tokens": 100_000}, {"tokens": 200_000}, {"usd": 50.0}, {}):
        with pytest.raises(services.Conflict) as refused:
            services.set_budget(broke.run, **limits)  # type: ignore[arg-type]
        assert refused.value.code == "budget_not_raised"
    broke.run.refresh_from_db()
    assert (broke.run.status, broke.run.tokens_limit) == (RunStatus.FAILED, 200_000)
    assert len(broke.log) == before


def test_a_run_that_ended_otherwise_is_not_brought_back_by_budget(alice: User) -> None:
    ride = Ride(alice).drive()
    assert ride.run.stop_reason == StopReason.COMPLETED
    with pytest.raises(services.Conflict) as refused:
        services.set_budget(ride.run, tokens=900_000)
    assert refused.value.code == "run_succeeded"


def test_values_that_change_nothing_leave_no_event(alice: User) -> None:
    ride = Ride(alice)
    before = len(ride.log)
    services.set_budget(ride.run, tokens=200_000, seconds=900, usd=5.0)
    services.set_budget(ride.run)
    assert len(ride.log) == before
    services.set_budget(ride.run, usd=6.5)
    services.set_budget(ride.run, usd=6.5)
    ride.run.refresh_from_db()
    assert ride.run.usd_limit == Decimal("6.5")
    assert [e.type for e in ride.log[before:]] == ["budget"]
    for _ in range(3):
        services.set_budget(ride.run, usd=0.123456789123)
    assert [e.type for e in ride.log[before:]] == ["budget", "budget"]


def test_a_limit_below_what_is_spent_ends_a_live_run_with_its_best_draft(alice: User) -> None:
    ride = Ride(alice)

    def lower() -> None:
        spend(ride, 500)
        services.set_budget(ride.run, tokens=400)

    ride.hooks[2] = lower
    ride.drive()
    assert ride.run.stop_reason == StopReason.BUDGET_TOKENS
    gapless(ride.run)


def test_staff_who_change_a_budget_are_named_in_the_event(alice: User, staff: User) -> None:
    ride = Ride(alice)
    services.set_budget(ride.run, usd=9, by=staff)
    services.pause(ride.run, by=staff)
    services.resume(ride.run, by=alice)
    services.cancel(ride.run, by=staff)
    assert [e.meta.get("by") for e in ride.log[1:]] == [staff.pk, staff.pk, None, staff.pk]
