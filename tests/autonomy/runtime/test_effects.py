"""Exactly-once effects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from pydantic import BaseModel, Field

from autonomy.core.ports import (
    Asked,
    NotDone,
    OutcomeUnknown,
    Repeat,
    ResultLost,
    ResultTooLarge,
)
from autonomy.models import Effect, EffectStatus, Run
from autonomy.runtime import content, effects
from autonomy.runtime.effects import LOST, RunEffects
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.queue import Claim
from handywriterz.env import env
from tests.autonomy.runtime.conftest import run_async

Start = Callable[..., Run]
TakeClaim = Callable[[], Claim]


class Answer(BaseModel):
    text: str
    data: dict[str, Any] = {}


class Outside:
    """Counts how often it is really called, and remembers it as a service would."""

    def __init__(self, error: BaseException | None = None, text: str = "answer") -> None:
        self.calls = 0
        self.error = error
        self._text = text

    def __call__(self) -> Awaitable[Answer]:
        return self._answer()

    async def _answer(self) -> Answer:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return Answer(text=f"{self._text} {self.calls}")


def next_fence(run: Run, fence: Fence) -> Fence:
    """As another claim would have it."""
    Run.objects.filter(pk=run.pk).update(fence=fence.number + 1)
    return Fence(fence.run_id, fence.number + 1)


def died_in_the_call(run: Run, fence: Fence, kind: str = "mail") -> RunEffects:
    """The ledger of the segment that follows one that died between its intent and the record."""
    Effect.objects.create(run=run, key="k", kind=kind, fence=fence.number)
    return RunEffects(next_fence(run, fence))


def says(answer: Answer | Asked | Exception) -> Callable[[], Awaitable[Answer | Asked]]:
    async def reconcile() -> Answer | Asked:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return reconcile


# ------------------------------------------------------------------------------- what is recorded


def test_a_recorded_result_is_given_again(start: Start, claim: TakeClaim) -> None:
    run, fence, outside = start(), claim().fence, Outside(text="x\x00")
    first = run_async(RunEffects(fence).once("task:1", "model", outside, Answer))
    later = RunEffects(next_fence(run, fence))
    again = run_async(later.once("task:1", "model", outside, Answer))
    assert outside.calls == 1
    assert first == again == Answer(text="x 1"), "NUL cannot be stored, so nobody gets to see it"
    run_async(later.once("task:2", "model", outside, Answer))
    assert outside.calls == 2


def test_the_first_result_has_the_order_that_its_replay_will_have(
    start: Start, claim: TakeClaim
) -> None:
    start()
    ledger = RunEffects(claim().fence)

    async def call() -> Answer:
        return Answer(text="t", data={"10": 1, "9": {"bb": 1, "a": 2}, "é": 3, "zz": float("nan")})

    first = run_async(ledger.once("k", "tool", call, Answer))
    again = run_async(ledger.once("k", "tool", call, Answer))
    assert first.model_dump_json() == again.model_dump_json()
    assert list(first.data) == ["9", "10", "zz", "é"]


def test_a_begun_call_and_its_record_are_one_statement_each(start: Start, claim: TakeClaim) -> None:
    start()
    ledger, run_db = RunEffects(claim().fence), effects.run_db
    seen: list[tuple[Any, int]] = []

    async def counted(fn: Any, *args: Any) -> Any:
        def inside() -> Any:
            with CaptureQueriesContext(connection) as others:
                result = fn(*args)
            seen.append((fn, len(others)))
            return result

        return await run_db(inside)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(effects, "run_db", counted)
        run_async(ledger.once("k", "model", Outside(), Answer))
        # `execute` sends exactly one statement; nothing goes through the ORM.
        assert seen == [(effects.execute, 0)] * 2
        run_async(ledger.once("k", "model", Outside(), Answer))
        assert len(seen) == 3, "a replay asks once"


def test_a_large_result_is_kept_in_a_file_and_the_row_stays_small(
    start: Start, claim: TakeClaim
) -> None:
    run, fence = start(), claim().fence
    large = Outside(text="é" * 600_000)
    first = run_async(RunEffects(fence).once("k", "tool", large, Answer))
    row = Effect.objects.get()
    assert len(str(row.result)) < 200
    assert len(content.load(row.result[effects.CONTENT])) > 1_000_000
    again = run_async(RunEffects(next_fence(run, fence)).once("k", "tool", large, Answer))
    assert again == first
    assert large.calls == 1


@pytest.mark.parametrize(("kind", "calls"), [("read", 2), ("mail", 1)])
def test_a_result_whose_file_is_gone_is_read_again_or_said_to_be_lost(
    start: Start, claim: TakeClaim, kind: str, calls: int
) -> None:
    run, fence = start(), claim().fence
    large = Outside(text="q" * 100_000)
    run_async(RunEffects(fence).once("k", kind, large, Answer))
    sha256 = Effect.objects.get().result[effects.CONTENT]
    content._path(sha256).write_bytes(b"damaged")
    later = RunEffects(next_fence(run, fence))
    if kind == "mail":
        with pytest.raises(ResultLost):
            run_async(later.once("k", kind, large, Answer))
    else:
        assert run_async(later.once("k", kind, large, Answer)).text.endswith(" 2")
    assert large.calls == calls
    assert Effect.objects.get().status == EffectStatus.DONE


def test_a_result_stays_in_the_row_when_there_is_no_room_for_a_file(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    ledger, large = RunEffects(claim().fence), Outside(text="z" * 100_000)

    def full(data: bytes) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(content, "keep", full)
    first = run_async(ledger.once("k", "mail", large, Answer))
    assert run_async(ledger.once("k", "mail", large, Answer)) == first
    assert large.calls == 1


def test_a_result_larger_than_any_that_is_kept_fails_the_same_way_each_time(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    ledger = RunEffects(claim().fence)
    small = env().model_copy(update={"effect_result_max_bytes": 1_000})
    monkeypatch.setattr(effects, "env", lambda: small)
    sent, read = Outside(text="s" * 2_000), Outside(text="r" * 2_000)
    for _ in range(2):
        with pytest.raises(ResultLost, match=r"2,0\d\d bytes"):
            run_async(ledger.once("sent", "mail", sent, Answer))
        with pytest.raises(ResultTooLarge):
            run_async(ledger.once("read", "read", read, Answer))
    assert (sent.calls, read.calls) == (1, 2), "only what changes nothing is done again"
    assert Effect.objects.get(key="sent").status == EffectStatus.DONE
    assert Effect.objects.get(key="read").status == EffectStatus.FAILED


def test_keys_of_any_length_and_script_stay_apart(start: Start, claim: TakeClaim) -> None:
    start()
    ledger, outside = RunEffects(claim().fence), Outside()
    keys = ["x" * 300 + "a", "x" * 300 + "b", "ключ" * 60, "\x00nul"]
    for key in keys:
        run_async(ledger.once(key, "model", outside, Answer))
    assert outside.calls == len(keys)
    names = [ledger.outside_key(key) for key in keys]
    assert len(set(names)) == len(keys)
    assert all(len(name) <= 255 and name.isascii() and name.isprintable() for name in names)


def test_the_name_of_a_call_outside_is_stable_and_another_one_in_every_run() -> None:
    one, same, other = (RunEffects(Fence(run, n)) for run, n in (("a", 1), ("a", 2), ("b", 1)))
    assert one.outside_key("k") == same.outside_key("k") != other.outside_key("k")


# ---------------------------------------------------------------------------------- lost outcomes


@pytest.mark.parametrize(
    ("kind", "repeat"), [("model", None), ("mail", Repeat.READ), ("mail", Repeat.IDEMPOTENT)]
)
def test_a_lost_outcome_is_had_again_where_that_harms_nothing(
    start: Start, claim: TakeClaim, kind: str, repeat: Repeat | None
) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    later = died_in_the_call(run, fence, kind)
    run_async(later.once("k", kind, outside, Answer, repeat=repeat))
    row = Effect.objects.get()
    assert outside.calls == 1
    assert (row.status, row.attempts, row.note) == (EffectStatus.DONE, 2, LOST)


def test_a_lost_outcome_of_unknown_kind_is_never_repeated(start: Start, claim: TakeClaim) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    later = died_in_the_call(run, fence)
    for _ in range(2):
        with pytest.raises(OutcomeUnknown) as caught:
            run_async(later.once("k", "mail", outside, Answer))
    row = Effect.objects.get()
    assert outside.calls == 0
    assert caught.value.key == "k"
    assert (row.status, row.attempts) == (EffectStatus.UNKNOWN, 1)
    assert "interrupted" in row.note


def test_what_the_other_side_knows_is_recorded_without_a_second_call(
    start: Start, claim: TakeClaim
) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    later = died_in_the_call(run, fence)
    seen = says(Answer(text="it was done"))
    found = run_async(later.once("k", "mail", outside, Answer, reconcile=seen))
    assert found.text == "it was done"
    assert run_async(later.once("k", "mail", outside, Answer)) == found
    assert outside.calls == 0
    assert "other side knew" in Effect.objects.get().note


def test_what_the_other_side_never_saw_is_done_now(start: Start, claim: TakeClaim) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    later = died_in_the_call(run, fence)
    reconcile = says(Asked.NOT_DONE)
    assert run_async(later.once("k", "mail", outside, Answer, reconcile=reconcile)).text
    assert outside.calls == 1
    assert Effect.objects.get().attempts == 2


def test_asking_again_later_settles_what_could_not_be_said_before(
    start: Start, claim: TakeClaim
) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    later = died_in_the_call(run, fence)
    for answer in (Asked.CANNOT_SAY, TimeoutError("no answer")):
        with pytest.raises(OutcomeUnknown):
            run_async(later.once("k", "mail", outside, Answer, reconcile=says(answer)))
    assert "TimeoutError: no answer" in Effect.objects.get().note
    run_async(later.once("k", "mail", outside, Answer, reconcile=says(Asked.NOT_DONE)))
    assert outside.calls == 1


# ------------------------------------------------------------------------------ calls that raise


@pytest.mark.parametrize("error", [NotDone("no such address"), ConnectionRefusedError("refused")])
def test_a_call_that_did_nothing_is_made_anew(
    start: Start, claim: TakeClaim, error: Exception
) -> None:
    start()
    ledger = RunEffects(claim().fence)
    with pytest.raises(type(error)):
        run_async(ledger.once("k", "mail", Outside(error), Answer))
    assert Effect.objects.get().status == EffectStatus.FAILED
    assert run_async(ledger.once("k", "mail", Outside(), Answer)).text == "answer 1"
    assert Effect.objects.get().attempts == 2


def test_a_call_that_broke_off_may_have_arrived(start: Start, claim: TakeClaim) -> None:
    start()
    ledger, outside = RunEffects(claim().fence), Outside(ConnectionResetError("reset"))
    for _ in range(2):
        with pytest.raises(OutcomeUnknown):
            run_async(ledger.once("k", "mail", outside, Answer))
    assert outside.calls == 1
    assert "ConnectionResetError" in Effect.objects.get().note


def test_a_call_that_broke_off_is_asked_after_at_once(start: Start, claim: TakeClaim) -> None:
    start()
    ledger, outside = RunEffects(claim().fence), Outside(ConnectionResetError("reset"))
    done = says(Answer(text="arrived"))
    assert run_async(ledger.once("a", "mail", outside, Answer, reconcile=done)).text == "arrived"
    undone = says(Asked.NOT_DONE)
    with pytest.raises(ConnectionResetError):
        run_async(ledger.once("b", "mail", outside, Answer, reconcile=undone))
    assert Effect.objects.get(key="b").status == EffectStatus.FAILED


def test_an_idempotent_call_that_broke_off_keeps_its_name_and_is_repeated(
    start: Start, claim: TakeClaim
) -> None:
    start()
    ledger, outside = RunEffects(claim().fence), Outside(TimeoutError("slow"))
    with pytest.raises(OutcomeUnknown):
        run_async(ledger.once("k", "pay", outside, Answer, repeat=Repeat.IDEMPOTENT))
    outside.error = None
    found = run_async(ledger.once("k", "pay", outside, Answer, repeat=Repeat.IDEMPOTENT))
    assert found.text == "answer 2"
    assert Effect.objects.get().status == EffectStatus.DONE


def test_a_failed_read_is_simply_read_again(start: Start, claim: TakeClaim) -> None:
    start()
    ledger = RunEffects(claim().fence)
    with pytest.raises(TimeoutError):
        run_async(ledger.once("k", "read", Outside(TimeoutError("slow")), Answer))
    assert run_async(ledger.once("k", "read", Outside(), Answer)).text == "answer 1"


# ------------------------------------------------------- cancelled, in parallel, and from the dead


@pytest.mark.parametrize(("kind", "calls"), [("model", 1), ("mail", 0)])
def test_a_call_that_is_cancelled_leaves_its_intent(
    start: Start, claim: TakeClaim, kind: str, calls: int
) -> None:
    run, fence = start(), claim().fence

    async def cancelled() -> None:
        under_way = asyncio.Event()

        async def call() -> Answer:
            under_way.set()
            await asyncio.Event().wait()
            raise AssertionError("unreachable")

        task = asyncio.create_task(RunEffects(fence).once("k", kind, call, Answer))
        await under_way.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_async(cancelled())
    assert Effect.objects.get().status == EffectStatus.INTENT
    later, outside = RunEffects(next_fence(run, fence)), Outside()
    if calls:
        run_async(later.once("k", kind, outside, Answer))
    else:
        with pytest.raises(OutcomeUnknown):
            run_async(later.once("k", kind, outside, Answer))
    assert outside.calls == calls


def test_branches_that_name_the_same_effect_share_one_call(start: Start, claim: TakeClaim) -> None:
    start()
    ledger, outside = RunEffects(claim().fence), Outside()

    async def both() -> list[Answer]:
        return await asyncio.gather(*(ledger.once("k", "mail", outside, Answer) for _ in range(8)))

    assert run_async(both()) == [Answer(text="answer 1")] * 8
    assert outside.calls == 1


def test_branches_with_effects_of_their_own_do_not_wait_for_each_other(
    start: Start, claim: TakeClaim
) -> None:
    start()
    ledger = RunEffects(claim().fence)

    async def all_at_once() -> None:
        together = asyncio.Barrier(8)

        async def call() -> Answer:
            await together.wait()
            return Answer(text="together")

        async with asyncio.timeout(30):
            await asyncio.gather(*(ledger.once(f"k{n}", "mail", call, Answer) for n in range(8)))

    run_async(all_at_once())
    assert Effect.objects.filter(status=EffectStatus.DONE).count() == 8


def test_a_stale_segment_makes_no_call(start: Start, claim: TakeClaim) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    next_fence(run, fence)
    with pytest.raises(FencedOut):
        run_async(RunEffects(fence).once("k", "model", outside, Answer))
    assert outside.calls == 0
    assert not Effect.objects.exists()


def test_a_segment_that_is_overtaken_in_the_call_cannot_record_it(
    start: Start, claim: TakeClaim
) -> None:
    run, fence = start(), claim().fence
    overtaker = RunEffects(Fence(fence.run_id, fence.number + 1))

    async def race() -> Answer:
        async def slow() -> Answer:
            await asyncio.to_thread(next_fence, run, fence)
            # The new owner finds the intent, asks, hears that it was not done, and does it.
            undone = says(Asked.NOT_DONE)
            await overtaker.once("k", "mail", Outside(text="new"), Answer, reconcile=undone)
            return Answer(text="old")

        with pytest.raises(FencedOut):
            await RunEffects(fence).once("k", "mail", slow, Answer)
        return await overtaker.once("k", "mail", Outside(), Answer)

    assert run_async(race()).text == "new 1"
    assert Effect.objects.get().fence == fence.number + 1


def test_a_result_is_recorded_when_the_database_is_back(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    ledger = RunEffects(claim().fence, sleep=sleep, clock=lambda: sum(naps))
    execute, outside = effects.execute, Outside()

    def restarting(statement: str, parameters: Any) -> Any:
        if statement == effects.RECORD and len(naps) < 3:
            raise OperationalError("the database system is starting up")
        return execute(statement, parameters)

    monkeypatch.setattr(effects, "execute", restarting)
    run_async(ledger.once("k", "mail", outside, Answer))
    assert Effect.objects.get().status == EffectStatus.DONE
    assert len(naps) == 3


def test_a_database_that_stays_away_leaves_the_intent_for_the_next_segment(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)

    ledger = RunEffects(claim().fence, sleep=sleep, clock=lambda: sum(naps))
    execute = effects.execute

    def gone(statement: str, parameters: Any) -> Any:
        if statement == effects.RECORD:
            raise OperationalError("gone")
        return execute(statement, parameters)

    monkeypatch.setattr(effects, "execute", gone)
    with pytest.raises(OperationalError):
        run_async(ledger.once("k", "mail", Outside(), Answer))
    assert sum(naps) >= effects.RECORD_PATIENCE
    assert Effect.objects.get().status == EffectStatus.INTENT


def test_a_segment_that_stood_still_after_its_intent_does_not_call_any_more(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    times = iter([0.0, 1_000.0])
    execute = effects.execute

    def frozen(*args: Any) -> Any:
        rows = execute(*args)
        next_fence(run, fence)  # others took over meanwhile
        return rows

    monkeypatch.setattr(effects, "execute", frozen)
    ledger = RunEffects(fence, clock=lambda: next(times))
    with pytest.raises(FencedOut):
        run_async(ledger.once("k", "mail", outside, Answer))
    assert outside.calls == 0


class Named(BaseModel):
    name: str = Field(min_length=1)


@pytest.mark.parametrize(
    ("kind", "status"), [("mail", EffectStatus.DONE), ("search", EffectStatus.FAILED)]
)
def test_a_result_that_storing_would_spoil_is_not_recorded_as_one(
    start: Start, claim: TakeClaim, kind: str, status: EffectStatus
) -> None:
    start()
    ledger, calls = RunEffects(claim().fence), []

    async def call() -> Named:
        calls.append(1)
        return Named(name="\x00")  # valid, until PostgreSQL has it

    with pytest.raises(ResultLost, match="not valid: name"):
        run_async(ledger.once("k", kind, call, Named))
    effect = Effect.objects.get()
    assert (effect.status, effect.result) == (status, None)
    assert "not valid" in effect.note
    with pytest.raises(ResultLost, match="not valid: name"):
        run_async(ledger.once("k", kind, call, Named))
    assert len(calls) == (1 if kind == "mail" else 2), "what changes something is done once"
