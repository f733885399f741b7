"""The gateway over real HTTP, against the simulated provider."""

from __future__ import annotations

import asyncio
import random
import time

import pytest
from pydantic import BaseModel

from autonomy.core.answers import ProposedRepair
from autonomy.core.llm import CallLimits
from autonomy.core.llm.chain import backoff
from autonomy.core.ports import BudgetExhausted, ModelUnavailable
from tests.autonomy.core.llm.fakes import Bench, MemoryLedger, said
from tests.patience import patience
from tests.providers.behaviours import Behaviour, failing, troubled

LONG = "One two three. " * 20


class Colour(BaseModel):
    """A colour."""

    name: str
    shade: int = 0


async def ask(bench: Bench, key: str = "k") -> str:
    return await bench.gateway().text("writer", key=key, prompt=said("Say something.", "Be brief."))


async def colour(bench: Bench, key: str = "k") -> Colour:
    return await bench.gateway().structured(
        "planner", key=key, prompt=said("Which?", "Name a colour."), output=Colour
    )


# ----------------------------------------------------------------------------- answers


async def test_prose_is_returned_and_streamed_in_order(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content=LONG))
    pieces: list[str] = []

    async def on_token(piece: str) -> None:
        pieces.append(piece)

    text = await bench.gateway().text("writer", key="k", prompt=said("p", "s"), on_token=on_token)

    assert text == LONG.strip()
    assert "".join(pieces).strip() == text
    assert len(pieces) > 10


async def test_structure_is_asked_for_by_schema_and_parsed(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content='{"name": "red", "shade": 3}'))

    assert await colour(bench) == Colour(name="red", shade=3)

    asked = bench.server.requests[0].body["response_format"]
    assert asked["type"] == "json_schema"
    assert set(asked["json_schema"]["schema"]["properties"]) == {"name", "shade"}


async def test_a_server_without_a_key_is_reached_and_a_given_key_is_sent(bench: Bench) -> None:
    await ask(bench)
    bench.server.api_key = "right"
    bench.api_key = "right"

    await ask(bench, "other")

    assert bench.server.requests[1].headers["authorization"] == "Bearer right"


async def test_a_server_that_rejects_schemas_is_asked_in_words_from_then_on(bench: Bench) -> None:
    bench.server.behaviour = Behaviour(content='{"name": "red"}', refuse_schema=True)

    first = await colour(bench, "a")
    second = await colour(bench, "b")

    assert first == second == Colour(name="red")
    formats = [r.body.get("response_format", {}).get("type") for r in bench.server.requests]
    assert formats[0] == "json_schema"
    assert formats[1:] == [formats[1]] * 2
    assert formats[1] != "json_schema"
    assert '"name"' in bench.server.requests[-1].system + bench.server.requests[-1].user


async def test_a_shape_with_unnamed_keys_is_asked_for_in_words(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content='{"diagnosis": "d", "input": {"limit": 3}}'))

    fixed = await bench.gateway().structured(
        "debugger", key="k", prompt=said("How?", "Mend it."), output=ProposedRepair
    )

    assert fixed.input == {"limit": 3}
    assert "response_format" not in bench.server.requests[0].body
    assert '"diagnosis"' in bench.server.requests[0].system


async def test_a_repaired_answer_is_noted_with_its_rung(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content="{'name': 'red',}"))

    await colour(bench)

    assert [(e.type, e.meta["rung"]) for e in bench.events] == [("note", "repaired")]


async def test_an_unreadable_answer_is_asked_for_once_more_with_what_was_wrong(
    bench: Bench,
) -> None:
    bench.server.script += [Behaviour(content='{"hue": 1}'), Behaviour(content='{"name": "red"}')]

    assert await colour(bench) == Colour(name="red")

    again = bench.server.requests[1].body["messages"]
    assert again[-2] == {"role": "assistant", "content": '{"hue": 1}'}
    assert "name: Field required" in again[-1]["content"]
    assert bench.kinds() == ["retry", "note"]
    assert bench.events[-1].meta["rung"] == "reasked"
    assert bench.clock.slept == [0.0]


async def test_a_second_unreadable_answer_ends_the_call(bench: Bench) -> None:
    bench.server.behaviour = Behaviour(content="Blue is a nice colour.")

    with pytest.raises(ModelUnavailable) as caught:
        await colour(bench)

    assert caught.value.code == "malformed"
    assert len(bench.server.requests) == 2


