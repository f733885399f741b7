"""The socket of a conversation: replay, live events, commands, and everybody who is turned away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import IntegrityError, OperationalError, connections
from django.test import Client

from autonomy import services
from autonomy.api import stream
from autonomy.api.credentials import Credentials
from autonomy.api.stream import ALIVE, Frame
from autonomy.core.types import EventDraft
from autonomy.models import ApiKey, Run
from autonomy.runtime.db import close_pool
from autonomy.runtime.events import append
from autonomy.runtime.fence import Fence
from autonomy.runtime.tokens import TokenStream, close_client
from chat import consumers
from chat.consumers import ConversationConsumer
from chat.models import Conversation, Message
from chat.routing import websocket_application, websocket_urlpatterns
from tests.autonomy.api.world import finish, make_run, say
from tests.chat.socket import WAIT_SECONDS, Socket

pytestmark = pytest.mark.django_db(transaction=True)

Connect = Callable[..., Any]
ORIGIN = (b"origin", b"http://localhost")


@pytest.fixture(autouse=True)
async def _connections(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(stream, "POLL_SECONDS", 0.05)
    yield
    await sync_to_async(connections.close_all)()
    await asyncio.to_thread(close_pool)


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return Conversation.objects.create(owner=alice, title="Live")


@pytest.fixture
def run(alice: User, conversation: Conversation) -> Run:
    run = make_run(alice, conversation)
    say(run, "one", "two", "three")
    return run


@pytest.fixture
def cookie(alice_client: Client) -> bytes:
    return f"{settings.SESSION_COOKIE_NAME}={alice_client.cookies['sessionid'].value}".encode()


@pytest.fixture
async def connect(conversation: Conversation, cookie: bytes) -> AsyncIterator[Connect]:
    """Opens a socket as a page of ours with Alice's cookie, or with the headers given."""
    opened: list[Socket] = []

    async def open_socket(
        conversation_id: object = None, headers: list[tuple[bytes, bytes]] | None = None
    ) -> Socket:
        socket = Socket(
            websocket_application,
            f"/ws/conversations/{conversation_id or conversation.pk}/",
            headers=[ORIGIN, (b"cookie", cookie)] if headers is None else headers,
        )
        opened.append(socket)
        connected, _ = await socket.connect()
        assert connected
        return socket

    yield open_socket
    for socket in opened:
        if not socket.future.done():
            await socket.disconnect()


async def frame(socket: Socket) -> dict[str, Any]:
    """The next frame that is no sign of life."""
    while True:
        found: dict[str, Any] = await socket.receive_json_from()
        if found["type"] != "heartbeat":
            return found


async def closed_with(socket: Socket) -> int:
    while True:
        message = await socket.receive_output(WAIT_SECONDS)
        if message["type"] == "websocket.close":
            return int(message["code"])


async def subscribe(socket: Socket, **after: int) -> None:
    await socket.send_json_to({"type": "subscribe", "after": after})


# --------------------------------------------------------------------------- events


@pytest.mark.parametrize("cut", range(4))
async def test_a_subscription_replays_exactly_what_the_client_lacks(
    connect: Connect, run: Run, cut: int
) -> None:
    socket = await connect()
    await subscribe(socket, **{str(run.pk): cut})
    await sync_to_async(say)(run, "four")
    seqs = [(await frame(socket))["seq"] for _ in range(4 - cut)]
    assert seqs == list(range(cut + 1, 5))


async def test_live_events_follow_the_replay_without_gap_or_double(
    connect: Connect, run: Run
) -> None:
    socket = await connect()
    await subscribe(socket)
    for n in range(4, 30):
        await sync_to_async(say)(run, str(n))
    assert [(await frame(socket))["seq"] for _ in range(29)] == list(range(1, 30))
    assert await socket.receive_nothing(timeout=0.2)


async def test_subscribing_again_starts_from_the_new_position(connect: Connect, run: Run) -> None:
    socket = await connect()
    await subscribe(socket, **{str(run.pk): 2})
    assert (await frame(socket))["seq"] == 3
    await subscribe(socket, **{str(run.pk): 1})
    assert [(await frame(socket))["seq"] for _ in range(2)] == [2, 3]


async def test_two_clients_see_the_same(connect: Connect, run: Run) -> None:
    sockets = [await connect(), await connect()]
    for socket in sockets:
        await subscribe(socket)
    seen = [[await frame(socket) for _ in range(3)] for socket in sockets]
    assert seen[0] == seen[1]


