"""What a scenario of the fault suite is, and the rows that it reports."""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

NAMES = (
    "sigkill",
    "sigstop",
    "budget",
    "poison",
    "drain",
    "redis",
    "postgres",
    "viewers",
    "webhooks",
    "revisions",
    "cancels",
    "fairness",
    "model_storm",
    "model_rate",
    "model_takeover",
    "model_budget",
)
"""In the order in which they run. Each is the module `tests.chaos.NAME` with a `scenario`."""


SLACK = 10.0
"""How much longer things may take below full scale: such runs share their machine with others."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a fault, what was seen and what had to be seen."""

    fault: str
    figure: str
    goal: str
    ok: bool
    seconds: float


class Scenario(Protocol):
    """A fault, repeated under load. The program runs each in a process of its own."""

    name: str

    def run(self, seed: int, scale: float) -> list[Row]:
        """Cause the faults and report.

        Args:
            seed: of every random choice.
            scale: 1.0 is the full storm, 0.1 the short one of `make test`, whose goals of time
                are wider (see `allowed`).
        """
        ...


def available() -> list[str]:
    """The names of the scenarios that are there."""
    return [name for name in NAMES if importlib.util.find_spec(f"tests.chaos.{name}")]


def load(name: str) -> Scenario:
    """The scenario of module `tests.chaos.NAME`."""
    found: Scenario = importlib.import_module(f"tests.chaos.{name}").scenario
    return found


def count(full: int, scale: float, least: int = 1) -> int:
    """`full` faults at this scale."""
    return max(least, round(full * scale))


def allowed(seconds: float, scale: float) -> float:
    """The goal of a time at this scale."""
    return seconds if scale >= 1.0 else SLACK * seconds


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least `share` of `values` do not exceed; 0 for none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]
