"""The gateway: one call of a role, from budget to parsed answer.

Read on from `Gateway.structured` and `Gateway.text`: an effect makes the call happen once, `chain`
decides what is tried again and which model instead, `selection` which models there are to try,
`attempts` makes one request, reserved and booked.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel

from autonomy.core import tracing
from autonomy.core.llm.attempts import Attempts
from autonomy.core.llm.booking import Bookings
from autonomy.core.llm.call import Answer, Call
from autonomy.core.llm.chain import Chain
from autonomy.core.llm.ledger import Ledger
from autonomy.core.llm.narration import Narration, OnEvent
from autonomy.core.llm.portfolio import Portfolio
from autonomy.core.llm.providers import SHARED, Providers
from autonomy.core.llm.record import CallLog, NoCallLog
from autonomy.core.llm.request import OnToken, Sleep
from autonomy.core.llm.selection import Selection
from autonomy.core.packing import Prompt
from autonomy.core.ports import Effects, Repeat

M = TypeVar("M", bound=BaseModel)

SHARE_OF_TIME = 0.7
"""Of the run time that is left, what one call may use."""


class Gateway:
    """Implements `autonomy.core.ports.ModelGateway` for one segment of a run.

    Args:
        portfolio: role to models, see `Portfolio.assemble`.
        ledger: the run's account.
        effects: the run's exactly-once ledger.
        seconds_left: of the run's time budget; a call may use most of it, never all, so that the
            rule path can still hand something over.
        on_event: told of retries, fallbacks and repaired answers; usually `Events.emit`.
        log: takes a record of every request.
        providers: connections and health, shared by the process unless given.
        sleep, clock, rng: time and chance, for tests.
    """

    def __init__(
        self,
        *,
        portfolio: Portfolio,
        ledger: Ledger,
        effects: Effects,
        on_event: OnEvent | None = None,
        seconds_left: Callable[[], Awaitable[float]] | None = None,
        log: CallLog | None = None,
        providers: Providers | None = None,
        sleep: Sleep = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
    ) -> None:
        self._portfolio = portfolio
        self._limits = portfolio.limits
        self._effects = effects
        self._seconds_left = seconds_left
        self._clock = clock
        self._simulated: set[str] = set()
        providers = providers or SHARED
        bookings = Bookings(ledger, unknown_usd_per_mtok=self._limits.unknown_usd_per_mtok)
        narration = Narration(on_event, portfolio)
        self._selection = Selection(portfolio, providers)
        self._chain = Chain(
            selection=self._selection,
            attempts=Attempts(
                portfolio=portfolio,
                providers=providers,
                bookings=bookings,
                effects=effects,
                narration=narration,
                log=log or NoCallLog(),
                sleep=sleep,
                clock=clock,
            ),
            bookings=bookings,
            providers=providers,
            narration=narration,
            limits=self._limits,
            sleep=sleep,
            clock=clock,
            rng=rng or random.Random(),  # noqa: S311  # spreads retries, guards nothing
        )

    # ------------------------------------------------------------------ what agents see

    def available(self, role: str) -> bool:
        """Whether some model of `role` is set up and its provider's circuit is closed."""
        chain = self._portfolio.chain_for(role)
        return any(self._selection.hindrance(model) is None for model in chain)

    def unavailable(self, role: str) -> str:
        """Why no model of `role` can be called although there was a choice; empty otherwise."""
        if self._portfolio.ruled(role):
            return "Rules only was chosen."
        hindrances = [self._selection.hindrance(m) for m in self._portfolio.chain_for(role)]
        first = hindrances[0] if hindrances else None
        return first.reason if first is not None and all(hindrances) else ""

    def describe(self) -> dict[str, Any]:
        """For people: models per role, and whether each may be called now. Holds no secret."""
        described = self._portfolio.describe()
        for role, item in described["roles"].items():
            item["available"] = self.available(role)
        return described

    def simulated(self, key: str) -> bool:
        """Whether the answer under `key`, fresh or replayed, was a simulated model's."""
        return key in self._simulated

    async def structured(self, role: str, *, key: str, prompt: Prompt, output: type[M]) -> M:
        """One call whose answer is parsed into `output`.

        Raises:
            ModelUnavailable: no usable answer from any model of the role.
            BudgetExhausted: the run may not spend what the call needs.
        """
        answer = await self._once(role, key, prompt, output, None)
        return output.model_validate(answer.data)

    async def text(
        self, role: str, *, key: str, prompt: Prompt, on_token: OnToken | None = None
    ) -> str:
        """One call whose answer is prose. Raises as `structured`.

        A replayed answer is returned whole, without `on_token`.
        """
        return (await self._once(role, key, prompt, None, on_token)).text

    # ------------------------------------------------------------------ one call

    async def _once(
        self,
        role: str,
        key: str,
        prompt: Prompt,
        output: type[BaseModel] | None,
        on_token: OnToken | None,
    ) -> Answer:
        async def call() -> Answer:
            deadline = self._clock() + await self._longest()
            asked = Call(role, key, prompt, output, on_token, deadline)
            with tracing.span("model call", handywriterz__role=role, handywriterz__key=key):
                return await self._chain.answer(asked)

        # An answer that was lost is asked for again: that costs money, and changes nothing.
        answer = await self._effects.once(key, "model", call, Answer, repeat=Repeat.READ)
        if answer.simulated:
            self._simulated.add(key)
        return answer

    async def _longest(self) -> float:
        """Seconds that a call may take, its retries included."""
        longest = self._limits.deadline_seconds
        if self._seconds_left is not None:
            longest = min(longest, max(1.0, SHARE_OF_TIME * await self._seconds_left()))
        return longest
