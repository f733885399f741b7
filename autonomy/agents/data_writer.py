"""Writer of computed sections: what the tables and figures show, in the numbers that were computed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from autonomy.agents.data_plan import ANSWER, CODE, LIMITS, OPENING
from autonomy.core import prompts
from autonomy.core.analysis import (
    AnalysisResult,
    ResultFigure,
    ResultPart,
    ResultTable,
    TableProfile,
)
from autonomy.core.markers import MARKER
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.types import Author, Plan, Step, StopReason
from autonomy.core.words import clause, counted
from autonomy.export.document import Section, words_of
from autonomy.export.exhibits import PLACED, Exhibit, placing
from autonomy.tools.analysis.contract import spoken
from autonomy.tools.analysis.numerals import Computed, causes, spelled

_SIGNS = re.compile(r"([\\`*_\[\]<>|#$~!])")
_HOW = "How computed:"
_LEAST_PARTS = 2
"""Told in full whatever the length: the overview, and the first question."""
_PRINTED_ROWS = 40
"""Rows of one table in the document; the whole of it is kept with the analysis."""


class Analysed(BaseModel):
    """What a code step left, loaded again."""

    model_config = ConfigDict(frozen=True)

    id: str
    source_id: str
    profile: TableProfile
    result: AnalysisResult
    figures: dict[str, str]
    simulated: bool = False
    """Its program is a simulated model's."""


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


async def load_analysis(artifact_id: str, deps: Deps) -> Analysed:
    body = await deps.artifacts.load(artifact_id)
    return Analysed(
        id=artifact_id,
        source_id=str(body["source_id"]),
        profile=TableProfile.model_validate(body["profile"]),
        result=AnalysisResult.model_validate(body["result"]),
        figures=dict(body["figures"]),
        simulated=bool(body["provenance"]["simulated"]),
    )


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
        return Told(section=_section(step, _opening(analysed, failed, cited)), **base)
    if step.input["part"] == LIMITS:
        return Told(
            section=_section(step, _limits(analysed, failed)), **{**base, "passage_ids": ()}
        )
    if not analysed:
        return Told(section=_section(step, _not_computed(failed)), **{**base, "passage_ids": ()})
    one = analysed[0]
    answers = step.input["part"] == ANSWER
    parts, texts = _chosen(_without_figures(one) if answers else one, int(step.input["words"]))
    exhibits = _numbered(one, parts, step, plan)
    author, kept, reason, simulated = Author.RULE, 0, reasons[0] if reasons else "", one.simulated
    if deps.models.available("writer"):
        key = f"{task}:data"
        try:
            proposed = await _by_model(step, one, parts, texts, exhibits, deps, key)
        except ModelUnavailable as error:
            reason = error.reason
        except BudgetExhausted as limit:
            if limit.stop_reason == StopReason.BUDGET_SECONDS:
                raise
            reason = clause(str(limit))
        else:
            texts, kept = _sound(one, parts, texts, proposed)
            if kept < len(parts):
                author, simulated = Author.MODEL, simulated or deps.models.simulated(key)
    else:
        reason = deps.models.unavailable("writer") or reason
    lay = _answered if answers else _laid_out
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


