"""The graph that benches drive: a line of supersteps, each with one model call and two events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from pydantic import BaseModel

from autonomy.core.ports import Deps, task_id
from autonomy.core.state import RunState
from autonomy.core.types import EventDraft, Observation, Plan, Step, StepKind

PLAN = Plan(
    title="A report on tides",
    steps=tuple(
        Step(id=f"s{number}", kind=StepKind.WRITE, title=f"Section {number}", depends_on=("s0",))
        for number in range(8)
    ),
)
"""About as large as the plan of a short document."""


class Answer(BaseModel):
    text: str


async def pretended_call(deps: Deps, key: str, seconds: float) -> Answer:
    """What the gateway does around a request of `seconds`: intent, reserve, settle, record."""

    async def call() -> Answer:
        ledger: Any = deps.budget
        await ledger.reserve(key, "writer", "bench:none", 900, 0.0009)
        await asyncio.sleep(seconds)
        await ledger.settle(key, input_tokens=400, output_tokens=200, usd=0.0006, price_known=True)
        return Answer(text="A sentence that was asked for. " * 20)

    return await deps.effects.once(key, "model", call, Answer)


def _onward(length: int) -> Callable[[RunState], Awaitable[str]]:
    """Another `act` until there were `length`; a coroutine, as the product's edges are."""

    async def route(state: RunState) -> str:
        return END if state["loops"] >= length else "act"

    return route


def supersteps(length: int, seconds: float) -> Callable[[], StateGraph[Any, Any, Any, Any]]:
    """`length` supersteps; each emits a progress event, makes one call of `seconds` through the
    effects and budget ledgers, and commits a boundary event with its checkpoint."""

    async def act(state: RunState, runtime: Runtime[Deps]) -> RunState:
        loop = state.get("loops", 0)
        deps = runtime.context
        await deps.events.emit(EventDraft(type="action", source="bench", content=f"begins {loop}"))
        answer = await pretended_call(deps, f"{task_id(runtime)}:0", seconds)
        observation = Observation(step_id="s0", ok=True, summary=answer.text[:80])
        changed: RunState = {
            "loops": loop + 1,
            "observations": [observation],
            "outbox": [EventDraft(type="observation", source="bench", content=f"done {loop}")],
        }
        return changed | {"plan": PLAN} if loop == 0 else changed

    def build() -> StateGraph[Any, Any, Any, Any]:
        graph: StateGraph[Any, Any, Any, Any] = StateGraph(RunState, context_schema=Deps)
        graph.add_node("act", act)
        graph.add_edge(START, "act")
        graph.add_conditional_edges("act", _onward(length), ["act", END])
        return graph

    return build


def bare(length: int) -> StateGraph[Any, Any, Any, Any]:
    """The same supersteps with nothing but LangGraph: no events, effects or budgets."""

    async def act(state: RunState) -> RunState:
        loop = state.get("loops", 0)
        await asyncio.sleep(0)
        changed: RunState = {
            "loops": loop + 1,
            "observations": [Observation(step_id="s0", ok=True, summary="A sentence." * 7)],
            "outbox": [EventDraft(type="observation", source="bench", content=f"done {loop}")],
        }
        return changed | {"plan": PLAN} if loop == 0 else changed

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(RunState)
    graph.add_node("act", act)
    graph.add_edge(START, "act")
    graph.add_conditional_edges("act", _onward(length), ["act", END])
    return graph
