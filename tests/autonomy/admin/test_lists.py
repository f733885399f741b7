"""Lists stay bounded: the number of queries does not grow with the number of rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from autonomy.models import Run
from tests.autonomy.admin.conftest import World, make_run

OURS = [model for model in admin.site._registry if model._meta.app_label in ("autonomy", "chat")]


def list_page(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


def test_no_list_asks_a_query_per_row(
    world: World, staff_client: Client, another_world: Callable[[], World]
) -> None:
    few = {model: queries(staff_client, list_page(model)) for model in OURS}
    for _ in range(5):
        another_world()
    many = {model: queries(staff_client, list_page(model)) for model in OURS}
    assert many == few
    assert max(many.values()) <= 12


@pytest.mark.parametrize(
    "term", ["northern sea", "alice", "An essay about", "no such thing", "' OR 1=1", "%"]
)
def test_any_search_term_is_harmless(world: World, staff_client: Client, term: str) -> None:
    for model in OURS:
        assert staff_client.get(list_page(model), {"q": term}).status_code == 200, model


def test_a_pasted_id_finds_its_row(world: World, staff_client: Client, bob: object) -> None:
    other = make_run(bob, title="Something else")
    text = staff_client.get(list_page(Run), {"q": f" {world.run.pk} "}).content.decode()
    assert str(world.run.pk) in text
    assert str(other.pk) not in text


def test_a_pasted_id_is_harmless_on_every_list(world: World, staff_client: Client) -> None:
    for model in OURS:
        response = staff_client.get(list_page(model), {"q": str(world.run.pk)})
        assert response.status_code == 200, model


def test_runs_are_filtered_by_status_and_journey(
    world: World, staff_client: Client, bob: object
) -> None:
    make_run(bob, title="A paused run", status="paused", journey="answer")
    text = staff_client.get(list_page(Run), {"status__exact": "paused"}).content.decode()
    assert "A paused run" in text
    assert str(world.run.pk) not in text
    text = staff_client.get(list_page(Run), {"journey": "answer"}).content.decode()
    assert "A paused run" in text
    assert str(world.run.pk) not in text