def plain(text: str) -> str:
    """Text from outside as Markdown that means nothing but itself."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))


def as_read(markdown: str) -> str:
    """A computed section as its reader sees it, without its tables, figures and citations."""
    text = MARKER.sub(" ", PLACED.sub(" ", markdown))
    return re.sub(r"\\([\\`*_\[\]<>|#$~!])", r"\1", text)


# ------------------------------------------------------------------------------ by rule


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
    more = len(item.rows) > _PRINTED_ROWS
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
        rows=tuple(tuple(cell.shown for cell in row) for row in item.rows[:_PRINTED_ROWS]),
        artifact_id=one.id,
    )


def _listed(labels: Sequence[str]) -> str:
    if len(labels) < 2:
        return "".join(labels)
    return f"{', '.join(labels[:-1])} and {labels[-1]}"


def _lead(part: ResultPart, exhibits: Mapping[str, Exhibit]) -> str:
    labels = [exhibits[name].label for name in part.exhibits if name in exhibits]
    if not labels:
        return ""
    verb = "shows" if len(labels) == 1 else "show"
    return f"{_listed(labels)} {verb} {plain(part.lead.rstrip('.'))}."


def _laid_out(
    one: Analysed,
    parts: Sequence[ResultPart],
    texts: Sequence[str],
    exhibits: Mapping[str, Exhibit],
    cited: Mapping[str, str],
) -> str:
    """Each part under its heading: the text, then its tables and figures."""
    mark = next((pid for pid, source in cited.items() if source == one.source_id), "")
    blocks = (
        [f"This part is computed from the data that were provided [[p:{mark}]]."] if mark else []
    )
    for part, text in zip(parts, texts, strict=True):
        blocks.append(f"## {plain(part.heading)}")
        lead = _lead(part, exhibits)
        # A model's text refers to the tables and figures by itself, or else gets the rule's lead.
        mentions = all(exhibits[n].label in text for n in part.exhibits if n in exhibits)
        blocks.append(text if mentions or not lead else f"{lead} {text}".strip())
        blocks += [
            placing(exhibits[name].id, exhibits[name].label)
            for name in part.exhibits
            if name in exhibits
        ]
    return "\n\n".join(block for block in blocks if block)


def _without_figures(one: Analysed) -> Analysed:
    """An answer stands in the conversation, where tables have their place."""
    parts = tuple(
        part.model_copy(
            update={"exhibits": tuple(n for n in part.exhibits if one.result.table(n) is not None)}
        )
        for part in one.result.parts
    )
    return one.model_copy(update={"result": one.result.model_copy(update={"parts": parts})})


def _answered(
    one: Analysed,
    parts: Sequence[ResultPart],
    texts: Sequence[str],
    exhibits: Mapping[str, Exhibit],
    cited: Mapping[str, str],
) -> str:
    """The answer, its table, and behind it how it was computed, with the file that it is from."""
    marks = "".join(f" [[p:{passage_id}]]" for passage_id in cited)
    blocks: list[str] = []
    for part, text in zip(parts, texts, strict=True):
        said, how, computed = text.partition(_HOW)
        blocks.append(said.strip())
        blocks += [
            placing(exhibits[name].id, exhibits[name].label)
            for name in part.exhibits
            if name in exhibits
        ]
        blocks.append(f"{how}{computed}".strip())
    told = any(_HOW in text for text in texts)
    begins = "The data are in" if told else f"{_HOW} by a program, from"
    blocks.append(f"{begins} {plain(one.profile.file_name)}{marks}.")
    return "\n\n".join(block for block in blocks if block)


def _opening(analysed: Sequence[Analysed], failed: Sequence[Step], cited: Mapping[str, str]) -> str:
    if not analysed:
        return _not_computed(failed)
    marks = "".join(f"[[p:{passage_id}]]" for passage_id in cited)
    first = (
        f"This document rests on data that were provided {marks}."
        if marks
        else ("This document rests on data that were provided.")
    )
    said = [
        first,
        "Every number in its text, tables and figures was computed from them by a program, which is kept "
        "with the document together with the versions of what it ran on; none was estimated or filled in.",
        "What the data hold comes first, then what they show; the last part says what cannot be read from them.",
    ]
    return " ".join([*said, *([_not_computed(failed)] if failed else [])])


def _limits(analysed: Sequence[Analysed], failed: Sequence[Step]) -> str:
    said = [
        "The analysis describes the rows at hand. It tests no hypothesis and does not say whether what it "
        "finds would be found again in other data.",
        "That two columns go together is no evidence that the one brings about the other.",
        "Missing values were left out of each computation and never filled in, so numbers of rows can be "
        "different from one table to the next.",
    ]
    remarks = [plain(remark) for one in analysed for remark in one.profile.remarks]
    text = " ".join(said)
    if remarks:
        text += "\n\nOf how the file was read, this is worth knowing. " + " ".join(remarks[:8])
    return text + (f"\n\n{_not_computed(failed)}" if failed else "")


def _not_computed(failed: Sequence[Step]) -> str:
    names = _listed([plain(str(step.input.get("file_name", "the data"))) for step in failed])
    why = failed[0].summary.removeprefix("left out: ") if failed else ""
    return f"No tables and figures could be computed from {names}: {plain(why)}".strip()


# ------------------------------------------------------------------------------ by a model


async def _by_model(
    step: Step,
    one: Analysed,
    parts: Sequence[ResultPart],
    texts: Sequence[str],
    exhibits: Mapping[str, Exhibit],
    deps: Deps,
    key: str,
) -> dict[int, str]:
    """Part number, from 1, to the text that a model proposes for it."""
    told = []
    for part, text in zip(parts, texts, strict=True):
        labels = _listed([exhibits[n].label for n in part.exhibits if n in exhibits])
        tables = [t for n in part.exhibits if (t := _table_of(one.result, n)) is not None]
        told.append((part.heading, labels, text, [_as_lines(table) for table in tables[:2]]))
    prompt = prompts.data_writer(
        task=deps.task,
        heading=str(step.input["heading"]),
        parts=told,
        words=int(step.input["words"]),
        guidance=deps.guidance,
    )
    answer = await deps.models.structured(
        "writer", key=key, prompt=prompt, output=prompts.DataParagraphs
    )
    return {paragraph.part: paragraph.text for paragraph in answer.paragraphs}


def _table_of(result: AnalysisResult, name: str) -> ResultTable | None:
    figure = result.figure(name)
    return result.table(figure.table if figure else name)


def _as_lines(table: ResultTable) -> str:
    heads = [f"{c.name} ({c.unit})" if c.unit else c.name for c in table.columns]
    rows = [" | ".join(cell.shown for cell in row) for row in table.rows[:_PRINTED_ROWS]]
    return "\n".join([table.title, " | ".join(heads), *rows])


def _sound(
    one: Analysed, parts: Sequence[ResultPart], texts: Sequence[str], proposed: Mapping[int, str]
) -> tuple[list[str], int]:
    """A model's text where it states nothing but what was computed, else the rule's; and how often
    it had to be the rule's."""
    computed = Computed(one.result)
    made: list[str] = []
    kept = 0
    for number, text in enumerate(texts, start=1):
        own = proposed.get(number, "").strip()
        if (
            own
            and not computed.strangers(own, one.profile.names)
            and not spelled(own)
            and not causes(own)
        ):
            made.append(plain(own))
        else:
            made.append(text)
            kept += 1
    return made, kept


def reason_text(told: Told) -> str:
    """What the run says of parts that stayed a rule's."""
    if not told.kept_by_rule:
        return ""
    return (
        f"{counted(told.kept_by_rule, 'part')} of “{told.section.heading}” stayed as the rule wrote it: the "
        "model's text had a number that was not computed, or claimed a cause."
    )
