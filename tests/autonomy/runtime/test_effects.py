"""Exactly-once effects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from pydantic import BaseModel

from autonomy.models import Effect, EffectStatus, Run
from autonomy.runtime.effects import OutcomeUnknown, RunEffects
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.queue import Claim
from tests.autonomy.runtime.conftest import run_async


class Answer(BaseModel):
    text: str


class Outside:
    """Counts how often it is really called."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls = 0
        self._error = error

    def __call__(self) -> Awaitable[Answer]:
        return self._answer()

    async def _answer(self) -> Answer:
        self.calls += 1
        if self._error is not None:
            raise self._error
        return Answer(text=f"answer {self.calls}\x00")


def next_fence(run: Run, fence: Fence) -> Fence:
    """As another claim would have it."""
    Run.objects.filter(pk=run.pk).update(fence=fence.number + 1)
    return Fence(fence.run_id, fence.number + 1)


def test_a_recorded_result_is_given_again(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    first = run_async(RunEffects(fence).once("task:1", "model", outside, Answer))
    later = RunEffects(next_fence(run, fence))
    again = run_async(later.once("task:1", "model", outside, Answer))
    assert outside.calls == 1
    assert first.text == "answer 1\x00"
    assert again.text == "answer 1"
    run_async(later.once("task:2", "model", outside, Answer))
    assert outside.calls == 2


def test_a_failed_call_is_made_anew(start: Callable[..., Run], claim: Callable[[], Claim]) -> None:
    start()
    effects = RunEffects(claim().fence)
    with pytest.raises(ConnectionError):
        run_async(effects.once("k", "mail", Outside(ConnectionError("down")), Answer))
    assert Effect.objects.get().status == EffectStatus.FAILED
    assert run_async(effects.once("k", "mail", Outside(), Answer)).text == "answer 1\x00"


@pytest.mark.parametrize(("kind", "calls"), [("model", 1), ("mail", 0)])
def test_a_lost_outcome_is_repeated_only_when_nothing_outside_changed(
    start: Callable[..., Run], claim: Callable[[], Claim], kind: str, calls: int
) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    # The worker died between its intent and the record.
    Effect.objects.create(run=run, key="k", kind=kind, fence=fence.number)
    later = RunEffects(next_fence(run, fence))
    if calls:
        run_async(later.once("k", kind, outside, Answer))
    else:
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                run_async(later.once("k", kind, outside, Answer))
        assert Effect.objects.get().status == EffectStatus.UNKNOWN
    assert outside.calls == calls


def test_a_stale_segment_makes_no_call(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    run, fence, outside = start(), claim().fence, Outside()
    next_fence(run, fence)
    with pytest.raises(FencedOut):
        run_async(RunEffects(fence).once("k", "model", outside, Answer))
    assert outside.calls == 0


def test_keys_of_any_length_stay_apart(
    start: Callable[..., Run], claim: Callable[[], Claim]
) -> None:
    start()
    effects, outside = RunEffects(claim().fence), Outside()
    for ending in "ab":
        run_async(effects.once("x" * 300 + ending, "model", outside, Answer))
    assert outside.calls == 2
