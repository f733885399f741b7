"""The circuit of one endpoint, as arithmetic: failures of the provider's own in a row open it; after
a cooldown one probe over all workers decides whether it closes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autonomy.core.llm.failures import FailureKind

PROBE_SECONDS = 1.0
"""What callers are told to wait for while a probe is on its way."""
LIMITED_TIMES = 2
"""Times the threshold of failures: as many 429s in a row are as good as an outage, …"""
LIMITED_SECONDS = 10.0
"""… if the row is at least this long: a moment's rush is for the rate to mend."""
QUIET_SECONDS = 300.0
"""A circuit that was closed for this long begins again with the shortest cooldown."""

ANSWERED = frozenset(
    {
        FailureKind.RATE_LIMIT,
        FailureKind.CONTEXT_OVERFLOW,
        FailureKind.CONTENT_FILTER,
        FailureKind.FORBIDDEN,
        FailureKind.MODEL_NOT_FOUND,
        FailureKind.REJECTED,
        FailureKind.MALFORMED,
        FailureKind.CUT,
        FailureKind.REFUSED,
    }
)
"""Failures that the provider was well enough to answer with: they close a circuit on probation."""


class Change(StrEnum):
    """What a report did to the circuit."""

    OPENED = "opened"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CircuitLimits:
    """When a circuit opens and for how long."""

    failures: int = 5
    """In a row, until it opens."""
    cooldown: float = 30.0
    """Ceiling of the first cooldown, seconds; doubles with every further opening."""
    longest: float = 600.0
    """Ceiling of every cooldown, seconds."""
    refused: float = 600.0
    """Cooldown after a refused key or an empty account, seconds."""
    shortest: float = 1.0
    """Floor under the jitter, seconds."""


@dataclass
class Circuit:
    """Whether an endpoint is left alone. All times are on one clock, in seconds."""

    failures: int = 0
    failed_at: float = 0.0
    limited: int = 0
    """429s since the last answer."""
    limited_at: float = 0.0
    """When the first of them came."""
    generation: int = 0
    open_until: float = 0.0
    """0 = closed."""
    openings: int = 0
    closed_at: float = 0.0
    lease: str = ""
    """Token of the probe that is on its way."""
    lease_until: float = 0.0

    def probing(self, now: float) -> bool:
        return bool(self.lease) and now < self.lease_until

    def is_open(self, now: float) -> bool:
        """Whether a request asked for now would be turned away by the circuit."""
        return self.open_until > 0 and (now < self.open_until or self.probing(now))

    def _heed(self, succeeded_at: float) -> None:
        """Take note of a success that was not worth a report of its own."""
        if not self.open_until and succeeded_at > self.failed_at:
            self.failures = 0
        if not self.open_until and succeeded_at > self.limited_at:
            self.limited = 0

    def _limits_all(self, now: float, threshold: int) -> bool:
        """Count a 429: whether the provider seems to answer with nothing else."""
        if not self.limited:
            self.limited_at = now
        self.limited += 1
        long = now - self.limited_at >= LIMITED_SECONDS
        return long and self.limited >= LIMITED_TIMES * threshold

    def _openings(self, now: float) -> int:
        """Openings in a row, with one that comes now."""
        quiet = not self.open_until and now - self.closed_at > QUIET_SECONDS
        return 1 if quiet else self.openings + 1

    def _open(self, now: float, seconds: float) -> Change:
        self.openings = self._openings(now)
        self.open_until = now + seconds
        self.generation += 1
        self.lease = ""
        return Change.OPENED

    def _close(self, now: float) -> Change:
        self.open_until = 0.0
        self.failures = self.limited = 0
        self.generation += 1
        self.closed_at = now
        self.lease = ""
        return Change.CLOSED
