"""A row of totals at the end of a table: counted with the others, it would double every sum."""

from __future__ import annotations

import math
import re

from autonomy.tools.analysis.cells import decimal_comma, is_missing, number

_TOTAL = re.compile(
    r"(?:(?:grand|overall|sub)[ -]?)?totals?|sum|summe|gesamt(?:summe|ergebnis)?|insgesamt|somme|"
    r"total g[ée]n[ée]ral|suma|totale|totaal",
    re.IGNORECASE,
)
_MEAN = re.compile(r"average|mean|mittelwert|durchschnitt|moyenne|media|promedio", re.IGNORECASE)
_NEAR = 0.005
"""Relative difference up to which a printed total is that of the rows, which were rounded."""
LEAST_ROWS = 3
"""Rows of a table, that one among them included."""


def without_total(rows: list[list[str]], *, comma_hint: bool) -> tuple[list[list[str]], str]:
    """`rows` without a last one that adds the others up or averages them, and a sentence about it;
    one that is only called so stays, and the sentence says that.

    Args:
        comma_hint: as `columns.make_column`.
    """
    if len(rows) < LEAST_ROWS:
        return rows, ""
    last = rows[-1]
    label = next((cell.strip(" :.") for cell in last if cell), "")
    is_total, is_mean = _TOTAL.fullmatch(label), _MEAN.fullmatch(label)
    if not is_total and not is_mean:
        return rows, ""
    for index, cell in enumerate(last):
        above = [row[index] for row in rows[:-1] if index < len(row) and not is_missing(row[index])]
        comma = decimal_comma([*above, cell], hint=comma_hint)
        values = [float(one.text) for text in above if (one := number(text, comma=comma))]
        told = number(cell, comma=comma)
        if told is None or len(values) < max(2, 0.9 * len(above)):
            continue
        expected = math.fsum(values) if is_total else math.fsum(values) / len(values)
        if math.isclose(float(told.text), expected, rel_tol=_NEAR):
            what = "adds the others up" if is_total else "averages the others"
            return rows[:-1], f"The last row, “{label}”, {what} and was left out."
    return rows, f"The last row is called “{label}” and counts as a row like any other."
