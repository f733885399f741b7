"""A run whose worker dies around a tool call, driven on by the next segment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import RunControl
from pydantic import BaseModel

from autonomy import services
from autonomy.agents.executor import act
from autonomy.core.ports import Asked, Deps
from autonomy.core.state import RunState
from autonomy.core.types import Plan, Step, StepKind, StepStatus
from autonomy.models import Effect, Episode, Run
from autonomy.runtime import effects, segment_ends
from autonomy.runtime.context import Segment, build_deps
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import Runner
from autonomy.tools.registry import Tool, ToolContext, ToolRegistry
from tests.autonomy.runtime.conftest import run_async

Start = Callable[..., Run]
STEP = Step(id="post", kind=StepKind.TOOL, title="Send the letter", tool="letter.send")


class Crash(BaseException):
    """The process dies here, as far as the run can tell."""


class Ask(BaseModel):
    pass


class Reply(BaseModel):
    number: int


class Letterbox:
    """An outside that keeps every letter by the name of its call."""

    def __init__(self, *, answers: bool) -> None:
        self.letters: list[str] = []
        self.answers = answers

    async def send(self, context: ToolContext, given: Ask) -> Reply:
        self.letters.append(context.outside_key)
        return Reply(number=len(self.letters))

    async def seen(self, context: ToolContext, given: Ask) -> Reply | Asked:
        if not self.answers:
            return Asked.CANNOT_SAY
        if context.outside_key in self.letters:
            return Reply(number=1 + self.letters.index(context.outside_key))
        return Asked.NOT_DONE

    def deps(self, segment: Segment) -> Deps:
        tool = Tool("letter.send", "Sends.", Ask, Reply, self.send, reconcile=self.seen)
        return replace(build_deps(segment), tools=ToolRegistry([tool]))


def graph() -> StateGraph[Any, Any, Any, Any]:
    """`plan` makes the one step, `act` is the real executor."""

    async def plan(state: RunState) -> RunState:
        return {"plan": Plan(steps=(STEP,))}

    async def carry_out(state: RunState, runtime: Any) -> RunState:
        step = state["plan"].step("post")
        return await act({**state, "step": step}, runtime)  # type: ignore[typeddict-item]

    built: StateGraph[Any, Any, Any, Any] = StateGraph(RunState, context_schema=Deps)
    built.add_node("plan", plan)
    built.add_node("act", carry_out)
    built.add_edge(START, "plan")
    built.add_edge("plan", "act")
    built.add_edge("act", END)
    return built


def drive(box: Letterbox, claim: Claim) -> None:
    run_async(Runner(graph, box.deps).drive(claim, RunControl()))


def die(box: Letterbox, claim: Claim, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    """Drive a segment until it dies before or after the letter is sent, or after its record."""
    execute, send = effects.execute, box.send

    def dying_execute(statement: str, parameters: Any) -> Any:
        if statement == effects.RECORD and point == "sent":
            raise Crash
        rows = execute(statement, parameters)
        if (statement, point) in ((effects.BEGIN, "intended"), (effects.RECORD, "recorded")):
            raise Crash
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(effects, "execute", dying_execute)
        with pytest.raises(Crash):
            drive(box, claim)
    assert box.send == send
    assert segment_ends.reclaim(claim.fence.run_id, claim.fence.number)


@pytest.mark.parametrize("point", ["intended", "sent", "recorded"])
def test_a_letter_is_sent_once_wherever_the_worker_dies(
    start: Start, claim: Callable[[], Claim], monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    run, box = start(), Letterbox(answers=True)
    die(box, claim(), monkeypatch, point)
    drive(box, claim())
    assert len(box.letters) == 1
    assert str(run.pk) in box.letters[0]
    run.refresh_from_db()
    assert run.plan["steps"][0]["result"] == {"number": 1}
    assert Effect.objects.get().status == "done"


@pytest.mark.parametrize("point", ["intended", "sent"])
def test_where_nobody_can_say_the_step_fails_honestly_and_the_run_goes_on(
    start: Start, claim: Callable[[], Claim], monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    run, box = start(), Letterbox(answers=False)
    die(box, claim(), monkeypatch, point)
    sent = len(box.letters)
    drive(box, claim())
    assert len(box.letters) == sent, "not called again"
    run.refresh_from_db()
    assert run.finished
    assert run.plan["steps"][0]["status"] == StepStatus.FAILED
    told = Episode.objects.get(run=run, type="error")
    assert "settle" in told.meta
    effect = Effect.objects.get()
    assert told.meta["effect"] == effect.key
    assert effect.status == "unknown"
    services.settle_effect(effect, "done", {"number": 1})
    effect.refresh_from_db()
    assert effect.status == "done"
