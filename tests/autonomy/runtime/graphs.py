"""Graphs small enough to be followed in the head, over the real state, deps and checkpointer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from autonomy.core.ports import Deps
from autonomy.core.state import RunState
from autonomy.core.types import EventDraft, Observation, Plan, Step, StepKind

STEP = Step(id="say", kind=StepKind.WRITE, title="Say it")


def note(text: str, **meta: Any) -> EventDraft:
    return EventDraft(type="note", source="test", content=text, meta=meta)


def line(
    length: int = 3,
    *,
    seconds: float = 0.0,
    before: Callable[[int, Deps], Any] | None = None,
) -> Callable[[], StateGraph[Any, Any, Any, Any]]:
    """A loop of `length` supersteps that each emit a progress and a boundary event.

    `before(loop, deps)` runs (and is awaited) inside each superstep.
    """

    async def plan(state: RunState, runtime: Runtime[Deps]) -> RunState:
        return {"plan": Plan(title="Line", steps=(STEP,)), "outbox": [note("planned")]}

    async def act(state: RunState, runtime: Runtime[Deps]) -> RunState:
        loop = state.get("loops", 0)
        await runtime.context.events.emit(note(f"working on {loop}"))
        if before is not None:
            await before(loop, runtime.context)
        if seconds:
            await asyncio.sleep(seconds)
        observation = Observation(step_id="say", ok=True, summary=f"said {loop}")
        return {
            "loops": loop + 1,
            "observations": [observation],
            "outbox": [note(f"done {loop}")],
        }

    def build() -> StateGraph[Any, Any, Any, Any]:
        graph: StateGraph[Any, Any, Any, Any] = StateGraph(RunState, context_schema=Deps)
        graph.add_node("plan", plan)
        graph.add_node("act", act)
        graph.add_edge(START, "plan")
        graph.add_edge("plan", "act")
        graph.add_conditional_edges(
            "act", lambda state: END if state["loops"] >= length else "act", ["act", END]
        )
        return graph

    return build


def asking() -> StateGraph[Any, Any, Any, Any]:
    """Opens an originality cycle, waits for its report, and keeps what it said."""

    async def hand_over(state: RunState, runtime: Runtime[Deps]) -> RunState:
        artifact = await runtime.context.artifacts.save("document", "Draft", {"text": "draft"})
        cycle = await runtime.context.cycles.open(artifact, 15.0)
        return {"cycle_id": cycle.id, "document_id": artifact}

    async def wait(state: RunState, runtime: Runtime[Deps]) -> RunState:
        answer = interrupt({"kind": "similarity_report", "cycle_id": state["cycle_id"]})
        observed = answer["observed_similarity"]
        await runtime.context.cycles.close(state["cycle_id"], accepted=observed <= 15)
        return {"reported_similarity": observed, "outbox": [note(f"report says {observed}")]}

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(RunState, context_schema=Deps)
    graph.add_node("hand_over", hand_over)
    graph.add_node("wait", wait)
    graph.add_edge(START, "hand_over")
    graph.add_edge("hand_over", "wait")
    graph.add_edge("wait", END)
    return graph
