"""What hosts say in headers of how often they may be asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autonomy.tools.fetch.pace import LONGEST_WAIT, Pace, retry_after, told

BEFORE = Pace(per_minute=120, burst=2)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-rate-limit-limit": "50", "x-rate-limit-interval": "1s"}, Pace(3_000, 5)),
        ({"x-rate-limit-limit": "10", "x-rate-limit-interval": "1m"}, Pace(10, 5)),
        ({"x-rate-limit-limit": "3", "x-rate-limit-interval": "1"}, Pace(180, 3)),
        ({"x-rate-limit-limit": "50"}, BEFORE),
        ({"x-rate-limit-limit": "0", "x-rate-limit-interval": "1s"}, BEFORE),
        ({"x-rate-limit-limit": "-5", "x-rate-limit-interval": "1s"}, BEFORE),
        ({"x-rate-limit-limit": "many", "x-rate-limit-interval": "1s"}, BEFORE),
        ({"x-rate-limit-limit": "50", "x-rate-limit-interval": "0s"}, BEFORE),
        ({"x-ratelimit-limit": "100000"}, BEFORE),
        ({}, BEFORE),
    ],
)
def test_a_limit_and_its_interval_make_a_pace(headers: dict[str, str], expected: Pace) -> None:
    assert told(headers, BEFORE) == expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Mon, 02 Mar 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 02 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "999999999"}, LONGEST_WAIT),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "40"}, 40.0),
        ({"x-ratelimit-remaining": "3", "x-ratelimit-reset": "40"}, None),
        ({}, None),
    ],
)
def test_when_to_come_again(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, datetime(2026, 3, 2, 12, tzinfo=UTC)) == seconds
