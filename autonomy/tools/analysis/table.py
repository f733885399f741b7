"""Rows of cells made a table: the header found, columns told apart, empty ones left out."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Sequence

from autonomy.core.analysis import (
    PARTLY,
    Column,
    ColumnKind,
    TableLimits,
    TableProfile,
    TableRead,
    TableUnreadable,
)
from autonomy.tools.analysis.cells import is_missing, number
from autonomy.tools.analysis.columns import make_column, tidy, with_unit
from autonomy.tools.analysis.totals_row import without_total

_LOOKED_AT = 30
"""Rows among which the header is looked for."""
_SHAPE_ROWS = 300
"""Rows by which a table of one column is told from one of several."""
_NAME_CHARS = 80
_UNIT = re.compile(
    r"[(\[]?(?:%|‰|°[CF]?|[€$£¥]|[A-Za-zµμ°]{1,6}(?:[/·*^]?[A-Za-z0-9²³-]{1,6})?)[)\]]?$"
)


def make_table(
    rows: Sequence[Sequence[str]],
    file_name: str,
    *,
    sheet: str = "",
    limits: TableLimits | None = None,
    comma_hint: bool = False,
    remarks: Sequence[str] = (),
) -> TableRead:
    """The table that `rows` hold.

    Args:
        comma_hint: the file's look speaks for decimal commas (cells between semicolons).
        remarks: what is to be said of the reading already.

    Raises:
        TableUnreadable: there is no row below a header, or no column with anything in it.
    """
    limits = limits or TableLimits()
    said = list(remarks)
    tidied = [
        [tidy(cell, limits.cell_chars) for cell in row[: limits.columns]]
        for row in rows[: limits.rows + _LOOKED_AT]
    ]
    if any(len(row) > limits.columns for row in rows[:_LOOKED_AT]):
        said.append(f"{PARTLY}{limits.columns} columns were read.")
    start, names, body_at = _header(tidied)
    if start:
        said.append(f"The table begins in row {start + 1}; what stands above it was left out.")
    body = [row for row in tidied[body_at:] if any(row)]
    if len(body) > limits.rows:
        body = body[: limits.rows]
        said.append(f"{PARTLY}{limits.rows:,} rows were read.")
    if not body:
        raise TableUnreadable(f"“{file_name}” has no rows below its header.")
    width = max(len(names), *(len(row) for row in body))
    units = [""] * width
    if len(body) > 2 and _are_units(body[0], body[1:12]):
        units = [_unit(cell) for cell in [*body[0], *[""] * width][:width]]
        body = body[1:]
    body, told = without_total(body, comma_hint=comma_hint)
    said += [told] if told else []
    named = _unique([*names, *[""] * width][:width])
    columns, kept, empty = [], [], []
    for index, (name, given) in enumerate(named):
        bare_name, unit = with_unit(name)
        made = make_column(
            bare_name if [n for n, _ in named].count(bare_name) == 0 else name,
            unit or units[index],
            [row[index] if index < len(row) else "" for row in body],
            comma_hint=comma_hint,
        )
        if made.column.kind is ColumnKind.EMPTY:
            # Without a name either it is only an edge of the table.
            if given:
                empty.append(made.column.name)
            continue
        columns.append(made.column)
        kept.append(made.cells)
        if made.remark:
            said.append(made.remark)
    if not columns:
        raise TableUnreadable(f"Every cell of “{file_name}” below the header is empty.")
    if empty:
        said.append(f"Without any value, and left out: {', '.join(f'“{n}”' for n in empty[:8])}.")
    profile = TableProfile(
        file_name=file_name,
        sheet=sheet,
        rows=len(body),
        columns=tuple(_apart(columns)),
        remarks=tuple(_together(said)[:20]),
    )
    return TableRead(profile=profile, csv=_csv([c.name for c in profile.columns], kept))


def _together(remarks: Sequence[str]) -> list[str]:
    """The remarks, with that of decimal commas once for all columns that have it."""
    comma = re.compile(r"^Numbers of (“.+?”) were read with a decimal comma\.\s*")
    named = [match[1] for remark in remarks if (match := comma.match(remark))]
    if len(named) < 2:
        return list(remarks)
    shown = f"{', '.join(named[:-1])} and {named[-1]}"
    rest = [left for remark in remarks if (left := comma.sub("", remark))]
    return [f"Numbers of {shown} were read with a decimal comma.", *rest]


def _header(rows: Sequence[Sequence[str]]) -> tuple[int, list[str], int]:
    """Row where the table begins, the names of its columns, and row where its body begins."""
    widths = [sum(1 for cell in row if cell) for row in rows[:_LOOKED_AT]]
    if not any(widths):
        raise TableUnreadable("The file is empty.")
    # Separators inside the texts of a single column make no table of several.
    several = _has_columns(rows)
    usual = max(widths) if several else 1
    start = next(
        index
        for index, filled in enumerate(widths)
        if filled >= max(1, 0.5 * usual) and not (several and _is_title(rows, widths, index))
    )
    # A row of groups above the names fills few cells and is followed by the names.
    above = start - 1
    if above >= 0 and widths[above] > 1 and _worded(rows[above]) and _worded(rows[start]):
        return above, _combined(rows[above], rows[start]), start + 1
    head = rows[start]
    if not _worded(head):
        return start, [], start
    if start + 1 < len(rows) and _groups(head) and _worded(rows[start + 1]):
        return start, _combined(head, rows[start + 1]), start + 2
    return start, list(head), start + 1


def _has_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether most rows below the first have more than one cell; or, among many lines of title and
    notes, rows of names and numbers stand together."""
    filled = [row for row in rows[:_SHAPE_ROWS] if any(row)]
    wide = [sum(1 for cell in row if cell) > 1 for row in filled]
    if sum(wide[1:]) > 0.5 * len(wide[1:]):
        return True
    names_at = wide.index(True) if any(wide) else len(wide)
    after = next((i for i in range(names_at, len(wide)) if not wide[i]), len(wide))
    below = filled[names_at + 1 : after]
    counted = sum(any(number(cell, comma=False) for cell in row[1:]) for row in below)
    # The first of them may say units.
    return counted >= max(2, len(below) - 1)


