"""What is kept of each request, and how it is named to the other side."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from autonomy.core.llm import Access, OfferedModel
from autonomy.core.packing import Part, Prompt
from autonomy.core.ports import ModelUnavailable
from tests.autonomy.core.llm.fakes import Bench, Clock, MemoryLedger
from tests.providers.behaviours import Behaviour, failing

PROMPT = Prompt("planner", "abc123", "You plan.", (Part("Plan it."),), 500)
REQUEST_ID = "x-client-request-id"


class Colour(BaseModel):
    """A colour."""

    name: str


async def test_an_answered_request_is_recorded_with_prompt_mode_rung_and_cost(
    bench: Bench,
) -> None:
    bench.server.script.append(Behaviour(content="```json\n{'name': 'red',}\n```"))

    await bench.gateway().structured("planner", key="k", prompt=PROMPT, output=Colour)

    (record,) = bench.log.records
    assert (record.key, record.attempt, record.role) == ("k", 1, "planner")
    assert (record.provider, record.model) == ("openai", "openai:simulated")
    assert (record.prompt_name, record.prompt_version) == ("planner", "abc123")
    assert (record.outcome, record.mode, record.rung) == ("answered", "native", "repaired")
    assert record.system.startswith("You plan.")
    assert record.prompt == "Plan it."
    assert record.reply == "```json\n{'name': 'red',}\n```"
    assert record.input_tokens
    assert record.output_tokens
    assert record.usd
    assert not record.price_known
    assert not record.streamed
    assert record.simulated


async def test_failures_and_their_retries_are_recorded_each_with_its_own_number(
    bench: Bench,
) -> None:
    bench.server.script += [
        failing(429, "rate_limit_exceeded", retry_after="3"),
        failing(500, "server_error"),
        Behaviour(content="Done."),
    ]

    await bench.gateway().text("writer", key="k", prompt=PROMPT)

    assert [(r.attempt, r.outcome, r.retry_after) for r in bench.log.records] == [
        (1, "rate_limit", 3.0),
        (2, "server", None),
        (3, "answered", None),
    ]
    assert [r.usd is None for r in bench.log.records] == [True, True, False]


async def test_a_replay_is_no_request(bench: Bench) -> None:
    await bench.gateway().text("writer", key="k", prompt=PROMPT)
    await bench.gateway().text("writer", key="k", prompt=PROMPT)

    assert len(bench.log.records) == 1


async def test_a_second_ask_is_recorded_with_what_was_said_before(bench: Bench) -> None:
    bench.server.script += [Behaviour(content='{"hue": 1}'), Behaviour(content='{"name": "red"}')]

    await bench.gateway().structured("planner", key="k", prompt=PROMPT, output=Colour)

    first, second = bench.log.records
    assert (first.outcome, second.outcome) == ("malformed", "answered")
    assert '{"hue": 1}' in second.prompt
    assert "name: Field required" in second.prompt
    assert second.rung == "reasked"


async def test_the_time_to_the_first_piece_and_the_wait_for_the_rate_are_recorded(
    bench: Bench,
) -> None:
    bench.clock = Ticking()
    bench.server.script.append(Behaviour(content="One two three four five six seven."))

    async def on_token(piece: str) -> None:
        pass

    await bench.gateway().text("writer", key="k", prompt=PROMPT, on_token=on_token)

    (record,) = bench.log.records
    assert record.streamed
    assert record.first_token_ms is not None
    assert 0 < record.first_token_ms < record.latency_ms


class Ticking(Clock):
    """A second passes whenever somebody looks."""

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


@pytest.mark.parametrize("dialect", ["openai", "openai-responses", "anthropic"])
async def test_every_request_carries_the_key_of_its_entry_in_the_books(
    bench: Bench, dialect: str
) -> None:
    bench.access = {"anthropic": Access("anthropic", None, bench.server.root_url)}
    bench.models = (f"{dialect}:simulated",)
    bench.server.script.append(Behaviour(status=503, error={"type": "overloaded"}))

    await bench.gateway().text("writer", key="task:write", prompt=PROMPT)

    named = [request.headers[REQUEST_ID] for request in bench.server.requests]
    assert named == ["run:task:write#1", "run:task:write#2"]


class Renaming(MemoryLedger):
    """A ledger in which the key was taken by an attempt whose process died."""

    async def reserve(self, key: str, role: str, model: str, tokens: int, usd: float) -> str:
        return f"{await super().reserve(key, role, model, tokens, usd)}~2"


async def test_a_request_is_named_as_the_books_name_it_within_two_hundred_characters(
    bench: Bench,
) -> None:
    bench.ledger = Renaming()

    await bench.gateway().text("writer", key="x" * 400, prompt=PROMPT)

    named = bench.server.requests[0].headers[REQUEST_ID]
    assert named.endswith("x#1~2")
    assert len(named) == 200


async def test_a_connection_found_to_be_a_simulator_marks_record_events_and_description(
    bench: Bench,
) -> None:
    bench.access = {
        "lab": Access(
            "compatible", None, bench.server.base_url, "lab", "user", simulated=True,
            offered=(OfferedModel("anything"),),
        )
    }  # fmt: skip
    bench.models = ("lab:anything",)
    bench.server.script.append(failing(500, "server_error"))
    gateway = bench.gateway()

    await gateway.text("writer", key="k", prompt=PROMPT)

    assert all(record.simulated for record in bench.log.records)
    assert all(event.meta["simulated"] for event in bench.events)
    assert bench.events[0].meta["provider"] == "lab"
    assert gateway.describe()["roles"]["writer"]["simulated"] is True


async def test_nothing_of_a_key_is_in_records_or_events(bench: Bench) -> None:
    bench.api_key = "sk-very-secret-key"
    bench.server.behaviour = failing(401, "invalid_api_key", "Incorrect key: sk-very-secret-key")

    with pytest.raises(ModelUnavailable) as caught:
        await bench.gateway().text("writer", key="k", prompt=PROMPT)

    told = repr(bench.log.records) + repr(bench.events) + str(caught.value)
    assert "very-secret" not in told
