from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.models import Run, Source
from chat import api as chat_api
from chat.models import Conversation, Message, Upload
from tests.autonomy.api.conftest import KeyClient
from tests.autonomy.api.world import World, finish, make_run, make_world

pytestmark = pytest.mark.django_db

CONTRACT = {
    "status",
    "trace_id",
    "conversation_id",
    "run_id",
    "stream_url",
    "websocket_url",
}


@pytest.fixture
def api(alice: User) -> KeyClient:
    return KeyClient(services.create_api_key(alice, "tests")[1])


@pytest.fixture
def world(alice: User) -> World:
    return make_world(alice)


@pytest.fixture(autouse=True)
def _fresh_rate_limits(redis_url: str) -> None:
    """Emptied for each test: they are kept in Redis under the person's name."""


def say(api: KeyClient, message: str = "What is attention?", **fields: Any) -> Any:
    return api.send("POST", "/api/chat", {"message": message, **fields})


def test_a_message_starts_a_conversation_and_a_run(api: KeyClient, alice: User) -> None:
    response = say(api)
    assert response.status_code == 202
    body = response.json()
    assert set(body) >= CONTRACT
    assert body["status"] == "accepted"
    conversation = Conversation.objects.get(pk=body["conversation_id"], owner=alice)
    run = Run.objects.get(pk=body["run_id"], conversation_id=conversation.pk)
    assert (run.status, run.journey) == ("queued", "answer")
    message = Message.objects.get(pk=body["message_id"])
    assert (message.text, message.role, message.run_id) == ("What is attention?", "user", run.pk)
    assert body["stream_url"] == f"/api/stream/{conversation.pk}"
    assert body["websocket_url"].endswith(f"/ws/conversations/{conversation.pk}/")


def test_a_message_may_go_on_with_a_conversation(api: KeyClient, world: World) -> None:
    body = say(api, conversation_id=str(world.conversation.pk)).json()
    assert body["conversation_id"] == str(world.conversation.pk)
    assert Conversation.objects.count() == 1


def test_files_that_are_still_read_are_taken(api: KeyClient, world: World) -> None:
    Source.objects.filter(pk=world.file.pk).update(status="parsing")
    body = say(api, "Write an essay about it", file_ids=[str(world.file.pk)]).json()
    run = Run.objects.get(pk=body["run_id"])
    assert run.task["source_ids"] == [str(world.file.pk)]
    assert Upload.objects.filter(conversation_id=body["conversation_id"]).count() == 1


def test_a_later_message_works_from_the_conversations_files(api: KeyClient, world: World) -> None:
    body = say(api, "And shorter, please", conversation_id=str(world.conversation.pk)).json()
    assert Run.objects.get(pk=body["run_id"]).task["source_ids"] == [str(world.file.pk)]


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"message": ""}, 422, "message"),
        ({"message": " \n\t "}, 422, "message"),
        ({"message": "ok"}, 422, "message"),
        ({"message": "x" * 1_000_000}, 422, "message"),
        ({"journey": "poem"}, 422, "journey"),
        ({"file_ids": [str(uuid.uuid4())]}, 422, "file_ids"),
        ({"file_ids": ["x"]}, 422, "file_ids.0"),
        ({"settings": {"length_words": "many"}}, 422, "settings.length_words"),
        ({"settings": {"style": "harvrd"}}, 422, "settings.style"),
        ({"settings": {"colour": "red"}}, 422, "settings.colour"),
        ({"settings": {"models": {"default": "bobai:m"}}}, 422, "settings.models.default"),
        ({"conversation_id": str(uuid.uuid4())}, 404, None),
    ],
)
def test_what_cannot_be_accepted_is_said_and_nothing_is_made(
    api: KeyClient, fields: dict[str, Any], status: int, field: str | None
) -> None:
    response = api.send("POST", "/api/chat", {"message": "What is it?", **fields})
    assert response.status_code == status
    if field is not None:
        assert response.json()["errors"][0]["field"] == field
        assert response.json()["errors"][0]["message"]
    assert not Run.objects.exists()
    assert not Conversation.objects.exists()


