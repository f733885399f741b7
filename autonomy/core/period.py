"""The years of publication that a request names ("recent", "since 2020", "studies from 2015 to 2019")."""

from __future__ import annotations

import re
from typing import NamedTuple

RECENT_YEARS = 5
"""What "recent" reaches back."""
_LONG_AGO = 20
"""A year further back than this is more likely the subject's than the literature's, unless the
words around it speak of literature."""

_YEAR = r"((?:19|20)\d{2})"
_BETWEEN = re.compile(
    rf"\b(?:between|from|in)\s+{_YEAR}\s*(?:and|to|until|-|–|—)\s*{_YEAR}\b", re.I
)
_SINCE = re.compile(rf"\b(?:since|from)\s+{_YEAR}\b(?:\s+(?:on|onwards?))?", re.I)
_AFTER = re.compile(rf"\b(?:after|later\s+than)\s+{_YEAR}\b", re.I)
_BEFORE = re.compile(rf"\b(?:before|prior\s+to|earlier\s+than)\s+{_YEAR}\b", re.I)
_UNTIL = re.compile(rf"\b(?:until|up\s+to)\s+{_YEAR}\b", re.I)
_LAST = re.compile(
    r"\b(?:over\s+|in\s+|of\s+|from\s+)?(?:the\s+)?(?:last|past)\s+"
    r"(\d{1,2}|two|three|four|five|ten|few|couple\s+of)\s+years\b",
    re.I,
)
_RECENT = re.compile(r"\b(?:most\s+)?(?:recent(?:ly)?|latest|up-to-date)\b", re.I)
_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "few": RECENT_YEARS}
_LITERATURE = re.compile(
    r"\b(?:stud(?:y|ies)|papers?|literature|research|publications?|published|sources?|articles?|"
    r"evidence|works?|findings|advances|developments)\b[^.;!?\n]{0,60}$",
    re.I,
)


class Period(NamedTuple):
    """Years of publication, inclusive; None is open."""

    first: int | None = None
    last: int | None = None

    def __bool__(self) -> bool:
        return self.first is not None or self.last is not None

    def holds(self, year: int | None) -> bool:
        """Whether a work of `year` may be meant; one without a year may not when years are asked for."""
        if not self:
            return True
        if year is None:
            return False
        return (self.first or year) <= year <= (self.last or year)


def period_in(text: str, this_year: int) -> Period:
    """The years that `text` asks its sources to be from."""
    return _read(text, this_year)[0]


def without_period(text: str, this_year: int = 2100) -> str:
    """`text` without the words that name those years: they are a filter, no part of a query."""
    period, span = _read(text, this_year)
    if not period:
        return text
    return " ".join(f"{text[: span[0]]} {text[span[1] :]}".split()).strip(" ,;:-")


def _read(text: str, this_year: int) -> tuple[Period, tuple[int, int]]:
    def of_literature(match: re.Match[str], year: int) -> bool:
        before = text[max(0, match.start() - 120) : match.start()]
        return year > this_year - _LONG_AGO or _LITERATURE.search(before) is not None

    if (m := _BETWEEN.search(text)) and of_literature(m, int(m[1])):
        first, last = sorted((int(m[1]), int(m[2])))
        return Period(first, last), m.span()
    if (m := _SINCE.search(text)) and of_literature(m, int(m[1])):
        return Period(int(m[1])), m.span()
    if (m := _AFTER.search(text)) and of_literature(m, int(m[1])):
        return Period(int(m[1]) + 1), m.span()
    if m := _LAST.search(text):
        said = m[1].lower()
        count = int(said) if said.isdigit() else _COUNT.get(said.split()[0], 2)
        return Period(this_year - count), m.span()
    if (m := _BEFORE.search(text)) and of_literature(m, int(m[1])):
        return Period(None, int(m[1]) - 1), m.span()
    if (m := _UNTIL.search(text)) and of_literature(m, int(m[1])):
        return Period(None, int(m[1])), m.span()
    if m := _RECENT.search(text):
        return Period(this_year - RECENT_YEARS), m.span()
    return Period(), (0, 0)
