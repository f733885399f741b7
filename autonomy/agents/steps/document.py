"""An assembling step: the sections become one version of the document."""

from __future__ import annotations

from autonomy.agents.assembler import assemble
from autonomy.agents.data_plan import NOT_COMPUTED
from autonomy.agents.reply import is_reply
from autonomy.agents.rewrite_result import assemble_rewriting
from autonomy.agents.steps.outcome import Outcome, created
from autonomy.core.phrases import counted
from autonomy.core.ports import Deps
from autonomy.core.state import ActInput
from autonomy.core.types import Observation, Plan, Step
from autonomy.core.versions import Made, reason_of


async def make_document(given: ActInput, deps: Deps) -> Outcome:
    """Assemble the plan's sections; the version's artifact id is `artifact_id` of the result."""
    step, plan, before = given["step"], given["plan"], given["document_id"]
    reason = reason_of(step.input, first=not before)
    made = Made(**reason.model_dump(), made_from=before)
    if deps.journey.rewrites:
        return await _rewritten(step, plan, deps, made)
    undone = str(step.input.get(NOT_COMPUTED, ""))
    artifact_id, document = await assemble(plan, deps, given["notice"], made, undone=undone)
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
    if is_reply(plan):
        return observation, []  # It stands in the conversation, and there is nothing to open.
    content = f"Document ready to check: {summary}"
    return observation, [created(artifact_id, content, document.title)]


async def _rewritten(step: Step, plan: Plan, deps: Deps, made: Made) -> Outcome:
    """The draft with all changes that its parts propose."""
    rewritten = await assemble_rewriting(plan, deps, made)
    said = rewritten.said()
    observation = Observation(
        step_id=step.id,
        ok=True,
        summary=said,
        result={
            "artifact_id": rewritten.artifact_id,
            "words": rewritten.document.words(),
            "changes": rewritten.changes,
            "left": rewritten.left,
            "remarks": rewritten.remarks,
            "outcome": rewritten.outcome,
        },
    )
    event = created(
        rewritten.artifact_id,
        f"Changes to look at: {said}" if rewritten.changes else said,
        rewritten.document.title,
        changes=rewritten.changes,
    )
    return observation, [event]
