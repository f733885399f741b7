"""How a step's tool is called: through the ledger, and honestly where its outcome is unknown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from langgraph.runtime import Runtime
from pydantic import BaseModel

from autonomy.agents.executor import act
from autonomy.agents.self_debugger import repair
from autonomy.agents.steps.tool import UNSETTLED
from autonomy.core.ports import Asked, Deps, OutcomeUnknown, Repeat, ResultLost, ResultTooLarge
from autonomy.core.state import ActInput
from autonomy.core.types import Plan, Step, StepKind, StepStatus
from autonomy.tools.registry import Tool, ToolContext, ToolFailure
from tests.autonomy.agents.world import make_deps
from tests.autonomy.memory_effects import MemoryEffects

M = TypeVar("M", bound=BaseModel)


class Ask(BaseModel):
    number: int = 1


class Reply(BaseModel):
    sent: int


class Refusing(MemoryEffects):
    """A ledger that refuses each call with `error`, and remembers under which key."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.keys: list[str] = []
        self._error = error

    async def once(
        self,
        key: str,
        kind: str,
        call: Callable[[], Awaitable[M]],
        model: type[M],
        *,
        repeat: Repeat | None = None,
        reconcile: Callable[[], Awaitable[M | Asked]] | None = None,
    ) -> M:
        self.keys.append(key)
        raise self._error


class Letterbox:
    """A tool that counts what it sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, context: ToolContext, given: Ask) -> Reply:
        self.sent.append(context.outside_key)
        return Reply(sent=given.number)

    def tool(self, **changes: Any) -> Tool[Ask, Reply]:
        return Tool("letter.send", "Sends a letter.", Ask, Reply, self.send, **changes)


STEP = Step(id="post", kind=StepKind.TOOL, title="Send the letter", tool="letter.send")


async def do(step: Step, deps: Deps) -> tuple[Step, list[Any], Any]:
    """The step after `act`, its events, and its observation."""
    given: ActInput = {"step": step, "plan": Plan(steps=(step,)), "document_id": "", "notice": ""}  # type: ignore[typeddict-item]
    update = await act(given, Runtime(context=deps))
    (done,) = update["plan"]  # type: ignore[misc]
    return done, list(update["outbox"]), update["observations"][0]  # type: ignore[return-value]


async def test_a_tool_is_called_once_per_key_and_tells_the_other_side_its_name() -> None:
    box = Letterbox()
    deps = make_deps("x y z", tools=[box.tool()])
    first, _, _ = await do(STEP, deps)
    again, _, _ = await do(STEP, deps)
    assert first.result == again.result == {"sent": 1}
    assert box.sent == ["run::post:letter.send"], "a re-executed step is not carried out again"


async def test_tools_that_read_what_is_near_are_not_recorded() -> None:
    box = Letterbox()
    deps = make_deps("x y z", tools=[box.tool(repeat=Repeat.READ, recorded=False)])
    for _ in range(2):
        await do(STEP, deps)
    assert len(box.sent) == 2
    assert isinstance(deps.effects, MemoryEffects)
    assert deps.effects.recorded == {}


def test_a_tool_that_may_change_something_cannot_go_unrecorded() -> None:
    with pytest.raises(ValueError, match=r"letter\.send"):
        Letterbox().tool(recorded=False)


async def test_an_unknown_outcome_fails_the_step_and_says_what_people_can_do() -> None:
    unknown = OutcomeUnknown("the-key", "tool", "its worker stopped in the middle of it")
    deps = replace(make_deps("x", tools=[Letterbox().tool()]), effects=Refusing(unknown))
    done, events, observation = await do(STEP, deps)
    assert done.status is StepStatus.FAILED
    assert observation.error.code == "outcome_unknown"
    assert "Send the letter" in done.summary
    assert "worker stopped" in done.summary
    told = next(event for event in events if event.type == "error")
    assert told.meta["effect"] == "the-key"
    assert told.meta["settle"] == ["done", "not_done"]
    assert "not called again" in told.content


async def test_the_next_attempt_is_the_same_call() -> None:
    # The ledger may name a call that the tool made within; the step repeats its own, from which
    # that one follows.
    effects = Refusing(OutcomeUnknown("a-call-within", "tool", "nobody knows"))
    deps = replace(make_deps("x", tools=[Letterbox().tool()]), effects=effects)
    failed, _, observation = await do(STEP, deps)
    kept = failed.result[UNSETTLED]
    assert kept == {"tool": "letter.send", "key": effects.keys[0]}
    # Keys begin with the task, and the next attempt is another one.
    failed = failed.model_copy(update={"result": {UNSETTLED: {**kept, "key": "first-task:post"}}})
    state: Any = {"plan": Plan(steps=(failed,)), "observations": [observation]}
    mended = (await repair(state, Runtime(context=deps)))["plan"].steps[0]
    assert mended.status is StepStatus.PENDING
    await do(mended, deps)
    assert effects.keys[1:] == ["first-task:post"]

    elsewhere = mended.model_copy(update={"tool": "letter.fax"})
    fax = Tool("letter.fax", "Faxes.", Ask, Reply, Letterbox().send)
    await do(elsewhere, replace(make_deps("x", tools=[fax]), effects=effects))
    assert effects.keys[2] == ":post:letter.fax", "another tool is another call"


async def test_a_step_that_stays_in_doubt_is_left_out() -> None:
    effects = Refusing(OutcomeUnknown("the-key", "tool", "nobody knows"))
    deps = replace(make_deps("x", tools=[Letterbox().tool()]), effects=effects)
    failed, _, observation = await do(STEP.model_copy(update={"attempts": 2}), deps)
    state: Any = {"plan": Plan(steps=(failed,)), "observations": [observation]}
    mended = (await repair(state, Runtime(context=deps)))["plan"].steps[0]
    assert mended.status is StepStatus.SKIPPED
    assert "Nobody can say" in mended.summary


async def test_a_call_whose_result_is_lost_counts_as_done() -> None:
    lost = ResultLost("k", "tool", "it was too large to keep")
    deps = replace(make_deps("x", tools=[Letterbox().tool()]), effects=Refusing(lost))
    done, _, observation = await do(STEP, deps)
    assert (done.status, done.result) == (StepStatus.DONE, {})
    assert "too large" in observation.summary


async def test_a_reading_too_large_to_keep_fails_its_step() -> None:
    large = ResultTooLarge("k", "tool", "its result is larger than what is kept")
    deps = replace(make_deps("x", tools=[Letterbox().tool()]), effects=Refusing(large))
    done, _, observation = await do(STEP, deps)
    assert done.status is StepStatus.FAILED
    assert observation.error.code == "result_too_large"


async def test_what_a_tool_refuses_is_a_failed_observation() -> None:
    async def refuse(context: ToolContext, given: Ask) -> Reply:
        raise ToolFailure("not_found", "There is no such address.")

    tool = Tool("letter.send", "Sends.", Ask, Reply, refuse)
    done, _, observation = await do(STEP, make_deps("x", tools=[tool]))
    assert done.status is StepStatus.FAILED
    assert (observation.error.code, observation.summary) == (
        "not_found",
        "There is no such address.",
    )
