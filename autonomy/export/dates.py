"""Dates as people write them."""

from __future__ import annotations

from datetime import date, datetime

_MONTHS = (
    "January February March April May June July August September October November December"
).split()


def parse_date(value: str) -> date | None:
    """The day of an ISO 8601 date or moment, or None."""
    try:
        return datetime.fromisoformat(value.strip()).date()
    except ValueError:
        return None


def long_date(value: str, language: str) -> str:
    """`2026-11-22` → `22 November 2026` (`November 22, 2026` in American English); other
    languages keep the ISO date, and what is no date stays as it is."""
    day = parse_date(value)
    if day is None:
        return " ".join(value.split())[:60]
    if language.split("-")[0].lower() not in ("", "en"):
        return day.isoformat()
    month = _MONTHS[day.month - 1]
    if language.lower() == "en-us":
        return f"{month} {day.day}, {day.year}"
    return f"{day.day} {month} {day.year}"
