"""A writing step of somebody's own draft: one part of it with the changes that are proposed."""

from __future__ import annotations

from autonomy.agents.rewrite_result import load_draft, overlay
from autonomy.agents.rewriter import rewrite_part
from autonomy.agents.steps.outcome import Outcome, committed, writes
from autonomy.core.phrases import counted
from autonomy.core.ports import Deps
from autonomy.core.types import Observation, Plan, Step
from autonomy.export.document import Section
from autonomy.export.draft_document import markdown_of
from autonomy.library.sniff import MARKDOWN


async def improve(step: Step, plan: Plan, deps: Deps, task: str) -> Outcome:
    """Propose changes to the step's part of the draft, and keep them.

    Args:
        task: the LangGraph task id that model calls are recorded under.

    Raises:
        BudgetExhausted: nothing is left of a limit.
    """
    await deps.events.emit(writes(step))
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
    return observation, [committed(step, section, artifact_id, summary)]