async def test_a_refusal_is_not_asked_again(bench: Bench) -> None:
    bench.server.behaviour = Behaviour(content="I'm sorry, I can't help with that.")

    with pytest.raises(ModelUnavailable) as caught:
        await colour(bench)

    assert caught.value.code == "refused"
    assert len(bench.server.requests) == 1


# ----------------------------------------------------------------------------- retries


async def test_a_429_waits_as_long_as_the_provider_asked(bench: Bench) -> None:
    bench.server.script.append(failing(429, "rate_limit_exceeded", retry_after="17"))

    assert await ask(bench)

    assert bench.clock.slept == [17.0]
    assert [(e.type, e.meta["code"]) for e in bench.events] == [("retry", "rate_limit")]


async def test_a_429_that_asks_for_more_than_the_call_may_take_ends_it(bench: Bench) -> None:
    bench.server.script.append(failing(429, "rate_limit_exceeded", retry_after="3600"))

    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench)

    assert caught.value.code == "rate_limit"
    assert bench.clock.slept == []


async def test_backoff_grows_with_full_jitter_and_the_attempts_are_bounded(bench: Bench) -> None:
    bench.server.behaviour = failing(503, "overloaded")
    bench.limits = CallLimits(attempts=4)

    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench)

    assert caught.value.code == "overload"
    assert len(bench.server.requests) == 4
    assert len(bench.clock.slept) == 3
    assert all(wait <= ceiling for wait, ceiling in zip(bench.clock.slept, (1, 2, 4), strict=True))


def test_backoff_is_capped_at_thirty_seconds() -> None:
    rng = random.Random(7)
    waits = [backoff(attempt, rng) for attempt in range(1, 40)]

    assert max(waits) <= 30


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        (failing(401, "invalid_api_key"), "auth", "refused the key"),
        (failing(403, "model_not_allowed"), "forbidden", "may not use"),
        (failing(403, "invalid_api_key"), "auth", "refused the key"),
        (failing(400, "API_KEY_INVALID"), "auth", "refused the key"),
        (failing(429, "insufficient_quota"), "quota", "no quota or credit left"),
        (failing(402, "payment_required"), "quota", "no quota or credit left"),
        (failing(400, "context_length_exceeded"), "context_overflow", "longer than"),
        (failing(404, "model_not_found"), "model_not_found", "knows no model"),
        (Behaviour(finish_reason="content_filter"), "content_filter", "blocked"),
        (troubled("content_filter"), "content_filter", "blocked"),
        (failing(403, "forbidden", "flagged by moderation"), "content_filter", "blocked"),
    ],
)
async def test_what_another_attempt_cannot_cure_is_not_retried(
    bench: Bench, behaviour: Behaviour, code: str, words: str
) -> None:
    bench.server.behaviour = behaviour

    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench)

    assert caught.value.code == code
    assert words in caught.value.reason
    assert "simulated" not in caught.value.reason.replace("openai:simulated", "")
    assert len(bench.server.requests) == 1


@pytest.mark.parametrize("quietly", [False, True], ids=["torn down", "closed in good order"])
async def test_a_cut_stream_starts_again_and_says_so(bench: Bench, quietly: bool) -> None:
    bench.server.script.append(Behaviour(content=LONG, cut_after=4, end_quietly=quietly))
    bench.server.script.append(Behaviour(content=LONG))
    pieces: list[str] = []

    async def on_token(piece: str) -> None:
        pieces.append(piece)

    text = await bench.gateway().text("writer", key="k", prompt=said("p", "s"), on_token=on_token)

    assert text == LONG.strip()
    assert bench.kinds() == ["attempt.restarted", "retry"]
    assert len("".join(pieces)) > len(LONG)  # What was seen twice is what the event voids.


async def test_a_plain_answer_that_is_cut_is_fetched_again(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content=LONG, cut_after=40))

    assert await ask(bench)

    assert [e.meta["code"] for e in bench.events] == ["network"]


async def test_an_answer_that_is_late_is_a_timeout(bench: Bench) -> None:
    bench.limits = CallLimits(attempts=1, attempt_seconds=0.2)
    bench.server.behaviour = Behaviour(delay=30)

    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench)

    assert caught.value.code == "timeout"


async def test_an_empty_answer_is_tried_again(bench: Bench) -> None:
    bench.server.script += [Behaviour(content=""), Behaviour(content="Something.")]

    assert await ask(bench) == "Something."


