"""Self-debugger: diagnoses a failed step from its observation and changes its input or its tool."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.runtime import Runtime
from pydantic import BaseModel, ConfigDict

from autonomy.agents.code_mending import mend
from autonomy.agents.look_plan import is_looking
from autonomy.agents.revision import set_aside
from autonomy.agents.routing import MAX_ATTEMPTS
from autonomy.agents.tool_repair import ToolMend, event_of, mend_tool
from autonomy.core import prompts
from autonomy.core.brief import read_brief
from autonomy.core.phrases import counted
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable, task_id
from autonomy.core.state import RunState
from autonomy.core.types import (
    Author,
    EventDraft,
    Observation,
    Step,
    StepError,
    StepKind,
    StepStatus,
)

BACKOFF_SECONDS = 1.0
"""First wait before an unavailable tool is tried again; doubled with each attempt."""
OF_A_SECTION = ("search-", "write-")
"""Beginnings of the ids of the steps of one section."""


class Repair(BaseModel):
    """What to change about a failed step, and the diagnosis behind it."""

    model_config = ConfigDict(frozen=True)

    diagnosis: str
    tool: str | None = None
    input: dict[str, Any] | None = None
    wait_seconds: float = 0.0
    skip: bool = False
    author: Author = Author.RULE
    tool_mend: ToolMend | None = None
    """What came of the learnt tool behind the step."""


async def repair(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Diagnose every failed step and put a changed one in its place; give up steps that the
    document can do without once their attempts are used."""
    deps = runtime.context
    plan = state["plan"]
    last = {o.step_id: o for o in state.get("observations", [])}
    spent = state.get("repairs", 0) >= deps.journey.max_repairs
    changed: list[Step] = []
    events: list[EventDraft] = []
    for step in plan.failed():
        if spent and _can_be_left_out(step):
            # The verdict said that it is given up, and so it is.
            fix = Repair(diagnosis=f"given up: {step.summary}", skip=True)
        else:
            fix = await _diagnose(step, last.get(step.id), deps, task_id(runtime))
        if fix.wait_seconds:
            await asyncio.sleep(fix.wait_seconds)
        changed.append(_apply(step, fix))
        if fix.tool_mend is not None:
            events.append(event_of(fix.tool_mend, step.id))
        events.append(
            EventDraft(
                type="retry",
                source="self_debugger",
                content=f"“{step.title}”: {fix.diagnosis}",
                meta={
                    "step_id": step.id,
                    "attempt": step.attempts,
                    "repair": fix.model_dump(mode="json", exclude={"tool_mend"}),
                },
            )
        )
    mended = plan.replace(*changed).model_copy(update={"version": plan.version + 1})
    events.append(
        EventDraft(
            type="plan.updated",
            source="self_debugger",
            content=_said(changed),
            meta={"plan": mended.model_dump(mode="json")},
        )
    )
    return {"plan": mended, "repairs": state.get("repairs", 0) + 1, "outbox": events}


def _said(changed: Sequence[Step]) -> str:
    again = sum(step.status is StepStatus.PENDING for step in changed)
    parts = [(again, "mended, to be tried again"), (len(changed) - again, "given up")]
    return "; ".join(f"{counted(n, 'step')} {done}" for n, done in parts if n) + "."


def _of_a_part(step: Step) -> bool:
    """Whether the document can do without it: a section, or a look for more sources."""
    return step.id.startswith(OF_A_SECTION) or is_looking(step)


def _can_be_left_out(step: Step) -> bool:
    return step.kind is StepKind.CODE or _of_a_part(step)


def _apply(step: Step, fix: Repair) -> Step:
    if fix.skip:
        return set_aside(step, fix.diagnosis)
    return step.model_copy(
        update={
            "status": StepStatus.PENDING,
            "tool": fix.tool or step.tool,
            "input": step.input if fix.input is None else fix.input,
        }
    )


async def _diagnose(step: Step, observation: Observation | None, deps: Deps, task: str) -> Repair:
    error = (observation.error if observation else None) or StepError(
        code="bug", message=step.summary
    )
    if step.kind is StepKind.CODE:
        mended = await mend(step, error, deps, task)
        return Repair.model_validate(mended._asdict())
    in_doubt = error.code == "outcome_unknown"
    if step.attempts >= MAX_ATTEMPTS and (in_doubt or _of_a_part(step)):
        return Repair(
            diagnosis=f"given up after {step.attempts} attempts: {error.message}", skip=True
        )
    tool_mend = await mend_tool(step, error, deps, task)
    if tool_mend is not None:
        return _by_tool(step, tool_mend)
    fix = rule_repair(step, error, deps)
    if fix is not None:
        return fix
    if deps.models.available("debugger"):
        try:
            return await _by_model(step, error, deps, task)
        except (ModelUnavailable, BudgetExhausted):
            pass  # the last resort below needs no model
    return _last_resort(step, error)


