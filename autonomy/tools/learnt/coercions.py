"""Named coercions of one value. Each turns a value without loss or says that it cannot; a value that
has the wanted form already is left as it is.

Needs the standard library only: it goes along into the sandbox.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

EXACT = 2**53
"""Whole numbers below it (either sign) are exact in every JSON reader."""
FIRST_SECONDS, LAST_SECONDS = -2_208_988_800, 7_258_118_400
"""Years 1900 to 2200: seconds outside are another unit."""


class NotCoercible(ValueError):
    """The value has another form than the coercion knows, or would lose something."""


_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?\Z")


def to_integer(value: Any) -> Any:
    """`"12"`, `12.0` → `12`."""
    if isinstance(value, bool):
        raise NotCoercible("true and false are no numbers")
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return int(value)
    if isinstance(value, str) and _WHOLE.match(value) and value != "-0" and len(value) < 40:
        return int(value)
    raise NotCoercible(f"{_shown(value)} is no whole number as JSON writes it")


def to_number(value: Any) -> Any:
    """`"12.5"` → `12.5`, where the shortest form of the number has the same digits."""
    if isinstance(value, bool):
        raise NotCoercible("true and false are no numbers")
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _DECIMAL.match(value):
        if _WHOLE.match(value):
            return to_integer(value)
        number = float(value)
        digits = value.rstrip("0").rstrip(".").lstrip("-").replace(".", "").lstrip("0")
        if len(digits) <= 15 and "e" not in repr(number):
            return number
    raise NotCoercible(f"{_shown(value)} is no number as JSON writes it")


def to_text(value: Any) -> Any:
    """`12` → `"12"`; exact whole numbers only."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < EXACT:
        return str(value)
    raise NotCoercible(f"{_shown(value)} has more than one form as text")


def to_boolean(value: Any) -> Any:
    """`"true"` and `"false"`, in any case."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise NotCoercible(f"{_shown(value)} is neither true nor false")


def from_zero_one(value: Any) -> Any:
    """`1` → `true`, `0` → `false`."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return value == 1
    raise NotCoercible(f"{_shown(value)} is neither 0 nor 1")


def to_zero_one(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int) and value in (0, 1):
        return value
    raise NotCoercible(f"{_shown(value)} is neither true nor false")


_ISO_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")
_ISO_OFFSET = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})\Z"
)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_SLASHED = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})\Z")


def epoch_to_iso(value: Any) -> Any:
    """Whole seconds since 1970 → `2024-03-01T12:00:00Z`."""
    if isinstance(value, str) and _ISO_UTC.match(value):
        return value
    return _iso(_seconds(value))


def epoch_ms_to_iso(value: Any) -> Any:
    """Milliseconds since 1970 that are whole seconds → `2024-03-01T12:00:00Z`."""
    if isinstance(value, str) and _ISO_UTC.match(value):
        return value
    if not isinstance(value, int) or isinstance(value, bool) or value % 1000:
        raise NotCoercible(f"{_shown(value)} is no whole second in milliseconds")
    return _iso(_seconds(value // 1000))


def iso_to_epoch(value: Any) -> Any:
    """A time with its offset → whole seconds since 1970."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _seconds(value)
    return int(_moment(value).timestamp())


def iso_to_epoch_ms(value: Any) -> Any:
    """A time with its offset → milliseconds since 1970."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _seconds(value // 1000) * 1000 + value % 1000
    return int(_moment(value).timestamp()) * 1000


def iso_to_utc(value: Any) -> Any:
    """`2024-03-01T13:00:00+01:00` → `2024-03-01T12:00:00Z`. A time without offset is none."""
    return _iso(int(_moment(value).timestamp()))


def day_first_to_iso(value: Any) -> Any:
    """`01/03/2024` → `2024-03-01`."""
    return _slashed(value, day=1, month=2)


def month_first_to_iso(value: Any) -> Any:
    """`03/01/2024` → `2024-03-01`."""
    return _slashed(value, day=2, month=1)


def _slashed(value: Any, *, day: int, month: int) -> str:
    if isinstance(value, str) and _ISO_DATE.match(value):
        return value
    match = _SLASHED.match(value) if isinstance(value, str) else None
    if match is None:
        raise NotCoercible(f"{_shown(value)} is no date like 01/03/2024")
    try:
        return date(int(match[3]), int(match[month]), int(match[day])).isoformat()
    except ValueError as error:
        raise NotCoercible(f"{_shown(value)} is no day: {error}") from error


def _seconds(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise NotCoercible(f"{_shown(value)} is no whole number of seconds")
    if not FIRST_SECONDS <= value <= LAST_SECONDS:
        raise NotCoercible(f"{_shown(value)} is no time in seconds since 1970")
    return value


def _iso(seconds: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(value: Any) -> datetime:
    if isinstance(value, str) and _ISO_OFFSET.match(value):
        try:
            return datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError as error:
            raise NotCoercible(f"{_shown(value)} is no time: {error}") from error
    raise NotCoercible(f"{_shown(value)} is no time with whole seconds and its offset")


def link_cursor(value: Any) -> Any:
    """The cursor in a link to the next page: its query parameter `cursor`."""
    return _query(value, "cursor")


def link_page(value: Any) -> Any:
    """The number of the next page in a link to it: its query parameter `page`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if "?" not in _text(value):
        raise NotCoercible(f"{_shown(value)} is no link with a page")
    found = _query(value, "page")
    return None if found is None else to_integer(found)


def _query(value: Any, name: str) -> Any:
    if value is None:
        return None
    text = _text(value)
    if "?" not in text:
        if "/" in text or ":" in text:
            raise NotCoercible(f"{_shown(value)} is no link with a {name}")
        return text
    found = parse_qs(urlsplit(text).query).get(name, [])
    if len(found) != 1:
        raise NotCoercible(f"{_shown(value)} is no link with one {name}")
    return found[0]


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NotCoercible(f"{_shown(value)} is no text")
    return value


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"


COERCIONS: dict[str, Callable[[Any], Any]] = {
    "integer": to_integer,
    "number": to_number,
    "text": to_text,
    "boolean": to_boolean,
    "zero_one_to_boolean": from_zero_one,
    "boolean_to_zero_one": to_zero_one,
    "epoch_to_iso": epoch_to_iso,
    "epoch_ms_to_iso": epoch_ms_to_iso,
    "iso_to_epoch": iso_to_epoch,
    "iso_to_epoch_ms": iso_to_epoch_ms,
    "iso_to_utc": iso_to_utc,
    "day_first_to_iso": day_first_to_iso,
    "month_first_to_iso": month_first_to_iso,
    "link_cursor": link_cursor,
    "link_page": link_page,
}
"""By the name that a wrapper uses. None (JSON null) is left to the caller."""
