"""Writer of computed sections: what the tables and figures show, in the numbers that were computed."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from autonomy.agents.analysed import Analysed, load_analysis
from autonomy.agents.data_layout import (
    answered,
    laid_out,
    limits,
    not_computed,
    opening,
    plain,
    without_figures,
)
from autonomy.agents.data_plan import ANSWER, CODE, LIMITS, OPENING
from autonomy.agents.data_prose import PRINTED_ROWS, by_model, sound
from autonomy.core.analysis import AnalysisResult, ResultFigure, ResultPart, ResultTable
from autonomy.core.phrases import clause, counted
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.types import Author, Plan, Step, StopReason
from autonomy.export.document import Section, words_of
from autonomy.export.exhibits import Exhibit
from autonomy.tools.analysis.contract import spoken

_LEAST_PARTS = 2
"""Told in full whatever the length: the overview, and the first question."""


class Told(BaseModel):
    """A computed section and what belongs to it."""

    model_config = ConfigDict(frozen=True)

    section: Section
    exhibits: tuple[Exhibit, ...] = ()
    analyses: tuple[str, ...] = ()
    passage_ids: tuple[str, ...] = ()
    source_ids: tuple[str, ...] = ()
    notice: str = ""
    reason: str = ""
    kept_by_rule: int = 0
    """Parts whose text by a model was refused, because it stated what was not computed."""

    @property
    def words(self) -> int:
        return words_of(self.section.markdown)


async def tell(step: Step, plan: Plan, deps: Deps, task: str) -> Told:
    """Write the computed section that `step` describes.

    Raises:
        BudgetExhausted: the run has no time left.
    """
    codes = [plan.step(str(name)) for name in step.input["code"]]
    analysed = [
        await load_analysis(str(code.result["artifact_id"]), deps)
        for code in codes
        if code.result.get("artifact_id")
    ]
    failed = [code for code in codes if not code.result.get("artifact_id")]
    reasons = [str(code.result.get("reason", "")) for code in codes if code.result.get("reason")]
    cited = await _citation(analysed, codes, deps)
    base = {"passage_ids": tuple(cited), "analyses": tuple(one.id for one in analysed)}
    if step.input["part"] == OPENING:
        return Told(section=_section(step, opening(analysed, failed, cited)), **base)
    if step.input["part"] == LIMITS:
        return Told(section=_section(step, limits(analysed, failed)), **{**base, "passage_ids": ()})
    if not analysed:
        return Told(section=_section(step, not_computed(failed)), **{**base, "passage_ids": ()})
    one = analysed[0]
    answers = step.input["part"] == ANSWER
    parts, texts = _chosen(without_figures(one) if answers else one, int(step.input["words"]))
    exhibits = _numbered(one, parts, step, plan)
    author, kept, reason, simulated = Author.RULE, 0, reasons[0] if reasons else "", one.simulated
    if deps.models.available("writer"):
        key = f"{task}:data"
        try:
            proposed = await by_model(step, one, parts, texts, exhibits, deps, key)
        except ModelUnavailable as error:
            reason = error.reason
        except BudgetExhausted as limit:
            if limit.stop_reason == StopReason.BUDGET_SECONDS:
                raise
            reason = clause(str(limit))
        else:
            texts, kept = sound(one, parts, texts, proposed)
            if kept < len(parts):
                author, simulated = Author.MODEL, simulated or deps.models.simulated(key)
    else:
        reason = deps.models.unavailable("writer") or reason
    lay = answered if answers else laid_out
    markdown = lay(one, parts, texts, exhibits, cited)
    section = _section(step, markdown, author, simulated)
    return Told(
        section=section,
        exhibits=tuple(exhibits.values()),
        kept_by_rule=kept,
        reason=reason if author is Author.RULE else "",
        source_ids=(one.source_id,) if cited else (),
        **base,
    )


def _section(
    step: Step, markdown: str, author: Author = Author.RULE, simulated: bool = False
) -> Section:
    return Section(
        id=step.id,
        heading=str(step.input["heading"]),
        markdown=markdown,
        author=author,
        simulated=simulated,
        computed=True,
    )


async def _citation(
    analysed: Sequence[Analysed], codes: Sequence[Step], deps: Deps
) -> dict[str, str]:
    """The passage by which each data file is cited, as any source is: passage id to source id.
    A file without a passage of its own cannot be cited."""
    found: dict[str, str] = {}
    ready = {s.id for s in await deps.library.sources([one.source_id for one in analysed] or [""])}
    for one in analysed:
        if one.source_id not in ready:
            continue
        # Rows of a table are no opening; the names of its columns stand over each group of them.
        names = " ".join(column.name for column in one.profile.columns[:8])
        rows = await deps.library.search(names, limit=1, source_ids=[one.source_id])
        if rows:
            found[rows[0].id] = one.source_id
    return found


def _sentences(part: ResultPart, result: AnalysisResult) -> list[str]:
    return [plain(spoken(finding, result)) for finding in part.findings]


def _chosen(one: Analysed, words: int) -> tuple[list[ResultPart], list[str]]:
    """The parts that fit into `words`, and the text of each: first one sentence of every part in
    turn, then the others as long as there is room."""
    parts = [part for part in one.result.parts if part.exhibits or part.findings]
    said = [_sentences(part, one.result) for part in parts]
    taken = [sentences[:1] for sentences in said]

    def size(upto: int) -> int:
        leads = sum(len(part.lead.split()) + 6 for part in parts[:upto])
        return leads + sum(len(s.split()) for sentences in taken[:upto] for s in sentences)

    kept = len(parts)
    while kept > _LEAST_PARTS and size(kept) > words * 1.08:
        kept -= 1
    for rank in range(1, max((len(s) for s in said), default=0)):
        for index in range(kept):
            if (
                rank < len(said[index])
                and size(kept) + len(said[index][rank].split()) <= words * 1.08
            ):
                taken[index].append(said[index][rank])
    return parts[:kept], [" ".join(sentences) for sentences in taken[:kept]]


def _numbered(
    one: Analysed, parts: Sequence[ResultPart], step: Step, plan: Plan
) -> dict[str, Exhibit]:
    """Result id to exhibit, in reading order; the numbers go on from the sections before."""
    counts = {"figure": 0, "table": 0}
    for name in step.depends_on:
        if not name.startswith(CODE):
            earlier = plan.step(name).result
            counts["figure"] += int(earlier.get("figures", 0))
            counts["table"] += int(earlier.get("tables", 0))
    made: dict[str, Exhibit] = {}
    for part in parts:
        for name in part.exhibits:
            item = one.result.table(name) or one.result.figure(name)
            if item is None:
                continue
            kind = "table" if isinstance(item, ResultTable) else "figure"
            counts[kind] += 1
            made[name] = _exhibit(one, item, step, counts[kind])
    return made


def _exhibit(one: Analysed, item: ResultTable | ResultFigure, step: Step, number: int) -> Exhibit:
    identity = f"{step.id}-{item.id}"[:80]
    if isinstance(item, ResultFigure):
        return Exhibit(
            id=identity,
            kind="figure",
            number=number,
            title=item.title,
            note=item.note,
            alt=item.alt,
            artifact_id=one.figures.get(item.id, ""),
        )
    more = len(item.rows) > PRINTED_ROWS
    note = (
        f"{item.note} The table goes on; the whole of it is kept with the document.".strip()
        if more
        else item.note
    )
    return Exhibit(
        id=identity,
        kind="table",
        number=number,
        title=item.title,
        note=note,
        columns=item.columns,
        rows=tuple(tuple(cell.shown for cell in row) for row in item.rows[:PRINTED_ROWS]),
        artifact_id=one.id,
    )


def reason_text(told: Told) -> str:
    """What the run says of parts that stayed a rule's."""
    if not told.kept_by_rule:
        return ""
    return (
        f"{counted(told.kept_by_rule, 'part')} of “{told.section.heading}” stayed as the rule wrote it: the "
        "model's text had a number that was not computed, or claimed a cause."
    )
