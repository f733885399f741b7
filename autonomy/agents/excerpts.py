"""Rows of a source's own table, shown as a table: sheets and data files say things in no sentence."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.agents.comparison import row, rule
from autonomy.agents.literal import in_cell
from autonomy.agents.quotable import Quote
from autonomy.core.types import Passage
from autonomy.core.words import overlap, stems
from autonomy.library.tables import CELL_GAP

MOST_ROWS = 8
MOST_COLUMNS = 6
NAMED = 0.5
"""Share of its subject's words that a table must have to be shown."""
LEAST_ROWS = 2
"""A header and a row."""


def table_excerpt(
    passages: Sequence[Passage], subject: frozenset[str] | None, wanted: frozenset[str], words: int
) -> tuple[str, list[Quote]]:
    """The table that speaks best to the stems `wanted`, cut to the rows that do, and what it is
    cited as; empty when no table has half of the stems of `subject` (None: any table will do), or
    none fits `words`."""
    tables = [
        (passage, rows)
        for passage in passages
        if (rows := rows_of(passage.text))
        and (subject is None or overlap(subject, _stems(passage)) >= NAMED)
    ]
    tables.sort(key=lambda item: -overlap(wanted, _stems(item[0])))
    for passage, (header, *body) in tables:
        kept = _fitting(body, wanted, words - len(" ".join(header).split()))
        if not kept:
            continue
        columns = min(MOST_COLUMNS, len(header))
        lines = [row([in_cell(name) for name in header[:columns]]), rule(columns)]
        lines += [row([in_cell(text) for text in cells[:columns]]) for cells in kept]
        shown = Quote(CELL_GAP.join(header), passage, 0.0, stems(passage.text))
        return f"Rows from the table [[p:{passage.id}]]:\n\n" + "\n".join(lines), [shown]
    return "", []


def _stems(passage: Passage) -> frozenset[str]:
    """Of heading and cells; columns of data files are named in words joined by underscores."""
    return stems(f"{passage.heading} {passage.text}".replace("_", " "))


def rows_of(text: str) -> list[list[str]]:
    """Header and rows of a table passage, all of one width; empty for what is prose."""
    lines = text.splitlines()
    if len(lines) < LEAST_ROWS or not all(CELL_GAP in line for line in lines):
        return []
    rows = [line.split(CELL_GAP) for line in lines]
    width = len(rows[0])
    return [(cells + [""] * width)[:width] for cells in rows]


def _fitting(body: Sequence[list[str]], wanted: frozenset[str], words: int) -> list[list[str]]:
    """The rows with the most wanted words that go into `words`, in the table's own order."""
    ranked = sorted(range(len(body)), key=lambda n: (-overlap(wanted, stems(" ".join(body[n]))), n))
    kept: list[int] = []
    for number in ranked:
        cost = len(" ".join(body[number][:MOST_COLUMNS]).split())
        if cost <= words and len(kept) < MOST_ROWS:
            kept.append(number)
            words -= cost
    return [body[number] for number in sorted(kept)]
