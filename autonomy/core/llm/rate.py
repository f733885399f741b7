"""The rate of one endpoint, as arithmetic.

The generic cell rate algorithm: `tat`, the theoretical arrival time, is the moment at which an
evenly spaced stream would send its next request; a slot is granted up to `tolerance` ahead of it.
On a 429 the rate halves, with success it grows back (AIMD).
"""

from __future__ import annotations

from dataclasses import dataclass

from autonomy.core.llm.admission import Admission

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


@dataclass
class Rate:
    """How often an endpoint may be asked, and what its 429s said of that. All times are on one
    clock, in seconds."""

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

    def observed(self, now: float) -> float:
        """Requests per second over the last window."""
        window, into = divmod(now, WINDOW_SECONDS)
        count = self.count if window == self.window else 0
        before = {0: self.before, 1: self.count}.get(int(window) - self.window, 0)
        return (before * (1 - into / WINDOW_SECONDS) + count) / WINDOW_SECONDS

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
