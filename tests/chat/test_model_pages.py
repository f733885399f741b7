from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from autonomy.models import ModelConnection, ModelPreference
from tests.autonomy.api.world import World, make_world
from tests.autonomy.services.test_run_models import answered
from tests.chat.test_views import Inline, boot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_rate_limits(redis_url: str) -> None:
    """Emptied for each test: signing in is counted in Redis."""


def connected(owner: User | None) -> None:
    ModelConnection.objects.create(
        owner=owner, slug="lab", provider="compatible", base_url="http://10.0.0.5:8080/v1"
    )


def shown(client: Client) -> tuple[bool, bool]:
    """Whether a model would work, and whether there is one to choose."""
    page = boot(client.get("/"))
    return page["model_configured"], page["models_to_choose"]


def test_the_page_of_models_holds_to_the_content_security_policy(alice_client: Client) -> None:
    response = alice_client.get(reverse("models"))
    assert response.status_code == 200
    parser = Inline()
    parser.feed(response.content.decode())
    assert parser.found == []
    assert reverse("models") in alice_client.get(reverse("settings")).content.decode()


def test_no_connection_is_a_page_without_a_choice_of_models(alice_client: Client) -> None:
    assert shown(alice_client) == (False, False)


@pytest.mark.parametrize("everybody", [False, True])
def test_a_connection_can_be_chosen_and_a_choice_makes_models_work(
    alice: User, alice_client: Client, bob_client: Client, everybody: bool
) -> None:
    owner = None if everybody else alice
    connected(owner)
    assert shown(alice_client) == (False, True)
    ModelPreference.objects.create(owner=owner, roles={"default": "lab:llama3.2"})
    assert shown(alice_client) == (True, True)
    assert shown(bob_client) == (everybody, everybody)


def test_rules_only_is_a_choice(alice: User, alice_client: Client) -> None:
    connected(None)
    ModelPreference.objects.create(owner=None, roles={"default": "lab:llama3.2"})
    ModelPreference.objects.create(owner=alice, roles={"default": "none"})
    assert shown(alice_client) == (False, True)


def test_a_conversation_says_when_something_in_it_was_made_up(
    alice: User, alice_client: Client
) -> None:
    world: World = make_world(alice)
    url = reverse("conversation", args=[world.conversation.pk])
    assert boot(alice_client.get(url))["conversation"]["simulated"] is False
    answered(world.run, "lab:simulated")
    page = boot(alice_client.get(url))
    assert page["conversation"]["simulated"] is True
    assert page["runs"][0]["models"][0]["model"] == "lab:simulated"


def test_only_staff_are_led_to_the_calls_of_a_run(
    alice_client: Client, staff_client: Client
) -> None:
    assert boot(alice_client.get("/"))["admin_run"] == ""
    address = boot(staff_client.get("/"))["admin_run"]
    assert address.replace("RUN", "x") == reverse("admin:autonomy_run_change", args=["x"])
