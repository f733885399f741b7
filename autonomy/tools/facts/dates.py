"""Calendar dates in the notations that people use."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTHS = (
    "january february march april may june july august september october november december"
).split()
_NUMBER = {name: n for n, name in enumerate(_MONTHS, start=1)}
_NUMBER |= {name[:3]: n for name, n in _NUMBER.items()} | {"sept": 9}
_MONTH = (
    r"(?P<month>January|February|March|April|May|June|July|August|September|October|November|"
    r"December|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?)"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1[0-9]\d\d|20\d\d)"
_FORMS = tuple(
    re.compile(rf"(?<![\w.]){form}(?!\w)")
    for form in (
        rf"{_DAY}(?: of)? {_MONTH},? {_YEAR}",
        rf"{_MONTH} {_DAY},? {_YEAR}",
        r"(?P<year>\d{4})-(?P<m>[01]?\d)-(?P<day>[0-3]?\d)",
        r"(?P<a>[0-3]?\d)[./](?P<b>[0-3]?\d)[./](?P<year>\d{4})",
        rf"{_MONTH},? {_YEAR}",
        rf"{_DAY}(?: of)? {_MONTH}",
        rf"{_MONTH} {_DAY}(?![\d.,]*\d)",
    )
)


@dataclass(frozen=True, slots=True)
class Date:
    """What a text says of a day; None is what it leaves open."""

    year: int | None
    month: int
    day: int | None
    text: str
    swapped: bool = False
    """Day and month may as well be the other way round (03/04/2020)."""

    def within(self, other: Date) -> bool:
        """Whether `other` says all of this."""
        orders = [(other.month, other.day)]
        if other.swapped or self.swapped:
            orders.append((other.day or 0, other.month))
        same_year = self.year is None or self.year == other.year
        return same_year and any(
            self.month == month and self.day in (None, day) for month, day in orders
        )


def take_dates(text: str) -> tuple[list[Date], str]:
    """The dates of `text`, and the text with them blanked out (offsets stay). Years that stand
    alone are numbers, see `quantities`."""
    found: list[Date] = []
    for form in _FORMS:
        for match in form.finditer(text):
            if (date := _read(match)) is not None:
                found.append(date)
                text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    return found, text


def _read(match: re.Match[str]) -> Date | None:
    parts = match.groupdict()
    year = int(parts["year"]) if parts.get("year") else None
    if parts.get("a"):
        first, second = int(parts["a"]), int(parts["b"])
        month, day = (second, first) if second <= 12 else (first, second)
        both = first <= 12 and second <= 12 and first != second
        if 1 <= month <= 12 and 1 <= day <= 31:
            return Date(year, month, day, match[0], swapped=both)
        return None
    month = int(parts["m"]) if parts.get("m") else _NUMBER[parts["month"].rstrip(".").lower()]
    written = parts.get("day")
    if not 1 <= month <= 12 or (written and not 1 <= int(written) <= 31):
        return None
    return Date(year, month, int(written) if written else None, match[0])
