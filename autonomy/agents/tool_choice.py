"""Which learnt tools, and which entries of the catalogue, a run turns to for a topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autonomy.core.ports import Deps
from autonomy.tools.learnt.searching import best, finds_works, fit
from autonomy.tools.registry import ToolRegistry

MOST_TOOLS = 3
"""Searched with in one round."""
MOST_OFFERS = 1
"""Learnt from in one round."""
LEAST_FIT = 0.3


@dataclass(frozen=True, slots=True)
class Fitting:
    """What fits a topic, best first."""

    tools: tuple[str, ...] = ()
    """Names of learnt tools that find works."""
    offers: tuple[str, ...] = ()
    """Names of entries of the catalogue that are not learnt yet."""

    @property
    def any(self) -> bool:
        return bool(self.tools or self.offers)


def fitting_tools(deps: Deps, topic: str) -> Fitting:
    """By relevance, health and price. Descriptions are only compared: what they say asks nothing."""
    if deps.shelf is None:
        return Fitting()
    registry: ToolRegistry = deps.tools
    able = [tool for tool in registry.learnt() if finds_works(tool)]
    offers = deps.learning.offers if deps.learning is not None else ()
    ranked = sorted(((fit(o.good_for, topic), o.name) for o in offers), key=lambda r: (-r[0], r[1]))
    return Fitting(
        tools=tuple(tool.name for tool in best(able, topic, MOST_TOOLS)),
        offers=tuple(name for value, name in ranked if value >= LEAST_FIT)[:MOST_OFFERS],
    )


def best_of(deps: Deps, names: Sequence[str], topic: str) -> list[str]:
    """Of tools that were just learnt, those to search with by themselves."""
    registry: ToolRegistry = deps.tools
    learnt = [t for t in registry.learnt() if t.name in names and finds_works(t) and not t.asks]
    return [tool.name for tool in best(learnt, topic, MOST_TOOLS)]