async def test_a_refused_connection_is_a_network_failure_that_costs_nothing(bench: Bench) -> None:
    bench.server.port = 1  # Nothing listens there.

    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench)

    assert caught.value.code == "network"
    assert len(bench.ledger.released) == 4
    assert bench.ledger.settled == {}


# ----------------------------------------------------------------------------- chains


async def test_the_next_model_of_the_chain_answers_when_the_first_cannot(bench: Bench) -> None:
    bench.models = ("openai:first", "openai:second")
    bench.server.script.append(failing(404, "model_not_found"))

    assert await ask(bench)

    assert [r.body["model"] for r in bench.server.requests] == ["first", "second"]
    assert bench.events[0].meta["fallback"] == "openai:second"


async def test_a_failing_first_model_leaves_attempts_for_the_second(bench: Bench) -> None:
    bench.models = ("openai:first", "openai:second")
    bench.limits = CallLimits(attempts=4)
    bench.server.behaviour = failing(500, "server_error")

    with pytest.raises(ModelUnavailable):
        await ask(bench)

    asked = [r.body["model"] for r in bench.server.requests]
    assert asked == ["first", "first", "second", "second"]


async def test_no_model_configured_is_said_plainly(bench: Bench) -> None:
    bench.models = ()

    assert not bench.gateway().available("writer")
    assert bench.gateway().unavailable("writer") == "", "nobody chose one"
    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench)

    assert caught.value.code == "not_configured"


@pytest.mark.parametrize("model", ["nonsense:model", "anthropic:claude", "bedrock:x"])
async def test_a_provider_that_is_not_set_up_is_unavailable_and_never_called(
    bench: Bench, model: str
) -> None:
    bench.models = (model,)

    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench)

    assert caught.value.code == "not_configured"
    assert not bench.gateway().available("writer")
    assert "not set up" in bench.gateway().unavailable("writer")
    assert bench.ledger.open == {}


async def test_the_name_test_is_an_ordinary_model_name(bench: Bench) -> None:
    bench.models = ("test",)

    await ask(bench)

    assert bench.server.requests[0].body["model"] == "test"


# ----------------------------------------------------------------------------- budget


async def test_a_call_is_reserved_before_and_booked_by_its_usage_after(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content="x" * 400))

    await ask(bench)

    assert bench.ledger.open == {}
    booked = bench.ledger.settled["k#1"]
    assert booked["output_tokens"] == 100
    # An unknown price counts at the pessimistic rate, never as nothing.
    assert booked["usd"] == pytest.approx((booked["input_tokens"] + 100) * 15 / 1e6)
    assert booked["price_known"] is False


async def test_a_listed_model_is_booked_at_its_price(bench: Bench) -> None:
    bench.models = ("openai:gpt-4o",)
    bench.server.script.append(Behaviour(content="x" * 4_000))

    await ask(bench)

    booked = bench.ledger.settled["k#1"]
    assert booked["price_known"] is True
    assert booked["usd"] == pytest.approx(booked["input_tokens"] * 2.5e-6 + 1_000 * 10e-6)


async def test_missing_usage_is_estimated_from_the_text(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content="x" * 300, usage=False))

    await ask(bench)

    booked = bench.ledger.settled["k#1"]
    assert booked["output_tokens"] == 100
    assert booked["input_tokens"] > 0
    assert booked["price_known"] is False


async def test_refusals_give_the_reservation_back(bench: Bench) -> None:
    bench.server.script.append(failing(429, "rate_limit_exceeded", retry_after="1"))

    await ask(bench)

    assert bench.ledger.released == ["k#1"]
    assert list(bench.ledger.settled) == ["k#2"]


async def test_a_cut_stream_is_booked_for_what_it_delivered(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content=LONG, cut_after=4))

    async def on_token(piece: str) -> None:
        pass

    await bench.gateway().text("writer", key="k", prompt=said("p", "s"), on_token=on_token)

    cut = bench.ledger.settled["k#1"]
    assert 0 < cut["output_tokens"] < 100
    assert cut["price_known"] is False
    assert bench.ledger.open == {}


async def test_a_call_over_the_budget_is_never_sent(bench: Bench) -> None:
    bench.ledger = MemoryLedger(tokens=1_000)

    with pytest.raises(BudgetExhausted) as caught:
        await ask(bench)

    assert caught.value.stop_reason == "budget_tokens"
    assert bench.server.requests == []
    assert bench.gateway().available("writer")


