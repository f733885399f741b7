from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from autonomy.models import BudgetEntry, ModelCall, ModelConnection, Run
from autonomy.services.run_models import any_simulated, models_of
from tests.autonomy.api.world import make_run

pytestmark = pytest.mark.django_db


def answered(run: Run, model: str, role: str = "writer", tokens: int = 90) -> None:
    BudgetEntry.objects.create(
        run=run,
        key=f"{role}-{model}-{BudgetEntry.objects.count()}",
        role=role,
        model=model,
        input_tokens=10,
        output_tokens=tokens,
        settled_at=timezone.now(),
    )


def simulated(run: Run) -> dict[str, bool]:
    return {row["model"]: row["simulated"] for row in models_of(run.pk)}


def test_models_are_told_in_the_order_in_which_they_first_answered(alice: User) -> None:
    run = make_run(alice)
    answered(run, "openai:gpt-5-mini", "planner")
    answered(run, "anthropic:claude-sonnet-4-5")
    answered(run, "openai:gpt-5-mini", "planner")
    assert [(m["role"], m["model"], m["calls"], m["simulated"]) for m in models_of(run.pk)] == [
        ("planner", "openai:gpt-5-mini", 2, False),
        ("writer", "anthropic:claude-sonnet-4-5", 1, False),
    ]


def test_a_request_that_was_refused_or_is_under_way_is_no_work(alice: User) -> None:
    run = make_run(alice)
    answered(run, "openai:gpt-5-mini", tokens=0)
    BudgetEntry.objects.create(run=run, key="open", role="writer", model="openai:gpt-5-mini")
    assert models_of(run.pk) == []
    assert not any_simulated([run.pk])


def test_a_simulator_is_known_by_its_model_s_name(alice: User) -> None:
    run = make_run(alice)
    answered(run, "lab:simulated-small")
    answered(run, "simulated:gpt-5")
    assert simulated(run) == {"lab:simulated-small": True, "simulated:gpt-5": False}
    assert any_simulated([run.pk])


@pytest.mark.parametrize("deployment", [False, True])
def test_a_simulator_is_known_by_the_connection_that_led_to_it(
    alice: User, bob: User, deployment: bool
) -> None:
    run, others = make_run(alice), make_run(bob)
    ModelConnection.objects.create(
        owner=None if deployment else alice, slug="lab", provider="compatible", simulated=True
    )
    for each in (run, others):
        answered(each, "lab:gpt-5")
    assert simulated(run) == {"lab:gpt-5": True}
    assert simulated(others) == {"lab:gpt-5": deployment}


def test_a_simulator_is_known_by_the_record_of_its_call(alice: User) -> None:
    run, other = make_run(alice), make_run(alice)
    for each in (run, other):
        answered(each, "gone:gpt-5")
    ModelCall.objects.create(
        run=run,
        owner=alice,
        key="k",
        role="writer",
        provider="gone",
        model="gone:gpt-5",
        simulated=True,
        outcome="answered",
    )
    assert simulated(run) == {"gone:gpt-5": True}
    assert simulated(other) == {"gone:gpt-5": False}


def test_a_run_s_snapshot_says_which_models_worked(alice: User, alice_client: Client) -> None:
    run = make_run(alice)
    shown: dict[str, Any] = alice_client.get(f"/api/v2/runs/{run.pk}").json()
    assert shown["models"] == []
    answered(run, "lab:simulated")
    shown = alice_client.get(f"/api/v2/runs/{run.pk}").json()
    assert shown["models"] == [
        {"role": "writer", "model": "lab:simulated", "calls": 1, "simulated": True}
    ]
