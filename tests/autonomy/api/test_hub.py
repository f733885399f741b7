"""One channel for all who watch the same thing, over PostgreSQL; hints are the test's own."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import OperationalError, connections

from autonomy.api import hub as module
from autonomy.api import stream
from autonomy.api.feed import RunsFeed, Target, signatures
from autonomy.api.hints import Hints
from autonomy.api.hub import Hub
from autonomy.api.stream import LogAway, Position, follow
from autonomy.models import Run
from autonomy.runtime.db import close_pool
from autonomy.runtime.tokens import Piece
from chat.models import Conversation
from tests.autonomy.api.world import finish, make_run, say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def _alone(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """No hints at all: what arrives, arrives because the hub polls."""

    @contextlib.asynccontextmanager
    async def silence(group: str) -> AsyncIterator[Hints]:
        yield Hints()

    monkeypatch.setattr(module, "listen", silence)
    monkeypatch.setattr(stream, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(stream, "RETRY_SECONDS", 0.02)
    yield
    await sync_to_async(connections.close_all)()
    await asyncio.to_thread(close_pool)


@pytest.fixture
def conversation(alice: User) -> Conversation:
    return Conversation.objects.create(owner=alice, title="Hub")


@pytest.fixture
def run(alice: User, conversation: Conversation) -> Run:
    run = make_run(alice, conversation)
    say(run, "one")
    return run


def feed(run: Run) -> RunsFeed:
    return RunsFeed(Target("run", run.pk))


async def seen(hub: Hub, run: Run, count: int) -> list[int]:
    """Numbers of the first `count` events that a viewer gets."""
    found: list[int] = []
    async with asyncio.timeout(30), hub.watch(feed(run)) as channel:
        async for frame in follow(feed(run), Position(), channel):
            if frame.item is not None:
                found.append(frame.item.event.seq)
            if len(found) == count:
                break
    return found


async def test_without_hints_the_hub_finds_what_is_new(run: Run) -> None:
    hub = Hub()
    viewers = [asyncio.create_task(seen(hub, run, 3)) for _ in range(5)]
    await sync_to_async(say)(run, "two", "three")
    assert await asyncio.gather(*viewers) == [[1, 2, 3]] * 5


async def test_all_who_watch_the_same_share_a_channel_and_the_last_one_closes_it(run: Run) -> None:
    hub = Hub()
    before = asyncio.all_tasks()
    async with hub.watch(feed(run)) as first:
        async with hub.watch(feed(run)) as second:
            assert first is second
        async with hub.watch(feed(run)) as third:
            assert first is third
    assert asyncio.all_tasks() == before
    async with hub.watch(feed(run)) as fourth:
        assert first is not fourth


async def test_a_failed_channel_is_not_given_to_who_comes_while_a_viewer_is_still_in_it(
    run: Run,
) -> None:
    hub = Hub()

    async def broken() -> None:
        raise ValueError("an entry that nobody expected")

    async with contextlib.AsyncExitStack() as later, contextlib.AsyncExitStack() as first:
        failed = await first.enter_async_context(hub.watch(feed(run)))
        failed._read_text = broken  # type: ignore[method-assign]
        await sync_to_async(say)(run, "two")
        async with asyncio.timeout(10):
            while not failed.failed:
                await asyncio.sleep(0.01)
        with pytest.raises(LogAway):
            await failed.changed(failed.end, 1.0)
        assert await seen(hub, run, 2) == [1, 2]
        fresh = await later.enter_async_context(hub.watch(feed(run)))
        # The last one out of the failed channel ends neither the fresh one nor its poll.
        await first.aclose()
        await sync_to_async(say)(run, "three")
        assert await seen(hub, run, 3) == [1, 2, 3]
        assert fresh.scope.heads == {str(run.pk): 3}


async def test_viewers_of_one_thing_do_not_see_another(run: Run, alice: User) -> None:
    hub = Hub()
    other = await sync_to_async(make_run)(alice)
    await sync_to_async(say)(other, "a", "b")
    assert await asyncio.gather(seen(hub, run, 1), seen(hub, other, 2)) == [[1], [1, 2]]


async def test_a_reader_that_swallowed_its_end_ends_all_the_same(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = asyncio.Event()
    swallowed = []

    async def swallow(
        cursors: Mapping[str, str],
    ) -> tuple[list[Piece], dict[str, str]]:
        """As a client library does that waits with `asyncio.wait_for`."""
        if hub.views:
            reading.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                swallowed.append(True)
        return [], dict(cursors)

    hub = Hub()
    monkeypatch.setattr(module, "pieces_after", swallow)
    async with asyncio.timeout(10):
        async with hub.watch(feed(run)):
            with hub.seat(1):
                await sync_to_async(say)(run, "two")
                await reading.wait()
    assert swallowed == [True]


async def test_an_outage_is_waited_out_and_the_view_goes_on_from_its_place(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub()
    away = asyncio.Event()
    met = asyncio.Event()
    loop = asyncio.get_running_loop()
    scope = RunsFeed._scope

    def broken(self: RunsFeed, oldest: str) -> object:
        if away.is_set():
            loop.call_soon_threadsafe(met.set)
            raise OperationalError("the server closed the connection")
        return scope(self, oldest)

    monkeypatch.setattr(RunsFeed, "_scope", broken)
    viewer = asyncio.create_task(seen(hub, run, 3))
    await asyncio.sleep(0)
    away.set()
    await sync_to_async(say)(run, "two", "three")
    async with asyncio.timeout(10):
        await met.wait()
    assert not viewer.done()
    away.clear()
    assert await viewer == [1, 2, 3]


async def test_an_outage_that_lasts_ends_the_view(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: RunsFeed, oldest: str) -> object:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(stream, "OUTAGE_SECONDS", 0.1)
    monkeypatch.setattr(RunsFeed, "_scope", broken)
    with pytest.raises(LogAway):
        await seen(Hub(), run, 1)


async def test_a_stop_of_the_process_ends_every_view(run: Run) -> None:
    hub = Hub()
    async with hub.watch(feed(run)) as channel:
        viewer = asyncio.create_task(seen(hub, run, 1000))
        await channel.changed(channel.end, 0.05)
        hub.end()
        with pytest.raises(LogAway):
            await viewer


def test_seats_are_counted_by_person() -> None:
    hub = Hub()
    with hub.seat(1), hub.seat(1), hub.seat(2):
        assert hub.full(1, 2)
        assert not hub.full(1, 3)
        assert not hub.full(2, 2)
    assert not hub.full(1, 1)


async def test_the_signature_differs_with_whatever_a_view_shows(
    run: Run, alice: User, conversation: Conversation
) -> None:
    targets = [Target("run", run.pk), Target("conversation", conversation.pk)]
    nobodys = Target("conversation", uuid.uuid4())

    async def now() -> list[object]:
        found = await signatures([*targets, nobodys])
        assert nobodys.group not in found
        for target in targets:
            assert found[target.group] == (await RunsFeed(target).scope()).signature
        return [found[target.group] for target in targets]

    stages = [await now()]
    await sync_to_async(say)(run, "two")
    stages.append(await now())
    await sync_to_async(Run.objects.filter(pk=run.pk).update)(fence=7)
    stages.append(await now())
    await sync_to_async(finish)(run)
    stages.append(await now())
    for ours in range(2):
        assert len({stage[ours] for stage in stages}) == len(stages)
    await sync_to_async(make_run)(alice, conversation)
    assert (await now())[1] != stages[-1][1]