async def test_parallel_calls_wait_for_each_other_s_reservations_before_the_budget_is_gone(
    bench: Bench,
) -> None:
    bench.limits = CallLimits(output_tokens=800)
    bench.ledger = MemoryLedger(tokens=1_500)  # Room for one reservation at a time.
    gateway = bench.gateway()

    answers = await asyncio.gather(
        *(gateway.text("writer", key=f"k{n}", prompt=said("p", "s")) for n in range(4))
    )

    assert len(answers) == len(bench.ledger.settled) == 4
    assert bench.ledger.open == {}


# ----------------------------------------------------------------------------- effects


async def test_a_recorded_call_is_replayed_without_a_request_or_a_cost(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content="The first answer."))

    first = await ask(bench)
    second = await ask(bench)

    assert first == second == "The first answer."
    assert len(bench.server.requests) == 1
    assert list(bench.ledger.settled) == ["k#1"]


async def test_a_recorded_structure_is_replayed(bench: Bench) -> None:
    bench.server.script.append(Behaviour(content='{"name": "red", "shade": 2}'))

    assert await colour(bench) == await colour(bench) == Colour(name="red", shade=2)
    assert len(bench.server.requests) == 1


# ----------------------------------------------------------------------------- cancelling


@pytest.mark.parametrize("streamed", [False, True])
async def test_cancelling_closes_the_socket_within_a_second_and_books_the_call(
    bench: Bench, streamed: bool
) -> None:
    bench.server.behaviour = (
        Behaviour(content=LONG, chunk_delay=5) if streamed else Behaviour(delay=30)
    )

    async def on_token(piece: str) -> None:
        pass

    task = asyncio.create_task(
        bench.gateway().text(
            "writer", key="k", prompt=said("p", "s"), on_token=on_token if streamed else None
        )
    )
    assert await asyncio.to_thread(bench.server.arrived.wait, 10)
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await asyncio.to_thread(bench.server.hung_up.wait, 20)
    assert time.monotonic() - started < patience(1.0)
    assert bench.ledger.open == {}
    assert bench.ledger.settled["k#1"]["input_tokens"] > 0
    assert bench.effects.recorded == {}


# ----------------------------------------------------------------------------- health


async def test_the_circuit_opens_after_repeated_failures_and_closes_after_a_good_probe(
    bench: Bench,
) -> None:
    bench.server.behaviour = failing(500, "server_error")
    bench.limits = CallLimits(attempts=5)
    with pytest.raises(ModelUnavailable):
        await ask(bench)
    gateway = bench.gateway()
    seen = len(bench.server.requests)

    assert not gateway.available("writer")
    with pytest.raises(ModelUnavailable) as caught:
        await ask(bench)
    assert caught.value.code == "circuit_open"
    assert "left alone for a moment" in gateway.unavailable("writer")
    assert len(bench.server.requests) == seen

    bench.server.behaviour = Behaviour()
    bench.clock.now += 31
    assert gateway.available("writer")
    assert await ask(bench)
    assert gateway.available("planner")


async def test_a_refused_key_opens_the_circuit_at_once(bench: Bench) -> None:
    bench.server.api_key = "right"

    with pytest.raises(ModelUnavailable):
        await ask(bench)

    assert not bench.gateway().available("critic")


async def test_calls_wait_for_the_provider_s_rate(bench: Bench) -> None:
    bench.limits = CallLimits(requests_per_minute=6)

    for number in range(3):
        await ask(bench, f"k{number}")

    assert sum(bench.clock.slept) == pytest.approx(20.0, abs=1.5)


async def test_describe_names_models_and_never_the_key(bench: Bench) -> None:
    bench.api_key = "sk-very-secret"

    described = bench.gateway().describe()

    assert described["roles"]["writer"]["models"] == ["openai:simulated"]
    assert described["roles"]["writer"]["available"] is True
    assert "very-secret" not in repr(described) + repr(bench.portfolio())


async def test_a_call_leaves_the_run_time_for_its_rule_path(bench: Bench) -> None:
    bench.server.behaviour = Behaviour(content="late", delay=60)
    bench.limits = CallLimits(attempts=1)
    began = time.monotonic()

    with pytest.raises(ModelUnavailable):
        await bench.gateway(seconds_left=2.0).text(
            "writer", key="k", prompt=said("Say something.", "s")
        )

    assert time.monotonic() - began < 30, "far less than the minute that the provider takes"
