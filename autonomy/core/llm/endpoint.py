"""The health of one endpoint (a provider's account): its rate and its circuit, as arithmetic.

Pure: time, chance and tokens come from the caller. `runtime/provider_health.lua` is the same
arithmetic inside Redis; a test holds the two together, so change both.

Rate: the generic cell rate algorithm. `tat`, the theoretical arrival time, is the moment at which
an evenly spaced stream would send its next request; a slot is granted up to `tolerance` ahead of
it. On a 429 the rate halves, with success it grows back (AIMD).

Circuit: failures of the provider's own in a row open it; after a cooldown one probe over all
workers decides whether it closes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from autonomy.core.llm.failures import PROVIDER_CLOSED, PROVIDER_DOWN, Failure, FailureKind

WINDOW_SECONDS = 10.0
"""What is observed without a limit is an average over this long."""
LOWEST_RATE = 0.5
"""Requests per second below which no 429 cuts: the calls' own backoff does the rest."""
LOWEST_SHARE = 0.25
"""Of a configured limit, the same. Some providers limit by chance, not by rate: cutting further
would not cure that, only starve every run."""
CUT_SECONDS = 2.0
"""429s within this time of a cut belong to it."""
GROWTH_PER_SECOND = 0.1
"""Of the rate before the cut, what time with successes gives back."""
GROWTH_AT_ONCE = 0.1
"""Of the same, the most that one success gives back."""
CEILING_KEPT = 0.8
"""A further cut lowers the rate that growth is measured by to no less than this share."""
GONE_AT = 2.0
"""Without a limit the bucket goes when it has grown to this many times what was observed."""
LONGEST_HOLD = 3_600.0
"""The most that a provider's Retry-After is believed, seconds."""
PROBE_SECONDS = 1.0
"""What callers are told to wait for while a probe is on its way."""
CLOCK_SLIP_SECONDS = 0.5
"""A clock that went back by more was set back."""
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
class Admission:
    """Leave to send one request, after `wait` seconds."""

    wait: float = 0.0
    """Seconds to sleep before asking again with this admission as `holding`; the slot is reserved.
    At 0 the request may be sent now."""
    probe: bool = False
    """The one request that decides whether an open circuit closes."""
    token: str = ""
    slot: float = 0.0
    """When it may be sent, on the clock of whoever granted it."""
    epoch: int = 0
    """Of the rate: a cut voids slots that were reserved before it."""
    generation: int = 0
    """Of the circuit: reports from before it last opened or closed say nothing about it."""
    since: float = 0.0
    """The memory that granted it: one that was lost knows nothing of its reservations."""
    stale_at: float = float("inf")
    """On the granting process's own clock: later than this it must be asked for anew."""


@dataclass(frozen=True, slots=True)
class Refused:
    """No request may be sent for now; nothing was reserved."""

    kind: Literal["circuit_open", "rate"]
    seconds: float
    """Until it may be tried again."""


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


@dataclass(frozen=True, slots=True)
class Bucket:
    """A limit as slots: never more than `burst + rate * t` requests within any `t` seconds.

    A request leaves up to `fresh` seconds after its slot and travels for as long again. Slots are
    granted more sparingly by that much, so that the promise holds where the requests arrive.
    """

    interval: float
    """Seconds between slots."""
    tolerance: float
    """How far ahead of its theoretical time a slot may be, seconds."""
    fresh: float
    """How late a request may leave after its slot, seconds."""

    @classmethod
    def of(cls, per_minute: float, burst: float | None = None) -> Bucket:
        """The bucket of a limit; without `burst` it holds ten seconds' worth."""
        rate = per_minute / 60
        burst = max(1.0, per_minute / 6 if burst is None else burst)
        late = min(2.0, max(0.1, (burst - 1) / rate / 2))
        left = burst - rate * late
        if left >= 1:
            return cls(1 / rate, (left - 1) / rate, late / 2)
        # No room for lateness in the burst: it goes between the slots.
        return cls(1 / rate + late, 0.0, late / 2)

    def shared_by(self, workers: int) -> Bucket:
        """What each of `workers` may use when they cannot agree: its share, without a burst."""
        return Bucket(self.interval * max(1, workers), 0.0, self.fresh)


FREE = Bucket(0.0, 0.0, 1.0)
"""No limit."""