async def test_without_redis_the_socket_still_opens_and_polls(
    connect: Connect, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        async def new_channel(self) -> str:
            raise ConnectionError("Redis is away")

    monkeypatch.setattr("autonomy.api.hints.get_channel_layer", Away)
    socket = await connect()
    await subscribe(socket, **{str(run.pk): 3})
    await sync_to_async(say)(run, "four")
    assert (await frame(socket))["content"] == "four"


async def test_the_end_of_a_run_stores_its_answer(connect: Connect, run: Run) -> None:
    socket = await connect()
    await subscribe(socket, **{str(run.pk): 3})
    await sync_to_async(finish)(run, "succeeded", "Ready.")
    assert (await frame(socket))["type"] == "run.finished"
    answers = await sync_to_async(list)(Message.objects.filter(run=run, role="assistant"))
    assert [message.text for message in answers] == ["Ready."]


async def test_leaving_stops_no_run_and_leaves_no_task(connect: Connect, run: Run) -> None:
    first = await connect()
    await subscribe(first)
    await frame(first)
    await first.disconnect()
    before = asyncio.all_tasks()
    second = await connect()
    await subscribe(second)
    await frame(second)
    await second.disconnect()
    assert asyncio.all_tasks() <= before
    await sync_to_async(run.refresh_from_db)()
    assert run.status == "queued"


# --------------------------------------------------------------------------- commands


async def test_a_message_is_sent_and_acknowledged(
    connect: Connect, conversation: Conversation
) -> None:
    socket = await connect()
    await socket.send_json_to(
        {"type": "message.send", "message": "What is attention?", "request_id": "r1"}
    )
    ack = await frame(socket)
    assert (ack["type"], ack["request_id"]) == ("ack", "r1")
    message = await sync_to_async(Message.objects.get)(pk=ack["message_id"])
    assert (message.conversation_id, message.text) == (conversation.pk, "What is attention?")


@pytest.mark.parametrize(
    ("command", "status"),
    [("run.cancel", "cancelled"), ("run.pause", "paused"), ("run.resume", "queued")],
)
async def test_runs_are_controlled(connect: Connect, command: str, status: str) -> None:
    socket = await connect()
    await socket.send_json_to({"type": "message.send", "message": "Write about attention"})
    run_id = (await frame(socket))["run_id"]
    if command == "run.resume":
        run = await sync_to_async(Run.objects.get)(pk=run_id)
        await sync_to_async(services.pause)(run)
    await socket.send_json_to({"type": command, "run_id": run_id})
    assert (await frame(socket))["type"] == "ack"
    run = await sync_to_async(Run.objects.get)(pk=run_id)
    assert run.status == status


async def test_runs_of_other_conversations_do_not_exist_here(
    connect: Connect, alice: User, bob: User
) -> None:
    socket = await connect()
    for owner in (alice, bob):
        other = await sync_to_async(make_run)(owner)
        await socket.send_json_to({"type": "run.cancel", "run_id": str(other.pk)})
        error = await frame(socket)
        assert (error["type"], error["meta"]["code"]) == ("error", "not_found")


GARBAGE = [
    "not json",
    "[]",
    "null",
    '"text"',
    "{}",
    '{"type": "launch"}',
    '{"type": "subscribe", "after": 5}',
    '{"type": "subscribe", "after": {"x": "y"}}',
    '{"type": "run.cancel"}',
    '{"type": "run.cancel", "run_id": "x"}',
    '{"type": "message.send", "message": " "}',
    '{"type": "message.send", "message": "Hi", "journey": "poem"}',
    '{"type": "subscribe", "colour": "red"}',
    "[" * 5000,
]


async def test_garbage_is_answered_and_the_socket_lives_on(connect: Connect, run: Run) -> None:
    socket = await connect()
    for text in GARBAGE:
        await socket.send_to(text_data=text)
        error = await frame(socket)
        assert error["type"] == "error", text
        assert error["content"], text
    await socket.send_to(bytes_data=b"\x00\x01")
    assert (await frame(socket))["type"] == "error"
    await subscribe(socket)
    assert (await frame(socket))["seq"] == 1


async def test_a_refusal_carries_the_request_id(connect: Connect) -> None:
    socket = await connect()
    await socket.send_json_to({"type": "message.send", "message": "", "request_id": "r9"})
    error = await frame(socket)
    assert error["meta"]["request_id"] == "r9"
    assert error["meta"]["errors"][0]["field"] == "message"


async def test_a_frame_that_is_too_large_ends_the_socket(connect: Connect) -> None:
    socket = await connect()
    await socket.send_to(text_data=json.dumps({"message": "x" * consumers.FRAME_MAX_CHARS}))
    assert (await frame(socket))["meta"]["code"] == "too_large"
    assert await closed_with(socket) == consumers.CLOSE_TOO_BIG


async def test_a_flood_of_frames_ends_the_socket(connect: Connect) -> None:
    socket = await connect()
    for _ in range(consumers.FRAMES_PER_WINDOW + 1):
        await socket.send_to(text_data="x")
    assert await closed_with(socket) == consumers.CLOSE_TOO_FAST


# --------------------------------------------------------------------------- who may


async def test_every_socket_is_in_this_file() -> None:
    assert [str(p.pattern) for p in websocket_urlpatterns] == [
        "ws/conversations/<uuid:conversation_id>/"
    ]


@pytest.mark.parametrize("path", ["/ws/", "/ws/nothing/", "/ws/conversations/7/", "/"])
async def test_an_address_that_is_none_is_refused_like_a_missing_page(path: str) -> None:
    socket = Socket(websocket_application, path, headers=[ORIGIN])
    assert await socket.connect() == (False, 1000)
    socket = Socket(websocket_application, path, headers=[ORIGIN])
    socket.scope["extensions"] = {"websocket.http.response": {}}
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(WAIT_SECONDS))["status"] == 404
    assert (await socket.receive_output(WAIT_SECONDS))["type"] == "websocket.http.response.body"


