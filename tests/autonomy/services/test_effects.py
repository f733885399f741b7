"""Settling calls whose outcome nobody knew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from pydantic import BaseModel

from autonomy import services
from autonomy.core.ports import OutcomeUnknown, ResultLost
from autonomy.models import Effect, Episode, Run
from autonomy.runtime import controls
from autonomy.runtime.effects import RunEffects
from autonomy.runtime.queue import Claim
from tests.autonomy.runtime.conftest import run_async

Start = Callable[..., Run]
TakeClaim = Callable[[], Claim]


class Sent(BaseModel):
    number: int


async def send() -> Sent:
    return Sent(number=1)


@pytest.fixture
def ledger(start: Start, claim: TakeClaim) -> RunEffects:
    """Of a run that came upon a call of which nobody knows whether it was made."""
    run, fence = start(), claim().fence
    Effect.objects.create(run=run, key="k", kind="mail", fence=fence.number - 1)
    found = RunEffects(fence)
    with pytest.raises(OutcomeUnknown):
        run_async(found.once("k", "mail", send, Sent))
    return found


def again(ledger: RunEffects) -> Sent:
    found: Sent = run_async(ledger.once("k", "mail", _never, Sent))
    return found


async def _never() -> Sent:
    raise AssertionError("called again")


def told(run: Run) -> list[dict[str, Any]]:
    notes = Episode.objects.filter(run=run, source="staff")
    return [row.meta for row in notes.order_by("seq")]


def test_a_call_that_was_done_is_not_made_again(ledger: RunEffects, staff: User) -> None:
    effect = Effect.objects.get()
    for _ in range(2):
        services.settle_effect(effect, "done", {"number": 7}, by=staff)
    assert again(ledger) == Sent(number=7)
    effect.refresh_from_db()
    assert effect.note.startswith("Settled by staff")
    (event,) = told(effect.run)
    assert (event["effect"], event["outcome"], event["by"]) == ("k", "done", staff.pk)


def test_a_call_that_was_done_with_nobody_knowing_its_result_is_not_made_again(
    ledger: RunEffects,
) -> None:
    services.settle_effect(Effect.objects.get(), services.Settlement.DONE)
    with pytest.raises(ResultLost, match="Settled"):
        again(ledger)


def test_a_call_that_was_not_done_is_made(ledger: RunEffects) -> None:
    services.settle_effect(Effect.objects.get(), "not_done")
    assert run_async(ledger.once("k", "mail", send, Sent)) == Sent(number=1)


def test_the_first_settlement_counts(ledger: RunEffects) -> None:
    effect = Effect.objects.get()
    services.settle_effect(effect, "done", {"number": 7})
    with pytest.raises(services.Conflict):
        services.settle_effect(effect, "not_done")
    assert again(ledger) == Sent(number=7)


def test_a_call_that_is_under_way_cannot_be_settled(start: Start, claim: TakeClaim) -> None:
    run = start()
    effect = Effect.objects.create(run=run, key="k", kind="mail", fence=claim().fence.number)
    with pytest.raises(services.Conflict):
        services.settle_effect(effect, "done")
    effect.refresh_from_db()
    assert effect.status == "intent"


def test_the_call_of_a_run_that_has_ended_is_settled_without_an_event(
    start: Start, claim: TakeClaim
) -> None:
    run = start()
    effect = Effect.objects.create(run=run, key="k", kind="mail", fence=claim().fence.number)
    controls.cancel(run.pk)
    services.settle_effect(effect, "done")
    assert told(run) == []
    assert Episode.objects.filter(run=run).order_by("-seq")[0].type == "run.finished"


def test_there_are_two_outcomes(ledger: RunEffects) -> None:
    with pytest.raises(ValueError, match="maybe"):
        services.settle_effect(Effect.objects.get(), "maybe")
