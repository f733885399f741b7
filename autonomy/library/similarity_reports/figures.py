"""Percentages and counts as reports print them; what is not plainly one is None, never a guess."""

from __future__ import annotations

import re

from autonomy.core.originality import Percent

MOST_WORDS = 50_000_000
"""A larger count is no count of words or characters."""
_SIGN = "%٪﹪％"
# Digits of any script; a minus or another digit before them makes them part of something else.
_PERCENT = re.compile(
    rf"(?<![\d.,\-−–])(?P<below>[<＜]?)\s?(?P<figure>\d{{1,3}}(?:[.,٫]\d{{1,4}})?)\s?[{_SIGN}]"
)
_COUNT = re.compile(r"\d{1,3}(?:[.,'’٬ \u00a0\u202f\u2009]\d{3})+(?!\d)|\d{1,9}(?!\d)")


def percent(text: str) -> Percent | None:
    """The first percentage in `text`; “<1 %” is a bound. None when there is none from 0 to 100."""
    found = _PERCENT.search(text)
    return _percent(found) if found else None


def only_percent(text: str) -> Percent | None:
    """The percentage that `text` is, with or without its sign; None when it says anything else."""
    plain = text.strip()
    found = _PERCENT.fullmatch(plain if plain[-1:] in tuple(_SIGN) else f"{plain}%")
    return _percent(found) if found else None


def split_percent(text: str) -> tuple[str, Percent | None, str]:
    """What stands before the first percentage, the percentage, and what stands behind it."""
    found = _PERCENT.search(text)
    value = _percent(found) if found else None
    if found is None or value is None:
        return text, None, ""
    return text[: found.start()].strip(), value, text[found.end() :].strip()


def last_percent(text: str) -> tuple[str, Percent | None]:
    """`text` without the percentage that it ends with, and that."""
    for found in _PERCENT.finditer(text):
        if not text[found.end() :].strip():
            value = _percent(found)
            if value is not None:
                return text[: found.start()].strip(), value
    return text, None


def _percent(found: re.Match[str]) -> Percent | None:
    value = float(found["figure"].replace(",", ".").replace("٫", "."))
    return Percent(value=value, below=bool(found["below"])) if 0 <= value <= 100 else None


def count(text: str) -> int | None:
    """The number that `text` begins with, whatever groups its digits; None when there is none."""
    found = _COUNT.match(text.strip())
    if found is None:
        return None
    number = int(re.sub(r"\D", "", found[0]))
    return number if number <= MOST_WORDS else None


def after_count(text: str) -> str:
    """What follows the number that `text` begins with; all of it when there is none."""
    stripped = text.strip()
    found = _COUNT.match(stripped)
    return stripped[found.end() :].strip() if found else stripped
