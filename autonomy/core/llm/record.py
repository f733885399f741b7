"""What is kept of each request to a model: the row, and where rows go."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One HTTP request as it went, also when it failed or was cancelled. A replayed answer is no
    request. Fields are the columns of `autonomy.models.ModelCall`."""

    key: str
    """Of the call; its attempts share it."""
    attempt: int
    """1-based, over all models of the chain."""
    role: str
    provider: str
    """Prefix of the model string."""
    model: str
    """The whole model string."""
    outcome: str
    """`answered`, `cancelled`, or a `FailureKind`."""
    prompt_name: str = ""
    prompt_version: str = ""
    mode: str = ""
    """How structure was asked for: text, native, tool or prompted."""
    streamed: bool = False
    simulated: bool = False
    rung: str = ""
    """Of the parse ladder, for a structured answer that was read."""
    left_out: tuple[str, ...] = ()
    """Labels of what did not fit into the model's window."""
    retry_after: float | None = None
    """Seconds the provider asked to wait."""
    waited_ms: int = 0
    """For the provider's rate, before sending."""
    first_token_ms: int | None = None
    """From sending to the first piece of a stream."""
    latency_ms: int = 0
    """From sending to the end of the answer, or to the failure."""
    input_tokens: int | None = None
    """None when the provider did not say."""
    output_tokens: int | None = None
    usd: Decimal | None = None
    """As booked; None where nothing was."""
    price_known: bool = False
    system: str = ""
    prompt: str = ""
    reply: str = ""
    """What was received, as it came."""


class CallLog(Protocol):
    """Takes records; never blocks and never raises."""

    def record(self, record: CallRecord) -> None: ...


class NoCallLog:
    """Keeps nothing."""

    def record(self, record: CallRecord) -> None:
        """Forget it."""
