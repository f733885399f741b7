"""The health of one endpoint (a provider's account): its rate and its circuit, asked and told
together.

Pure: time, chance and tokens come from the caller. `runtime/provider_health.lua` is the same
arithmetic inside Redis; a test holds the two together, so change both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autonomy.core.llm.admission import Admission, Refused
from autonomy.core.llm.circuit import ANSWERED, PROBE_SECONDS, Change, Circuit, CircuitLimits
from autonomy.core.llm.failures import PROVIDER_CLOSED, PROVIDER_DOWN, Failure, FailureKind
from autonomy.core.llm.rate import LONGEST_HOLD, Bucket, Rate

CLOCK_SLIP_SECONDS = 0.5
"""A clock that went back by more was set back."""


@dataclass(frozen=True, slots=True)
class HealthState:
    """For people and metrics."""

    circuit: Literal["closed", "open", "half_open"] = "closed"
    retry_in: float = 0.0
    """Seconds until a request may be tried: the open circuit's rest, or the provider's hold."""
    rate_per_minute: float | None = None
    """What the provider's 429s have cut the rate to; None when nothing is cut."""
    failures: int = 0
    """Of the provider's own, in a row."""


@dataclass
class Endpoint(Circuit, Rate):
    """What is known of one endpoint: first the fields of its rate, then those of its circuit."""

    def state(self, now: float) -> HealthState:
        circuit: Literal["closed", "open", "half_open"] = "closed"
        retry_in = max(0.0, self.hold_until - now)
        if self.open_until:
            circuit = "open" if now < self.open_until else "half_open"
            retry_in = max(retry_in, self.open_until - now)
        return HealthState(
            circuit=circuit,
            retry_in=retry_in,
            rate_per_minute=self.rate * 60 or None,
            failures=self.failures,
        )

    def arrive(self, now: float) -> None:
        """Keep every distance in time when the clock was set back since the last operation."""
        back = self.seen - now
        if back > CLOCK_SLIP_SECONDS:
            for name in _TIMES:
                if at := getattr(self, name):
                    setattr(self, name, at - back)
        self.seen = now

    def admit(
        self,
        now: float,
        bucket: Bucket,
        *,
        longest: float,
        token: str,
        lease_seconds: float,
        holding: Admission | None = None,
        succeeded_at: float = 0.0,
    ) -> Admission | Refused:
        """Ask to send one request, or ask again with the admission that is held.

        Args:
            longest: seconds that the caller would wait.
            token: a name for this request that nobody else has.
            lease_seconds: after which a probe that is not heard of is given up.
            succeeded_at: when the asking process last saw a success that it did not report.
        """
        self.interval, self.tolerance = bucket.interval, bucket.tolerance
        self._heed(succeeded_at)
        if self.is_open(now) and not (holding and self.lease == holding.token):
            rest = self.open_until - now
            return Refused("circuit_open", rest if rest > 0 else PROBE_SECONDS)
        interval, tolerance = self._pace(bucket)
        kept = holding is not None and self._keeps(holding, now, bucket)
        if holding is not None and kept:
            slot = holding.slot
        elif interval:
            slot = max(now, self.hold_until, self.tat - tolerance)
        else:
            slot = max(now, self.hold_until)
        if slot - now > longest:
            return Refused("rate", slot - now)
        if interval and not kept:
            self.tat = max(self.tat, slot) + interval
        if holding is None:
            self._count(now)
        name = holding.token if holding else token
        if self.open_until:
            self.lease, self.lease_until = name, max(now, slot) + lease_seconds
        return Admission(
            wait=max(0.0, slot - now),
            probe=self.open_until > 0,
            token=name,
            slot=slot,
            epoch=self.epoch,
            generation=self.generation,
            since=self.since,
        )

    def succeeded(self, now: float, admission: Admission) -> Change | None:
        """The provider answered a request of `admission`."""
        self._grow(now, admission)
        if not self.open_until:
            self.failures = self.limited = 0
        elif admission.generation == self.generation:
            return self._close(now)
        return None

    def failed(
        self,
        now: float,
        failure: Failure,
        admission: Admission,
        limits: CircuitLimits,
        *,
        chance: float,
        succeeded_at: float = 0.0,
    ) -> Change | None:
        """A request of `admission` failed; `chance` (0 to 1) spreads the cooldown."""
        self._heed(succeeded_at)
        kind = failure.kind
        if kind is FailureKind.RATE_LIMIT:
            self._cut(now, admission)
        if kind in (FailureKind.RATE_LIMIT, FailureKind.OVERLOAD) and failure.retry_after:
            self._hold(now + min(failure.retry_after, LONGEST_HOLD))
        if admission.generation != self.generation:
            return None
        if self.open_until and admission.token != self.lease:
            return None  # A probe that was given up for dead.
        if kind in PROVIDER_CLOSED:
            return self._open(now, limits.refused)
        limits_all = kind is FailureKind.RATE_LIMIT and self._limits_all(now, limits.failures)
        if kind in PROVIDER_DOWN:
            self.failures += 1
            self.failed_at = now
            if not self.open_until and self.failures < limits.failures:
                return None
        if kind in PROVIDER_DOWN or limits_all:
            ceiling = limits.cooldown * 2 ** min(self._openings(now) - 1, 30)
            cooldown = chance * min(limits.longest, ceiling)
            return self._open(now, max(limits.shortest, cooldown))
        if self.open_until:
            if kind in ANSWERED:
                return self._close(now)
            self.lease = ""
        return None

    def abandoned(self, admission: Admission) -> None:
        """The request was never sent, or its outcome will not be known."""
        if self.lease == admission.token:
            self.lease = ""

    def clear(self, now: float) -> Change | None:
        """Somebody saw the provider answer: close the circuit."""
        return self._close(now) if self.open_until else None


_TIMES = (
    "tat",
    "grown_at",
    "cut_at",
    "hold_until",
    "failed_at",
    "limited_at",
    "open_until",
    "closed_at",
    "lease_until",
)
"""Fields of `Endpoint` that are moments."""