def _is_title(rows: Sequence[Sequence[str]], widths: Sequence[int], index: int) -> bool:
    """Whether a row is a line above the table: one cell, the first, and the names come below."""
    below = next((i for i in range(index + 1, len(widths)) if widths[i] > 1), None)
    alone = widths[index] == 1 and bool(rows[index][0])
    return alone and below is not None and _worded(rows[below])


def _worded(row: Sequence[str]) -> bool:
    """Whether the cells can be names: words, or years, most of them."""
    filled = [cell for cell in row if cell]
    numbers = [
        c
        for c in filled
        if number(c, comma=False) is not None and not re.fullmatch(r"(?:19|20)\d\d", c)
    ]
    return bool(filled) and len(numbers) <= 0.2 * len(filled) and all(len(c) <= 200 for c in filled)


def _groups(row: Sequence[str]) -> bool:
    """Whether it looks like merged cells: names with gaps behind them."""
    inner = list(row)
    while inner and not inner[-1]:
        inner.pop()
    gaps = sum(not cell for cell in inner)
    repeated = sum(a == b != "" for a, b in itertools.pairwise(inner))
    return len(inner) >= 3 and (gaps + repeated) >= max(1, len(inner) // 3)


def _combined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Names of two header rows: the group, which holds until the next one, and the name below."""
    names: list[str] = []
    group = ""
    for index in range(max(len(upper), len(lower))):
        above = upper[index] if index < len(upper) else ""
        below = lower[index] if index < len(lower) else ""
        group = above or group
        names.append(f"{group} {below}".strip() if below and group != below else below or above)
    return names


def _are_units(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the first row below the names says units: short signs over columns of numbers."""
    filled = [(i, cell) for i, cell in enumerate(row) if cell]
    if not filled or not all(_UNIT.match(cell) for _, cell in filled):
        return False
    over = [
        i
        for i, _ in filled
        if all(number(r[i], comma=False) or is_missing(r[i]) for r in below if i < len(r))
    ]
    return len(over) >= max(1, 0.6 * len(filled)) and any(
        not c.isalpha() or len(c) <= 3 for _, c in filled
    )


def _unit(cell: str) -> str:
    return cell.strip("()[] ")


def _unique(names: Sequence[str]) -> list[tuple[str, bool]]:
    """(name, whether the header gave it): made up where empty, numbered where repeated."""
    made: list[tuple[str, bool]] = []
    seen: dict[str, int] = {}
    for index, name in enumerate(names, start=1):
        cut = name[:_NAME_CHARS].strip() or f"Column {index}"
        seen[cut] = seen.get(cut, 0) + 1
        made.append((cut if seen[cut] == 1 else f"{cut} ({seen[cut]})", bool(name)))
    return made


def _apart(columns: Sequence[Column]) -> list[Column]:
    """Columns whose names are all different, also once their units are off and as they are said."""
    seen: dict[str, int] = {}
    made: list[Column] = []
    for column in columns:
        label = column.label
        seen[label] = seen.get(label, 0) + 1
        made.append(
            column
            if seen[label] == 1
            else column.model_copy(update={"name": f"{column.name} ({seen[label]})"})
        )
    return made


def _csv(names: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue()