async def test_a_socket_too_many_is_told_so_and_closed(
    connect: Connect, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={"streams_per_user": 2}))
    open_sockets = [await connect() for _ in range(2)]
    for socket in open_sockets:  # counted once they are let in, which is after they are open
        await subscribe(socket)
        assert (await frame(socket))["seq"] == 1
    refused = await connect()
    assert (await frame(refused))["meta"]["code"] == "too_many_streams"
    assert await closed_with(refused) == consumers.CLOSE_TOO_FAST
    await open_sockets.pop().disconnect()
    again = await connect()
    await subscribe(again)
    assert (await frame(again))["seq"] == 1


async def test_a_command_while_the_database_is_away_is_answered(
    connect: Connect, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = await connect()
    await subscribe(socket)
    for seq in (1, 2, 3):
        assert (await frame(socket))["seq"] == seq

    def away(*_: Any) -> None:
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as outage:
        outage.setattr(Credentials, "verify", away)
        await socket.send_json_to({"type": "run.cancel", "run_id": str(run.pk), "request_id": "r"})
        error = await frame(socket)
        assert error["meta"] == {"code": "unavailable", "request_id": "r"}
        late = await connect()
        assert await closed_with(late) == consumers.CLOSE_UNAVAILABLE
    await sync_to_async(say)(run, "four")
    assert (await frame(socket))["seq"] == 4, "the socket lives on"


async def test_a_command_that_fails_unexpectedly_is_answered_and_the_socket_lives_on(
    connect: Connect,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = await connect()
    await subscribe(socket, **{str(run.pk): 3})

    def broken(*_: Any) -> None:
        raise IntegrityError("a secret of the inside")

    with monkeypatch.context() as trouble:
        trouble.setattr(consumers, "perform", broken)
        await socket.send_json_to({"type": "run.cancel", "run_id": str(run.pk), "request_id": "r"})
        error = await frame(socket)
    trace_id = error["meta"].pop("trace_id")
    assert error["meta"] == {"code": "internal", "request_id": "r"}
    assert trace_id in error["content"]
    assert "secret" not in json.dumps(error)
    (logged,) = [record for record in caplog.records if record.name == "chat.consumers"]
    assert trace_id in logged.getMessage()
    assert logged.exc_info
    await sync_to_async(say)(run, "four")
    assert (await frame(socket))["seq"] == 4, "the socket lives on"


async def test_an_outage_does_not_end_an_idle_session(
    connect: Connect, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ConversationConsumer, "check_seconds", 0.01)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    socket = await connect()
    await subscribe(socket)
    for _ in range(3):
        await frame(socket)

    def away(*_: Any) -> None:
        loop.call_soon_threadsafe(asked.set)
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as outage:
        outage.setattr(Credentials, "verify", away)
        async with asyncio.timeout(WAIT_SECONDS):
            await asked.wait()
    await sync_to_async(say)(run, "four")
    assert (await frame(socket))["seq"] == 4


async def test_a_view_that_ends_by_itself_closes_the_socket(
    connect: Connect, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def over(*_: Any, **__: Any) -> AsyncIterator[Frame]:
        yield ALIVE

    monkeypatch.setattr(consumers, "follow", over)
    socket = await connect()
    await subscribe(socket)
    assert await closed_with(socket) == consumers.CLOSE_INTERNAL


async def test_text_so_far_comes_once_and_a_takeover_voids_it(
    connect: Connect, run: Run, redis_url: str
) -> None:
    await sync_to_async(Run.objects.filter(pk=run.pk).update)(fence=1)
    before = TokenStream(Fence(str(run.pk), 1), run.conversation_id)
    before.add("t", "The old")
    await before.close()
    socket = await connect()
    await subscribe(socket, **{str(run.pk): 3})
    first = await frame(socket)
    assert (first["token"], first["meta"]["resync"]) == ("The old", True)
    before.add("t", " text")
    await before.close()
    second = await frame(socket)
    assert (second["token"], second["meta"].get("resync")) == (" text", None)

    await sync_to_async(Run.objects.filter(pk=run.pk).update)(fence=2)
    await sync_to_async(append)(
        run.pk, [EventDraft(type="attempt.restarted", source="runtime", content="Going on.")]
    )
    assert (await frame(socket))["type"] == "attempt.restarted"
    before.add("t", " of a zombie")
    await before.close()
    after = TokenStream(Fence(str(run.pk), 2), run.conversation_id)
    after.add("t", "The new")
    await after.close()
    third = await frame(socket)
    assert (third["token"], third["meta"]["fence"]) == ("The new", 2)

    late = await connect()
    await subscribe(late, **{str(run.pk): 4})
    assert (await frame(late))["token"] == "The new"
    assert await late.receive_nothing(timeout=0.2)
    await close_client()


async def test_anonymous_is_closed_with_4401(connect: Connect) -> None:
    assert await closed_with(await connect(headers=[ORIGIN])) == 4401


async def test_someone_elses_conversation_is_closed_with_4404(
    connect: Connect, bob: User, run: Run
) -> None:
    foreign = await sync_to_async(Conversation.objects.create)(owner=bob)
    assert await closed_with(await connect(foreign.pk)) == 4404


async def test_a_conversation_that_is_none_looks_the_same(connect: Connect, run: Run) -> None:
    assert await closed_with(await connect(run.pk)) == 4404


async def test_a_page_of_another_site_gets_no_socket(
    conversation: Conversation, cookie: bytes
) -> None:
    socket = Socket(
        websocket_application,
        f"/ws/conversations/{conversation.pk}/",
        headers=[(b"origin", b"https://evil.example"), (b"cookie", cookie)],
    )
    assert (await socket.connect())[0] is False


async def test_a_key_opens_a_socket_without_an_origin(
    connect: Connect, alice: User, run: Run
) -> None:
    _, key = await sync_to_async(services.create_api_key)(alice, "")
    socket = await connect(headers=[(b"authorization", f"Bearer {key}".encode())])
    await subscribe(socket)
    assert (await frame(socket))["seq"] == 1


async def test_a_session_that_ends_closes_the_socket_at_the_next_command(
    connect: Connect, run: Run
) -> None:
    socket = await connect()
    await sync_to_async(Session.objects.all().delete)()
    await socket.send_json_to({"type": "run.cancel", "run_id": str(run.pk)})
    assert await closed_with(socket) == 4401
    await sync_to_async(run.refresh_from_db)()
    assert run.status == "queued"


async def test_an_idle_socket_is_closed_when_its_session_ends(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ConversationConsumer.check_seconds <= 30
    monkeypatch.setattr(ConversationConsumer, "check_seconds", 0.05)
    socket = await connect()
    await sync_to_async(Session.objects.all().delete)()
    assert await closed_with(socket) == 4401


async def test_a_changed_password_and_a_revoked_key_count_as_ended(
    connect: Connect, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ConversationConsumer, "check_seconds", 0.05)
    row, key = await sync_to_async(services.create_api_key)(alice, "")
    by_key = await connect(headers=[(b"authorization", f"Bearer {key}".encode())])
    by_cookie = await connect()
    await sync_to_async(services.revoke_api_key)(row)
    assert await closed_with(by_key) == 4401
    assert await sync_to_async(ApiKey.objects.filter(revoked_at=None).count)() == 0
    alice.set_password("another one entirely")
    await sync_to_async(alice.save)()
    assert await closed_with(by_cookie) == 4401
