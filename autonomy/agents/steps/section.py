"""A writing step: one section from the passages that the steps before it found."""

from __future__ import annotations

from autonomy.agents.steps.outcome import Outcome, committed, writes
from autonomy.agents.writer import Written, write
from autonomy.core.phrases import clause, counted
from autonomy.core.ports import BudgetExhausted, Deps
from autonomy.core.types import EventDraft, Observation, Plan, Step


async def write_section(step: Step, plan: Plan, deps: Deps, task: str) -> Outcome:
    """Write the section and keep it. One that was written before stands where the budget is gone.

    Args:
        task: the LangGraph task id that model calls are recorded under.

    Raises:
        BudgetExhausted: nothing is left of a limit, and there is no earlier text.
    """
    await deps.events.emit(writes(step))
    try:
        written = await write(step, plan, deps, task)
    except BudgetExhausted as limit:
        if "artifact_id" not in step.result:
            raise
        kept = f"Kept as it was, because {clause(str(limit))}"
        return Observation(step_id=step.id, ok=True, summary=kept, result=step.result), []
    section = written.section
    artifact_id = await deps.artifacts.save(
        "section", section.heading or plan.title, written.model_dump(mode="json")
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
        "author": section.author,
    }
    summary = _summary(written)
    observation = Observation(
        step_id=step.id, ok=True, summary=summary, result=result, author=section.author
    )
    event = committed(step, section, artifact_id, summary, untitled="Answer")
    if written.notice:
        note = EventDraft(type="note", source="writer", content=written.notice)
        return observation, [note, event]
    return observation, [event]


def _summary(written: Written) -> str:
    said = (
        f"{counted(written.words, 'word')}, {counted(written.quotes, 'citation')} "
        f"from {counted(len(written.source_ids), 'source')}."
    )
    if written.dropped_markers:
        said += f" {written.dropped_markers} markers that named no passage were removed."
    return said
