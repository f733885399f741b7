"""The loop: plan → act → reflect → (act | expand | repair | plan | turnitin_pause | END), and from
the pause back by `amend`."""

from __future__ import annotations

from collections.abc import Sequence

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from autonomy.agents.approval import await_approval
from autonomy.agents.critic import reflect
from autonomy.agents.executor import act
from autonomy.agents.planner import plan
from autonomy.agents.researcher import expand
from autonomy.agents.reviser import amend
from autonomy.agents.self_debugger import repair
from autonomy.agents.turnitin_coordinator import await_report, turnitin_pause
from autonomy.core.ports import Deps
from autonomy.core.state import ActInput, RunState
from autonomy.core.types import Route

RECURSION_LIMIT = 400
"""Supersteps of one run; the critic's own loop limit ends a run long before."""


def _ready(state: RunState) -> Sequence[Send] | str:
    """One parallel `act` per step whose dependencies are done; straight to `reflect` if none is."""
    current = state["plan"]
    sends = [
        Send(
            "act",
            ActInput(
                step=step,
                plan=current.portion(step),
                document_id=state.get("document_id", ""),
                notice=state.get("notice", ""),
                steering=state.get("steering"),
                tool_answers=state.get("tool_answers", {}),
            ),
        )
        for step in current.ready()
    ]
    return sends or "reflect"


# The edges are coroutines although they wait for nothing: LangGraph would call a plain function in
# a thread, once per superstep of every run.


async def ready_steps(state: RunState) -> Sequence[Send] | str:
    """What can be done now, see `_ready`."""
    return _ready(state)


async def next_route(state: RunState) -> Sequence[Send] | str:
    """Where the critic's verdict leads."""
    route = state["route"]
    if route is Route.ACT:
        return _ready(state)
    return END if route is Route.END else route.value


async def after_approval(state: RunState) -> Sequence[Send] | str:
    """On with an approved plan; a changed one is shown again, or made anew first."""
    if state["route"] in (Route.ASK, Route.PLAN):
        return await next_route(state)
    return _ready(state)


async def after_report(state: RunState) -> str:
    """A draft that was sent back is amended; otherwise the critic has the last word. A branch of a
    run that waited for its report opens a cycle of its own first."""
    if not state.get("cycle_id"):
        return "turnitin_pause"
    return "amend" if state["route"] is Route.AMEND else "reflect"


def build_graph() -> StateGraph[RunState, Deps, RunState, RunState]:
    """The graph, not yet compiled: the runtime adds its checkpointer."""
    graph = StateGraph(RunState, context_schema=Deps)
    graph.add_node("plan", plan)
    graph.add_node("await_approval", await_approval)
    graph.add_node("act", act, input_schema=ActInput)
    graph.add_node("reflect", reflect)
    graph.add_node("expand", expand)
    graph.add_node("repair", repair)
    graph.add_node("turnitin_pause", turnitin_pause)
    graph.add_node("await_report", await_report)
    graph.add_node("amend", amend)

    graph.add_edge(START, "plan")
    graph.add_edge("plan", "await_approval")
    graph.add_conditional_edges(
        "await_approval", after_approval, ["act", "reflect", "await_approval", "plan"]
    )
    graph.add_edge("act", "reflect")
    graph.add_conditional_edges(
        "reflect",
        next_route,
        ["act", "reflect", "await_approval", "plan", "expand", "repair", "turnitin_pause", END],
    )
    graph.add_conditional_edges("expand", ready_steps, ["act", "reflect"])
    graph.add_conditional_edges("repair", ready_steps, ["act", "reflect"])
    graph.add_edge("turnitin_pause", "await_report")
    graph.add_conditional_edges(
        "await_report", after_report, ["amend", "reflect", "turnitin_pause"]
    )
    graph.add_conditional_edges("amend", ready_steps, ["act", "reflect"])
    return graph


def initial_state() -> RunState:
    """What a new run starts from; its task and tools are in `Deps`."""
    return {"loops": 0}
