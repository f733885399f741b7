"""Executor: carries out one ready step with a tool, a program, the writer or the assembler."""

from __future__ import annotations

from langgraph.runtime import Runtime

from autonomy.agents.analyst import analyse
from autonomy.agents.approval import may_call, tool_to_call
from autonomy.agents.data_plan import is_data
from autonomy.agents.draft_plan import REWRITE
from autonomy.agents.steering import steered
from autonomy.agents.steps.computed import tell_computed
from autonomy.agents.steps.document import make_document
from autonomy.agents.steps.outcome import Outcome, failed, not_called, observed
from autonomy.agents.steps.rewriting import improve
from autonomy.agents.steps.section import write_section
from autonomy.agents.steps.tool import call_tool
from autonomy.core.ports import BudgetExhausted, Deps, task_id
from autonomy.core.state import ActInput, RunState
from autonomy.core.types import EventDraft, Observation, Step, StepError, StepKind, StepStatus
from autonomy.core.versions import BECAUSE
from autonomy.tools.registry import ToolFailure


async def act(state: ActInput, runtime: Runtime[Deps]) -> RunState:
    """Run one step. Failures that can be named become observations; the rest fail the segment
    visibly and the run goes on from its checkpoint."""
    deps = steered(runtime.context, state.get("steering"))
    step = state["step"]
    allowed = may_call(step, state.get("tool_answers", {}), deps)
    answers = {} if allowed is None else {tool_to_call(step): allowed}
    if allowed is False:
        return _left_out(step, answers)
    attempt = step.attempts + 1
    await deps.events.emit(_started(step, attempt))
    try:
        observation, events = await _carry_out(state, deps, task_id(runtime))
    except ToolFailure as failure:
        observation, events = failed(step, failure.error), []
    except BudgetExhausted as limit:
        error = StepError(
            code="budget", message=str(limit), detail={"stop_reason": limit.stop_reason}
        )
        observation, events = failed(step, error), []
    observation = observation.model_copy(update={"attempt": attempt})
    done = _after(step, observation)
    update: RunState = {
        "plan": [done],  # type: ignore[typeddict-item]  # the reducer takes steps
        # The state's log keeps the outcome; the result itself lives on the step.
        "observations": [observation.model_copy(update={"result": {}})],
        "outbox": [observed(observation, done.status), *events],
    }
    if answers:
        update["tool_answers"] = answers
    if observation.ok and step.kind is StepKind.ASSEMBLE:
        update["document_id"] = observation.result["artifact_id"]
    return update


async def _carry_out(state: ActInput, deps: Deps, task: str) -> Outcome:
    """What the step's kind asks for.

    Args:
        task: the LangGraph task id that calls are recorded under.

    Raises:
        ToolFailure: it could not be done, for a reason that has a name.
        BudgetExhausted: nothing is left of a limit.
    """
    step, plan = state["step"], state["plan"]
    if step.kind is StepKind.TOOL:
        return await call_tool(step, plan, deps, task)
    if step.kind is StepKind.CODE:
        return await analyse(step, deps, task)
    if is_data(step):
        return await tell_computed(step, plan, deps, task)
    if step.kind is StepKind.WRITE and step.input.get("role") == REWRITE:
        return await improve(step, plan, deps, task)
    if step.kind is StepKind.WRITE:
        return await write_section(step, plan, deps, task)
    return await make_document(state, deps)


def _started(step: Step, attempt: int) -> EventDraft:
    return EventDraft(
        type="step.started",
        source="executor",
        content=step.title,
        meta={
            "step_id": step.id,
            "title": step.title,
            "kind": step.kind,
            "tool": step.tool,
            "attempt": attempt,
        },
    )


def _after(step: Step, observation: Observation) -> Step:
    """The step as the attempt leaves it. One that failed keeps why it was to be done again, and
    what the round before wrote."""
    settled = {"attempts": observation.attempt, "summary": observation.summary}
    if not observation.ok:
        result = {**step.result, **observation.result}
        return step.model_copy(update={**settled, "status": StepStatus.FAILED, "result": result})
    given = {name: value for name, value in step.input.items() if name != BECAUSE}
    return step.model_copy(
        update={
            **settled,
            "status": StepStatus.DONE,
            "input": given,
            "result": observation.result,
        }
    )


def _left_out(step: Step, answers: dict[str, bool]) -> RunState:
    """A step whose tool the person does not let this run call."""
    observation = not_called(step, tool_to_call(step))
    done = step.model_copy(update={"status": StepStatus.SKIPPED, "summary": observation.summary})
    return {
        "plan": [done],  # type: ignore[typeddict-item]  # the reducer takes steps
        "observations": [observation],
        "tool_answers": answers,
        "outbox": [observed(observation, done.status)],
    }
