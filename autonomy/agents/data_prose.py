"""Text by a model about computed parts, taken only where it states nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autonomy.agents.analysed import Analysed
from autonomy.agents.data_layout import plain
from autonomy.core import prompts
from autonomy.core.analysis import AnalysisResult, ResultPart, ResultTable
from autonomy.core.phrases import series
from autonomy.core.ports import Deps
from autonomy.core.types import Step
from autonomy.export.exhibits import Exhibit
from autonomy.tools.analysis.numerals import Computed, causes, spelled

PRINTED_ROWS = 40
"""Rows of one table in the document; the whole of it is kept with the analysis."""


async def by_model(
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
        labels = series([exhibits[n].label for n in part.exhibits if n in exhibits])
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
    rows = [" | ".join(cell.shown for cell in row) for row in table.rows[:PRINTED_ROWS]]
    return "\n".join([table.title, " | ".join(heads), *rows])


def sound(
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
