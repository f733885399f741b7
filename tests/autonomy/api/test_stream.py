"""The streaming loop and its channel alone: no database, no Redis, a clock that only moves when
told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from autonomy.api import channel as channels
from autonomy.api import stream
from autonomy.api.channel import Channel
from autonomy.api.events import sse
from autonomy.api.stream import (
    Batch,
    Frame,
    Item,
    LogAway,
    Position,
    Scope,
    follow,
    parse_cursor,
)
from autonomy.core.types import Event
from autonomy.runtime.tokens import Piece

A, B, C = "run-a", "run-b", "run-c"


def event(run: str, seq: int, kind: str = "note") -> Event:
    return Event(type=kind, seq=seq, ts="2026-01-01T00:00:00+00:00", run_id=run)  # type: ignore[arg-type]


class Log:
    """A log in memory, read as `feed.RunsFeed` reads: in order of the runs, page by page."""

    def __init__(self, *events: Event, finished: Sequence[str] = ()) -> None:
        self.events = list(events)
        self.finished = set(finished)
        self.reads = 0
        self.away = False

    async def scope(self) -> Scope:
        if self.away:
            raise LogAway
        runs = sorted({str(e.run_id) for e in self.events})
        heads = {run: max(e.seq for e in self.events if e.run_id == run) for run in runs}
        return Scope(runs, heads, {run: 1 for run in runs if run not in self.finished})

    async def read(self, position: Position, limit: int) -> Batch:
        self.reads += 1
        scope = await self.scope()
        found = [e for e in self.events if not position.has(str(e.run_id), e.seq)]
        found.sort(key=lambda e: (str(e.run_id), e.seq))
        return Batch(found[:limit], scope, len(found) > limit)


class Hints:
    """Raised by the test."""

    def __init__(self) -> None:
        self.raised = asyncio.Event()
        self.logged = True

    async def wait(self, seconds: float) -> bool:
        await self.raised.wait()
        self.raised.clear()
        return True


async def no_text(cursors: Mapping[str, str]) -> tuple[list[Piece], dict[str, str]]:
    return [], dict(cursors)


class Room:
    """A running channel over a log."""

    def __init__(self, log: Log, text: channels.TextSource = no_text) -> None:
        self.log = log
        self.hints = Hints()
        self.channel = Channel(log, text)

    async def commit(self, *events: Event) -> None:
        """Log events and let the channel take them in."""
        self.log.events += events
        before = self.log.reads
        self.hints.raised.set()
        async with asyncio.timeout(5):
            while self.log.reads == before or self.hints.raised.is_set():
                await asyncio.sleep(0)
        await asyncio.sleep(0)


@asynccontextmanager
async def room(log: Log, text: channels.TextSource = no_text) -> AsyncIterator[Room]:
    here = Room(log, text)
    task = asyncio.create_task(here.channel.run(here.hints))
    try:
        await here.channel.ready()
        yield here
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "GATHER_SECONDS", 0.0)
    monkeypatch.setattr(stream, "RETRY_SECONDS", 0.0)


async def take(frames: AsyncIterator[Frame], count: int) -> list[Frame]:
    found: list[Frame] = []
    async with asyncio.timeout(5):
        async for frame in frames:
            found.append(frame)
            if len(found) == count:
                break
    return found


def seqs(frames: Sequence[Frame]) -> list[tuple[str, int]]:
    return [(str(f.item.event.run_id), f.item.event.seq) for f in frames if f.item]


FULL = [event(A, 1), event(A, 2), event(A, 3, "run.finished"), event(B, 1), event(B, 2)]


async def replay(log: Log, position: Position) -> list[tuple[Frame, str]]:
    """Frames, each with the cursor that goes with it."""
    return [
        (frame, position.cursor(frame.item.scope))
        async for frame in follow(log, position, None)
        if frame.item
    ]


def resumed(cursor: str) -> Position:
    """As the conversation's stream does it: runs older than the cursor's first are complete."""
    position = parse_cursor(cursor)
    return Position(position, min(position))


# --------------------------------------------------------------------------- replay and cursors


async def test_replay_gives_every_event_once_in_order() -> None:
    frames = [frame for frame, _ in await replay(Log(*FULL, finished=[A]), Position())]
    assert seqs(frames) == [(A, 1), (A, 2), (A, 3), (B, 1), (B, 2)]


@pytest.mark.parametrize("cut", range(len(FULL)))
@pytest.mark.parametrize("finished", [[], [A], [A, B]])
async def test_a_reader_cut_off_anywhere_goes_on_without_gap_or_repeat(
    cut: int, finished: list[str]
) -> None:
    log = Log(*FULL, finished=finished)
    frames = await replay(log, Position())
    rest = await replay(log, resumed(frames[cut][1]))
    assert seqs([f for f, _ in frames[: cut + 1] + rest]) == seqs([f for f, _ in frames])


async def test_a_run_that_ends_while_another_goes_on_loses_nothing_at_a_cut() -> None:
    """Its last events come in one read with those of the other, which has been seen before."""
    log = Log(event(A, 1), event(B, 1))
    position = Position()
    await replay(log, position)
    log.events += [event(A, 2), event(A, 3, "run.finished"), event(B, 2)]
    log.finished.add(A)
    frames = await replay(log, position)
    rest = await replay(log, resumed(frames[0][1]))
    assert seqs([f for f, _ in rest]) == [(A, 3), (B, 2)]


async def test_a_run_that_has_said_nothing_yet_is_not_taken_as_delivered() -> None:
    position = Position({B: 1})
    cursor = position.cursor(Scope([A, B], {A: 0, B: 1}, {A: 0, B: 1}))
    assert not resumed(cursor).has(A, 1)


async def test_a_cursor_names_one_run_while_one_is_active() -> None:
    frames = await replay(Log(*FULL, finished=[A]), Position())
    assert frames[-1][1] == f"{B}:2"


async def test_a_cursor_keeps_the_place_of_every_run_that_may_still_speak() -> None:
    log = Log(event(A, 1), event(B, 1), event(C, 1), finished=[B])
    cursor = (await replay(log, Position()))[-1][1]
    assert cursor == f"{A}:1,{B}:1,{C}:1"
    log.events += [event(A, 2), event(C, 2)]
    assert seqs([f for f, _ in await replay(log, resumed(cursor))]) == [(A, 2), (C, 2)]


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "a:b", "run:-1", ":", "run:1,", "run:" + "9" * 30]
)
def test_a_cursor_that_is_none_starts_over(cursor: str) -> None:
    assert parse_cursor(cursor) == {}


async def test_a_long_log_is_read_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PAGE", 10)
    log = Log(*(event(A, n) for n in range(1, 26)), finished=[A])
    frames = await replay(log, Position())
    assert seqs([f for f, _ in frames]) == [(A, n) for n in range(1, 26)]
    assert log.reads == 3


# --------------------------------------------------------------------------- following


async def test_live_events_follow_the_replay_without_a_seam() -> None:
    async with room(Log(event(A, 1))) as here:
        frames = follow(here.log, Position(), here.channel)
        assert seqs(await take(frames, 1)) == [(A, 1)]
        view = follow(here.log, Position({A: 1}), here.channel)
        await here.commit(event(A, 2), event(A, 3))
        assert seqs(await take(view, 2)) == [(A, 2), (A, 3)]


async def test_many_viewers_share_one_read_of_the_log() -> None:
    async with room(Log(event(A, 1))) as here:
        views = [follow(here.log, Position({A: 1}), here.channel) for _ in range(50)]
        waiting = [asyncio.create_task(take(view, 1)) for view in views]
        await asyncio.sleep(0)
        before = here.log.reads
        await here.commit(event(A, 2))
        found = await asyncio.gather(*waiting)
        assert here.log.reads == before + 1
        items = {id(frame.item) for frames in found for frame in frames}
        assert len(items) == 1, "turned into JSON once"


@pytest.mark.parametrize("start", range(0, 41, 8))
async def test_whoever_joins_anywhere_sees_every_event_once(
    start: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "PREFILL", 10)
    async with room(Log(*(event(A, n) for n in range(1, 41)))) as here:
        frames = follow(here.log, Position({A: start}), here.channel)
        task = asyncio.create_task(take(frames, 45 - start))
        for n in range(41, 46):
            await here.commit(event(A, n))
        assert seqs(await task) == [(A, n) for n in range(start + 1, 46)]


async def test_who_falls_out_of_the_ring_gets_an_exact_replay_and_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "KEEP_ITEMS", 10)
    monkeypatch.setattr(channels, "PREFILL", 5)
    monkeypatch.setattr(stream, "PAGE", 7)
    async with room(Log(event(A, 1), event(B, 1))) as here:
        slow = follow(here.log, Position(), here.channel)
        seen = await take(slow, 1)
        for n in range(2, 60):
            await here.commit(event(A, n), event(B, n))
            assert here.channel.end - here.channel.start <= 10
        seen += await take(slow, 117)
        assert sorted(seqs(seen)) == [(run, n) for run in (A, B) for n in range(1, 60)]
        for run in (A, B):
            assert [n for r, n in seqs(seen) if r == run] == list(range(1, 60)), "in order"
        reads = here.log.reads
        waiting = asyncio.create_task(take(slow, 1))
        await here.commit(event(A, 60))
        assert seqs(await waiting) == [(A, 60)]
        assert here.log.reads == reads + 1, "from the ring again"


async def test_who_falls_out_of_the_ring_by_streamed_text_stays_until_the_run_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channels, "KEEP_ITEMS", 5)
    pieces: list[Piece] = []

    async def text(cursors: Mapping[str, str]) -> tuple[list[Piece], dict[str, str]]:
        found = pieces.copy()
        pieces.clear()
        return found, dict(cursors)

    async with room(Log(event(A, 1)), text) as here:
        slow = follow(here.log, Position(), here.channel, until_finished=True)
        assert seqs(await take(slow, 1)) == [(A, 1)]
        for n in range(20):
            pieces.append(Piece(A, "task", 1, 1, n, "x", "2026-01-01T00:00:00+00:00"))
        here.hints.raised.set()
        async with asyncio.timeout(5):
            while here.channel.end < 21:
                await asyncio.sleep(0)
        assert here.channel.start > 1, "the place of the viewer is gone"
        (whole,) = await take(slow, 1)
        assert whole.item is not None
        assert whole.item.event.token == "x" * 20
        await here.commit(event(A, 2))
        assert seqs(await take(slow, 1)) == [(A, 2)]
        here.log.finished.add(A)
        await here.commit(event(A, 3, "run.finished"))
        assert seqs(await take(slow, 1000)) == [(A, 3)]


async def test_a_large_ring_is_bounded_by_its_text_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channels, "KEEP_CHARS", 1_000)
    async with room(Log(event(A, 1))) as here:
        for n in range(2, 50):
            await here.commit(event(A, n).model_copy(update={"content": "x" * 200}))
        assert 1 <= here.channel.end - here.channel.start <= 4


async def test_silence_is_broken_by_a_heartbeat_every_twenty_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = 0.0

    async with room(Log(event(A, 1))) as here:

        async def changed(index: int, seconds: float) -> None:
            nonlocal time
            time += seconds

        monkeypatch.setattr(here.channel, "changed", changed)
        frames = follow(here.log, Position(), here.channel, clock=lambda: time)
        found = await take(frames, 3)
    assert [f.item is None for f in found] == [False, True, True]
    assert time == 40.0


async def test_a_run_stream_ends_when_the_run_has_said_everything() -> None:
    log = Log(event(A, 1), event(A, 2, "run.finished"), finished=[A])
    async with room(log) as here:
        frames = follow(log, Position(), here.channel, until_finished=True)
        assert seqs([frame async for frame in frames]) == [(A, 1), (A, 2)]


async def test_a_run_stream_that_waits_ends_with_the_run() -> None:
    async with room(Log(event(A, 1))) as here:
        frames = follow(here.log, Position(), here.channel, until_finished=True)
        task = asyncio.create_task(take(frames, 1000))
        await asyncio.sleep(0)
        here.log.finished.add(A)
        await here.commit(event(A, 2, "run.finished"))
        assert seqs(await task) == [(A, 1), (A, 2)]


# --------------------------------------------------------------------------- an outage


def _ticks(step: float) -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += step


async def test_an_absent_log_is_waited_for_and_nothing_is_missed() -> None:
    async with room(Log(event(A, 1))) as here:
        frames = follow(here.log, Position({A: 1}), here.channel)
        here.log.away = True
        here.log.events.append(event(A, 2))
        here.hints.raised.set()
        waiting = asyncio.create_task(take(frames, 1))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        here.log.away = False
        assert seqs(await waiting) == [(A, 2)]


async def test_a_log_that_stays_away_ends_the_view() -> None:
    log = Log(event(A, 1))
    log.away = True
    ticks = _ticks(10.0)
    with pytest.raises(LogAway):
        await take(follow(log, Position(), None, clock=lambda: next(ticks)), 100)


# --------------------------------------------------------------------------- SSE


def test_sse_carries_cursor_and_envelope_on_single_lines() -> None:
    text = event(A, 7).model_copy(update={"content": "two\nlines"})
    frame = sse(Item(text, Scope()), "run-a:7").decode()
    assert frame.startswith("id: run-a:7\ndata: {")
    assert frame.endswith("}\n\n")
    assert frame.count("\n") == 3


def test_sse_tokens_have_no_id_so_that_they_move_no_cursor() -> None:
    assert sse(Item(event(A, 0, "token"), Scope()), None).startswith(b"data: ")
