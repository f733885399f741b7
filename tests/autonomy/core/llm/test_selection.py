"""Which model of a chain is asked, over real HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from autonomy.core.llm import Access, CallLimits, OfferedModel
from autonomy.core.packing import Part, Prompt
from autonomy.core.ports import BudgetExhausted, ModelUnavailable
from tests.autonomy.core.llm.fakes import Bench, MemoryLedger, said
from tests.providers.behaviours import Behaviour, failing, troubled
from tests.providers.dialects import Reply
from tests.providers.simulator import Simulator


def lab(server: Simulator, slug: str = "lab", **offered: object) -> Access:
    """A connection to the same server under another name, offering the model `m`."""
    return Access(
        "compatible",
        None,
        f"{server.base_url}/",
        slug,
        offered=(OfferedModel("m", **offered),),  # type: ignore[arg-type]
    )


def long_prompt(passages: int = 30, answer_tokens: int = 300) -> Prompt:
    """About 100 tokens a passage, estimated."""
    parts = [
        Part("Always read this."),
        *(
            Part(f"passage{n}: " + "some words " * 25, 40 - n, f"passage {n}")
            for n in range(passages)
        ),
    ]
    return Prompt("test", "v1", "Be brief.", tuple(parts), answer_tokens)


async def ask(bench: Bench, prompt: Prompt, key: str = "k") -> str:
    return await bench.gateway().text("writer", key=key, prompt=prompt)


def asked(bench: Bench) -> list[str]:
    return [request.body["model"] for request in bench.server.requests]


# ----------------------------------------------------------------------------- windows


async def test_a_model_whose_window_is_too_small_is_passed_over_and_the_log_says_so_once(
    bench: Bench,
) -> None:
    bench.access = {"lab": lab(bench.server, context_tokens=1_024)}
    bench.models = ("lab:m", "openai:simulated")
    gateway = bench.gateway()

    for key in ("a", "b"):
        await gateway.text("writer", key=key, prompt=long_prompt())

    assert asked(bench) == ["simulated", "simulated"]
    assert [e.meta["code"] for e in bench.events] == ["context_overflow"]
    assert "lab:m reads at most 1,024 tokens" in bench.events[0].content


async def test_a_short_prompt_goes_to_the_first_choice_whatever_its_window(bench: Bench) -> None:
    bench.access = {"lab": lab(bench.server, context_tokens=1_024)}
    bench.models = ("lab:m", "openai:simulated")

    await ask(bench, long_prompt(2))

    assert asked(bench) == ["m"]
    assert bench.events == []


async def test_where_none_holds_the_prompt_the_largest_gets_it_packed_and_people_are_told(
    bench: Bench,
) -> None:
    bench.access = {
        "lab": lab(bench.server, context_tokens=1_024),
        "big": lab(bench.server, "big", context_tokens=2_048),
    }
    bench.models = ("lab:m", "big:m")

    await ask(bench, long_prompt())

    request = bench.server.requests[0]
    assert "passage0:" in request.user
    assert "passage29:" not in request.user
    assert "Always read this." in request.user
    (record,) = bench.log.records
    assert record.model == "big:m"
    assert "passage 29" in record.left_out
    note = bench.events[-1]
    assert note.meta["code"] == "left_out"
    assert "Left out: passage" in note.content
    assert record.left_out == tuple(note.meta["left_out"])


async def test_what_no_window_holds_even_packed_is_said_and_never_sent(bench: Bench) -> None:
    bench.access = {"lab": lab(bench.server, context_tokens=1_024)}
    bench.models = ("lab:m",)

    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench, said("word " * 4_000))

    assert caught.value.code == "context_overflow"
    assert bench.server.requests == []
    assert bench.ledger.open == {}


@pytest.mark.parametrize("dialect", ["openai", "openai-responses", "anthropic"])
async def test_a_window_that_the_provider_states_is_learnt_packed_to_and_remembered(
    bench: Bench, dialect: str
) -> None:
    bench.server.window = 2_000
    bench.access = {"anthropic": Access("anthropic", None, bench.server.root_url)}
    bench.models = (f"{dialect}:simulated",)

    await ask(bench, long_prompt(60), "first")
    sent_first = len(bench.server.requests)
    await ask(bench, long_prompt(60), "second")

    assert bench.log.records[0].outcome == "context_overflow"
    assert bench.log.records[-1].outcome == "answered"
    assert sent_first <= 3
    assert len(bench.server.requests) == sent_first + 1, "the window is remembered"
    assert bench.log.records[-1].left_out


async def test_an_overflow_without_figures_is_answered_with_three_quarters(bench: Bench) -> None:
    bench.server.script.append(failing(400, "context_length_exceeded", "The prompt is too long."))

    await ask(bench, long_prompt(60))

    first, second = bench.server.requests
    assert 0.5 < len(second.user) / len(first.user) < 0.8


async def test_after_two_repackings_the_next_model_is_asked(bench: Bench) -> None:
    bench.models = ("openai:first", "openai:second")
    bench.limits = CallLimits(attempts=8)
    bench.server.script += [failing(400, "context_length_exceeded", "Too long.")] * 3

    await ask(bench, long_prompt(60))

    assert asked(bench) == ["first", "first", "first", "second"]


class Cutting(Simulator):
    """Reads the beginning of what it is sent and says nothing of it, as local servers do whose
    window is smaller."""

    read = 1_024

    def _reply(self, *args: Any) -> Reply:
        reply = super()._reply(*args)
        return replace(reply, input_tokens=min(reply.input_tokens, self.read))


async def test_a_server_that_cuts_a_prompt_without_a_word_is_noticed() -> None:
    server = Cutting()
    await server.start()
    bench = Bench(server)
    server.script += [Behaviour(content="Half read."), Behaviour(content="All read.")]
    try:
        assert await ask(bench, long_prompt(60)) == "All read."
    finally:
        await bench.providers.aclose()
        await server.stop()

    assert [r.outcome for r in bench.log.records] == ["context_overflow", "answered"]
    assert bench.log.records[-1].left_out
    assert len(bench.ledger.settled) == 2, "what was half read is paid for all the same"


async def test_a_server_that_merely_counts_too_little_has_not_cut_anything() -> None:
    server = Cutting()
    server.read = 100
    await server.start()
    bench = Bench(server)
    try:
        await ask(bench, long_prompt(60), "first")
        await ask(bench, long_prompt(60), "second")
    finally:
        await bench.providers.aclose()
        await server.stop()

    assert [r.outcome for r in bench.log.records] == ["answered", "answered"]
    assert not any(r.left_out for r in bench.log.records)


# ----------------------------------------------------------------------------- the answer's room


async def test_the_answer_s_room_follows_the_prompt_s_need_within_the_setting(
    bench: Bench,
) -> None:
    await ask(bench, long_prompt(2, answer_tokens=300), "small")
    await ask(bench, long_prompt(2, answer_tokens=50_000), "large")
    await ask(bench, said("Say something."), "unknown")

    rooms = [r.body["max_completion_tokens"] for r in bench.server.requests]
    assert rooms == [300, 8_192, 8_192]


async def test_an_answer_cut_at_its_usual_length_is_given_all_the_room_there_is(
    bench: Bench,
) -> None:
    bench.server.script.append(Behaviour(content="It breaks", finish_reason="length"))
    bench.server.script.append(Behaviour(content="It is whole."))

    assert await ask(bench, long_prompt(2)) == "It is whole."

    rooms = [r.body["max_completion_tokens"] for r in bench.server.requests]
    assert rooms == [300, 8_192]
    assert [e.meta["code"] for e in bench.events] == ["cut"]


async def test_a_model_that_writes_too_little_at_once_is_passed_over(bench: Bench) -> None:
    bench.access = {"lab": lab(bench.server, output_tokens=200)}
    bench.models = ("lab:m", "openai:simulated")

    await ask(bench, long_prompt(2, answer_tokens=2_000))

    assert asked(bench) == ["simulated"]
    assert "writes at most 200 tokens" in bench.events[0].content


# ----------------------------------------------------------------------------- price


class Dear(MemoryLedger):
    """A run with few dollars left."""

    def __init__(self, usd: float) -> None:
        super().__init__()
        self.usd = usd

    async def reserve(self, key: str, role: str, model: str, tokens: int, usd: float) -> str:
        if usd > self.usd:
            raise BudgetExhausted("budget_usd", "The money budget of this run is used up.")
        return await super().reserve(key, role, model, tokens, usd)


async def test_a_model_that_the_run_cannot_pay_leaves_the_call_to_a_cheaper_one(
    bench: Bench,
) -> None:
    bench.access = {
        "lab": lab(bench.server, usd_per_mtok_input=2.0, usd_per_mtok_output=200.0),
        "own": lab(bench.server, "own", usd_per_mtok_input=0.0, usd_per_mtok_output=0.0),
    }
    bench.models = ("lab:m", "own:m")
    bench.ledger = Dear(0.01)

    await ask(bench, long_prompt(2))

    assert [r.model for r in bench.log.records] == ["own:m"]
    assert [e.meta["code"] for e in bench.events] == ["too_dear"]
    assert bench.log.records[0].usd == 0
    assert bench.log.records[0].price_known


async def test_where_no_model_is_cheaper_the_budget_is_what_ends_the_call(bench: Bench) -> None:
    bench.models = ("openai:simulated", "openai:other")
    bench.ledger = Dear(0.000001)

    with pytest.raises(BudgetExhausted):
        await ask(bench, long_prompt(2))

    assert bench.server.requests == []


# ----------------------------------------------------------------------------- health


@pytest.mark.parametrize("trouble", ["auth", "quota"])
async def test_a_refused_account_is_left_at_once_and_not_asked_for_its_other_models(
    bench: Bench, trouble: str
) -> None:
    other = Simulator()
    await other.start()
    bench.access = {"lab": lab(other)}
    bench.models = ("openai:simulated", "openai:another", "lab:m")
    bench.server.behaviour = troubled(trouble)
    try:
        assert await ask(bench, long_prompt(2))
    finally:
        await bench.providers.aclose()
        await other.stop()

    assert asked(bench) == ["simulated"]
    assert len(other.requests) == 1
    fallbacks = [e.meta["fallback"] for e in bench.events if "fallback" in e.meta]
    assert fallbacks == ["lab:m"]
    assert "circuit_opened" in [e.meta["code"] for e in bench.events]


async def test_a_model_that_the_key_may_not_use_leaves_the_account_open_to_its_others(
    bench: Bench,
) -> None:
    bench.models = ("openai:forbidden", "openai:simulated")
    bench.server.script.append(troubled("permission"))

    assert await ask(bench, long_prompt(2))

    assert asked(bench) == ["forbidden", "simulated"]
    (state,) = bench.providers.health.states().values()
    assert state.circuit == "closed"
    (event,) = bench.events
    assert (event.meta["code"], event.meta["fallback"]) == ("forbidden", "openai:simulated")


async def test_an_open_circuit_is_passed_over_and_its_closing_is_told(bench: Bench) -> None:
    other = Simulator()
    await other.start()
    bench.access = {"lab": lab(other)}
    bench.models = ("openai:simulated", "lab:m")
    bench.server.behaviour = troubled("server")
    bench.limits = CallLimits(attempts=8)
    gateway = bench.gateway()
    try:
        for key in ("a", "b", "c"):
            assert await gateway.text("writer", key=key, prompt=long_prompt(2))
        assert len(bench.server.requests) == 5, "five failures open the circuit"
        codes = [e.meta["code"] for e in bench.events if e.type == "note"]
        assert codes == ["circuit_opened", "circuit_open"]

        bench.server.behaviour = Behaviour()
        bench.clock.now += 601
        assert await gateway.text("writer", key="d", prompt=long_prompt(2))
    finally:
        await bench.providers.aclose()
        await other.stop()

    assert len(bench.server.requests) == 6
    assert bench.events[-1].meta["code"] == "circuit_closed"


async def test_a_provider_that_asks_for_a_long_wait_leaves_the_call_to_the_next(
    bench: Bench,
) -> None:
    bench.access = {"lab": lab(bench.server, "lab")}
    bench.models = ("openai:simulated", "lab:m")
    bench.server.script.append(failing(429, "rate_limit_exceeded", retry_after="40"))

    await ask(bench, long_prompt(2), "a")
    await ask(bench, long_prompt(2), "b")

    assert asked(bench) == ["simulated", "m", "m"], "the second call does not even try"
    assert sum(bench.clock.slept) < 5


async def test_without_another_model_a_held_provider_is_waited_for(bench: Bench) -> None:
    bench.server.script.append(failing(429, "rate_limit_exceeded", retry_after="40"))

    assert await ask(bench, long_prompt(2))

    assert 40 <= sum(bench.clock.slept) < 45


async def test_a_connection_that_is_gone_is_named_and_the_next_is_asked(bench: Bench) -> None:
    bench.models = ("gone:model", "openai:simulated")

    await ask(bench, long_prompt(2))

    assert asked(bench) == ["simulated"]
    assert [e.meta["code"] for e in bench.events] == ["not_configured"]
    assert bench.events[0].meta["model"] == "gone:model"
