"""A writing step of data: one section that tells what the code steps computed."""

from __future__ import annotations

from autonomy.agents.data_writer import reason_text, tell
from autonomy.agents.notice import composed_by_rule
from autonomy.agents.steps.outcome import Outcome, committed, writes
from autonomy.core.phrases import counted
from autonomy.core.ports import Deps
from autonomy.core.types import EventDraft, Observation, Plan, Step


async def tell_computed(step: Step, plan: Plan, deps: Deps, task: str) -> Outcome:
    """Write the section with its tables and figures, and keep it.

    Args:
        task: the LangGraph task id that model calls are recorded under.

    Raises:
        ToolFailure, BudgetExhausted: as `data_writer.tell`.
    """
    await deps.events.emit(writes(step))
    told = await tell(step, plan, deps, task)
    section = told.section
    artifact_id = await deps.artifacts.save(
        "section", section.heading, told.model_dump(mode="json")
    )
    figures = sum(exhibit.kind == "figure" for exhibit in told.exhibits)
    tables = len(told.exhibits) - figures
    notice = composed_by_rule([section.heading], told.reason, of=1) if told.reason else ""
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
        "notice": notice,
        "reason": told.reason,
    }
    observation = Observation(
        step_id=step.id, ok=True, summary=summary, result=result, author=section.author
    )
    notes = [
        EventDraft(type="note", source="writer", content=text)
        for text in (notice, reason_text(told))
        if text
    ]
    return observation, [*notes, committed(step, section, artifact_id, summary)]
