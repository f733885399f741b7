"""What a column holds, told by all of its cells, and its cells made plain."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from autonomy.core.analysis import Column, ColumnKind
from autonomy.tools.analysis import cells as cell_text

MOSTLY = 0.9
"""Share of the filled cells that must be numbers, or days, for a column to be one of them."""
MOST_CATEGORIES = 60
MOST_DISTINCT = 100_000
"""Different values are counted up to here."""
_SAMPLE = 2_000
_YEAR = re.compile(
    r"(?:^|[\W_])(?:years?|yr|jahr|année|annee|año|ano|anno)(?:$|[\W_])", re.IGNORECASE
)
_ID = re.compile(
    r"(?:^|[\W_])(?:id|ids|uuid|index|row|zip|postcode|plz|phone|isbn|code|key|nr|no\.?)(?:$|[\W_])"
    r"|[a-z]I[Dd]$",
    re.IGNORECASE,
)
_NAME_UNIT = re.compile(r"^(?P<name>.*\S)\s*[(\[](?P<unit>[^()\[\]]{1,16})[)\]]$")
_SUFFIX_UNIT = re.compile(
    r"^(?P<name>.*[^\W_])_(?P<unit>eur|usd|gbp|chf|jpy|kg|km|cm|mm|ml|kwh|mwh|pct|percent)$",
    re.IGNORECASE,
)
"""As databases write it, with units that are nothing else."""
_SUFFIX_SAYS = {"pct": "%", "percent": "%", "kwh": "kWh", "mwh": "MWh"}
_CURRENCIES = frozenset({"eur", "usd", "gbp", "chf", "jpy"})
_UNIT_SIGNS = re.compile(r"[^\W\d_]|[%‰°$€£¥]")
"""A unit has one of these; “1–10” is a scale and belongs to the name."""
_FORMAT_CHARS = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Invisible marks, those that turn the direction of text among them."""


class Made(NamedTuple):
    column: Column
    cells: list[str]
    """Plain numbers, ISO days, text; empty where missing."""
    remark: str = ""


