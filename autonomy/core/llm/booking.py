"""A request with its cost reserved before and booked after, however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pydantic_ai.exceptions import AgentRunError, UserError

from autonomy.core.llm.failures import Unusable, classify
from autonomy.core.llm.ledger import Ledger
from autonomy.core.llm.price import estimate_tokens, price
from autonomy.core.llm.request import Heard, Reply

PROVIDER_ERRORS = (AgentRunError, UserError, ImportError, ConnectionError, Unusable)
"""What a request may raise on the provider's account; anything else is a bug or a cancellation."""


async def booked(
    ledger: Ledger,
    entry: str,
    *,
    role: str,
    model: str,
    sent: int,
    most: int,
    unknown_usd_per_mtok: float,
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
        Whatever `send` raises, once it is booked. A refusal costs nothing; an answer that was cut,
        late, unreadable or cancelled is booked at its estimate.
    """

    async def settle(input_tokens: int | None, output_tokens: int | None, text: str) -> None:
        used_in = sent if input_tokens is None else input_tokens
        used_out = output_tokens
        if used_out is None:
            used_out = estimate_tokens(text) if text else 0
        cost = price(model, used_in, used_out, unknown_usd_per_mtok=unknown_usd_per_mtok)
        await ledger.settle(
            entry,
            input_tokens=used_in,
            output_tokens=used_out,
            usd=cost.usd,
            price_known=cost.known and input_tokens is not None,
        )

    reserve = price(model, sent, most, unknown_usd_per_mtok=unknown_usd_per_mtok)
    await ledger.reserve(entry, role, model, sent + most, reserve.usd)
    try:
        reply = await send()
    except PROVIDER_ERRORS as error:
        if classify(error, model).billed:
            await settle(None, None, heard.text)
        else:
            await ledger.release(entry)
        raise
    except BaseException:
        # Shielded, so that the bill of a cancelled call is written down all the same.
        await asyncio.shield(settle(None, None, heard.text))
        raise
    await settle(reply.input_tokens, reply.output_tokens, reply.text)
    return reply
