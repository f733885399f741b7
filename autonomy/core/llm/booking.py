"""Requests with their cost reserved before and booked after, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from pydantic_ai.exceptions import AgentRunError, UserError

from autonomy.core.llm.admission import Refused
from autonomy.core.llm.failures import Unusable, classify
from autonomy.core.llm.ledger import Ledger
from autonomy.core.llm.portfolio import Access
from autonomy.core.llm.price import Cost, price
from autonomy.core.llm.request import Heard, Reply
from autonomy.core.ports import BudgetExhausted
from autonomy.core.tokens import estimate_tokens

PROVIDER_ERRORS = (AgentRunError, UserError, ImportError, ConnectionError, Unusable)
"""What a request may raise on the provider's account; anything else is a bug or a cancellation."""


@dataclass(slots=True)
class Bill:
    """What a request was booked at; filled in however it ends."""

    usd: float | None = None
    """None when nothing was booked."""
    known: bool = False
    """Whether price and usage were said, not estimated."""
    input_tokens: int | None = None
    """As the provider said."""
    output_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    """A request as it is booked."""

    entry: str
    """Its key in the ledger."""
    role: str
    model: str
    access: Access | None
    sent: int
    """Tokens of the prompt, estimated high."""
    most: int
    """Tokens that the answer may have."""
    heard: Heard
    """What was received, which is what an answer that breaks off is booked by."""
    bill: Bill
    """Filled with what was booked."""


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

    def cost(self, model: str, access: Access | None, sent: int, most: int) -> Cost:
        """The most that a request may cost."""
        return price(model, sent, most, access=access, unknown_usd_per_mtok=self._unknown)

    async def book(self, booking: Booking, send: Callable[[str], Awaitable[Reply]]) -> Reply:
        """Make the request `send`, which is given the key that the ledger chose.

        Raises:
            BudgetExhausted: before anything is sent.
            Whatever `send` raises, once it is booked. A refusal costs nothing; an answer that was
            cut, late, unreadable or cancelled is booked at its estimate.
        """
        booked_as = await self._reserve(booking)
        entry, heard = booking.entry, booking.heard
        try:
            reply = await send(booked_as)
        except PROVIDER_ERRORS as error:
            if heard.sent_at is not None and classify(error, booking.model).billed:
                await _surely(self._settle(booking))
            else:
                await _surely(self._ledger.release(entry))
            raise
        except NotSent:
            await _surely(self._ledger.release(entry))
            raise
        except BaseException:
            if heard.sent_at is None:
                await _surely(self._ledger.release(entry))
            else:
                await _surely(self._settle(booking))
            raise
        else:
            await _surely(self._settle(booking, reply))
        finally:
            self._open -= 1
            self._closed.set()
            self._closed = asyncio.Event()
        return reply

    async def _settle(self, booking: Booking, reply: Reply | None = None) -> None:
        """Book what the reply says it took; without one, or where it does not say, an estimate."""
        text = booking.heard.text if reply is None else reply.text
        # Estimates are high; no answer is owed more for than it could have.
        used_out = min(booking.most, estimate_tokens(text)) if text else 0
        used_in, known = booking.sent, False
        bill = booking.bill
        if reply is not None and reply.input_tokens is not None:
            used_in, used_out, known = reply.input_tokens, reply.output_tokens or 0, True
            bill.input_tokens, bill.output_tokens = used_in, used_out
        cost = self.cost(booking.model, booking.access, used_in, used_out)
        bill.usd, bill.known = cost.usd, cost.known and known
        await self._ledger.settle(
            booking.entry,
            input_tokens=used_in,
            output_tokens=used_out,
            usd=cost.usd,
            price_known=bill.known,
        )

    async def _reserve(self, booking: Booking) -> str:
        """Set the most that the request may cost aside: the key that the ledger chose."""
        entry, model = booking.entry, booking.model
        tokens = booking.sent + booking.most
        usd = self.cost(model, booking.access, booking.sent, booking.most).usd
        while True:
            # One at a time, so that a refusal is weighed against a true count of what is open.
            async with self._turn:
                closed = self._closed
                setting_aside = asyncio.ensure_future(
                    self._ledger.reserve(entry, booking.role, model, tokens, usd)
                )
                try:
                    booked_as = await asyncio.shield(setting_aside)
                except asyncio.CancelledError:
                    await _surely(self._take_back(setting_aside, entry))
                    raise
                except BudgetExhausted:
                    if not self._open and not closed.is_set():
                        raise
                else:
                    self._open += 1
                    return booked_as
            await closed.wait()

    async def _take_back(self, setting_aside: asyncio.Future[str], entry: str) -> None:
        """Release what a cancelled call has reserved, as soon as that is known."""
        await asyncio.wait([setting_aside])
        if not setting_aside.cancelled() and setting_aside.exception() is None:
            await self._ledger.release(entry)


async def _surely(booking: Coroutine[Any, Any, None]) -> None:
    """Let `booking` be written down also when the caller is cancelled; the cancellation goes on
    once it is."""
    written = asyncio.ensure_future(booking)
    try:
        await asyncio.shield(written)
    except asyncio.CancelledError:
        await asyncio.wait([written])
        raise


class NotSent(Exception):
    """The request was not let through: nothing was asked, nothing is owed."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.kind)
        self.refused = refused
