"""A measured figure and the table of them: what every bench returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement, with what it is compared to and what it has to reach."""

    name: str
    value: float
    unit: str
    baseline: str = ""
    """What the value was compared to in the same run, with the baseline's own figure."""
    goal: str = ""
    ok: bool | None = None
    """Whether the goal is reached; None when there is none."""


def percentile(samples: Sequence[float], share: float) -> float:
    """The sample below which `share` (0 to 1) of `samples` lie, by linear interpolation.

    Raises:
        ValueError: there are no samples.
    """
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines for a terminal."""
    marks = {True: "pass", False: "FAIL", None: ""}
    rows = [("figure", "value", "goal", "", "baseline")]
    rows += [
        (f.name, f"{f.value:,.4g} {f.unit}".rstrip(), f.goal, marks[f.ok], f.baseline)
        for f in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        + "\n"
        for row in rows
    )
