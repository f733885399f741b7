"""The page where staff settle calls in doubt."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from autonomy.models import Effect, EffectStatus
from tests.autonomy.admin.conftest import World


@pytest.fixture
def effect(world: World) -> Effect:
    row = world.rows[Effect]
    assert isinstance(row, Effect)
    row.status = EffectStatus.UNKNOWN
    row.note = "Unknown: the worker stopped <in> the middle."
    row.save()
    return row


def page(effect: Effect) -> str:
    return reverse("admin:autonomy_effect_change", args=[effect.pk])


def press(client: Client, effect: Effect, outcome: str, **data: str) -> str:
    address = reverse("admin:autonomy_effect_settle", args=[effect.pk, outcome])
    return client.post(address, data, follow=True).content.decode()


def test_a_call_in_doubt_says_why_and_offers_both_answers(
    effect: Effect, staff_client: Client
) -> None:
    text = staff_client.get(page(effect)).content.decode()
    assert "the worker stopped &lt;in&gt; the middle" in text
    assert "It was done" in text
    assert "It was not done" in text


def test_a_settled_call_offers_nothing_more(effect: Effect, staff_client: Client) -> None:
    text = press(staff_client, effect, "done", result='{"number": 7}')
    effect.refresh_from_db()
    assert (effect.status, effect.result) == ("done", {"number": 7})
    assert "Settled: 1 call." in text
    assert "Settle this call" not in text
    assert LogEntry.objects.filter(object_id=str(effect.pk)).count() == 1


@pytest.mark.parametrize("given", ["{", "[1]", "7"])
def test_a_result_that_is_no_json_object_settles_nothing(
    effect: Effect, staff_client: Client, given: str
) -> None:
    assert "JSON" in press(staff_client, effect, "done", result=given)
    effect.refresh_from_db()
    assert effect.status == "unknown"


def test_selected_calls_are_settled_and_known_ones_left_alone(
    effect: Effect, staff_client: Client
) -> None:
    known = Effect.objects.create(run=effect.run, key="x", kind="mail", status="done", fence=1)
    text = staff_client.post(
        reverse("admin:autonomy_effect_changelist"),
        {"action": "settle_not_done", "_selected_action": [str(effect.pk), str(known.pk)]},
        follow=True,
    ).content.decode()
    assert "Settled: 1 call." in text
    assert "nothing to settle" in text
    effect.refresh_from_db()
    known.refresh_from_db()
    assert (effect.status, known.status) == ("failed", "done")


def test_there_is_no_other_outcome(effect: Effect, staff_client: Client) -> None:
    address = reverse("admin:autonomy_effect_settle", args=[effect.pk, "maybe"])
    assert staff_client.post(address).status_code == 404
    assert staff_client.get(address).status_code in (404, 405)