@dataclass(slots=True)
class Endpoint:
    """What is known of one endpoint. All times are on one clock, in seconds."""

    since: float = 0.0
    """The memory it belongs to, see `adopt`."""
    seen: float = 0.0
    """When it was last touched."""
    tat: float = 0.0
    interval: float = 0.0
    """Of the limit it was last asked with; 0 = none."""
    tolerance: float = 0.0
    rate: float = 0.0
    """What 429s have cut it to, requests per second; 0 = not cut."""
    ceiling: float = 0.0
    """The rate that growth is measured by."""
    grown_at: float = 0.0
    cut_at: float = 0.0
    epoch: int = 0
    hold_until: float = 0.0
    window: int = 0
    count: int = 0
    """Admitted in this window of `WINDOW_SECONDS`."""
    before: int = 0
    """Admitted in the one before."""
    failures: int = 0
    failed_at: float = 0.0
    generation: int = 0
    open_until: float = 0.0
    """0 = closed."""
    openings: int = 0
    closed_at: float = 0.0
    lease: str = ""
    """Token of the probe that is on its way."""
    lease_until: float = 0.0

    # -------------------------------------------------------------------------------- asking

    def probing(self, now: float) -> bool:
        return bool(self.lease) and now < self.lease_until

    def is_open(self, now: float) -> bool:
        """Whether a request asked for now would be turned away by the circuit."""
        return self.open_until > 0 and (now < self.open_until or self.probing(now))

    def observed(self, now: float) -> float:
        """Requests per second over the last window."""
        window, into = divmod(now, WINDOW_SECONDS)
        count = self.count if window == self.window else 0
        before = {0: self.before, 1: self.count}.get(int(window) - self.window, 0)
        return (before * (1 - into / WINDOW_SECONDS) + count) / WINDOW_SECONDS

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

    # -------------------------------------------------------------------------------- requests

    def arrive(self, now: float) -> None:
        """Keep every distance in time when the clock was set back since the last operation."""
        back = self.seen - now
        if back > CLOCK_SLIP_SECONDS:
            for name in _TIMES:
                if at := getattr(self, name):
                    setattr(self, name, at - back)
        self.seen = now

    def adopt(self, now: float, since: float, bucket: Bucket) -> None:
        """Belong to a memory that began at `since`: whatever came before may be forgotten.

        The first slot comes one interval after the memory began and without a burst, as if the
        whole burst had been used just before; reservations are void.
        """
        if self.since != since:
            interval, tolerance = self._pace(bucket)
            self.tat = max(self.tat, max(now, since + interval) + tolerance)
            self.since = since
            self.epoch += 1

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
            self.failures = 0
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
        if kind in PROVIDER_DOWN:
            self.failures += 1
            self.failed_at = now
            if not self.open_until and self.failures < limits.failures:
                return None
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

    # -------------------------------------------------------------------------------- the rate

    def _pace(self, bucket: Bucket) -> tuple[float, float]:
        """Interval and tolerance in force; interval 0 = no limit."""
        if self.rate:
            return max(bucket.interval, 1 / self.rate), 0.0
        return bucket.interval, bucket.tolerance

    def _keeps(self, holding: Admission, now: float, bucket: Bucket) -> bool:
        """Whether a reserved slot still stands."""
        return (
            holding.since == self.since
            and holding.epoch == self.epoch
            and self.hold_until <= holding.slot
            and now <= holding.slot + bucket.fresh
        )

    def _count(self, now: float) -> None:
        window = int(now // WINDOW_SECONDS)
        if window != self.window:
            self.before = self.count if window == self.window + 1 else 0
            self.window, self.count = window, 0
        self.count += 1

    def _cut(self, now: float, admission: Admission) -> None:
        if admission.since != self.since or admission.epoch != self.epoch:
            return  # Sent before the last cut, which answers for it.
        if self.rate and now < self.cut_at + CUT_SECONDS:
            return
        limit = 1 / self.interval if self.interval else 0.0
        current = self.rate or limit or self.observed(now)
        self.ceiling = max(current, CEILING_KEPT * self.ceiling)
        lowest = max(LOWEST_RATE, LOWEST_SHARE * limit)
        self.rate = max(min(lowest, limit or lowest), current / 2)
        # Reserved slots are void. Whatever was sent by now, the limit's own pace would keep to the
        # bucket from here on, and this one is no quicker; so nobody waits for a burst to be repaid.
        self.tat = min(self.tat, now + 1 / self.rate)
        self.epoch += 1
        self.cut_at = self.grown_at = now

    def _hold(self, until: float) -> None:
        if until > self.hold_until:
            self.hold_until = until
            # Afterwards at the pace in force, not with a burst.
            self.tat = max(self.tat, until + (0.0 if self.rate else self.tolerance))

    def _grow(self, now: float, admission: Admission) -> None:
        if not self.rate or admission.since != self.since or admission.epoch != self.epoch:
            return
        share = min(GROWTH_AT_ONCE, GROWTH_PER_SECOND * max(0.0, now - self.grown_at))
        self.rate += share * self.ceiling
        self.grown_at = now
        enough = 1 / self.interval if self.interval else GONE_AT * self.ceiling
        if self.rate >= enough:
            self.rate = self.ceiling = 0.0
            if self.interval:
                # How much of the burst was left is not known any more: as if all had just been
                # used. Reserved slots are void, since new ones are not spaced around them.
                self.tat = now + self.tolerance + self.interval
                self.epoch += 1

    # -------------------------------------------------------------------------------- the circuit

    def _heed(self, succeeded_at: float) -> None:
        """Take note of a success that was not worth a report of its own."""
        if not self.open_until and succeeded_at > self.failed_at:
            self.failures = 0

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
        self.failures = 0
        self.generation += 1
        self.closed_at = now
        self.lease = ""
        return Change.CLOSED


_TIMES = (
    "tat",
    "grown_at",
    "cut_at",
    "hold_until",
    "failed_at",
    "open_until",
    "closed_at",
    "lease_until",
)
"""Fields of `Endpoint` that are moments."""
