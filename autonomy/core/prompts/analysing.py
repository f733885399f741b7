"""What the analyst is asked: a program that computes from a person's tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from autonomy.core.analysis import TableProfile
from autonomy.core.packing import Part, Prompt
from autonomy.core.prompts.parts import prompt, said_since, version
from autonomy.core.types import TaskSpec
from autonomy.core.untrusted import RULE, Fence

# The contract is spelled out as calls, because models copy calls more faithfully than they follow
# prose. "Every number is bound to a cell" is what makes the text checkable; the rest keeps a program
# within what the sandbox allows, so that it does not fail for what it could have known.
_ANALYST = """\
Role: analyst.
You write a Python program that computes what a request asks of one table, for the results of a written document.

The table is read already: `data` is a pandas DataFrame whose columns are listed by exact name; days are datetime64, \
words are strings, numbers are floats, missing values are NaN. `pd`, `np`, `plt` and `math` are imported, and so are:
- `count(n)`, `number(x, digits)`, `share(part, whole)`, `coefficient(r)`, `label(text)` make cells; \
`words(name, unit)` and `figures(name, unit)` make heads of columns.
- `table = add_table(title, heads, rows, note="", display=True)`: rows are lists of cells. `table.at(row, column)` names a \
cell, `table.shown(row, column)` is its text.
- `f = add_figure(figure, title, alt, table, note="")` saves a matplotlib figure; `table` holds its numbers; `alt` says in words \
what is to be seen.
- `say(text, name=table.at(row, column), …)` is a sentence; each number in it is `{{name}}` for a cell, never digits.
- `add_part(heading, lead, exhibits, findings)`: what belongs together: `exhibits` are tables (display=True) and figures, \
`findings` are sentences, `lead` goes on after “Table 1 shows”.

Rules:
- {wanted}
- Every number in a title, note, alternative text or sentence stands in a cell of a table of yours; use display=False for numbers \
that only the text needs.
- Say n with every mean, share or correlation. Leave missing values out, never fill them in. Claim no cause.
- Figures: one axes each, labelled with units, colours from PALETTE and markers from MARKERS (never colour alone), white ground, \
no title inside, no 3-D, no pie. Over 2,000 points: hexbin or groups. At most 12 groups.
- Only these imports; no files, no network, no input, no subprocess. At most 150 lines. Answer with the code alone.

{rule}"""
_ANALYSED = (
    "Two to {parts} parts that fit the request and the table: what the table holds and what is missing first. "
    "At least one figure and one table."
)
_ANSWERED = (
    "The request is a question: one part with one table of at most 12 rows and no figure. The first sentence answers "
    "it, and the last begins “How computed:” and says which rows were used and what was computed of them."
)
VERSION = version(_ANALYST, _ANALYSED, _ANSWERED)


def analyst(
    *, task: TaskSpec, profile: TableProfile, parts: int, guidance: Sequence[str] = ()
) -> Prompt:
    """For a program as plain text, which stands behind `data` being read.

    Args:
        parts: at most so many; 1 = the answer to a question, with a table and no figure.
    """
    fence = Fence()
    told = [
        Part(fence.announcement),
        Part(fence.quote("request", task.goal, limit=4_000)),
        *said_since(fence, guidance),
        Part(f"The table has {profile.rows} rows and {len(profile.columns)} columns."),
        Part(fence.quote("columns", columns(profile), limit=9_000)),
    ]
    wanted = _ANSWERED if parts == 1 else _ANALYSED.format(parts=parts)
    system = _ANALYST.format(rule=RULE, wanted=wanted)
    return prompt("analyst", VERSION, system, told, answer_tokens=6_000)


def columns(profile: TableProfile) -> str:
    """One line of JSON for each column: a name stands in it as it has to stand in the program."""
    lines = []
    for column in profile.columns[:60]:
        facts: dict[str, Any] = {"name": column.name, "holds": column.kind.value}
        facts |= {"unit": column.unit} if column.unit else {}
        facts |= {"values": column.filled, "missing": column.missing, "different": column.distinct}
        if column.minimum is not None:
            facts |= {"from": column.minimum, "to": column.maximum, "decimals": column.decimals}
        if column.first:
            facts |= {"from": column.first, "to": column.last}
        if column.common:
            facts["commonest"] = [value[:40] for value, _ in column.common[:8]]
        if column.identifier:
            facts["names_rows"] = True
        lines.append(json.dumps(facts, ensure_ascii=False))
    return "\n".join(lines)
