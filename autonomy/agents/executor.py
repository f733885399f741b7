"""Executor: carries out one ready step with a tool, a program, the writer or the assembler."""

from __future__ import annotations

from langgraph.runtime import Runtime

from autonomy.agents.analyst import analyse
from autonomy.agents.approval import may_call, tool_to_call
from autonomy.agents.assembler import assemble
from autonomy.agents.data_plan import NOT_COMPUTED, is_data
from autonomy.agents.data_writer import reason_text, tell
from autonomy.agents.draft_plan import REWRITE
from autonomy.agents.notice import composed_by_rule
from autonomy.agents.reply import is_reply
from autonomy.agents.rewrite_result import assemble_rewriting, load_draft, overlay
from autonomy.agents.rewriter import rewrite_part
from autonomy.agents.steering import steered
from autonomy.agents.writer import write
from autonomy.core.ports import (
    BudgetExhausted,
    Deps,
    OutcomeUnknown,
    ResultLost,
    ResultTooLarge,
    task_id,
)
from autonomy.core.state import ActInput, RunState
from autonomy.core.types import (
    Author,
    EventDraft,
    Observation,
    Plan,
    Step,
    StepError,
    StepKind,
    StepStatus,
)
from autonomy.core.versions import BECAUSE, Made, reason_of
from autonomy.core.words import clause, counted
from autonomy.export.document import Section
from autonomy.export.draft_document import markdown_of
from autonomy.library.sniff import MARKDOWN
from autonomy.tools.registry import ToolContext, ToolFailure


