"""Approval: where a person asked to see the plan first, nothing is written before they agree."""

from __future__ import annotations

from langgraph.runtime import Runtime
from langgraph.types import interrupt

from autonomy.core.ports import Deps
from autonomy.core.state import RunState
from autonomy.core.types import PLAN_APPROVAL, EventDraft, StepKind


def wants_approval(state: RunState, deps: Deps) -> bool:
    """Whether the plan writes something that its person has not agreed to yet."""
    plan = state["plan"]
    writes = any(step.kind is StepKind.WRITE for step in plan.steps)
    return deps.task.settings.approve_plan and writes and not state.get("approved", False)


async def await_approval(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Sleep until the person agrees to the plan; a plan without writing passes at once."""
    if not wants_approval(state, runtime.context):
        return {}
    interrupt({"kind": PLAN_APPROVAL, "plan_version": state["plan"].version})
    return {
        "approved": True,
        "outbox": [EventDraft(type="note", source="planner", content="The plan was approved.")],
    }
