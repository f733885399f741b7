"""Requests with their cost reserved before and booked after, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pydantic_ai.exceptions import AgentRunError, UserError

from autonomy.core.llm.failures import Unusable, classify
from autonomy.core.llm.ledger import Ledger
from autonomy.core.llm.price import estimate_tokens, price
from autonomy.core.llm.request import Heard, Reply
from autonomy.core.ports import BudgetExhausted

PROVIDER_ERRORS = (AgentRunError, UserError, ImportError, ConnectionError, Unusable)
"""What a request may raise on the provider's account; anything else is a bug or a cancellation."""


class Bookings:
    """Books the requests of one gateway, and lets those that are under way finish before it says
    that the budget is gone: what they reserved is an upper bound, most of which comes back."""

    def __init__(self, ledger: Ledger, *, unknown_usd_per_mtok: float) -> None:
        self._ledger = ledger
        self._unknown = unknown_usd_per_mtok
        self._open = 0
        self._turn = asyncio.Lock()
        self._closed = asyncio.Event()
        """Set, and replaced, whenever a reservation ends."""

    async def book(
        self,
        entry: str,
        *,
        role: str,
        model: str,
        sent: int,
        most: int,
        heard: Heard,
        send: Callable[[], Awaitable[Reply]],
    ) -> Reply:
        """Make the request `send` under the ledger's key `entry`.

        Args:
            sent: tokens of the prompt, estimated high.
            most: tokens that the answer may have.
            heard: what `send` has received, which is what an answer that breaks off is booked by.

        Raises:
            BudgetExhausted: before anything is sent.
            Whatever `send` raises, once it is booked. A refusal costs nothing; an answer that was
            cut, late, unreadable or cancelled is booked at its estimate.
        """

        async def settle(text: str, reply: Reply | None = None) -> None:
            used_in, used_out, known = sent, estimate_tokens(text) if text else 0, False
            if reply is not None and reply.input_tokens is not None:
                used_in, used_out, known = reply.input_tokens, reply.output_tokens or 0, True
            cost = price(model, used_in, used_out, unknown_usd_per_mtok=self._unknown)
            await self._ledger.settle(
                entry,
                input_tokens=used_in,
                output_tokens=used_out,
                usd=cost.usd,
                price_known=cost.known and known,
            )

        await self._reserve(entry, role, model, sent, most)
        try:
            reply = await send()
        except PROVIDER_ERRORS as error:
            if classify(error, model).billed:
                await settle(heard.text)
            else:
                await self._ledger.release(entry)
            raise
        except BaseException:
            # Shielded, so that the bill of a cancelled call is written down all the same.
            await asyncio.shield(settle(heard.text))
            raise
        else:
            await settle(reply.text, reply)
        finally:
            self._open -= 1
            self._closed.set()
            self._closed = asyncio.Event()
        return reply

    async def _reserve(self, entry: str, role: str, model: str, sent: int, most: int) -> None:
        estimate = price(model, sent, most, unknown_usd_per_mtok=self._unknown)
        while True:
            # One at a time, so that a refusal is weighed against a true count of what is open.
            async with self._turn:
                closed = self._closed
                try:
                    await self._ledger.reserve(entry, role, model, sent + most, estimate.usd)
                except BudgetExhausted:
                    if not self._open and not closed.is_set():
                        raise
                else:
                    self._open += 1
                    return
            await closed.wait()
