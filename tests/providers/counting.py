"""What a provider would bill and limit: each request with its tokens, time and account."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.providers.received import Received


@dataclass(slots=True)
class Counted:
    """One request."""

    number: int
    at: float
    """Unix time of its arrival, of a clock that never steps."""
    account: str
    """Of the key that it carried, never the key itself."""
    path: str
    dialect: str
    role: str
    model: str
    request_id: str
    streamed: bool
    fault: str = ""
    status: int | None = None
    """None until the head of the answer was sent."""
    outcome: str = "open"
    """open, answered, refused, cut, stalled or hung_up (by the client)."""
    input_tokens: int | None = None
    """As told in the answer's usage; None where it was not told."""
    output_tokens: int | None = None
    produced_tokens: int = 0
    """Of the text that was sent, also where no usage followed it."""
    read_tokens: int = 0
    """Of the prompt, also where no usage told it."""
    ended_at: float | None = None


@dataclass(slots=True)
class Tally:
    """All requests under one id."""

    requests: int = 0
    told: int = 0
    """Of them, those whose usage was told to the end."""
    input_tokens: int = 0
    output_tokens: int = 0
    produced_tokens: int = 0
    read_tokens: int = 0
    outcomes: list[str] = field(default_factory=list)


class Count:
    """Kept by the simulator's thread, read by any other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Counted] = []
        self._base = time.time() - time.monotonic()

    def now(self) -> float:
        return self._base + time.monotonic()

    def begin(self, received: Received) -> Counted:
        with self._lock:
            counted = Counted(
                number=len(self._requests),
                at=self.now(),
                account=account_of(received.key),
                path=received.path,
                dialect=received.dialect.name,
                role=received.role,
                model=received.asked.model,
                request_id=received.request_id,
                streamed=received.asked.streamed,
                read_tokens=received.asked.tokens,
            )
            self._requests.append(counted)
        return counted

    def end(self, counted: Counted, outcome: str) -> None:
        """The first ending counts."""
        if counted.outcome == "open":
            counted.outcome = outcome
            counted.ended_at = self.now()

    def reset(self) -> None:
        with self._lock:
            self._requests = []

    def requests(self, account: str | None = None) -> list[Counted]:
        """In the order of their arrival; of one account, or of all."""
        with self._lock:
            return [r for r in self._requests if account in (None, r.account)]

    def by_request_id(self) -> dict[str, Tally]:
        tallies: dict[str, Tally] = {}
        for request in self.requests():
            tally = tallies.setdefault(request.request_id, Tally())
            tally.requests += 1
            tally.told += request.output_tokens is not None
            tally.input_tokens += request.input_tokens or 0
            tally.output_tokens += request.output_tokens or 0
            tally.produced_tokens += request.produced_tokens
            tally.read_tokens += request.read_tokens
            tally.outcomes.append(request.outcome)
        return tallies

    def most_in_any(self, seconds: float, account: str | None = None) -> int:
        """The most requests that arrived within any `seconds`."""
        return most_in_any([r.at for r in self.requests(account)], seconds)

    def excess_over(self, per_second: float, burst: float, account: str | None = None) -> float:
        """See `excess_over`."""
        return excess_over([r.at for r in self.requests(account)], per_second, burst)

    def page(self) -> dict[str, Any]:
        """Everything, as JSON."""
        found = self.requests()
        return {
            "now": self.now(),
            "requests": [asdict(request) for request in found],
            "by_request_id": {key: asdict(tally) for key, tally in self.by_request_id().items()},
            "accounts": {
                account: {
                    "requests": len(times := [r.at for r in found if r.account == account]),
                    "most_in_a_second": most_in_any(times, 1.0),
                    "most_in_a_minute": most_in_any(times, 60.0),
                }
                for account in dict.fromkeys(r.account for r in found)
            },
        }


def account_of(key: str | None) -> str:
    """A name for the account behind a key, the same in every process."""
    return hashlib.sha256(key.encode()).hexdigest()[:12] if key else "none"


def most_in_any(times: Sequence[float], seconds: float) -> int:
    """The most of `times` (ascending) that lie within any half-open window of `seconds`."""
    window: deque[float] = deque()
    most = 0
    for moment in times:
        window.append(moment)
        while window[0] <= moment - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


def excess_over(times: Iterable[float], per_second: float, burst: float) -> float:
    """The most by which any window held more than a token bucket lets through.

    Over all windows of length t, the maximum of `requests - (burst + per_second * t)`; at most 0
    when the bucket was kept. It is what a bucket that drains at `per_second` overflows by.
    """
    level, last, worst = 0.0, None, -burst
    for moment in times:
        if last is not None:
            level = max(0.0, level - (moment - last) * per_second)
        level, last = level + 1.0, moment
        worst = max(worst, level - burst)
    return worst
