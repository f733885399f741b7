"""How often a host may be asked, as it says itself in the headers of its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT = 3_600.0
"""The most that a Retry-After is believed, seconds."""
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0}


@dataclass(frozen=True, slots=True)
class Pace:
    """A rate: so many requests per minute, and so many of them at once."""

    per_minute: float
    burst: float = 1.0


def told(headers: Mapping[str, str], before: Pace) -> Pace:
    """The pace after an answer with these headers: `before`, unless they name another.

    `X-Rate-Limit-Limit` and `X-Rate-Limit-Interval` ("50", "1s") are Crossref's; without an
    interval a limit says nothing of the pace (OpenAlex' is for a day).
    """
    limit = headers.get("x-rate-limit-limit", "")
    interval = re.fullmatch(r"(\d+)\s*([smh]?)", headers.get("x-rate-limit-interval", "").strip())
    if not re.fullmatch(r"\d{1,6}", limit.strip()) or interval is None:
        return before
    count, seconds = float(limit), float(interval[1]) * _SECONDS[interval[2]]
    if count <= 0 or seconds <= 0:
        return before
    return replace(before, per_minute=60 * count / seconds, burst=max(1.0, min(count, 5.0)))


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to leave the registry alone; None when it does not say.

    Read from `Retry-After` (seconds or a date), else from `X-RateLimit-Reset` (seconds) once
    `X-RateLimit-Remaining` is 0.
    """
    said = headers.get("retry-after", "").strip()
    if not said and headers.get("x-ratelimit-remaining", "").strip() in ("0", "0.0"):
        said = headers.get("x-ratelimit-reset", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", said):
        return min(float(said), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    seconds = (at.astimezone(UTC) - (now or datetime.now(UTC))).total_seconds()
    return min(max(0.0, seconds), LONGEST_WAIT)
