"""How a process goes on while the shared health of providers cannot be reached: with its share of
the rate, and without a burst."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from autonomy.core.llm.admission import Admission, Refused
from autonomy.core.llm.circuit import CircuitLimits
from autonomy.core.llm.health import LocalHealth
from autonomy.runtime.health_mirror import Mirror

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 2.0
"""After Redis did not answer, this process goes on alone for this long before it asks again."""


class Alone:
    """Stands in for the shared health, and says once when that begins and ends.

    Args:
        clock: of this process; only differences matter.
        chance: 0 to 1, spreads the cooldowns.
    """

    def __init__(
        self,
        limits: CircuitLimits,
        mirror: Mirror,
        *,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        self._limits = limits
        self._mirror = mirror
        self._clock = clock
        self._chance = chance
        self._substitute = LocalHealth(limits)
        """The last that took over."""
        self.health: LocalHealth | None = None
        """Takes over while Redis is away; None while it answers."""
        self.ask_again_at = 0.0
        self.strayed: set[str] = set()
        """Endpoints that were used meanwhile, and that Redis has not been told of."""

    def begin(self, error: Exception, workers: int) -> None:
        """Redis did not answer; `workers` processes share what they cannot agree on."""
        self.ask_again_at = self._clock() + PAUSE_SECONDS
        if self.health is None:
            logger.warning(
                "The shared health of providers cannot be reached (%s); this process goes on "
                "alone with its share of the rate.",
                type(error).__name__,
            )
            self.health = self._substitute = LocalHealth(
                self._limits,
                workers=workers,
                cautious=True,
                clock=self._mirror.redis_now,
                chance=self._chance,
                seed=self._mirror.for_one_alone,
            )

    def end(self) -> None:
        """Redis answered."""
        if self.health is not None:
            self.health = None
            logger.warning("The shared health of providers can be reached again.")

    async def admit(
        self,
        endpoint: str,
        *,
        per_minute: float | None,
        burst: float | None,
        longest: float,
        holding: Admission | None,
    ) -> Admission | Refused:
        """As `ProviderHealth.admit`, also when Redis came back while the caller waited for it."""
        self.strayed.add(endpoint)
        answer = await self._substitute.admit(
            endpoint, per_minute=per_minute, burst=burst, longest=longest, holding=holding
        )
        if isinstance(answer, Admission):
            return replace(answer, stale_at=answer.stale_at - self._mirror.ahead)
        return answer
