"""The rules that there are, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autonomy.evaluation.finished import Finished

Rule = Callable[..., list[str]]

RULES: dict[str, Rule] = {}
"""By the name that tasks call it by."""


def rule(check: Rule) -> Rule:
    RULES[check.__name__] = check
    return check


def complaints(finished: Finished, rules: Sequence[dict[str, Any]]) -> list[str]:
    """Whatever does not hold, each with the name of its rule."""
    return [
        f"{name}: {complaint}"
        for entry in rules
        for name, arguments in entry.items()
        for complaint in RULES[name](finished, **arguments)
    ]
