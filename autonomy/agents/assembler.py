"""Assembler: joins the sections into one version of the document, with exactly what it cites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from autonomy.agents.data_plan import of_data_alone
from autonomy.agents.length import fewest_words
from autonomy.agents.notice import (
    UNCOMPUTED_NOTICE,
    notice_for,
    shorter_than_asked,
    with_added,
    with_rephrased,
)
from autonomy.agents.writing_steps import writing
from autonomy.core.brief import read_brief
from autonomy.core.ports import Deps
from autonomy.core.types import Author, Plan, Step, StepStatus
from autonomy.core.versions import Made
from autonomy.export.document import Document, Section
from autonomy.export.exhibits import Exhibit
from autonomy.tools.registry import ToolFailure


def ordered(plan: Plan) -> list[Step]:
    """The writing steps that are done, in reading order. Sections stand in the plan's order, which
    a person may have changed; their numbers are names."""
    return [step for step in writing(plan) if step.status is StepStatus.DONE]


@dataclass(slots=True)
class _Written:
    """What the writing steps have left; by section id where it is of one section."""

    sections: list[Section] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    rephrased: dict[str, int] = field(default_factory=dict)
    added: dict[str, dict[Author, int]] = field(default_factory=dict)
    exhibits: list[Exhibit] = field(default_factory=list)
    analyses: dict[str, None] = field(default_factory=dict)

    def take(self, result: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """One step's result, and the artifact that it names."""
        section = Section.model_validate(body["section"])
        self.sections.append(section)
        self.exhibits += [Exhibit.model_validate(one) for one in body.get("exhibits", ())]
        self.analyses.update(dict.fromkeys(body.get("analyses", ())))
        if result.get("reason"):
            self.reasons[section.id] = str(result["reason"])
        if result.get("rephrased"):
            self.rephrased[section.id] = int(result["rephrased"])
        if result.get("added"):
            self.added[section.id] = result["added"]

    @property
    def computed(self) -> bool:
        """False where every section was to tell of data, and none of the data was computed with."""
        return bool(self.analyses) or not all(section.computed for section in self.sections)

    @property
    def author(self) -> Author:
        by_model = any(section.author is Author.MODEL for section in self.sections)
        return Author.MODEL if by_model else Author.RULE

    def notice(self, plan: Plan, of_plan: str, undone: str) -> str:
        """What the document's first page says of how it was made."""
        if not self.computed:
            return UNCOMPUTED_NOTICE
        said = notice_for(self.sections, self.reasons, of_plan=of_plan, planner=plan.author)
        said = with_rephrased(said, self.sections, self.rephrased)
        said = with_added(said, self.sections, self.added)
        return " ".join(part for part in (said, undone) if part)


async def assemble(
    plan: Plan, deps: Deps, notice: str, made: Made, *, undone: str = ""
) -> tuple[str, Document]:
    """The new document version: its artifact id and content.

    Args:
        notice: the plan's, see `RunState.notice`.
        made: why there is this version.
        undone: why data were not computed with.

    Raises:
        ToolFailure: `no_evidence`, where no section could be written.
    """
    brief = read_brief(deps.task)
    written = _Written()
    for step in ordered(plan):
        written.take(step.result, await deps.artifacts.load(step.result["artifact_id"]))
    if not written.sections:
        raise ToolFailure("no_evidence", "No section could be written, so there is no document.")
    draft = Document(
        title=plan.title,
        style=brief.style,
        language=deps.task.settings.language,
        date=datetime.now(UTC).date().isoformat(),
        notice=written.notice(plan, notice, undone),
        simulated=plan.simulated or any(section.simulated for section in written.sections),
        sections=tuple(written.sections),
        exhibits=tuple(written.exhibits),
        analyses=tuple(written.analyses),
    )
    document = await bound(draft, deps)
    if written.computed and of_data_alone(plan) and document.words() < fewest_words(deps):
        short = shorter_than_asked(document.words(), brief.length_words)
        document = document.model_copy(update={"notice": f"{document.notice} {short}".strip()})
    made = made.model_copy(update={"author": written.author, "words": document.words()})
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
