"""The plan's steps after a revision: whoever puts the document together again starts from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from autonomy.agents.passage_revision import Revision
from autonomy.agents.revision import again
from autonomy.core.markers import MARKER
from autonomy.core.ports import Deps
from autonomy.core.types import Plan, Step, StepKind, StepStatus
from autonomy.core.versions import BECAUSE, Reason
from autonomy.export.document import Document, Section, words_of

ANEW = "A similarity report flagged most of this section. Write it anew from the passages."


async def revised_steps(
    plan: Plan, after: Document, revision: Revision, after_id: str, reason: Reason, deps: Deps
) -> list[Step]:
    """The steps that are done again, or whose sections read otherwise in `after`, with the step that
    assembles them."""
    source_of = {p.id: p.source_id for p in after.passages}
    by_id = {section.id: section for section in after.sections}
    changed: list[Step] = []
    for step in plan.steps:
        section = by_id.get(step.id)
        if step.kind is not StepKind.WRITE or section is None or "artifact_id" not in step.result:
            continue
        if step.id in revision.anew and "number" in step.input:
            changed.append(again(step, revision=ANEW))
            continue
        body = await deps.artifacts.load(step.result["artifact_id"])
        if body["section"]["markdown"] == section.markdown:
            continue
        words = words_of(section.markdown)
        written = {**body, "section": section.model_dump(mode="json"), "words": words}
        kept = await deps.artifacts.save("section", section.heading or plan.title, written)
        result = {
            **step.result,
            **_cited(section, source_of),
            "artifact_id": kept,
            "words": words,
            "rephrased": int(step.result.get("rephrased", 0))
            + revision.rephrased.get(section.id, 0),
            "added": dict(
                Counter(step.result.get("added", {}))
                + revision.filled.sections.get(step.id, Counter())
            ),
        }
        changed.append(step.model_copy(update={"result": result}))
    assembled = plan.step("assemble")
    if any(step.status is StepStatus.PENDING for step in changed):
        return [*changed, again(assembled, **{BECAUSE: reason.as_input()})]
    result = {**assembled.result, "artifact_id": after_id, "words": after.words()}
    return [*changed, assembled.model_copy(update={"result": result})]


def _cited(section: Section, source_of: Mapping[str, str]) -> dict[str, Any]:
    ids = list(dict.fromkeys(m["id"] for m in MARKER.finditer(section.markdown)))
    cited = [source_of[i] for i in ids if i in source_of]
    return {
        "passage_ids": ids,
        "source_ids": list(dict.fromkeys(cited)),
        "quotes": len(cited),
        "quotes_by_source": dict(Counter(cited)),
    }
