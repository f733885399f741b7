"""The cursor that a client hands in, and the runs it stands for."""

from __future__ import annotations

import pytest

from autonomy.api.feed import oldest_of


@pytest.mark.parametrize("cursor", ["", "abc", "../../x", "0" * 40])
def test_a_cursor_that_is_no_id_delivers_from_the_beginning(cursor: str) -> None:
    assert oldest_of({cursor: 3}) == ""


def test_runs_before_the_first_of_the_cursor_count_as_delivered() -> None:
    first, second = "0190a000-0000-7000-8000-000000000001", "0190A000-0000-7000-8000-000000000002"
    assert oldest_of({second.lower(): 2, first: 5}) == first
    assert oldest_of({second: 2}) == second.lower()
