"""Assembler: joins the sections into one version of the document, with exactly what it cites."""

from __future__ import annotations

from datetime import UTC, datetime

from autonomy.agents.data_plan import of_data_alone
from autonomy.agents.length import fewest_words
from autonomy.agents.notice import (
    UNCOMPUTED_NOTICE,
    notice_for,
    shorter_than_asked,
    with_added,
    with_rephrased,
)
from autonomy.agents.writing_steps import BEGIN, END
from autonomy.core.brief import read_brief
from autonomy.core.ports import Deps
from autonomy.core.types import Author, Plan, Step, StepKind, StepStatus
from autonomy.core.versions import Made
from autonomy.export.document import Document, Section
from autonomy.export.exhibits import Exhibit
from autonomy.tools.registry import ToolFailure


def ordered(plan: Plan) -> list[Step]:
    """The write steps in reading order: introduction, body, conclusion."""
    writes = [s for s in plan.steps if s.kind is StepKind.WRITE and s.status is StepStatus.DONE]
    place = {BEGIN: 0, END: 2}
    # Sections stand in the plan's order, which a person may have changed; their numbers are names.
    return sorted(writes, key=lambda s: place.get(str(s.input["role"]), 1))


async def assemble(
    plan: Plan, deps: Deps, notice: str, made: Made, *, undone: str = ""
) -> tuple[str, Document]:
    """The new document version: its artifact id and content. `notice` is the plan's, see
    `RunState.notice`; `made` says why there is this version; `undone` why data
    were not computed with."""
    brief = read_brief(deps.task)
    sections: list[Section] = []
    reasons: dict[str, str] = {}
    rephrased: dict[str, int] = {}
    added: dict[str, dict[Author, int]] = {}
    exhibits: list[Exhibit] = []
    analyses: dict[str, None] = {}
    for step in ordered(plan):
        body = await deps.artifacts.load(step.result["artifact_id"])
        sections.append(Section.model_validate(body["section"]))
        exhibits += [Exhibit.model_validate(one) for one in body.get("exhibits", ())]
        analyses.update(dict.fromkeys(body.get("analyses", ())))
        if step.result.get("reason"):
            reasons[sections[-1].id] = str(step.result["reason"])
        if step.result.get("rephrased"):
            rephrased[sections[-1].id] = int(step.result["rephrased"])
        if step.result.get("added"):
            added[sections[-1].id] = step.result["added"]
    if not sections:
        raise ToolFailure("no_evidence", "No section could be written, so there is no document.")
    computed = bool(analyses) or not all(section.computed for section in sections)
    draft = Document(
        title=plan.title,
        style=brief.style,
        language=deps.task.settings.language,
        date=datetime.now(UTC).date().isoformat(),
        notice=UNCOMPUTED_NOTICE
        if not computed
        else " ".join(
            said
            for said in (
                with_added(
                    with_rephrased(
                        notice_for(sections, reasons, of_plan=notice, planner=plan.author),
                        sections,
                        rephrased,
                    ),
                    sections,
                    added,
                ),
                undone,
            )
            if said
        ),
        simulated=plan.simulated or any(section.simulated for section in sections),
        sections=tuple(sections),
        exhibits=tuple(exhibits),
        analyses=tuple(analyses),
    )
    document = await bound(draft, deps)
    if computed and of_data_alone(plan) and document.words() < fewest_words(deps):
        short = shorter_than_asked(document.words(), brief.length_words)
        document = document.model_copy(update={"notice": f"{document.notice} {short}".strip()})
    by_model = any(section.author is Author.MODEL for section in sections)
    made = made.model_copy(
        update={
            "author": Author.MODEL if by_model else Author.RULE,
            "words": document.words(),
        }
    )
    artifact_id = await deps.artifacts.save(
        "document", document.title, document.model_dump(mode="json"), made
    )
    return artifact_id, document


async def bound(draft: Document, deps: Deps) -> Document:
    """The draft with exactly the passages and sources that it cites."""
    passages = await deps.library.passages(draft.cited_passage_ids())
    sources = (
        await deps.library.sources(list(dict.fromkeys(p.source_id for p in passages)))
        if passages
        else []
    )
    return draft.model_copy(update={"passages": tuple(passages), "sources": tuple(sources)})
