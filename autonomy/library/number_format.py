"""Numbers of a spreadsheet as its cells show them, from Excel's format codes (ECMA-376, 18.8.30).

The parts that change what is read are followed: decimals, thousands, percent, signs and units in
quotes, dates and times. What is not understood leaves the plain number.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache

BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
    11: "0.00E+00", 12: "General", 13: "General", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 45: "mm:ss",
    46: "[h]:mm:ss", 47: "mm:ss", 48: "0.00E+00", 49: "@",
}  # fmt: skip
"""Codes behind the format ids that files do not spell out; the local date is written as ISO 8601."""

_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[(?!h+\]|m+\]|s+\])[^\]]*\]')
_DATE_PART = re.compile(r"yyyy|yy|mmmm|mmm|mm|m|dddd|ddd|dd|d|\[h+\]|hh|h|ss|s|am/pm|a/p", re.I)
_PLACES = re.compile(r"[#0?][#0?,]*(?:\.[#0?,]*)?(?:E[+-]0+)?")
_KEEP = "\x01"
_MAX_SERIAL = 2_958_466
"""31 December 9999, the last day that Excel knows."""


def shown(value: float, code: str, *, from_1904: bool = False) -> str:
    """`value` in the format `code`; `from_1904` when the workbook counts days from then."""
    sections = _sections(code)
    if code == "General" or not sections:
        return plain(value)
    index = 0 if value > 0 or len(sections) == 1 else 1 if value < 0 else min(2, len(sections) - 1)
    section = sections[index] if index < len(sections) else sections[0]
    text, literals = _without_literals(section)
    if _is_date(text):
        return _restore(_dated(value, text, from_1904), literals).strip()
    if "@" in text or "General" in section or "/" in text:
        return plain(value)
    places = _PLACES.search(text)
    if places is None:
        return _restore(text, literals).strip() or plain(value)
    magnitude = abs(value) if len(sections) > 1 and index == 1 else value
    number = _number(magnitude, places[0], text.count("%"))
    return _restore(text[: places.start()] + number + text[places.end() :], literals).strip()


def is_date(code: str) -> bool:
    """Whether a format shows days, with or without a time."""
    text, _ = _without_literals((_sections(code) or ("",))[0])
    return code != "General" and _is_date(text) and bool(re.search(r"[yd]", text, re.I))


def plain(value: float) -> str:
    """As a cell without a format shows it: at most 11 significant digits."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.11g}"


@lru_cache(maxsize=512)
def _sections(code: str) -> tuple[str, ...]:
    parts: list[str] = [""]
    quoted = escaped = False
    for char in code[:500]:
        if char == ";" and not quoted and not escaped:
            parts.append("")
            continue
        quoted ^= char == '"' and not escaped
        escaped = char == "\\" and not escaped
        parts[-1] += char
    return tuple(parts)


@lru_cache(maxsize=512)
def _without_literals(section: str) -> tuple[str, tuple[str, ...]]:
    """The section with a placeholder for each literal, and the literals."""
    literals: list[str] = []

    def take(match: re.Match[str]) -> str:
        said = match[1] or match[2] or match[3] or ""
        if not said:
            return ""
        literals.append(said)
        return _KEEP

    return _LITERAL.sub(take, section), tuple(literals)


def _restore(text: str, literals: tuple[str, ...]) -> str:
    for literal in literals:
        text = text.replace(_KEEP, literal, 1)
    return text


def _is_date(text: str) -> bool:
    return bool(re.search(r"[ymdhs]", text, re.I)) and not re.search(r"[#?]|General", text)


def _number(value: float, places: str, percents: int) -> str:
    if value == 0 and "0" not in places:
        return ""
    value *= 100**percents
    mantissa, exponent, _ = places.partition("E")
    whole, _, fraction = mantissa.partition(".")
    decimals = len(re.sub(r"[^0#?]", "", fraction))
    if exponent:
        return f"{value:.{decimals}E}"
    # Commas behind the last digit scale by thousands; between digits they group.
    scale = len(mantissa) - len(mantissa.rstrip(","))
    fraction = fraction.rstrip(",")
    value /= 1000**scale
    text = f"{value:{',' if ',' in whole.rstrip(',') else ''}.{decimals}f}"
    optional = len(fraction) - len(fraction.rstrip("#"))
    if optional and "." in text:
        head, _, tail = text.partition(".")
        kept = tail[: decimals - optional] + tail[decimals - optional :].rstrip("0")
        text = f"{head}.{kept}" if kept else head
    digits = whole.replace(",", "").count("0")
    if digits > 1 and "," not in whole:
        sign, rest = ("-", text[1:]) if text.startswith("-") else ("", text)
        head, dot, tail = rest.partition(".")
        text = sign + head.zfill(digits) + dot + tail
    return text


def _dated(value: float, text: str, from_1904: bool) -> str:
    if not 0 <= value < _MAX_SERIAL:
        return plain(value)
    # Excel believes that 1900 was a leap year, so days before March 1900 are off by one.
    start = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 31 if value < 60 else 30)
    moment = start + timedelta(seconds=round(value * 86_400))
    half = bool(re.search(r"am/pm|a/p", text, re.I))
    hours = False

    def part(match: re.Match[str]) -> str:
        nonlocal hours
        code = match[0].lower()
        if code in ("mm", "m") and (
            hours or text[match.end() :].lower().lstrip(":").startswith("s")
        ):
            return f"{moment.minute:02d}"
        hours = "h" in code
        if code.startswith("["):
            return str(round(value * 86_400) // 3_600)
        hour = (moment.hour % 12 or 12) if half else moment.hour
        return {
            "yyyy": f"{moment.year}",
            "yy": f"{moment.year % 100:02d}",
            "mmmm": moment.strftime("%B"),
            "mmm": moment.strftime("%b"),
            "mm": f"{moment.month:02d}",
            "m": f"{moment.month}",
            "dddd": moment.strftime("%A"),
            "ddd": moment.strftime("%a"),
            "dd": f"{moment.day:02d}",
            "d": f"{moment.day}",
            "hh": f"{hour:02d}",
            "h": f"{hour}",
            "ss": f"{moment.second:02d}",
            "s": f"{moment.second}",
            "am/pm": "AM" if moment.hour < 12 else "PM",
            "a/p": "A" if moment.hour < 12 else "P",
        }[code]

    return _DATE_PART.sub(part, text)
