from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from autonomy.models import Source
from chat.models import Conversation, Message, Upload

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def conversation(alice: Any) -> Conversation:
    talk = Conversation.objects.create(owner=alice, title=HOSTILE)
    Message.objects.create(conversation=talk, role="user", text=f"Write about {HOSTILE}")
    source = Source.objects.create(owner=alice, file_name=HOSTILE, status="failed", error="Empty.")
    Upload.objects.create(owner=alice, conversation=talk, source=source, file_name=HOSTILE)
    return talk


def page_of(talk: Conversation) -> str:
    return reverse("admin:chat_conversation_change", args=[talk.pk])


def test_a_conversation_shows_its_messages_and_files(
    conversation: Conversation, staff_client: Client
) -> None:
    text = staff_client.get(page_of(conversation)).content.decode()
    assert "Write about" in text
    assert ">failed<" in text


def test_hostile_titles_messages_and_file_names_are_escaped(
    conversation: Conversation, staff_client: Client
) -> None:
    pages = [page_of(conversation)] + [
        reverse(f"admin:chat_{model}_changelist") for model in ("conversation", "message", "upload")
    ]
    for page in pages:
        text = staff_client.get(page).content.decode()
        assert HOSTILE not in text, page
        assert "&lt;img src=x" in text, page


def test_a_long_conversation_costs_no_query_per_message(
    conversation: Conversation, staff_client: Client
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert staff_client.get(page_of(conversation)).status_code == 200
        return len(captured)

    queries()
    before = queries()
    for number in range(10):
        Message.objects.create(conversation=conversation, role="user", text=f"more {number}")
    assert queries() == before


def test_the_list_counts_messages(conversation: Conversation, staff_client: Client) -> None:
    Message.objects.create(conversation=conversation, role="assistant", text="Done.")
    page = staff_client.get(reverse("admin:chat_conversation_changelist"))
    assert [row.messages_held for row in page.context["cl"].result_list] == [2]


def test_signing_in_to_the_staff_pages_goes_through_the_login_of_the_product(
    client: Client, alice_client: Client
) -> None:
    arrived = client.get("/admin/", follow=True)
    assert arrived.redirect_chain[-1][0].startswith("/accounts/login/?next=%2Fadmin%2F")
    posted = client.post("/admin/login/", {"username": "alice", "password": "whatever"})
    assert posted["Location"].startswith("/accounts/login/")
    assert alice_client.get("/admin/login/").status_code == 403


def test_people_are_edited_by_those_with_permission_only(
    alice: Any, make_user: Any, staff_client: Client
) -> None:
    page = reverse("admin:auth_user_change", args=[alice.pk])
    assert staff_client.get(page).status_code == 200  # the fixture's staff is a superuser
    helper = Client()
    helper.force_login(
        make_user("helper", is_staff=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert helper.get(page).status_code == 403
    assert helper.get(reverse("admin:auth_user_changelist")).status_code == 403
