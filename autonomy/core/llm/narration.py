"""What people are told of a call while it goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from autonomy.core.llm.call import Call
from autonomy.core.llm.circuit import Change
from autonomy.core.llm.failures import Failure
from autonomy.core.llm.portfolio import Portfolio, provider_of
from autonomy.core.types import EventDraft, EventType

OnEvent = Callable[[EventDraft], Awaitable[None]]


class Narration:
    """Tells the run's log of retries, passed-over models and repaired answers."""

    def __init__(self, on_event: OnEvent | None, portfolio: Portfolio) -> None:
        self._on_event = on_event
        self._portfolio = portfolio
        self._told: set[tuple[str, ...]] = set()

    async def tell(
        self,
        kind: EventType,
        content: str,
        call: Call,
        failure: Failure | None = None,
        *,
        model: str = "",
        **detail: Any,
    ) -> None:
        if self._on_event is None:
            return
        meta = {
            "role": call.role,
            "key": call.key,
            "call_attempt": call.attempts,
            "prompt": call.prompt.name,
            **detail,
        }
        if failure is not None:
            meta["code"] = failure.kind.value
            model = model or failure.model
        if model:
            meta |= {
                "model": model,
                "provider": provider_of(model),
                "simulated": self._portfolio.simulated(model),
            }
        await self._on_event(EventDraft(type=kind, content=content, source=call.role, meta=meta))

    async def once(
        self, reason: tuple[str, ...], content: str, call: Call, *, model: str, **detail: Any
    ) -> None:
        """A note that is told only the first time for its `reason`."""
        if reason not in self._told:
            self._told.add(reason)
            await self.tell("note", content, call, model=model, **detail)

    async def changed(
        self, change: Change | None, call: Call, model: str, failure: Failure | None = None
    ) -> None:
        """A circuit opened or closed by this call."""
        if change is Change.OPENED:
            why = f": {failure.reason}" if failure is not None else "."
            content = f"{model} is left alone for a while{why}"
            await self.tell("note", content, call, model=model, code="circuit_opened")
        elif change is Change.CLOSED:
            content = f"The provider of {model} answers again."
            await self.tell("note", content, call, model=model, code="circuit_closed")
