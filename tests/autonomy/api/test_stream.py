"""The streaming loop alone: no database, no Redis, a clock that only moves when told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from autonomy.api.stream import Batch, Frame, Position, follow, parse_cursor, sse
from autonomy.core.types import Event

A, B, C = "run-a", "run-b", "run-c"


def event(run: str, seq: int, kind: str = "note") -> Event:
    return Event(type=kind, seq=seq, ts="2026-01-01T00:00:00+00:00", run_id=run)  # type: ignore[arg-type]


class Log:
    """A log in memory; `commits` are further events that appear one read later each."""

    def __init__(
        self,
        *events: Event,
        finished: Sequence[str] = (),
        commits: Sequence[Event] = (),
        page: int = 1000,
    ) -> None:
        self.events = list(events)
        self.finished = set(finished)
        self.commits = list(commits)
        self.page = page
        self.reads = 0

    async def read(self, position: Mapping[str, int]) -> Batch:
        self.reads += 1
        runs = sorted({str(e.run_id) for e in self.events})
        found = [e for e in self.events if e.seq > position.get(str(e.run_id), 0)]
        found.sort(key=lambda e: (str(e.run_id), e.seq))
        more = len(found) > self.page
        unfinished = frozenset(run for run in runs if run not in self.finished)
        return Batch(found[: self.page], runs, unfinished, more)

    async def tokens(self, unfinished: frozenset[str]) -> Sequence[Event]:
        return ()

    def commit_next(self) -> None:
        if self.commits:
            self.events.append(self.commits.pop(0))


class Ticks:
    """A clock and a wakeup in one: every wait takes its full time, then something commits."""

    def __init__(self, log: Log) -> None:
        self.time = 0.0
        self.log = log

    def __call__(self) -> float:
        return self.time

    async def wait(self, seconds: float) -> bool:
        self.time += seconds
        self.log.commit_next()
        return False


async def take(frames: AsyncIterator[Frame], count: int) -> list[Frame]:
    found: list[Frame] = []
    async for frame in frames:
        found.append(frame)
        if len(found) == count:
            break
    return found


def seqs(frames: Sequence[Frame]) -> list[tuple[str, int]]:
    return [(str(f.event.run_id), f.event.seq) for f in frames if f.event]


FULL = [event(A, 1), event(A, 2), event(A, 3, "run.finished"), event(B, 1), event(B, 2)]


async def replay(log: Log, position: Position) -> list[Frame]:
    ticks = Ticks(log)
    return [f async for f in follow(log, ticks, position, live=False, clock=ticks)]


async def test_replay_gives_every_event_once_in_order() -> None:
    frames = await replay(Log(*FULL, finished=[A]), Position())
    assert seqs(frames) == [(A, 1), (A, 2), (A, 3), (B, 1), (B, 2)]


@pytest.mark.parametrize("cut", range(len(FULL)))
async def test_a_reader_cut_off_anywhere_goes_on_without_gap_or_repeat(cut: int) -> None:
    log = Log(*FULL, finished=[A])
    frames = await replay(log, Position())
    cursor = frames[cut].cursor
    assert cursor is not None
    rest = await replay(log, _resumed(cursor))
    assert seqs(frames[: cut + 1]) + seqs(rest) == seqs(frames)


def _resumed(cursor: str) -> Position:
    """As the conversation stream does it: runs older than the cursor's first are complete."""
    position = parse_cursor(cursor)
    oldest = min(position)
    done = {run: 10**9 for run in (A, B, C) if run < oldest}
    return Position({**done, **position})


async def test_a_cursor_names_one_run_while_one_is_active() -> None:
    frames = await replay(Log(*FULL, finished=[A]), Position())
    assert frames[-1].cursor == f"{B}:2"


async def test_a_cursor_keeps_the_place_of_every_run_that_may_still_speak() -> None:
    log = Log(event(A, 1), event(B, 1), event(C, 1), finished=[B])
    frames = await replay(log, Position())
    assert frames[-1].cursor == f"{A}:1,{B}:1,{C}:1"
    log.events += [event(A, 2), event(C, 2)]
    assert seqs(await replay(log, _resumed(str(frames[-1].cursor)))) == [(A, 2), (C, 2)]


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "a:b", "run:-1", ":", "run:1,", "run:" + "9" * 30]
)
def test_a_cursor_that_is_none_starts_over(cursor: str) -> None:
    assert parse_cursor(cursor) == {}


async def test_live_events_follow_the_replay_without_a_seam() -> None:
    log = Log(event(A, 1), commits=[event(A, 2), event(A, 3)])
    ticks = Ticks(log)
    frames = await take(follow(log, ticks, Position(), clock=ticks), 3)
    assert seqs(frames) == [(A, 1), (A, 2), (A, 3)]


async def test_a_read_that_repeats_events_sends_none_twice() -> None:
    class Repeating(Log):
        async def read(self, position: Mapping[str, int]) -> Batch:
            return await super().read({})

    log = Repeating(event(A, 1), event(A, 2), commits=[event(A, 3)])
    ticks = Ticks(log)
    frames = await take(follow(log, ticks, Position(), clock=ticks), 3)
    assert seqs(frames) == [(A, 1), (A, 2), (A, 3)]


async def test_silence_is_broken_by_a_heartbeat_every_twenty_seconds() -> None:
    log = Log(event(A, 1))
    ticks = Ticks(log)
    frames = await take(follow(log, ticks, Position(), clock=ticks), 3)
    assert [f.event is None for f in frames] == [False, True, True]
    assert ticks.time == 40.0


async def test_a_run_stream_ends_when_the_run_has_said_everything() -> None:
    log = Log(event(A, 1), event(A, 2, "run.finished"), finished=[A])
    ticks = Ticks(log)
    frames = [f async for f in follow(log, ticks, Position(), until_finished=True, clock=ticks)]
    assert seqs(frames) == [(A, 1), (A, 2)]


async def test_a_long_log_is_read_in_pages_without_waiting() -> None:
    log = Log(*(event(A, n) for n in range(1, 26)), finished=[A], page=10)
    ticks = Ticks(log)
    frames = [f async for f in follow(log, ticks, Position(), until_finished=True, clock=ticks)]
    assert seqs(frames) == [(A, n) for n in range(1, 26)]
    assert log.reads == 3
    assert ticks.time == 0.0


def test_sse_carries_cursor_and_envelope_on_single_lines() -> None:
    text = event(A, 7).model_copy(update={"content": "two\nlines"})
    frame = sse(Frame(text, "run-a:7")).decode()
    assert frame.startswith("id: run-a:7\ndata: {")
    assert frame.endswith("}\n\n")
    assert frame.count("\n") == 3


def test_sse_tokens_have_no_id_so_that_they_move_no_cursor() -> None:
    assert sse(Frame(event(A, 0, "token"))).startswith(b"data: ")


def test_sse_heartbeat_is_a_comment() -> None:
    assert sse(Frame(None)) == b": heartbeat\n\n"
