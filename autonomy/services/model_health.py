"""The health of providers as the web knows it: what the workers have learnt, read for people."""

from __future__ import annotations

from collections.abc import Mapping

from autonomy.core.llm.endpoint import HealthState
from autonomy.core.llm.portfolio import Portfolio
from autonomy.runtime.health_reading import read_health


def health_of(portfolio: Portfolio) -> Mapping[str, HealthState]:
    """The state of every endpoint of the portfolio, by `Access.endpoint`.

    Empty while Redis is away."""
    return read_health(sorted({access.endpoint for access in portfolio.access.values()}))
