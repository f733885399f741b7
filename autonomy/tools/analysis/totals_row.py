"""A row of totals at the end of a table: counted with the others, it would double every sum."""

from __future__ import annotations

import enum
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
_YEAR = re.compile(r"[12]\d{3}")
_APART = 100
"""Steps of its last digit between the least and the greatest value, from which on a mean that
agrees is no coincidence."""
LEAST_ROWS = 3
"""Rows of a table, that one among them included."""


class _Verdict(enum.Enum):
    """What one column says of a last row that is called a total or a mean."""

    SILENT = enum.auto()
    AGAINST = enum.auto()
    AGREES = enum.auto()
    """It may be one, and may be a row like the others."""
    PROVES = enum.auto()


def without_total(rows: list[list[str]], *, comma_hint: bool) -> tuple[list[list[str]], str]:
    """`rows` without a last one that adds the others up or averages them, and a sentence about it;
    one that is only called so stays, and the sentence says that. It goes only when a column proves
    it and none speaks against it.

    Args:
        comma_hint: as `columns.make_column`.
    """
    if len(rows) < LEAST_ROWS:
        return rows, ""
    last = rows[-1]
    at = next((index for index, cell in enumerate(last) if cell), 0)
    label = last[at].strip(" :.") if last else ""
    is_total, is_mean = _TOTAL.fullmatch(label), _MEAN.fullmatch(label)
    if not is_total and not is_mean:
        return rows, ""
    verdicts = {
        _column_says(
            [row[index] for row in rows[:-1] if index < len(row) and not is_missing(row[index])],
            last[index],
            mean=not is_total,
            comma_hint=comma_hint,
        )
        for index in range(at + 1, len(last))
        if not is_missing(last[index])
    }
    if _Verdict.PROVES in verdicts and _Verdict.AGAINST not in verdicts:
        what = "adds the others up" if is_total else "averages the others"
        return rows[:-1], f"The last row, “{label}”, {what} and was left out."
    return rows, f"The last row is called “{label}” and counts as a row like any other."


def _column_says(above: list[str], cell: str, *, mean: bool, comma_hint: bool) -> _Verdict:
    """What a column with the filled cells `above` says of `cell` below them."""
    comma = decimal_comma([*above, cell], hint=comma_hint)
    texts = [one.text for text in above if (one := number(text, comma=comma))]
    told = number(cell, comma=comma)
    if told is None:
        # One of several groups, as the rows above have them.
        return _Verdict.AGAINST if cell in above and len(set(above)) > 1 else _Verdict.SILENT
    if len(texts) < max(2, 0.9 * len(above)):
        return _Verdict.SILENT
    if all(_YEAR.fullmatch(text) for text in [*texts, told.text]):
        return _Verdict.SILENT
    values, value = [float(text) for text in texts], float(told.text)
    if {*values} == {value}:
        return _Verdict.SILENT
    if mean:
        return _mean_says(texts, values, told.text)
    rounding = 1e-9 * max(abs(one) for one in values)
    if not math.isclose(value, math.fsum(values), rel_tol=_NEAR, abs_tol=rounding):
        return _Verdict.AGAINST
    return _Verdict.AGREES if value in values else _Verdict.PROVES


def _mean_says(texts: list[str], values: list[float], told: str) -> _Verdict:
    """A mean agrees as far as its digits go; it proves itself by digits that its column has not, or
    by values that lie far apart: between 10 and 20, 15 may be a row like the others."""
    step, least = _step(told), min(_step(text) for text in texts)
    off = abs(float(told) - math.fsum(values) / len(values))
    if off > 0.5 * (step + least) * (1 + 1e-9):
        return _Verdict.AGAINST
    apart = max(values) - min(values) >= _APART * step
    return _Verdict.PROVES if apart or step < least else _Verdict.AGREES


def _step(text: str) -> float:
    """What one more in the last digit of a plain number is worth."""
    digits, _, exponent = text.lower().partition("e")
    return float(10.0 ** (int(exponent or 0) - len(digits.partition(".")[2])))
