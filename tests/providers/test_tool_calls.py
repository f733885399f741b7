"""Learnt tools whose arguments a model reads out of the request: from the planner over the call of a
real service on this machine to the document that cites its answer."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from autonomy.core.ports import Deps
from autonomy.core.types import Author, StepStatus
from tests.autonomy.agents.test_loop import Ride
from tests.autonomy.agents.test_tool_calls import CALLED, NAME, asked, deps_for, rates
from tests.autonomy.core.llm.fakes import Bench
from tests.learnt.serving import Served, serving
from tests.providers.fixtures import openai_server
from tests.providers.openai_server import Behaviour, failing
from tests.providers.test_whole_loop import LiveEvents, authors

__all__ = ["openai_server"]

GOAL = (
    "Use the exchange-rate tool: what was one euro worth in dollars on the fifth of January 2024?"
)
WHOLE = {"date": "2024-01-05", "base": "EUR", "quote": "USD"}


@pytest.fixture
async def bench(openai_server: Any) -> AsyncIterator[Bench]:
    bench = Bench(openai_server)
    yield bench
    await bench.providers.aclose()


@pytest.fixture
def served() -> Iterator[Served]:
    with serving(rates) as made:
        yield made


def with_models(bench: Bench, deps: Deps) -> Deps:
    return dataclasses.replace(
        deps, models=bench.gateway(), effects=bench.effects, events=LiveEvents()
    )


def given(*calls: dict[str, Any]) -> Behaviour:
    """What the model answers: these arguments for the tool."""
    made = [{"tool": NAME, "arguments": arguments} for arguments in calls]
    return Behaviour(content=json.dumps({"calls": made}))


def notes(ride: Ride) -> str:
    events = ride.deps.events.emitted  # type: ignore[attr-defined]
    return "\n".join(e.content for e in events if e.type == "note")


def times_asked(bench: Bench) -> int:
    return sum(request.role == "caller" for request in bench.server.requests)


async def test_what_a_model_reads_out_is_called_and_the_answer_cited(
    bench: Bench, served: Served
) -> None:
    ride = await Ride(with_models(bench, await deps_for(served, GOAL))).go()

    assert times_asked(bench) == 1
    assert asked(served) == CALLED
    step = ride.state["plan"].step("look-call-1")
    assert (step.status, step.tool) == (StepStatus.DONE, "tools.call")
    assert step.title == f"Use {NAME}: date 2024-01-05, base EUR, quote USD"
    assert "A model read for rates.rate_on out of the request: date 2024-01-05" in notes(ride)
    document = ride.document
    assert authors(document) == {Author.MODEL}
    (source,) = document.sources
    assert (source.csl["URL"], source.csl["container-title"]) == (served.base, NAME)
    assert set(document.cited_passage_ids()) <= {p.id for p in document.passages}
    assert document.cited_passage_ids()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"date": "2024-01-05", "base": "EUR"}, "/quote: expected a value, got nothing"),
        ({**WHOLE, "base": 978}, "/base: expected string, got integer"),
    ],
    ids=["one missing", "of another type"],
)
async def test_arguments_that_do_not_fit_are_asked_for_once_more(
    bench: Bench, served: Served, wrong: dict[str, Any], complaint: str
) -> None:
    bench.server.script.append(given(wrong))
    ride = await Ride(with_models(bench, await deps_for(served, GOAL))).go()

    assert times_asked(bench) == 2
    again = [r for r in bench.server.requests if r.role == "caller"][1]
    assert f"Does not fit: {complaint}" in again.user
    assert asked(served) == CALLED
    assert [s.csl["container-title"] for s in ride.document.sources] == [NAME]


async def test_arguments_that_never_fit_are_not_called_and_the_person_is_told(
    bench: Bench, served: Served
) -> None:
    bench.server.script += [given({**WHOLE, "base": 978}), given({**WHOLE, "quote": None})]
    ride = await Ride(with_models(bench, await deps_for(served, GOAL))).go()

    assert times_asked(bench) == 2
    assert asked(served) == []
    assert not any(s.id.startswith("look-call") for s in ride.state["plan"].steps)
    assert (
        f"{NAME} is left out: the request does not say its date, base, quote, and what the model "
        "gave for it does not fit (/quote: expected string, got null)." in notes(ride)
    )


async def test_what_the_request_says_plainly_is_not_changed_by_a_model(
    bench: Bench, served: Served
) -> None:
    """The pair stands there; only the day is in words that rules do not read."""
    goal = "Use the exchange-rate tool for EUR/USD on the fifth of January 2024."
    bench.server.script.append(given({**WHOLE, "base": "USD", "quote": "EUR"}))
    ride = await Ride(with_models(bench, await deps_for(served, goal))).go()

    again = [r for r in bench.server.requests if r.role == "caller"][1]
    assert "the request says something else" in again.user
    assert asked(served) == CALLED
    assert ride.document.cited_passage_ids()


async def test_a_request_that_does_not_give_an_argument_has_nothing_made_up_for_it(
    bench: Bench, served: Served
) -> None:
    goal = "Use the exchange-rate tool: what is one euro worth in dollars?"
    ride = await Ride(with_models(bench, await deps_for(served, goal))).go()
    assert times_asked(bench) == 1
    assert asked(served) == []
    assert f"{NAME} is left out: the request does not say its" in notes(ride)


async def test_a_provider_that_is_down_leaves_the_rules(bench: Bench, served: Served) -> None:
    bench.server.behaviour = failing(401, "no")
    goal = "Use the exchange-rate tool for EUR/USD on 2024-01-05 and say what the rate was."
    ride = await Ride(with_models(bench, await deps_for(served, goal))).go()
    assert asked(served) == CALLED
    assert "1.0921" in "".join(section.markdown for section in ride.document.sections)
