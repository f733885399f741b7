"""What one attempt says of its provider, and when it is not made at all, over real HTTP."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from autonomy.core.llm import Access, CallLimits, OfferedModel, Providers
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


class Colour(BaseModel):
    """A colour."""

    name: str


@pytest.mark.parametrize(
    ("structured", "tools", "mode"),
    [(None, None, "native"), (True, False, "native"), (False, True, "prompted")],
)
async def test_a_model_that_was_found_to_take_no_schema_is_asked_in_words_at_once(
    bench: Bench, structured: bool | None, tools: bool | None, mode: str
) -> None:
    offered = OfferedModel("m", structured=structured, tools=tools)
    bench.access = {
        "lab": Access("compatible", None, bench.server.base_url, "lab", offered=(offered,))
    }
    bench.models = ("lab:m",)
    bench.server.behaviour = Behaviour(content='{"name": "red"}')

    await bench.gateway().structured("planner", key="k", prompt=said("Which?"), output=Colour)

    assert [record.mode for record in bench.log.records] == [mode]
    assert ("response_format" in bench.server.requests[0].body) is (mode == "native")
