"""Server-sent events of a run, through the ASGI application, PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from autonomy.api import stream
from autonomy.runtime.db import close_pool
from tests.autonomy.api.asgi import get
from tests.autonomy.api.world import World, finish, say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _connections() -> AsyncIterator[None]:
    """Every connection a test opened in other threads is closed before the next one."""
    yield
    await sync_to_async(connections.close_all)()
    await asyncio.to_thread(close_pool)


def address(world: World, query: str = "") -> str:
    return f"/api/v2/runs/{world.run.pk}/events{query}"


async def logged(world: World) -> None:
    """Six events: one from the world, four notes, the end."""
    await sync_to_async(say)(world.run, "one", "two", "three", "four")
    await sync_to_async(finish)(world.run)


async def test_a_finished_run_is_replayed_and_the_stream_ends(world: World, alice_key: str) -> None:
    await logged(world)
    async with get(address(world), alice_key) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["cache-control"].startswith("no-cache")
        events = await response.rest()
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert [event["id"] for event in events] == ["1", "2", "3", "4", "5", "6"]
    assert events[-1]["type"] == "run.finished"
    assert {event["run_id"] for event in events} == {str(world.run.pk)}


@pytest.mark.parametrize("cut", range(7))
async def test_a_client_cut_off_anywhere_gets_exactly_the_rest(
    world: World, alice_key: str, cut: int
) -> None:
    await logged(world)
    async with get(address(world), alice_key, last_event_id=str(cut)) as response:
        assert [event["seq"] for event in await response.rest()] == list(range(cut + 1, 7))
    async with get(address(world, f"?after={cut}"), alice_key) as response:
        assert [event["seq"] for event in await response.rest()] == list(range(cut + 1, 7))


async def test_without_follow_the_stream_ends_with_what_there_is(
    world: World, alice_key: str
) -> None:
    async with get(address(world, "?follow=false"), alice_key) as response:
        assert [event["seq"] for event in await response.rest()] == [1]


async def test_what_happens_is_seen_at_once(
    world: World, alice_key: str, redis_url: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(stream, "POLL_SECONDS", 60.0)
    async with get(address(world), alice_key) as response:
        assert (await response.event() or {})["seq"] == 1
        await sync_to_async(say)(world.run, "hello")
        event = await response.event()
    assert event is not None
    assert (event["seq"], event["content"]) == (2, "hello")


async def test_without_redis_polling_brings_the_same_events(
    world: World, alice_key: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr("autonomy.api.hints.get_channel_layer", lambda: None)
    monkeypatch.setattr(stream, "POLL_SECONDS", 0.05)
    async with get(address(world), alice_key) as response:
        assert (await response.event() or {})["seq"] == 1
        await logged(world)
        assert [event["seq"] for event in await response.rest()] == [2, 3, 4, 5, 6]


async def test_a_quiet_stream_shows_signs_of_life(
    world: World, alice_key: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(stream, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    async with get(address(world), alice_key) as response:
        assert (await response.block() or "").endswith(": open")
        await response.event()
        assert await response.block() == ": heartbeat"


async def test_a_client_that_leaves_takes_its_tasks_along(world: World, alice_key: str) -> None:
    # The channel layer's own receiver lives as long as the loop; it is there after the first use.
    async with get(address(world), alice_key) as response:
        await response.event()
    before = asyncio.all_tasks()
    for _ in range(5):
        async with get(address(world), alice_key) as response:
            await response.event()
    assert asyncio.all_tasks() == before


async def test_streamed_text_comes_without_a_cursor(
    world: World, alice_key: str, redis_url: str
) -> None:
    from autonomy.runtime import tokens

    async with get(address(world), alice_key) as response:
        await response.event()
        entry: Any = {
            "task": "t1",
            "fence": "1",
            "part": "0",
            "offset": "0",
            "text": "Attention is",
        }
        await tokens.client().xadd(tokens.key(world.run.pk), entry)
        await sync_to_async(say)(world.run, "wake up")
        events = [await response.event(), await response.event()]
    await tokens.close_client()
    token = next(event for event in events if event and event["type"] == "token")
    assert (token["token"], token["seq"], token["id"]) == ("Attention is", 0, None)


async def test_the_schema_of_events_is_published(db: None, anonymous_client: Any) -> None:
    schema = (await sync_to_async(anonymous_client.get)("/api/v2/schema/events")).json()
    assert schema["$ref"] == "#/$defs/Event"
    assert "run.finished" in schema["$defs"]["Event"]["properties"]["type"]["enum"]
    assert {"Plan", "Verdict", "Observation"} <= set(schema["$defs"])
