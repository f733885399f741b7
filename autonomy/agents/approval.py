"""Approval: where a person asked to see the plan first, nothing is written before they agree; and
a tool that they want to be asked about is not called before they say yes."""

from __future__ import annotations

from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import ValidationError

from autonomy.agents.plan_comparison import described
from autonomy.agents.plan_edit import BadEdit, apply_edit
from autonomy.agents.steering import take
from autonomy.agents.writing_steps import is_section, writing
from autonomy.core.ports import Deps
from autonomy.core.state import RunState
from autonomy.core.types import (
    PLAN_APPROVAL,
    TOOL_APPROVAL,
    Author,
    EventDraft,
    Plan,
    PlanEdit,
    Route,
    Steering,
    Step,
    StepKind,
)
from autonomy.tools.learnt.call_tool import CALL
from autonomy.tools.learnt.run_tools import SEARCH


def wants_approval(state: RunState, deps: Deps) -> bool:
    """Whether the plan writes something that its person has not agreed to yet."""
    plan = state["plan"]
    writes = any(step.kind is StepKind.WRITE for step in plan.steps)
    steering = state.get("steering")
    asked = deps.task.settings.approve_plan or (steering is not None and steering.ask_plan)
    return asked and writes and not state.get("approved", False)


async def await_approval(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Sleep until the person agrees to the plan, edits it, or says what to change; a plan without
    writing passes at once. A plan that was changed is shown again, unless it came approved."""
    if not wants_approval(state, runtime.context):
        return {"route": Route.ACT}
    plan = state["plan"]
    answer = interrupt({"kind": PLAN_APPROVAL, "plan_version": plan.version})
    given: dict[str, Any] = answer if isinstance(answer, dict) else {}
    if "edit" in given:
        return _edited(plan, given["edit"], state.get("steering"))
    if given.get("approved"):
        return _approved("The plan was approved.")
    return await _changed_in_words(state, runtime.context)


def tool_to_call(step: Step) -> str:
    """The learnt tool that a step calls, by itself or through a built-in one."""
    if step.tool in (SEARCH, CALL):
        return str(step.input.get("tool") or "")
    return step.tool or ""


def may_call(step: Step, answers: dict[str, bool], deps: Deps) -> bool | None:
    """Whether the person lets this run call the step's tool; asked once in a run, and answered
    later: until then this raises the graph's interrupt. None where nobody wants to be asked.

    To be called before a step does anything: the node begins anew with the answer."""
    name = tool_to_call(step)
    if step.kind is not StepKind.TOOL or not deps.tools.asks(name):
        return None
    if name in answers:
        return answers[name]
    asked = {
        key: value for key, value in step.input.items() if key in ("queries", "topic", "arguments")
    }
    answer = interrupt(
        {
            "kind": TOOL_APPROVAL,
            "tool": name,
            "step_id": step.id,
            "title": step.title,
            "input": asked,
        }
    )
    return isinstance(answer, dict) and answer.get("allowed") is True


def _approved(said: str) -> RunState:
    return {
        "approved": True,
        "route": Route.ACT,
        "outbox": [EventDraft(type="note", source="planner", content=said)],
    }


def _edited(plan: Plan, given: object, steering: Steering | None) -> RunState:
    topic = next((str(s.input.get("topic", "")) for s in plan.steps if is_section(s)), "")
    try:
        edit = PlanEdit.model_validate(given)
        made = apply_edit(plan, edit, topic=topic, author=Author.HUMAN)
    except (BadEdit, ValidationError) as error:
        # Checked when it was sent; a plan that came out otherwise is shown again as it stands.
        said = f"The plan could not be changed as asked: {error}"
        return {
            "route": Route.ASK,
            "outbox": [EventDraft(type="note", source="planner", content=said)],
        }
    what = described(plan, made) or "nothing is different"
    approved = " It is approved." if edit.approve else ""
    update: RunState = {
        "plan": made,
        "approved": edit.approve,
        "route": Route.ACT if edit.approve else Route.ASK,
        "outbox": [
            EventDraft(
                type="plan.updated",
                source="planner",
                content=f"Plan {made.version}, edited by you: {what}.{approved}",
                meta={"plan": made.model_dump(mode="json"), "kind": "plan_edited"},
            )
        ],
    }
    if _sizes(made) != _sizes(plan):
        # The plan's total is the length that its person wants now, until they say otherwise.
        wanted = sum(_sizes(made).values())
        update["steering"] = (steering or Steering()).model_copy(update={"length_words": wanted})
    return update


def _sizes(plan: Plan) -> dict[str, int]:
    """Words of each writing step."""
    return {step.id: int(step.input.get("words", 0)) for step in writing(plan)}


async def _changed_in_words(state: RunState, deps: Deps) -> RunState:
    taken = await take(state, deps, state["plan"])
    update: RunState = {**taken.update, "approved": False, "outbox": taken.events}
    if taken.changed and taken.plan is not None:
        update["plan"] = taken.plan
    update["route"] = Route.PLAN if taken.replan else Route.ASK
    return update
