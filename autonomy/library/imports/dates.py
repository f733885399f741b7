"""Dates as bibliographies write them, in CSL's form."""

from __future__ import annotations

import re
from typing import Any

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEASONS = {"spring": 1, "summer": 2, "autumn": 3, "fall": 3, "winter": 4}


def month_number(value: str) -> int | None:
    """`mar`, `March`, `3` and `03` are 3; what is no month is None."""
    word = value.strip().lower()
    if word.isascii() and word.isdigit():
        number = int(word[:4])
        return number if 1 <= number <= 12 else None
    return _MONTHS.index(word[:3]) + 1 if word[:3] in _MONTHS else None


def csl_date(*candidates: str) -> dict[str, Any]:
    """The first of `candidates` that holds a year, as CSL's `date-parts`; a range keeps both ends.

    ISO (`2020-03-01`, `2020-03/2020-05`, `2020~`), RIS (`2020/03/01/Spring`) and loose forms
    (`March 2020`, `12 Mar. 2020`) are read; without any year the words become a literal.
    """
    for text in candidates:
        if found := _range(text.strip()) or _loose(text.strip()):
            return found
    words = next((text.strip() for text in candidates if text.strip(" /")), "")
    return {"literal": words.strip(" /")[:60]} if words else {}


_ISO = r"(-?\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T[\d:.Z+-]*)?[~?%]?"


def _range(text: str) -> dict[str, Any]:
    both = re.fullmatch(rf"{_ISO}(?:/(?:{_ISO}|\.\.|)?)?", text)
    if both:
        first, last = _parts(*both.groups()[:3]), _parts(*both.groups()[3:])
        if first:
            return {"date-parts": [first, last] if last else [first]}
    slashed = re.fullmatch(r"(\d{4})(?:/(\d{0,2})(?:/(\d{0,2})(?:/(.*))?)?)?", text)
    if slashed:
        found: dict[str, Any] = {"date-parts": [_parts(*slashed.groups()[:3])]}
        season = _SEASONS.get((slashed[4] or "").strip().lower())
        return {**found, "season": season} if season else found
    return {}


def _loose(text: str) -> dict[str, Any]:
    year = re.search(r"(?<!\d)(1[0-9]{3}|20[0-9]{2}|21[0-9]{2})(?!\d)", text)
    if not year:
        return {}
    rest = text[: year.start()] + " " + text[year.end() :]
    month = next(
        (n for word in re.findall(r"[A-Za-z]{3,}", rest) if (n := month_number(word))), None
    )
    day = re.search(r"(?<!\d)(\d{1,2})(?!\d)", rest)
    return {"date-parts": [_parts(year[1], str(month or ""), day[1] if day and month else "")]}


def _parts(year: str | None, month: str | None, day: str | None) -> list[int]:
    if not year:
        return []
    parts = [int(year)]
    if month and 1 <= int(month) <= 12:
        parts.append(int(month))
        if day and 1 <= int(day) <= 31:
            parts.append(int(day))
    return parts
