"""Leave to send one request, or its refusal: what `ProviderHealth.admit` answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
