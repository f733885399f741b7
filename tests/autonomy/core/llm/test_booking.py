"""Calls that are cancelled while the books are written, over real HTTP."""

from __future__ import annotations

import asyncio

import pytest

from autonomy.core.ports import ModelUnavailable
from tests.autonomy.core.llm.fakes import Bench, MemoryLedger, said
from tests.providers.behaviours import failing


class SlowLedger(MemoryLedger):
    """Writes nothing of `kind` until it is let."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self.writing = asyncio.Event()
        self.go_on = asyncio.Event()

    async def _wait(self, kind: str) -> None:
        if kind == self._kind:
            self.writing.set()
            await self.go_on.wait()

    async def reserve(self, key: str, role: str, model: str, tokens: int, usd: float) -> str:
        await self._wait("reserve")
        return await super().reserve(key, role, model, tokens, usd)

    async def settle(
        self, key: str, *, input_tokens: int, output_tokens: int, usd: float, price_known: bool
    ) -> None:
        await self._wait("settle")
        await super().settle(
            key,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            usd=usd,
            price_known=price_known,
        )

    async def release(self, key: str) -> None:
        await self._wait("release")
        await super().release(key)


async def cancelled_while_it(bench: Bench, kind: str) -> MemoryLedger:
    """The books after a call that was cancelled while `kind` was being written."""
    bench.ledger = ledger = SlowLedger(kind)
    call = asyncio.create_task(bench.gateway().text("writer", key="k", prompt=said("Go on.")))
    async with asyncio.timeout(10):
        await ledger.writing.wait()
        call.cancel()
        await asyncio.wait([call], timeout=0.01)
        ledger.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await call
    return ledger


async def test_an_answer_is_paid_for_although_its_call_is_cancelled_meanwhile(
    bench: Bench,
) -> None:
    ledger = await cancelled_while_it(bench, "settle")

    assert ledger.open == {}
    (booked,) = ledger.settled.values()
    assert booked["price_known"] is False
    assert booked["output_tokens"] > 0


async def test_a_refusal_gives_back_what_was_set_aside_although_its_call_is_cancelled_meanwhile(
    bench: Bench,
) -> None:
    bench.server.behaviour = failing(401, "invalid_api_key")

    ledger = await cancelled_while_it(bench, "release")

    assert (ledger.open, ledger.settled) == ({}, {})


async def test_what_is_set_aside_for_a_call_that_is_cancelled_meanwhile_is_given_back(
    bench: Bench,
) -> None:
    ledger = await cancelled_while_it(bench, "reserve")

    assert (ledger.open, ledger.settled) == ({}, {})
    assert len(ledger.released) == 1
    assert bench.server.requests == []


async def test_a_call_that_follows_a_cancelled_one_is_not_held_up(bench: Bench) -> None:
    await cancelled_while_it(bench, "reserve")
    bench.server.behaviour = failing(401, "invalid_api_key")

    with pytest.raises(ModelUnavailable):
        await bench.gateway().text("writer", key="next", prompt=said("Go on."))

    assert bench.ledger.open == {}
