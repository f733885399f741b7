from __future__ import annotations

import pytest

from autonomy.export.dates import long_date


@pytest.mark.parametrize(
    ("value", "language", "printed"),
    [
        ("2026-11-22", "en", "22 November 2026"),
        ("2026-11-22", "en-US", "November 22, 2026"),
        ("2026-11-22T10:00:00+00:00", "en-GB", "22 November 2026"),
        ("2026-11-22", "de", "2026-11-22"),
        ("spring 2026", "en", "spring 2026"),
    ],
)
def test_dates_are_written_as_people_write_them(value: str, language: str, printed: str) -> None:
    assert long_date(value, language) == printed