def _by_tool(step: Step, mend: ToolMend) -> Repair:
    """On with a mended tool, else without the step where the document can do without it."""
    if mend.mended:
        return Repair(diagnosis=mend.said, author=mend.author, tool_mend=mend)
    return Repair(diagnosis=mend.said, skip=_of_a_part(step), tool_mend=mend)


def rule_repair(step: Step, error: StepError, deps: Deps) -> Repair | None:
    """The mend that follows from the error's code alone; None when it takes thought."""
    if error.code == "unknown_tool" and error.detail.get("nearest"):
        nearest = str(error.detail["nearest"])
        return Repair(
            diagnosis=f"there is no tool “{step.tool}”; the nearest is “{nearest}”.", tool=nearest
        )
    if error.code == "bad_input":
        mended = mend_input(
            step.input,
            error.detail,
            deps.tools.schema(step.tool or "") or {},
            read_brief(deps.task).topic,
        )
        if mended != step.input:
            return Repair(diagnosis=f"the input was changed: {error.message}", input=mended)
    if error.code in ("rate_limited", "unavailable"):
        wait = min(BACKOFF_SECONDS * 2 ** (step.attempts - 1), 30.0)
        return Repair(diagnosis=f"tried again after {wait:g} s: {error.message}", wait_seconds=wait)
    if error.code == "outcome_unknown":
        # The next attempt is the same call in the ledger: it asks again, it does not call again.
        wait = min(BACKOFF_SECONDS * 2 ** (step.attempts - 1), 30.0)
        return Repair(
            diagnosis=f"asked after once more in {wait:g} s: {error.message}", wait_seconds=wait
        )
    limited = read_brief(deps.task).only_attached
    if error.code == "not_found" and step.input.get("source_ids") and not limited:
        return Repair(
            diagnosis="the named sources are gone; the whole library is searched instead.",
            input={**step.input, "source_ids": []},
        )
    return None


def _last_resort(step: Step, error: StepError) -> Repair:
    if step.attempts == 1:
        return Repair(diagnosis=f"tried once more as it is: {error.message}")
    if _of_a_part(step):
        return Repair(
            diagnosis=f"given up, because it cannot be mended: {error.message}", skip=True
        )
    return Repair(diagnosis=f"tried again as it is: {error.message}")


def mend_input(
    given: Mapping[str, Any], detail: Mapping[str, Any], schema: Mapping[str, Any], topic: str
) -> dict[str, Any]:
    """The input with each reported problem met: unknown fields dropped, wrong types turned into the
    right ones where that loses nothing, bounds kept, missing queries filled with the topic."""
    mended = dict(given)
    properties: Mapping[str, Any] = schema.get("input", {}).get("properties", {})
    for problem in detail.get("problems", ()):
        name = str(problem["field"]).split(".")[0]
        spec = properties.get(name)
        if spec is None:
            mended.pop(name, None)
        else:
            value = _fitted(mended.get(name), spec)
            if value is None and name == "queries":
                value = [topic]
            if value is None:
                mended.pop(name, None)
            else:
                mended[name] = value
    if "queries" in detail:
        mended["queries"] = [topic]
    return mended


def _fitted(value: Any, spec: Mapping[str, Any]) -> Any:
    """`value` as the JSON Schema property wants it, or None when it cannot be had."""
    kind = spec.get("type")
    if kind == "array":
        items = (
            [value]
            if isinstance(value, str)
            else [str(v) for v in value]
            if isinstance(value, list | tuple)
            else []
        )
        return (
            items[: spec.get("maxItems", len(items))]
            if len(items) >= spec.get("minItems", 0)
            else None
        )
    if kind in ("integer", "number"):
        try:
            number = float(value)
        except (TypeError, ValueError):
            return spec.get("default")
        number = min(max(number, spec.get("minimum", number)), spec.get("maximum", number))
        return int(number) if kind == "integer" else number
    if kind == "string":
        return value if isinstance(value, str) else None if value is None else str(value)
    return value


async def _by_model(step: Step, error: StepError, deps: Deps, task: str) -> Repair:
    # Descriptions of learnt tools are the words of others: only shipped ones are put before a model.
    shipped = deps.tools.shipped()
    described = [deps.tools.schema(name) for name in shipped]
    prompt = prompts.debugger(step=step, error=error, tools=[d for d in described if d])
    answer = await deps.models.structured(
        "debugger",
        key=f"{task}:repair:{step.id}",
        prompt=prompt,
        output=prompts.ProposedRepair,
    )
    # The answer may only choose among those; whatever else it says is a diagnosis.
    tool = answer.tool if answer.tool in shipped else None
    given = answer.input
    if given is not None and "source_ids" in step.input:
        # Where may be searched is the person's choice; only the researcher widens it.
        given = {**given, "source_ids": step.input["source_ids"]}
    if given is not None and "tool" in step.input:
        # Nor which learnt tool is called, nor with what: its person may have said yes to just that.
        fixed: dict[str, Any] = {
            name: step.input[name] for name in ("tool", "arguments") if name in step.input
        }
        given = {**given, **fixed}
    return Repair(diagnosis=answer.diagnosis, tool=tool, input=given, author=Author.MODEL)