def tidy(cell: str, limit: int) -> str:
    """A cell on one line, without invisible marks, at most `limit` characters."""
    text = " ".join(_FORMAT_CHARS.sub("", cell[: 4 * limit]).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def with_unit(name: str) -> tuple[str, str]:
    """`Weight (kg)` → `Weight`, `kg`; `revenue_eur` → `revenue`, `EUR`."""
    if suffixed := _SUFFIX_UNIT.match(name):
        unit = suffixed["unit"].lower()
        said = unit.upper() if unit in _CURRENCIES else _SUFFIX_SAYS.get(unit, unit)
        return suffixed["name"], said
    match = _NAME_UNIT.match(name)
    if match is None or not _UNIT_SIGNS.search(match["unit"]):
        return name, ""
    return match["name"], match["unit"].strip()


def make_column(name: str, unit: str, cells: Sequence[str], *, comma_hint: bool) -> Made:
    """The column called `name`, of tidy cells.

    Args:
        unit: as the header says it.
        comma_hint: whether the file's look speaks for decimal commas, for columns that do not tell.
    """
    filled = [cell for cell in cells if not cell_text.is_missing(cell)]
    missing = len(cells) - len(filled)
    base = {"name": name, "unit": unit, "filled": len(filled), "missing": missing}
    if not filled:
        return Made(Column(kind=ColumnKind.EMPTY, **base), [""] * len(cells))
    distinct = len(set(filled[:MOST_DISTINCT]))
    base["distinct"] = distinct
    sample = filled[:_SAMPLE]
    if not _are_codes(sample):
        made = _dates(base, cells, filled, sample) or _numbers(
            base, cells, filled, sample, comma_hint
        )
        if made is not None:
            return made
    remark = _several_units(name, sample) if not unit else ""
    plain = ["" if cell_text.is_missing(cell) else cell for cell in cells]
    few = distinct <= MOST_CATEGORIES and (distinct <= 0.5 * len(filled) or distinct <= 12)
    if few and distinct < len(filled):
        common = tuple(Counter(filled).most_common(MOST_CATEGORIES))
        return Made(Column(kind=ColumnKind.CATEGORY, common=common, **base), plain, remark)
    text = Column(kind=ColumnKind.TEXT, identifier=distinct == len(filled), **base)
    return Made(text, plain, remark)


def _several_units(name: str, sample: Sequence[str]) -> str:
    """What is said of amounts in different units, which nobody may add up; empty for other text."""
    comma = cell_text.decimal_comma(sample, hint=False)
    tried = [one for cell in sample if (one := cell_text.number(cell, comma=comma)) is not None]
    units = Counter(one.unit for one in tried if one.unit)
    if len(tried) < MOSTLY * len(sample) or len(units) < 2:
        return ""
    shown = ", ".join(unit for unit, _ in units.most_common(4))
    return f"Amounts of “{name}” stand in different units ({shown}) and were not computed with."


def _are_codes(sample: Sequence[str]) -> bool:
    """Figures with leading zeros are names, not amounts."""
    coded = sum(len(c) > 1 and c[0] == "0" and c.isdigit() for c in sample)
    return (
        coded > 0
        and coded >= 0.1 * len(sample)
        and sum(c.isdigit() for c in sample) >= MOSTLY * len(sample)
    )


def _dates(
    base: dict[str, object], cells: Sequence[str], filled: list[str], sample: list[str]
) -> Made | None:
    name = str(base["name"])
    if _YEAR.search(name) and all(
        c.isdigit() and 1000 <= int(c) <= 2999 for c in sample if len(c) == 4
    ):
        years = [c if len(c) == 4 and c.isdigit() and 1000 <= int(c) <= 2999 else "" for c in cells]
        found = [f"{year}-01-01" if year else "" for year in years]
        first = None
    else:
        first = cell_text.month_first(filled)
        if sum(
            cell_text.day(c, month_first=bool(first)) is not None for c in sample
        ) < MOSTLY * len(sample):
            return None
        days = (cell_text.day(c, month_first=bool(first)) if c else None for c in cells)
        found = [one.isoformat() if one else "" for one in days]
    known = [one for one in found if one]
    if len(known) < MOSTLY * len(filled):
        return None
    unread = len(filled) - len(known)
    column = Column(
        kind=ColumnKind.DATE,
        first=min(known),
        last=max(known),
        unread=unread,
        **{**base, "filled": len(known), "missing": len(cells) - len(known)},
    )
    remark = ""
    if first is None and any(cell_text._SLASHED.match(c) for c in sample):
        remark = f"Dates of “{name}” such as {sample[0][:20]} were read as day, month, year: no cell tells which comes first."
    return Made(column, found, _unread(column, remark))


def _numbers(
    base: dict[str, object],
    cells: Sequence[str],
    filled: list[str],
    sample: list[str],
    comma_hint: bool,
) -> Made | None:
    comma = cell_text.decimal_comma(filled, hint=comma_hint)
    tried = [cell_text.number(c, comma=comma) for c in sample]
    if sum(one is not None for one in tried) < MOSTLY * len(sample):
        return None
    units = Counter(one.unit for one in tried if one is not None and one.unit)
    unit = str(base["unit"])
    if not unit and units and units.most_common(1)[0][1] >= 0.5 * len(sample):
        unit = units.most_common(1)[0][0]
    if not unit and len(units) > 1:
        return None  # amounts of several currencies add up to nothing
    found: list[str] = []
    values: list[float] = []
    for cell in cells:
        one = None if cell_text.is_missing(cell) else cell_text.number(cell, comma=comma)
        # An amount in another unit would be added up as if it were in this one.
        if one is not None and one.unit and unit and one.unit != unit and one.unit in units:
            one = None
        found.append("" if one is None else one.text)
        if one is not None:
            values.append(float(one.text))
    if len(values) < MOSTLY * len(filled):
        return None
    name = str(base["name"])
    whole = all(value == int(value) for value in values[:_SAMPLE])
    running = whole and len(values) > 2 and all(b - a == 1 for a, b in itertools.pairwise(values))
    column = Column(
        kind=ColumnKind.NUMBER,
        minimum=min(values),
        maximum=max(values),
        decimals=min(
            max((len(f.partition(".")[2]) for f in found if "e" not in f.lower()), default=0), 6
        ),
        unread=len(filled) - len(values),
        identifier=bool(running or (whole and _ID.search(name))),
        **{**base, "unit": unit, "filled": len(values), "missing": len(cells) - len(values)},
    )
    remark = (
        f"Numbers of “{name}” were read with a decimal comma."
        if comma and any("," in cell for cell in sample)
        else ""
    )
    return Made(column, found, _unread(column, remark))


def _unread(column: Column, remark: str) -> str:
    if not column.unread:
        return remark
    what = "number" if column.kind is ColumnKind.NUMBER else "date"
    one = column.unread == 1
    does = "cell holds" if one else "cells hold"
    said = f"In “{column.name}” {column.unread:,} {does} no {what} and {'counts' if one else 'count'} as missing."
    return f"{remark} {said}".strip()
