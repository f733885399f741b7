"""What the writer is asked of results that were computed."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.core.answers import (
    DataParagraphs,
)
from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import JSON_ONLY, LISTS, manner, prompt, said_since, version
from autonomy.core.types import TaskSpec
from autonomy.core.untrusted import RULE, Fence

# A number that was retyped is a number that can be wrong, so the only ones allowed are those shown;
# a check refuses the rest. Causes are ruled out by name, because prose slides into them.
_DATA_WRITER = """\
Role: reporter.
You tell what tables and figures show, for one section of a document. Everything was computed already.

Rules, most important first:
- Use only numbers that stand in the findings or tables you are shown, exactly as they stand there, in digits. Never round, add, \
subtract, compare by a factor, or write an amount as a word.
- Name every table and figure of a part by its label (“Table 1”, “Figure 2”), each at least once.
- Describe; claim no cause and no effect, and nothing beyond the rows at hand. Give n where the findings give it.
- One paragraph of plain prose for each part, in its order: no headings, lists, Markdown or citations. It says what matters for the \
request before what does not.

{rule}

{json}
Its shape:
{{"paragraphs": [{{"part": 1, "text": "…"}}]}}"""
VERSION = version(_DATA_WRITER, output=DataParagraphs)


def data_writer(
    *,
    task: TaskSpec,
    heading: str,
    parts: Sequence[tuple[str, str, str, Sequence[str]]],
    words: int,
    guidance: Sequence[str] = (),
) -> Prompt:
    """For `DataParagraphs`: what computed tables and figures show.

    Args:
        parts: (heading, labels of its tables and figures, findings, tables as lines) of each.
        words: of all paragraphs together.
    """
    fence = Fence()
    told = [
        Part(fence.announcement),
        Part(fence.quote("section", heading, limit=300)),
        Part(f"Length: {words} words. {manner(task.settings)}"),
        Part(fence.quote("request", task.goal, limit=4_000)),
        *said_since(fence, guidance),
    ]
    for number, (name, labels, findings, tables) in enumerate(parts, start=1):
        shown = f"{name}\nShown in: {labels}\nFindings: {findings}"
        told.append(Part(fence.quote(f"part {number}", shown, limit=3_000)))
        told += [
            Part(
                fence.quote(f"table of part {number}", lines, limit=3_000),
                LISTS,
                f"a table of part {number}",
                shorten=True,
            )
            for lines in tables
        ]
    system = _DATA_WRITER.format(rule=RULE, json=JSON_ONLY)
    return prompt("data_writer", VERSION, system, told, answer_tokens=words * 4 + 800, words=words)