async def act(state: ActInput, runtime: Runtime[Deps]) -> RunState:
    """Run one step. Failures that can be named become observations; the rest fail the segment
    visibly and the run goes on from its checkpoint."""
    deps = steered(runtime.context, state.get("steering"))
    step = state["step"]
    task = task_id(runtime)
    attempt = step.attempts + 1
    allowed = may_call(step, state.get("tool_answers", {}), deps)
    answers = {} if allowed is None else {tool_to_call(step): allowed}
    if allowed is False:
        return _not_called(step, answers)
    await deps.events.emit(
        EventDraft(
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
    )
    update: RunState = {"tool_answers": answers} if answers else {}
    try:
        if step.kind is StepKind.TOOL:
            observation, events = await _use_tool(step, state["plan"], deps, task)
        elif step.kind is StepKind.CODE:
            observation, events = await analyse(step, deps, task)
        elif is_data(step):
            observation, events = await _tell(step, state["plan"], deps, task)
        elif step.kind is StepKind.WRITE:
            observation, events = await _write(step, state["plan"], deps, task)
        else:
            observation, events = await _assemble(step, state, deps)
            update["document_id"] = observation.result["artifact_id"]
    except ToolFailure as failure:
        observation, events = _failed(step, failure.error), []
    except BudgetExhausted as limit:
        error = StepError(
            code="budget", message=str(limit), detail={"stop_reason": limit.stop_reason}
        )
        observation, events = _failed(step, error), []
    observation = observation.model_copy(update={"attempt": attempt})
    done = step.model_copy(
        update={
            "attempts": attempt,
            "status": StepStatus.DONE if observation.ok else StepStatus.FAILED,
            "summary": observation.summary,
            "input": {name: value for name, value in step.input.items() if name != BECAUSE}
            if observation.ok
            else step.input,
            # A failed rewriting leaves what the round before wrote.
            "result": observation.result
            if observation.ok
            else {**step.result, **observation.result},
        }
    )
    update["plan"] = [done]  # type: ignore[typeddict-item]  # the reducer takes steps
    # The state's log keeps the outcome; the result itself lives on the step.
    update["observations"] = [observation.model_copy(update={"result": {}})]
    update["outbox"] = [
        EventDraft(
            type="observation",
            source="executor",
            content=observation.summary,
            meta={
                "step_id": step.id,
                "status": done.status,
                "observation": observation.model_dump(mode="json"),
            },
        ),
        *events,
    ]
    return update


def _not_called(step: Step, answers: dict[str, bool]) -> RunState:
    """A step whose tool the person does not let this run call: it is left out."""
    said = f"{tool_to_call(step)} was not called: you said no."
    done = step.model_copy(update={"status": StepStatus.SKIPPED, "summary": said})
    observation = Observation(step_id=step.id, ok=True, summary=said, author=Author.HUMAN)
    event = EventDraft(
        type="observation",
        source="executor",
        content=said,
        meta={
            "step_id": step.id,
            "status": done.status,
            "observation": observation.model_dump(mode="json"),
        },
    )
    return {
        "plan": [done],  # type: ignore[typeddict-item]  # the reducer takes steps
        "observations": [observation],
        "tool_answers": answers,
        "outbox": [event],
    }


def _failed(step: Step, error: StepError) -> Observation:
    return Observation(step_id=step.id, ok=False, summary=error.message, error=error)


UNSETTLED = "unsettled"
"""In the result of a step whose call has an unknown outcome: the tool, and the key of the call in
the ledger. The step's next attempt uses that key, so that it is the same call, not a second one."""


def _call_key(step: Step, task: str) -> str:
    unsettled = step.result.get(UNSETTLED) or {}
    if unsettled.get("tool") == step.tool:
        return str(unsettled["key"])
    return f"{task}:{step.id}:{step.tool}"


def _in_doubt(
    step: Step, unknown: OutcomeUnknown, key: str
) -> tuple[Observation, list[EventDraft]]:
    """The failed observation of a call that may or may not have been carried out, and the event
    that tells people what they can do."""
    said = f"Nobody can say whether “{step.title}” was carried out: {unknown.why}."
    error = StepError(code="outcome_unknown", message=said, detail={"effect": unknown.key})
    observation = Observation(
        step_id=step.id,
        ok=False,
        summary=said,
        error=error,
        # The step's own key: a call that it made within has one that follows from it.
        result={UNSETTLED: {"tool": step.tool, "key": key}},
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


async def _use_tool(
    step: Step, plan: Plan, deps: Deps, task: str
) -> tuple[Observation, list[EventDraft]]:
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
    context = ToolContext(
        library=deps.library,
        events=deps.events,
        results=results,
        effects=deps.effects,
        key=_call_key(step, task),
        scholar=deps.scholar,
        web=deps.web,
        shelf=deps.shelf,
        search=deps.search,
        drafts=deps.drafts,
        tools=deps.tools,
        learning=deps.learning,
    )
    try:
        output = await deps.tools.call(name, context, step.input)
    except OutcomeUnknown as unknown:
        return _in_doubt(step, unknown, context.key)
    except ResultTooLarge as lost:
        return _failed(step, StepError(code="result_too_large", message=_told(lost.why))), []
    except ResultLost as lost:
        # It was done and is not done again; whatever rests on its result goes without.
        said = f"Done, but what it returned is lost: {lost.why}."
        return Observation(step_id=step.id, ok=True, summary=said), []
    result = output.model_dump(mode="json")
    # A tool that says what came of it knows better than a count of what it returned.
    said = str(result.pop("said", "")) or _said(result)
    return Observation(step_id=step.id, ok=True, summary=said, result=result), []


def _said(result: dict[str, object]) -> str:
    """One line about a tool's result for people: counts, not contents."""
    parts = []
    for name, value in result.items():
        label = name.replace("_", " ").removesuffix(" ids")
        if isinstance(value, int) and not isinstance(value, bool):
            parts.append(counted(value, label.removesuffix("s")))
        elif isinstance(value, list | dict) and value:
            parts.append(counted(len(value), label.removesuffix("s")))
    return sentence(", ".join(parts)) if parts else "Done."


def _told(why: str) -> str:
    return f"It cannot be used: {why}."


def sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


async def _write(
    step: Step, plan: Plan, deps: Deps, task: str
) -> tuple[Observation, list[EventDraft]]:
    await deps.events.emit(
        EventDraft(
            type="action",
            source="writer",
            content=step.title,
            meta={
                "step_id": step.id,
                "tool": "writer",
                "input": {"words": step.input.get("words")},
            },
        )
    )
    if step.input.get("role") == REWRITE:
        return await _improve(step, plan, deps, task)
    try:
        written = await write(step, plan, deps, task)
    except BudgetExhausted as limit:
        if "artifact_id" not in step.result:
            raise
        kept = f"Kept as it was, because {clause(str(limit))}"
        return Observation(step_id=step.id, ok=True, summary=kept, result=step.result), []
    artifact_id = await deps.artifacts.save(
        "section", written.section.heading or plan.title, written.model_dump(mode="json")
    )
    result = {
        "artifact_id": artifact_id,
        "passage_ids": list(written.passage_ids),
        "source_ids": list(written.source_ids),
        "quotes": written.quotes,
        "quotes_by_source": written.quotes_by_source,
        "words": written.words,
        "notice": written.notice,
        "reason": written.reason,
        "author": written.section.author,
    }
    summary = (
        f"{counted(written.words, 'word')}, {counted(written.quotes, 'citation')} "
        f"from {counted(len(written.source_ids), 'source')}."
    )
    if written.dropped_markers:
        summary += f" {written.dropped_markers} markers that named no passage were removed."
    observation = Observation(
        step_id=step.id, ok=True, summary=summary, result=result, author=written.section.author
    )
    committed = EventDraft(
        type="section.committed",
        source="writer",
        content=f"{written.section.heading or 'Answer'}: {summary}",
        meta={
            "step_id": step.id,
            "section_id": written.section.id,
            "artifact_id": artifact_id,
            "heading": written.section.heading,
            "author": written.section.author,
        },
    )
    if written.notice:
        note = EventDraft(type="note", source="writer", content=written.notice)
        return observation, [note, committed]
    return observation, [committed]


async def _tell(
    step: Step, plan: Plan, deps: Deps, task: str
) -> tuple[Observation, list[EventDraft]]:
    """A computed section."""
    action = {"step_id": step.id, "tool": "writer", "input": {"words": step.input.get("words")}}
    await deps.events.emit(
        EventDraft(type="action", source="writer", content=step.title, meta=action)
    )
    told = await tell(step, plan, deps, task)
    section = told.section
    artifact_id = await deps.artifacts.save(
        "section", section.heading, told.model_dump(mode="json")
    )
    figures = sum(exhibit.kind == "figure" for exhibit in told.exhibits)
    tables = len(told.exhibits) - figures
    summary = (
        f"{counted(told.words, 'word')}, {counted(figures, 'figure')}, {counted(tables, 'table')}."
    )
    result = {
        "artifact_id": artifact_id,
        "passage_ids": list(told.passage_ids),
        "source_ids": list(told.source_ids),
        "quotes": 0,
        "words": told.words,
        "figures": figures,
        "tables": tables,
        "notice": composed_by_rule([section.heading], told.reason, of=1) if told.reason else "",
        "reason": told.reason,
    }
    observation = Observation(
        step_id=step.id, ok=True, summary=summary, result=result, author=section.author
    )
    committed = EventDraft(
        type="section.committed",
        source="writer",
        content=f"{section.heading}: {summary}",
        meta={
            "step_id": step.id,
            "section_id": section.id,
            "artifact_id": artifact_id,
            "heading": section.heading,
            "author": section.author,
        },
    )
    said = [told.reason and str(result["notice"]), reason_text(told)]
    notes = [EventDraft(type="note", source="writer", content=text) for text in said if text]
    return observation, [*notes, committed]


async def _improve(
    step: Step, plan: Plan, deps: Deps, task: str
) -> tuple[Observation, list[EventDraft]]:
    """One part of somebody's draft."""
    draft, ref = await load_draft(str(plan.step("read").result["draft_id"]), deps)
    part = await rewrite_part(step, draft, deps, task)
    heading = str(step.input["heading"])
    blocks = draft.blocks[int(step.input["first"]) : int(step.input["last"]) + 1]
    section = Section(
        id=step.id,
        heading=heading,
        markdown=markdown_of(blocks, overlay(part.changes), raw=draft.media_type == MARKDOWN),
        author=part.author,
        simulated=part.simulated,
    )
    body = {"section": section.model_dump(mode="json"), "part": part.model_dump(mode="json")}
    artifact_id = await deps.artifacts.save("section", heading or ref.file_name, body)
    summary = f"{counted(len(part.changes), 'change')} in {counted(part.words, 'word')}."
    if part.left:
        summary += f" {counted(len(part.left), 'sentence')} left as they were."
    observation = Observation(
        step_id=step.id,
        ok=True,
        summary=summary,
        result={
            "artifact_id": artifact_id,
            "changes": len(part.changes),
            "left": len(part.left),
            "words": part.words,
            "notice": part.reason,
        },
        author=part.author,
    )
    committed = EventDraft(
        type="section.committed",
        source="writer",
        content=f"{heading}: {summary}",
        meta={
            "step_id": step.id,
            "section_id": step.id,
            "artifact_id": artifact_id,
            "heading": heading,
            "author": part.author,
        },
    )
    return observation, [committed]


async def _assemble(
    step: Step, given: ActInput, deps: Deps
) -> tuple[Observation, list[EventDraft]]:
    before = given["document_id"]
    reason = reason_of(step.input, first=not before)
    made = Made(**reason.model_dump(), made_from=before)
    if deps.journey.rewrites:
        return await _assemble_rewriting(step, given["plan"], deps, made)
    undone = str(step.input.get(NOT_COMPUTED, ""))
    artifact_id, document = await assemble(
        given["plan"], deps, given["notice"], made, undone=undone
    )
    words = document.words()
    markers = len(document.cited_passage_ids())
    summary = (
        f"{counted(words, 'word')}; {counted(markers, 'passage')} of "
        f"{counted(len(document.sources), 'source')} cited."
    )
    observation = Observation(
        step_id=step.id,
        ok=True,
        summary=summary,
        result={"artifact_id": artifact_id, "words": words, "sources": len(document.sources)},
    )
    if is_reply(given["plan"]):
        return observation, []  # It stands in the conversation, and there is nothing to open.
    created = EventDraft(
        type="artifact.created",
        source="writer",
        content=f"Document ready to check: {summary}",
        meta={"artifact_id": artifact_id, "kind": "document", "title": document.title},
    )
    return observation, [created]


async def _assemble_rewriting(
    step: Step, plan: Plan, deps: Deps, made: Made
) -> tuple[Observation, list[EventDraft]]:
    made_of = await assemble_rewriting(plan, deps, made)
    said = made_of.said()
    observation = Observation(
        step_id=step.id,
        ok=True,
        summary=said,
        result={
            "artifact_id": made_of.artifact_id,
            "words": made_of.document.words(),
            "changes": made_of.changes,
            "left": made_of.left,
            "remarks": made_of.remarks,
        },
    )
    created = EventDraft(
        type="artifact.created",
        source="writer",
        content=f"Changes ready to look at: {said}",
        meta={
            "artifact_id": made_of.artifact_id,
            "kind": "document",
            "title": made_of.document.title,
            "changes": made_of.changes,
        },
    )
    return observation, [created]
