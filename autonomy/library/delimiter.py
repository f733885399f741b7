"""Whether text is a table of delimited cells, and by which sign."""

from __future__ import annotations

import csv
import io
import re

_SIGNS = ("\t", ";", ",", "|")
_LINES = 60
_LONG_CELL = 80
_DECIMAL = re.compile(r"^[^,]*\d,\d[^,]*$")
"""A line whose only comma stands between digits."""


def delimiter_of(text: str, *, named: bool = False) -> str | None:
    """The sign between the cells, or None for text that is no table.

    Prose has commas too: without a name that says so (`named`), three rows of the same width and
    short cells that do not begin with a space are asked for.
    """
    lines = [line for line in text[:20_000].split("\n")[:_LINES] if line.strip()]
    if len(text) > 20_000 and len(lines) > 1:
        lines.pop()  # cut off in the middle
    if len(lines) < (1 if named else 3):
        return None
    best: tuple[float, str] | None = None
    for sign in _SIGNS:
        share = _regularity(lines, sign, named)
        if share >= (0.6 if named else 0.95) and (best is None or share > best[0]):
            best = (share, sign)
    return best[1] if best else None


def cell_sign(text: str) -> str:
    """The sign between the cells of text whose name says that it is a table; a tab, which is not in
    it, for one column without any."""
    found = delimiter_of(text, named=True)
    if found is None:
        first = next((line for line in text.split("\n") if line.strip()), "")
        return "," if "," in first else "\t"
    return found


def _regularity(lines: list[str], sign: str, named: bool) -> float:
    """The share of rows that have as many cells as most, 0 for what does not look like cells."""
    try:
        rows = [row for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=sign) if row]
    except csv.Error:
        return 0.0
    if not rows:
        return 0.0
    widths = [len(row) for row in rows]
    common = max(set(widths), key=lambda width: (widths.count(width), width))
    if common < 2 or (sign == "|" and common < 3):
        return 0.0
    if sign == "," and len(rows[0]) == 1 and all(map(_DECIMAL.search, lines[1:])):
        return 0.0  # one column of amounts with decimal commas, below its name
    cells = [cell for row in rows for cell in row]
    if not named:
        spaced = sum(cell[:1] == " " for row in rows for cell in row[1:])
        long = sum(len(cell) > _LONG_CELL for cell in cells)
        if len(rows) < 3 or spaced > 0.2 * len(cells) or long > 0.2 * len(cells):
            return 0.0
        if any(row[0].lstrip().startswith(("#", "-", "|", ">")) for row in rows[:3]):
            return 0.0
    return widths.count(common) / len(widths)
