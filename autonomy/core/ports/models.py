"""Calls of language models, and what they may cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from pydantic import BaseModel

from autonomy.core.packing import Prompt

M = TypeVar("M", bound=BaseModel)


class ModelUnavailable(Exception):
    """No model answered usably; `reason` says why in words fit for the run's log."""

    def __init__(self, reason: str, code: str = "unavailable") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class BudgetExhausted(Exception):
    """A limit of the run is reached; `stop_reason` is a `StopReason` value."""

    def __init__(self, stop_reason: str, message: str) -> None:
        super().__init__(message)
        self.stop_reason = stop_reason


class ModelGateway(Protocol):
    """The one way to call a language model."""

    def available(self, role: str) -> bool:
        """Whether a model is configured for `role` (planner, writer, critic, debugger, small) and its
        circuit is closed. False sends the agent down its rule path."""
        ...

    def unavailable(self, role: str) -> str:
        """Why no model of `role` can be called now although somebody chose models or
        rules, as `ModelUnavailable.reason` says it; empty when one can, or nobody chose."""
        ...

    def simulated(self, key: str) -> bool:
        """Whether what `structured` or `text` answered under `key` was said by a simulated model:
        what is made of it has to say so."""
        ...

    async def structured(self, role: str, *, key: str, prompt: Prompt, output: type[M]) -> M:
        """One call whose answer is parsed into `output` (parse ladder of the design).

        Raises:
            ModelUnavailable: no usable answer; take the rule path and say so.
            BudgetExhausted: the run may not spend what the call needs.
        """
        ...

    async def text(
        self,
        role: str,
        *,
        key: str,
        prompt: Prompt,
        on_token: Callable[[str], Awaitable[None]] | None = None,
    ) -> str:
        """One call whose answer is prose, streamed through `on_token`. Raises as `structured`."""
        ...


class BudgetMeter(Protocol):
    """The run's account: read here, spent only through `ModelGateway` and tools."""

    async def snapshot(self) -> dict[str, float]:
        """`tokens_spent, tokens_limit, seconds_spent, seconds_limit, usd_spent, usd_limit`."""
        ...

    async def exhausted(self) -> str | None:
        """The `StopReason` value of the limit that is reached, or None."""
        ...