def test_a_follow_up_goes_without_a_connection_that_is_gone(api: KeyClient, world: World) -> None:
    models = {"writer": "hers:m, openai:m", "critic": "hers:m", "planner": "none"}
    first = say(api, "Write an essay on street trees", settings={"models": models}).json()
    world.connection.delete()

    response = say(api, "Shorter, please", conversation_id=first["conversation_id"])

    assert response.status_code == 202, response.content
    run = Run.objects.get(pk=response.json()["run_id"])
    assert run.task["settings"]["models"] == {"writer": "openai:m", "planner": "none"}
    (note,) = [event for event in services.events_after(run.pk, 0) if event.type == "note"]
    assert "“hers:m”" in str(note.content)
    assert note.meta == {"code": "model_gone", "models": ["hers:m"]}
    assert run.last_seq == note.seq


def test_even_staff_do_not_speak_in_someone_elses_conversation(world: World, staff: User) -> None:
    key = services.create_api_key(staff, "")[1]
    response = say(KeyClient(key), conversation_id=str(world.conversation.pk))
    assert response.status_code == 404


def test_staff_see_what_others_have(world: World, staff_client: Client) -> None:
    assert staff_client.get(f"/api/conversations/{world.conversation.pk}").status_code == 200
    assert staff_client.get(f"/api/v2/runs/{world.run.pk}").status_code == 200
    assert staff_client.get("/api/v2/runs").json()["items"] == []


def test_the_same_key_sends_one_message(api: KeyClient) -> None:
    sent = [
        api.send("POST", "/api/chat", {"message": "What is it?"}, **{"idempotency-key": "m1"})
        for _ in range(2)
    ]
    assert sent[0].json() == sent[1].json()
    assert (Run.objects.count(), Message.objects.count()) == (1, 1)


def test_too_many_messages_at_once_are_turned_away(api: KeyClient) -> None:
    statuses = {say(api, "").status_code for _ in range(61)}
    assert statuses == {422, 429}
    response = say(api, "What is it?")
    assert response.json()["code"] == "too_many_requests"
    assert int(response["Retry-After"]) > 0


# --------------------------------------------------------------------------- who may


def test_a_browser_needs_the_csrf_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    body = {"message": "What is it?"}
    refused = client.post("/api/chat", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    client.get("/accounts/password/change/")
    token = client.cookies["csrftoken"].value
    accepted = client.post(
        "/api/chat", body, content_type="application/json", headers={"x-csrftoken": token}
    )
    assert accepted.status_code == 202


def test_reading_needs_no_csrf_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/conversations").status_code == 200


def test_a_key_needs_no_csrf_token(api: KeyClient) -> None:
    assert say(api).status_code == 202


def test_a_wrong_key_is_refused_even_with_a_good_cookie(alice_client: Client) -> None:
    response = alice_client.get("/api/conversations", headers={"authorization": "Bearer nope"})
    assert response.status_code == 401


def test_a_revoked_key_and_a_disabled_user_get_nothing(api: KeyClient, alice: User) -> None:
    alice.is_active = False
    alice.save()
    assert api.get("/api/conversations").status_code == 401


# --------------------------------------------------------------------------- conversations


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", "running"),
        ("waiting_human", "needs_you"),
        ("paused", "paused"),
        ("succeeded", "done"),
        ("cancelled", "done"),
        ("failed", "failed"),
    ],
)
def test_the_list_shows_the_state_of_the_newest_run(
    api: KeyClient, alice: User, status: str, state: str
) -> None:
    conversation = Conversation.objects.create(owner=alice, title="One")
    finish(make_run(alice, conversation))
    run = make_run(alice, conversation)
    if status in ("succeeded", "cancelled", "failed"):
        finish(run, status)
    else:
        Run.objects.filter(pk=run.pk).update(status=status)
    [row] = api.get("/api/conversations").json()["items"]
    assert (row["state"], row["latest_run_id"]) == (state, str(run.pk))


def test_a_new_conversation_is_idle(api: KeyClient, alice: User) -> None:
    Conversation.objects.create(owner=alice, title="Empty")
    assert api.get("/api/conversations").json()["items"][0]["state"] == "idle"


