"""What is said to a run is heard before its next steps, and steps that were begun are finished."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import RunControl, Runtime
from langgraph.types import Send

from autonomy import services
from autonomy.core.ports import BudgetExhausted, Deps
from autonomy.core.state import RunState
from autonomy.core.types import Observation, RunStatus, StopReason
from autonomy.models import Job, Run
from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
from autonomy.runtime.db import run_db
from autonomy.runtime.queue import Claim
from autonomy.runtime.runner import SLICE, Runner
from autonomy.runtime.transition_events import INTERRUPTED
from tests.autonomy.runtime.conftest import run_async

Graph = StateGraph[Any, Any, Any, Any]
Before = Callable[[int, Deps], Any]


class Fan:
    """`plan` sends two steps at once to `act`; `reflect` takes what was said and ends the run.

    Args:
        before: awaited in each step.
        drained: asked, after the plan, to give the run back before its steps.
    """

    def __init__(self, before: Before | None = None, drained: RunControl | None = None) -> None:
        self._before = before
        self._drained = drained
        self.log: list[str] = []

    def __call__(self) -> Graph:
        async def plan(state: RunState, runtime: Runtime[Deps]) -> RunState:
            self.log.append("plan")
            if self._drained is not None:
                self._drained.request_drain(SLICE)
            return {"loops": 0, "document_id": ""}

        async def act(state: Any, runtime: Runtime[Deps]) -> RunState:
            number = state["number"]
            self.log.append(f"act {number}")
            if self._before is not None:
                await self._before(number, runtime.context)
            seen = Observation(step_id=f"s{number}", ok=True, summary=f"did {number}")
            return {"observations": [seen]}

        async def reflect(state: RunState, runtime: Runtime[Deps]) -> RunState:
            told = await runtime.context.messages.after(0)
            did = [seen.summary for seen in state.get("observations", [])]
            self.log.append(f"reflect {[message.text for message in told]} {did}")
            return {"loops": state["loops"] + 1}

        both = [Send("act", {"number": number}) for number in (0, 1)]
        graph: Graph = StateGraph(RunState, context_schema=Deps)
        graph.add_node("plan", plan)
        graph.add_node("act", act)
        graph.add_node("reflect", reflect)
        graph.add_edge(START, "plan")
        graph.add_conditional_edges("plan", lambda state: both, ["act"])
        graph.add_edge("act", "reflect")
        graph.add_edge("reflect", END)
        return graph


def tell(run: Run, said: str = "Shorter, please") -> Callable[[], object]:
    return lambda: services.tell(run, said)


def drive(claim: Claim, graph: Callable[[], Graph], control: RunControl | None = None) -> None:
    run_async(Runner(graph).drive(claim, control or RunControl()))


@pytest.fixture
def planned(start: Callable[..., Run], claim: Callable[[], Claim]) -> tuple[Run, Fan]:
    """A run that was given back between its plan and its steps."""
    run, control = start(), RunControl()
    fan = Fan(drained=control)
    drive(claim(), fan, control)
    assert fan.log == ["plan"]
    return run, fan


def test_what_was_said_before_the_next_steps_is_heard_before_them(
    planned: tuple[Run, Fan], claim: Callable[[], Claim]
) -> None:
    run, fan = planned
    tell(run)()
    drive(claim(), fan)
    assert fan.log[1:] == ["reflect ['Shorter, please'] []"]


def test_where_nothing_was_said_the_steps_go_on(
    planned: tuple[Run, Fan], claim: Callable[[], Claim]
) -> None:
    _, fan = planned
    drive(claim(), fan)
    assert sorted(fan.log[1:3]) == ["act 0", "act 1"]
    assert fan.log[3:] == ["reflect [] ['did 0', 'did 1']"]


@pytest.mark.parametrize("reason", INTERRUPTED)
def test_steps_that_may_have_been_begun_are_finished_first(
    planned: tuple[Run, Fan], claim: Callable[[], Claim], reason: str
) -> None:
    run, fan = planned
    tell(run)()
    Job.objects.filter(run=run).update(reason=reason)
    drive(claim(), fan)
    assert sorted(fan.log[1:3]) == ["act 0", "act 1"]
    assert fan.log[3:] == ["reflect ['Shorter, please'] ['did 0', 'did 1']"]


@pytest.mark.parametrize("limited", [(0, 1), (1,)], ids=["all steps", "one of two steps"])
def test_a_message_at_the_moment_of_a_limit_is_heard_once_and_the_run_ends(
    start: Callable[..., Run],
    claim: Callable[[], Claim],
    monkeypatch: pytest.MonkeyPatch,
    limited: tuple[int, ...],
) -> None:
    """Steps that met the limit are not begun again: they would only meet it again."""
    run = start()
    recorded, said = _a_step_is_recorded(monkeypatch), asyncio.Event()

    async def too_dear(number: int, deps: Deps) -> None:
        if number not in limited:
            return
        if len(limited) == 1:
            await recorded()
        if number == limited[0]:
            await run_db(tell(run))
            said.set()
        await said.wait()
        raise BudgetExhausted("budget_tokens", "The token budget of this run is used up.")

    fan = Fan(too_dear)
    drive(claim(), fan)
    run.refresh_from_db()
    assert (run.status, Job.objects.get(run=run).reason) == (RunStatus.QUEUED, "told")
    before = len(fan.log)
    drive(claim(), fan)
    run.refresh_from_db()
    did = [f"did {n}" for n in (0, 1) if n not in limited]
    assert fan.log[before:] == [f"reflect ['Shorter, please'] {did}"]
    assert (run.status, run.stop_reason) == (RunStatus.SUCCEEDED, StopReason.COMPLETED)


def _a_step_is_recorded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """Awaitable: the writes of a finished step are stored."""
    written = asyncio.Event()
    put = DjangoCheckpointSaver.aput_writes

    async def watched(self: DjangoCheckpointSaver, config: Any, writes: Any, *more: Any) -> None:
        await put(self, config, writes, *more)
        if any(channel == "observations" for channel, _ in writes):
            written.set()

    monkeypatch.setattr(DjangoCheckpointSaver, "aput_writes", watched)
    return written.wait
