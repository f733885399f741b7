"""A tool step: one call of a registered tool, recorded as an effect."""

from __future__ import annotations

from autonomy.agents.steps.outcome import Outcome, failed
from autonomy.core.phrases import counted, sentence_case
from autonomy.core.ports import Deps, OutcomeUnknown, ResultLost, ResultTooLarge
from autonomy.core.types import EventDraft, Observation, Plan, Step, StepError
from autonomy.tools.registry import ToolContext

UNSETTLED = "unsettled"
"""In the result of a step whose call has an unknown outcome: the tool, and the key of the call in
the ledger. The step's next attempt uses that key, so that it is the same call, not a second one."""


async def call_tool(step: Step, plan: Plan, deps: Deps, task: str) -> Outcome:
    """Call the step's tool with its input and the results of the steps that it depends on.

    Args:
        task: the LangGraph task id that the call is recorded under.

    Raises:
        ToolFailure: the tool refused the input or could not do it, for a reason that has a name.
        BudgetExhausted: nothing is left of a limit that it draws on.
    """
    name = step.tool or ""
    await deps.events.emit(
        EventDraft(
            type="action",
            source="executor",
            content=f"{name}: {step.title}",
            meta={"step_id": step.id, "tool": name, "input": step.input},
        )
    )
    results = {s.id: s.result for s in plan.steps if s.id in step.depends_on}
    context = ToolContext.of(deps, _call_key(step, task), results)
    try:
        output = await deps.tools.call(name, context, step.input)
    except OutcomeUnknown as unknown:
        return _in_doubt(step, unknown, context.key)
    except ResultTooLarge as lost:
        message = f"It cannot be used: {lost.why}."
        return failed(step, StepError(code="result_too_large", message=message)), []
    except ResultLost as lost:
        # It was done and is not done again; whatever rests on its result goes without.
        said = f"Done, but what it returned is lost: {lost.why}."
        return Observation(step_id=step.id, ok=True, summary=said), []
    result = output.model_dump(mode="json")
    # A tool that says what came of it knows better than a count of what it returned.
    said = str(result.pop("said", "")) or _said(result)
    return Observation(step_id=step.id, ok=True, summary=said, result=result), []


def _call_key(step: Step, task: str) -> str:
    unsettled = step.result.get(UNSETTLED) or {}
    if unsettled.get("tool") == step.tool:
        return str(unsettled["key"])
    return f"{task}:{step.id}:{step.tool}"


def _in_doubt(step: Step, unknown: OutcomeUnknown, key: str) -> Outcome:
    """The failed observation of a call that may or may not have been carried out, and the event
    that tells people what they can do."""
    said = f"Nobody can say whether “{step.title}” was carried out: {unknown.why}."
    error = StepError(code="outcome_unknown", message=said, detail={"effect": unknown.key})
    observation = failed(step, error).model_copy(
        # The step's own key: a call that it made within has one that follows from it.
        update={"result": {UNSETTLED: {"tool": step.tool, "key": key}}}
    )
    advice = (
        f"{said} It is not called again by itself, so that nothing happens twice. Look at the "
        "other side whether it was done; the staff of this server can then settle it under "
        "Effects in the admin, as done or as not done."
    )
    event = EventDraft(
        type="error",
        source="executor",
        content=advice,
        meta={
            "step_id": step.id,
            "code": "outcome_unknown",
            "tool": step.tool,
            "effect": unknown.key,
            "settle": ["done", "not_done"],
        },
    )
    return observation, [event]


def _said(result: dict[str, object]) -> str:
    """One line about a tool's result for people: counts, not contents."""
    parts = []
    for name, value in result.items():
        label = name.replace("_", " ").removesuffix(" ids")
        if isinstance(value, int) and not isinstance(value, bool):
            parts.append(counted(value, label.removesuffix("s")))
        elif isinstance(value, list | dict) and value:
            parts.append(counted(len(value), label.removesuffix("s")))
    if not parts:
        return "Done."
    return f"{sentence_case(', '.join(parts))}."
