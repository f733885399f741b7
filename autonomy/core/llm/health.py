"""The health of one provider as this process has seen it: a circuit breaker."""

from __future__ import annotations

import time
from collections.abc import Callable

from autonomy.core.llm.failures import PROVIDER_CLOSED, PROVIDER_DOWN, Failure


class CircuitBreaker:
    """Stops calling a provider that keeps failing, and tries it again with a single call.

    Closed until `threshold` failures of the provider's own come in a row, or one refusal that the
    next call would meet again (key, quota). Then open for `cooldown` seconds; after that one call
    is let through, whose outcome closes or re-opens it. Failures of a request (too long, filtered,
    unreadable) say nothing of the provider and are not counted.
    """

    def __init__(
        self,
        *,
        threshold: int = 5,
        cooldown: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = threshold
        self._cooldown = cooldown
        self._clock = clock
        self._failures = 0
        self._open_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether a call made now would be turned away. Asking does not use up the probe."""
        if self._open_until is None:
            return False
        return self._probing or self._clock() < self._open_until

    def admit(self) -> bool:
        """Ask to make one call; a True must be followed by one of the three reports below."""
        if self.is_open:
            return False
        if self._open_until is not None:
            self._probing = True
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._open_until = None
        self._probing = False

    def failed(self, failure: Failure) -> None:
        probe, self._probing = self._probing, False
        if failure.kind in PROVIDER_CLOSED:
            self._failures = self._threshold
        elif failure.kind in PROVIDER_DOWN:
            self._failures += 1
        else:
            return
        if probe or self._failures >= self._threshold:
            self._open_until = self._clock() + self._cooldown

    def abandoned(self) -> None:
        """The call was cancelled by us: nothing was learnt."""
        self._probing = False
