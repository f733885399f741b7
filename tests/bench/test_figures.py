"""The figures' arithmetic and their table."""

from __future__ import annotations

import pytest

from tests.bench.figures import Figure, percentile, table


def test_percentile_interpolates_between_samples() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.5) == 2.5
    assert percentile([1.0], 0.95) == 1.0
    assert percentile([0.0, 10.0], 0.1) == pytest.approx(1.0)


def test_percentile_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no samples"):
        percentile([], 0.5)


def test_table_shows_each_figure_with_its_goal_and_verdict() -> None:
    told = table(
        [
            Figure("put", 1.2, "×", baseline="PostgresSaver 1.9 ms", goal="≤ 1.5 ×", ok=True),
            Figure("get", 1.7, "×", goal="≤ 1.5 ×", ok=False),
            Figure("memory", 312.0, "MB"),
        ]
    ).splitlines()
    assert told[1].split() == [
        "put",
        "1.2",
        "×",
        "≤",
        "1.5",
        "×",
        "pass",
        "PostgresSaver",
        "1.9",
        "ms",
    ]
    assert "FAIL" in told[2]
    assert "pass" not in told[3]
    assert "FAIL" not in told[3]
