"""What a simulated model had a part in says so: no text of one passes for a document."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.autonomy.agents.test_loop import Ride
from tests.autonomy.core.llm.fakes import Bench, said
from tests.providers.fixtures import openai_server
from tests.providers.openai_server import Behaviour, OpenAIServer, failing
from tests.providers.test_whole_loop import with_models

__all__ = ["openai_server"]


@pytest.fixture
async def bench(openai_server: OpenAIServer) -> AsyncIterator[Bench]:
    bench = Bench(openai_server)
    yield bench
    await bench.providers.aclose()


async def test_a_document_of_a_simulated_model_is_marked_with_its_plan_and_sections(
    bench: Bench,
) -> None:
    ride = await Ride(with_models(bench)).go()

    assert ride.state["plan"].simulated
    assert ride.document.simulated
    assert all(section.simulated for section in ride.document.sections)


async def test_an_answer_that_is_replayed_after_a_crash_is_known_as_simulated(
    bench: Bench,
) -> None:
    await bench.gateway().text("writer", key="task:write", prompt=said("hello"))
    survivor = bench.gateway()
    assert not survivor.simulated("task:write")

    await survivor.text("writer", key="task:write", prompt=said("hello"))

    assert len(bench.server.requests) == 1, "nothing was asked again"
    assert survivor.simulated("task:write")


async def test_a_document_of_another_model_is_not_marked(bench: Bench) -> None:
    bench.models = ("openai:gpt-test",)

    ride = await Ride(with_models(bench)).go()

    assert not ride.state["plan"].simulated
    assert not ride.document.simulated
    assert bench.server.requests


async def test_a_plan_by_a_simulated_model_marks_a_document_that_was_composed_by_rule(
    bench: Bench,
) -> None:
    bench.server.script.append(Behaviour())  # The planner still gets its answer.
    bench.server.behaviour = failing(401, "invalid_api_key")

    ride = await Ride(with_models(bench)).go()

    assert ride.document.simulated
    assert ride.state["plan"].simulated
    assert not any(section.simulated for section in ride.document.sections)
