from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from autonomy.models import Notification
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World

if TYPE_CHECKING:
    from django.contrib.auth.models import User

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v2/notifications"


@pytest.fixture
def told(world: World, alice: User, bob: User) -> list[Notification]:
    rows = [
        Notification.objects.create(
            owner=alice,
            run=world.run,
            kind="waiting",
            cause=f"c{n}",
            title="Reefs",
            text=f"No. {n}",
        )
        for n in range(3)
    ]
    Notification.objects.create(owner=bob, kind="done", cause="c0", text="Bob's")
    return rows


def test_what_a_person_was_told_newest_first(
    api: KeyClient, world: World, told: list[Notification]
) -> None:
    body = api.get(f"{ADDRESS}?limit=2").json()
    assert [item["text"] for item in body["items"]] == ["No. 2", "No. 1"]
    assert body["unread"] == 3
    assert body["items"][0]["url"] == f"/c/{world.conversation.pk}/"
    rest = api.get(f"{ADDRESS}?limit=2&cursor={body['next_cursor']}").json()
    assert [item["text"] for item in rest["items"]] == ["No. 0"]


def test_reading_marks_as_read_and_only_ones_own(
    api: KeyClient, world: World, told: list[Notification]
) -> None:
    one = api.send("POST", f"{ADDRESS}/read", {"ids": [str(told[0].pk), str(uuid.uuid4())]})
    assert one.json() == {"unread": 2}
    again = api.send("POST", f"{ADDRESS}/read", {"ids": [str(told[0].pk)]})
    assert again.json() == {"unread": 2}
    assert api.send("POST", f"{ADDRESS}/read", {"run_ids": [str(world.run.pk)]}).json() == {
        "unread": 0
    }
    assert Notification.objects.filter(read_at__isnull=True).count() == 1, "Bob's is his"
    shown = api.get(ADDRESS).json()
    assert all(item["read_at"] for item in shown["items"])


def test_what_comes_by_mail_is_each_persons_choice(api: KeyClient) -> None:
    assert api.get(f"{ADDRESS}/mail").json() == {
        "sent": False,
        "mail_waiting": True,
        "mail_reminder": True,
        "mail_done": True,
        "mail_failed": True,
    }
    changed = api.send("PATCH", f"{ADDRESS}/mail", {"mail_done": False}).json()
    assert (changed["mail_done"], changed["mail_waiting"]) == (False, True)
    assert api.get(f"{ADDRESS}/mail").json()["mail_done"] is False
    assert api.send("PATCH", f"{ADDRESS}/mail", {"mail_gone": True}).status_code == 422
