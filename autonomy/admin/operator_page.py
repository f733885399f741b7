"""The operator's page: how well the product works, over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from autonomy.admin.display import NOTHING
from autonomy.services import performance
from autonomy.services.performance import Performance

WIDTH, HEIGHT = 220, 44
"""Of a curve, in its own units."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table, in words."""

    at: Any
    label: str
    runs: int
    passed: str
    off: str
    retries: str
    cost: str
    similarity: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One figure over time; the table beside it has the same figures in words."""

    name: str
    points: str
    """As SVG's polyline takes them; empty with fewer than two figures."""
    last: str


def operator_page() -> dict[str, Any]:
    """The context of the page."""
    rounds, weeks = performance.rounds(), performance.weeks()
    return {
        "rounds": [_row(one) for one in reversed(rounds)],
        "weeks": [_row(one) for one in reversed(weeks)],
        "round_curves": _curves(rounds, "Pass rate"),
        "week_curves": _curves(weeks, "Succeeded"),
        "tasks": [
            (one.task, [NOTHING if s is None else f"{s[0]}/{s[1]}" for s in reversed(one.scores)])
            for one in performance.tasks()
        ],
        "round_times": [one.at for one in reversed(rounds)],
        "width": WIDTH,
        "height": HEIGHT,
    }


def _row(one: Performance) -> Row:
    return Row(
        at=one.at,
        label=one.label,
        runs=one.runs,
        passed=_share(one.passed),
        off=NOTHING if one.failed_when_off is None else "{} of {}".format(*one.failed_when_off),
        retries=_number(one.retries, 1),
        cost=_number(one.usd_per_document, 4),
        similarity=" → ".join(NOTHING if s is None else f"{s:.1f} %" for s in one.similarity)
        if any(s is not None for s in one.similarity)
        else NOTHING,
    )


def _curves(rows: Sequence[Performance], passed: str) -> list[Curve]:
    figures = [
        (passed, [one.passed for one in rows], _share),
        ("Retries per run", [one.retries for one in rows], lambda v: _number(v, 1)),
        ("US$ per document", [one.usd_per_document for one in rows], lambda v: _number(v, 4)),
        *(
            (f"Similarity, cycle {n + 1}", [one.similarity[n] for one in rows], _percent)
            for n in range(performance.CYCLES)
        ),
    ]
    return [
        Curve(name, _points(values, whole=name == passed), said(_last(values)))
        for name, values, said in figures
        if _last(values) is not None
    ]


def _last(values: Sequence[float | None]) -> float | None:
    return next((value for value in reversed(values) if value is not None), None)


def _points(values: Sequence[float | None], *, whole: bool) -> str:
    """From left to right; the vertical scale begins at 0 and ends at the highest, or at 1."""
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    top = 1.0 if whole else max(value for _, value in known) or 1.0
    across = (WIDTH - 4) / (len(values) - 1)
    return " ".join(
        f"{2 + at * across:.1f},{HEIGHT - 2 - value / top * (HEIGHT - 4):.1f}"
        for at, value in known
    )


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0%}"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f} %"


def _number(value: float | None, places: int) -> str:
    return NOTHING if value is None else f"{value:.{places}f}"
