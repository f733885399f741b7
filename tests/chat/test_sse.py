"""Server-sent events of a conversation with several runs."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client

from autonomy import services
from autonomy.api import events, stream
from autonomy.models import Run
from autonomy.runtime.db import close_pool
from chat.models import Conversation, Message
from tests.autonomy.api.asgi import get
from tests.autonomy.api.world import finish, make_run, say

pytestmark = pytest.mark.django_db(transaction=True)

Place = tuple[str, int]


@pytest.fixture(autouse=True)
async def _connections() -> AsyncIterator[None]:
    yield
    await sync_to_async(connections.close_all)()
    await asyncio.to_thread(close_pool)


@pytest.fixture
def key(alice: User) -> str:
    return services.create_api_key(alice, "tests")[1]


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return Conversation.objects.create(owner=alice, title="Two runs")


@pytest.fixture
def runs(alice: User, conversation: Conversation) -> list[Run]:
    """One finished run of three events and one under way with two."""
    first, second = (make_run(alice, conversation) for _ in range(2))
    say(first, "one", "two")
    finish(first)
    say(second, "three", "four")
    return [first, second]


def place(event: dict[str, Any]) -> Place:
    return event["run_id"], event["seq"]


async def replay(
    conversation: Conversation, key: str, query: str = "", **headers: str
) -> list[dict[str, Any]]:
    address = f"/api/stream/{conversation.pk}?follow=false{query}"
    async with get(address, key, **headers) as response:
        return await response.rest()


async def test_every_run_is_replayed_in_order(
    conversation: Conversation, runs: list[Run], key: str
) -> None:
    events = await replay(conversation, key)
    first, second = (str(run.pk) for run in runs)
    assert [place(e) for e in events] == [
        (first, 1),
        (first, 2),
        (first, 3),
        (second, 1),
        (second, 2),
    ]
    assert {e["conversation_id"] for e in events} == {str(conversation.pk)}
    assert events[-1]["id"] == f"{second}:2"


@pytest.mark.parametrize("cut", range(5))
@pytest.mark.parametrize("how", ["header", "query"])
async def test_a_client_cut_off_anywhere_gets_exactly_the_rest(
    conversation: Conversation, runs: list[Run], key: str, cut: int, how: str
) -> None:
    events = await replay(conversation, key)
    cursor = events[cut]["id"]
    if how == "header":
        rest = await replay(conversation, key, last_event_id=cursor)
    else:
        rest = await replay(conversation, key, f"&after={cursor}")
    assert [place(e) for e in rest] == [place(e) for e in events[cut + 1 :]]


async def test_a_run_that_starts_later_joins_the_stream(
    conversation: Conversation, alice: User, key: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(stream, "POLL_SECONDS", 0.05)
    async with get(f"/api/stream/{conversation.pk}", key) as response:
        assert (await response.block() or "").endswith(": open")
        run = await sync_to_async(make_run)(alice, conversation)
        await sync_to_async(say)(run, "hello")
        assert place(await response.event() or {}) == (str(run.pk), 1)


async def test_whoever_hears_of_the_end_finds_the_answer(
    conversation: Conversation, alice: User, key: str
) -> None:
    run = await sync_to_async(make_run)(alice, conversation)
    async with get(f"/api/stream/{conversation.pk}", key) as response:
        await sync_to_async(finish)(run, "succeeded", "It is done.")
        event = await response.event()
        assert event is not None
        assert event["type"] == "run.finished"
        answers = await sync_to_async(list)(Message.objects.filter(run=run))
    assert [(m.role, m.text, m.created_at) for m in answers] == [
        ("assistant", "It is done.", run.finished_at)
    ]


async def test_a_stranger_gets_no_stream(
    conversation: Conversation, runs: list[Run], bob: User
) -> None:
    bobs = await sync_to_async(services.create_api_key)(bob, "")
    async with get(f"/api/stream/{conversation.pk}", bobs[1]) as response:
        assert response.status == 404
    async with get(f"/api/stream/{conversation.pk}") as response:
        assert response.status == 401


async def test_a_stream_too_many_is_refused_until_one_ends(
    conversation: Conversation, runs: list[Run], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={"streams_per_user": 1}))
    address = f"/api/stream/{conversation.pk}"
    async with get(address, key) as first:
        assert (await first.event() or {})["seq"] == 1
        async with get(address, key) as second:
            assert second.status == 429
            assert second.headers["content-type"] == "application/problem+json"
            assert json.loads(await second.text())["code"] == "too_many_streams"
    async with get(address, key) as third:
        assert third.status == 200


async def test_of_streams_that_are_opened_at_once_only_the_allowed_are(
    conversation: Conversation, runs: list[Run], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update={"streams_per_user": 2}))
    address = f"/api/stream/{conversation.pk}"
    async with contextlib.AsyncExitStack() as opened:
        streams = await asyncio.gather(
            *(opened.enter_async_context(get(address, key)) for _ in range(6))
        )
        assert sorted(stream.status for stream in streams) == [200] * 2 + [429] * 4


async def test_a_stream_says_how_soon_to_come_back_and_asks_proxies_not_to_hold_it(
    conversation: Conversation, runs: list[Run], key: str
) -> None:
    async with get(f"/api/stream/{conversation.pk}", key) as response:
        assert (await response.block() or "").startswith("retry: 1000")
        assert response.headers["x-accel-buffering"] == "no"
        assert "no-transform" in response.headers["cache-control"]


async def test_two_runs_at_once_lose_nothing_wherever_a_client_is_cut_off(
    conversation: Conversation, alice: User, key: str
) -> None:
    one, two = [await sync_to_async(make_run)(alice, conversation) for _ in range(2)]
    async with get(f"/api/stream/{conversation.pk}", key) as response:
        for n in range(10):
            await sync_to_async(say)(one, f"one {n}")
            await sync_to_async(say)(two, f"two {n}")
        await sync_to_async(finish)(one)
        await sync_to_async(say)(two, "last")
        events = [await response.event() or {} for _ in range(22)]
    whole = sorted(place(event) for event in events)
    assert whole == sorted(
        [(str(one.pk), n) for n in range(1, 12)] + [(str(two.pk), n) for n in range(1, 12)]
    )
    for cut in range(22):
        rest = await replay(conversation, key, last_event_id=str(events[cut]["id"]))
        assert sorted(place(e) for e in [*events[: cut + 1], *rest]) == whole, cut


@pytest.mark.parametrize("how", ["revoked key", "signed out"])
async def test_a_stream_ends_when_the_right_to_it_does(
    conversation: Conversation,
    runs: list[Run],
    alice: User,
    alice_client: Client,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(events, "CHECK_SECONDS", 0.0)
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    row, key = await sync_to_async(services.create_api_key)(alice, "")
    session = f"{settings.SESSION_COOKIE_NAME}={alice_client.cookies['sessionid'].value}"
    way = {"key": key} if how == "revoked key" else {"cookie": session}
    async with get(f"/api/stream/{conversation.pk}", **way) as response:
        assert (await response.event() or {})["seq"] == 1
        if how == "revoked key":
            await sync_to_async(services.revoke_api_key)(row)
        else:
            await sync_to_async(Session.objects.all().delete)()
        while not response.ended:
            await response.block()
