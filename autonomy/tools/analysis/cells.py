"""What a cell's text says: a number, a day, or nothing. How a column writes its numbers and days is
decided by the whole column, because 1,234 and 03/04/2021 alone can be read in two ways."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

MISSING = frozenset(
    """na n/a n.a. n.a nan null nil none missing unknown - -- – — . ? #n/a #na #value! #div/0! #ref!
    #name? #null! #num! k.a. k.a nd n.d. (blank) (empty)""".split()
)
"""Texts that say that there is no value, in lower case."""

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:\s\d{3})+(?!\d)")
"""Thousands with spaces between them."""
_TWO_NUMBERS = re.compile(r"\d\s+\d")
"""Such as a telephone number: no amount."""
_CURRENCY = "€$£¥₹₽₺₩₪₴₦¢"
_CODES = "EUR|USD|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK|HUF|BRL|CAD|AUD|NZD|ZAR|Rs\\.?"
_MONEY = re.compile(rf"^(?P<minus>[-−–+]?)(?P<sign>[{_CURRENCY}]|(?:{_CODES}))(?P<rest>.*)$")
_TRAILING = re.compile(
    rf"^(?P<number>[-−–+(]?[\d.,'’]*\d\)?)(?P<unit>%|‰|[{_CURRENCY}]|{_CODES}|°[CF]?|[A-Za-zµμ²³/]{{1,8}})$"
)
_PLAIN = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?$")
_POINT = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$")
_COMMA = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?$")
_APOSTROPHE = re.compile(r"[-+]?\d{1,3}(?:['’]\d{3})+(?:[.,]\d+)?$")
_SURELY_COMMA = re.compile(
    r"[-+]?(?:\d+,(?:\d{1,2}|\d{4,})|0,\d+|\d{1,3}(?:\.\d{3})+,\d+|\d{1,3}(?:\.\d{3}){2,})$"
)
_SURELY_POINT = re.compile(
    r"[-+]?(?:\d*\.(?:\d{1,2}|\d{4,})|0\.\d+|\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,})$"
)


class Number(NamedTuple):
    text: str
    """Plain: digits, a point, perhaps an exponent."""
    unit: str


def is_missing(cell: str) -> bool:
    return not cell or cell.lower() in MISSING


def bare(cell: str) -> tuple[str, str]:
    """The digits and signs of a cell that holds an amount, without spaces, and its unit; a text
    that is no amount comes back as it is."""
    text = _GROUPED.sub(lambda match: _SPACES.sub("", match[0]), cell)
    if _TWO_NUMBERS.search(text):
        return cell, ""
    text = _SPACES.sub("", text).replace("−", "-").replace("–", "-")
    unit = ""
    if (money := _MONEY.match(text)) is not None:
        unit, text = money["sign"], f"{money['minus']}{money['rest']}"
    elif (behind := _TRAILING.match(text)) is not None and not _PLAIN.match(text):
        unit, text = behind["unit"], behind["number"]
    if len(text) > 2 and text[0] == "(" and text[-1] == ")":
        text = f"-{text[1:-1]}"
    return text, unit


def decimal_comma(cells: Iterable[str], *, hint: bool) -> bool:
    """Whether a column writes 1.234,5 for 1234.5. `hint` decides where no cell does."""
    comma = point = 0
    for cell in cells:
        text, _ = bare(cell)
        comma += _SURELY_COMMA.match(text) is not None
        point += _SURELY_POINT.match(text) is not None
    return hint if comma == point else comma > point


def number(cell: str, *, comma: bool) -> Number | None:
    """The cell as a number, if it is a finite one."""
    text, unit = bare(cell)
    if not text or len(text) > 40:
        return None
    if _APOSTROPHE.match(text):
        text = re.sub("['’]", "", text)
    grouped = (_COMMA if comma else _POINT).match(text)
    if grouped:
        text = text.replace("." if comma else ",", "").replace(",", ".")
    elif not _PLAIN.match(text):
        return None
    value = float(text)
    return Number(text.lstrip("+"), unit) if math.isfinite(value) else None


# ------------------------------------------------------------------------------------ days

_MONTHS = {
    name: index
    for index, names in enumerate(
        (
            "jan january januar janvier enero janeiro", "feb february februar février febrero fevereiro",
            "mar march märz mars marzo março", "apr april avril abril", "may mai mayo maio",
            "jun june juni juin junio junho", "jul july juli juillet julio julho",
            "aug august août agosto", "sep sept september septembre septiembre setembro",
            "oct okt october oktober octobre octubre outubro", "nov november novembre noviembre novembro",
            "dec dez december dezember décembre diciembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2}|[AaPp][Mm])?)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})(?:[-/.](\d{{1,2}}))?{_TIME}$")
_SLASHED = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_TIME}$")
_WORDED = re.compile(r"(?:(\d{1,2})\.?[ -])?([^\W\d]{3,10})\.?[ -,]{1,2}(?:(\d{1,2}),? )?(\d{4})$")
_QUARTER = re.compile(r"(?:(\d{4})[- ]?Q([1-4])|Q([1-4])[- /]?(\d{4}))$", re.IGNORECASE)


def month_first(cells: Iterable[str]) -> bool | None:
    """Whether a column writes the month before the day; None when no cell tells."""
    first = second = False
    for cell in cells:
        if (match := _SLASHED.match(cell)) is not None:
            first |= int(match[1]) > 12
            second |= int(match[3]) > 12
    return None if first == second else second


def day(cell: str, *, month_first: bool) -> date | None:
    """The cell as a day; a month or quarter is its first day."""
    if len(cell) > 40:
        return None
    if (match := _ISO.match(cell)) is not None:
        return _date(match[1], match[2], match[3] or "1")
    if (match := _SLASHED.match(cell)) is not None:
        day_, month = (match[3], match[1]) if month_first else (match[1], match[3])
        year = (
            match[4]
            if len(match[4]) == 4
            else str(int(match[4]) + (1900 if int(match[4]) >= 70 else 2000))
        )
        return _date(year, month, day_)
    if (match := _QUARTER.match(cell)) is not None:
        year, quarter = (match[1], match[2]) if match[1] else (match[4], match[3])
        return _date(year, str(3 * int(quarter) - 2), "1")
    if (match := _WORDED.match(cell)) is not None:
        named = _MONTHS.get(match[2].lower())
        return _date(match[4], str(named), match[1] or match[3] or "1") if named else None
    return None


def _date(year: str, month: str, day_: str) -> date | None:
    try:
        made = date(int(year), int(month), int(day_))
    except ValueError:
        return None
    return made if 1000 <= made.year <= 2999 else None