def test_conversations_are_paged_by_last_use(api: KeyClient, alice: User) -> None:
    for n in range(3):
        Conversation.objects.create(owner=alice, title=str(n))
    first = api.get("/api/conversations?limit=2").json()
    second = api.get(f"/api/conversations?limit=2&cursor={first['next_cursor']}").json()
    assert [r["title"] for r in first["items"] + second["items"]] == ["2", "1", "0"]


def test_the_thread_has_messages_runs_and_files(api: KeyClient, world: World) -> None:
    finish(world.run)
    body = api.get(f"/api/conversations/{world.conversation.pk}").json()
    assert [(m["role"], m["text"]) for m in body["messages"]] == [
        ("user", "An essay on attention"),
        ("assistant", "The essay is ready."),
    ]
    assert body["messages"][1]["artifact_id"] == str(world.artifact.pk)
    assert [run["id"] for run in body["runs"]] == [str(world.run.pk)]
    assert [file["id"] for file in body["files"]] == [str(world.file.pk)]


def test_the_thread_has_the_name_that_its_document_gives_it(api: KeyClient, world: World) -> None:
    Conversation.objects.filter(pk=world.conversation.pk).update(title="An essay on attention")
    finish(world.run)
    body = api.get(f"/api/conversations/{world.conversation.pk}").json()
    assert body["title"] == "Attention"


def test_looking_twice_keeps_one_answer(api: KeyClient, world: World) -> None:
    finish(world.run)
    for _ in range(2):
        body = api.get(f"/api/conversations/{world.conversation.pk}").json()
    assert len(body["messages"]) == 2


def test_a_conversation_is_renamed_and_archived_without_moving(
    api: KeyClient, world: World
) -> None:
    before = world.conversation.updated_at
    address = f"/api/conversations/{world.conversation.pk}"
    assert api.send("PATCH", address, {"title": "Better"}).json()["title"] == "Better"
    assert api.send("PATCH", address, {"archived": True}).json()["archived"] is True
    assert api.get("/api/conversations").json()["items"] == []
    assert len(api.get("/api/conversations?archived=true").json()["items"]) == 1
    world.conversation.refresh_from_db()
    assert world.conversation.updated_at == before
    assert api.send("PATCH", address, {"title": ""}).status_code == 422


@pytest.mark.parametrize(
    ("meanwhile", "asked"),
    [
        ({"title": "Newer"}, {"archived": True}),
        ({"archived_at": timezone.now()}, {"title": "Newer"}),
    ],
)
def test_a_change_writes_over_nothing_that_was_changed_meanwhile(
    api: KeyClient,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: dict[str, Any],
    asked: dict[str, Any],
) -> None:
    find = chat_api.own_conversation

    def late(request: ApiRequest, conversation_id: UUID) -> Conversation:
        found = find(request, conversation_id)
        Conversation.objects.filter(pk=conversation_id).update(**meanwhile)
        return found

    monkeypatch.setattr(chat_api, "own_conversation", late)
    address = f"/api/conversations/{world.conversation.pk}"
    body = api.send("PATCH", address, asked).json()
    world.conversation.refresh_from_db()
    assert (world.conversation.title, world.conversation.archived_at is None) == ("Newer", False)
    assert (body["title"], body["archived"]) == ("Newer", True)


def test_a_conversation_that_is_deleted_meanwhile_cannot_be_changed(
    api: KeyClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = chat_api.own_conversation

    def late(request: ApiRequest, conversation_id: UUID) -> Conversation:
        found = find(request, conversation_id)
        Conversation.objects.filter(pk=conversation_id).delete()
        return found

    monkeypatch.setattr(chat_api, "own_conversation", late)
    address = f"/api/conversations/{world.conversation.pk}"
    assert api.send("PATCH", address, {"title": "Newer"}).status_code == 404


def test_deleting_a_conversation_stops_its_run_and_keeps_its_document(
    api: KeyClient, alice: User
) -> None:
    body = say(api).json()
    assert api.delete(f"/api/conversations/{body['conversation_id']}").status_code == 204
    assert api.get(f"/api/conversations/{body['conversation_id']}").status_code == 404
    assert api.get(f"/api/v2/runs/{body['run_id']}").json()["status"] == "cancelled"
