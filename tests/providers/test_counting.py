"""What a provider would limit and bill."""

from __future__ import annotations

import pytest

from tests.providers.counting import account_of, excess_over, most_in_any


@pytest.mark.parametrize(
    ("times", "seconds", "most"),
    [([], 1.0, 0), ([5.0], 1.0, 1), ([0.0, 0.5, 0.99, 1.0], 1.0, 3), ([0.0, 1.0, 2.0], 1.0, 1)],
)
def test_the_most_in_any_window_is_found(times: list[float], seconds: float, most: int) -> None:
    assert most_in_any(times, seconds) == most


def test_a_bucket_that_was_kept_has_no_excess() -> None:
    times = [0.0, 0.0, 0.0, *(n / 2 for n in range(1, 20))]

    assert excess_over(times, per_second=2, burst=3) <= 0


def test_the_excess_is_that_of_the_worst_window() -> None:
    calm = [float(n) for n in range(10)]
    burst = [10.0 + n / 100 for n in range(8)]
    times = calm + burst

    by_hand = max(
        j - i + 1 - (2 + 1.0 * (times[j] - times[i]))
        for i in range(len(times))
        for j in range(i, len(times))
    )
    assert excess_over(times, per_second=1.0, burst=2) == pytest.approx(by_hand)
    assert by_hand > 4


def test_an_account_s_name_is_the_same_everywhere_and_not_its_key() -> None:
    assert account_of("sk-1") == account_of("sk-1") != account_of("sk-2")
    assert "sk-1" not in account_of("sk-1")
    assert account_of(None) == "none"
