"""What one attempt says of its provider, and when it is not made at all, over real HTTP."""

from __future__ import annotations

import pytest

from autonomy.core.llm import CallLimits, Providers
from autonomy.core.llm.health import CircuitLimits, LocalHealth
from autonomy.core.ports import ModelUnavailable
from tests.autonomy.core.llm.fakes import Bench, MemoryLedger, said
from tests.providers.behaviours import Behaviour


async def ask(bench: Bench, key: str = "k") -> str:
    return await bench.gateway().text("writer", key=key, prompt=said("Say something."))


async def test_a_call_that_had_little_time_left_does_not_make_its_provider_look_ill(
    bench: Bench,
) -> None:
    bench.providers = Providers(LocalHealth(CircuitLimits(failures=2), clock=bench.clock))
    bench.limits = CallLimits(attempts=1, deadline_seconds=0.1)
    bench.server.behaviour = Behaviour(delay=30)

    for key in ("a", "b", "c"):
        with pytest.raises(ModelUnavailable) as caught:
            await ask(bench, key)
        assert caught.value.code == "timeout"

    (state,) = bench.providers.health.states().values()
    assert (state.circuit, state.failures) == ("closed", 0)
    assert len(bench.server.requests) == 3


async def test_a_request_that_had_the_whole_time_and_was_late_counts_against_the_provider(
    bench: Bench,
) -> None:
    bench.limits = CallLimits(attempts=1, attempt_seconds=0.1)
    bench.server.behaviour = Behaviour(delay=30)

    with pytest.raises(ModelUnavailable):
        await ask(bench)

    (state,) = bench.providers.health.states().values()
    assert state.failures == 1


async def test_a_call_whose_time_ran_out_while_it_waited_for_money_is_not_sent(
    bench: Bench,
) -> None:
    class Slow(MemoryLedger):
        async def reserve(self, key: str, role: str, model: str, tokens: int, usd: float) -> str:
            await bench.clock.sleep(10)
            return await super().reserve(key, role, model, tokens, usd)

    bench.ledger = Slow()
    bench.limits = CallLimits(deadline_seconds=9)

    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench)

    assert caught.value.code == "expired"
    assert bench.server.requests == []
    assert (bench.ledger.open, bench.ledger.settled) == ({}, {})


async def test_a_call_whose_time_ran_out_while_it_waited_its_turn_is_not_sent(
    bench: Bench,
) -> None:
    bench.limits = CallLimits(deadline_seconds=9, requests_per_minute=6)
    await ask(bench, "first")
    slept, nap = [], bench.clock.sleep

    async def oversleep(seconds: float) -> None:
        slept.append(seconds)
        await nap(seconds + 20)

    bench.clock.sleep = oversleep  # type: ignore[method-assign]
    bench.limits = CallLimits(deadline_seconds=12, requests_per_minute=6)

    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench, "second")

    assert slept
    assert caught.value.code == "expired"
    assert len(bench.server.requests) == 1
    assert bench.ledger.open == {}
