"""The page of a similarity report is its owner's, and takes no address that it does not know."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from autonomy.models import Artifact
from tests.autonomy.api.world import World, make_run, make_world
from tests.chat.test_views import HOSTILE, Inline, boot

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_rate_limits(redis_url: str) -> None:
    """Emptied for each test: signing in is counted in Redis."""


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


def page(world: World) -> str:
    return reverse("similarity", args=[world.run.pk])


def test_the_owner_gets_it_and_strangers_and_staff_do_not(
    world: World, alice_client: Client, bob_client: Client, staff_client: Client
) -> None:
    assert alice_client.get(page(world)).status_code == 200
    for client in (bob_client, staff_client):
        refused = client.get(page(world))
        assert refused.status_code == 404
        assert not [shown for shown in world.ids() if shown in refused.content.decode()]


def test_it_is_about_the_newest_version_or_the_one_that_is_named(
    world: World, alice_client: Client
) -> None:
    newer = Artifact.objects.create(
        run=world.run, kind="document", version=2, title="Attention", body=world.artifact.body
    )
    shown = boot(alice_client.get(page(world)))
    assert (shown["version"], [each["version"] for each in shown["versions"]]) == (
        str(newer.pk),
        [2, 1],
    )
    named = boot(alice_client.get(f"{page(world)}?version={world.artifact.pk}"))
    assert named["version"] == str(world.artifact.pk)


@pytest.mark.parametrize(
    "version",
    ["0", "newest", "../../etc", "%00", "<script>", "00000000-0000-0000-0000-000000000000"],
)
def test_a_version_that_the_run_has_not_is_not_found(
    world: World, alice_client: Client, version: str
) -> None:
    assert alice_client.get(page(world), {"version": version}).status_code == 404


def test_another_persons_version_is_not_shown_under_ones_own_run(
    world: World, bob: User, alice_client: Client
) -> None:
    theirs = make_world(bob)
    asked = alice_client.get(page(world), {"version": str(theirs.artifact.pk)})
    assert asked.status_code == 404


def test_hostile_names_and_addresses_stay_text(world: World, alice_client: Client) -> None:
    world.run.title = HOSTILE
    world.run.save()
    response = alice_client.get(f"{page(world)}?groups={HOSTILE}&small=1e9&texts=%22onload=")
    parser = Inline()
    parser.feed(response.content.decode())
    assert (response.status_code, parser.found) == (200, [])
    assert boot(response)["run"]["title"] == HOSTILE


def test_a_run_without_a_document_has_a_page_that_says_so(
    alice: User, alice_client: Client
) -> None:
    shown = boot(alice_client.get(reverse("similarity", args=[make_run(alice).pk])))
    assert (shown["version"], shown["versions"]) == (None, [])
