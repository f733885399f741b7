"""A plan that its person edited is the measure of the document, until they say otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.types import Command

from autonomy.agents.plan_edit import LEAST_WORDS
from autonomy.agents.writing_steps import writing
from autonomy.core.types import StopReason
from tests.autonomy.agents.test_steering import Logged, Said, told


async def asked(goal: str) -> Logged:
    """A ride that waits for its person to agree to the plan."""
    return await Logged(told(goal=goal, approve_plan=True)).go()


def parts(ride: Logged) -> list[dict[str, Any]]:
    return [
        {"id": s.id, "title": s.input["heading"], "words": s.input["words"]}
        for s in writing(ride.state["plan"])
    ]


def total(ride: Logged) -> int:
    return sum(int(s.input["words"]) for s in writing(ride.state["plan"]))


async def answer(ride: Logged, value: dict[str, Any]) -> None:
    (question,) = (await ride.graph.aget_state(ride.config)).interrupts
    await ride.go(Command(resume={question.id: value}))


def edit(ride: Logged, steps: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"edit": {"version": ride.state["plan"].version, "steps": steps, **more}}


@pytest.mark.parametrize(
    ("goal", "factor"),
    [
        ("Write a 600-word review of grazing fish and coral reefs from these PDFs", 0.5),
        ("Write a 250-word review of grazing fish and coral reefs from these PDFs", 1.6),
    ],
)
async def test_words_set_in_the_plan_replace_those_of_the_request(goal: str, factor: float) -> None:
    ride = await asked(goal)
    steps = [
        {**part, "words": max(LEAST_WORDS, round(part["words"] * factor))} for part in parts(ride)
    ]
    await answer(ride, edit(ride, steps, approve=True))

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    wanted = sum(step["words"] for step in steps)
    assert ride.state["steering"].length_words == wanted
    assert 0.9 * wanted <= ride.document.words() <= 1.1 * wanted


async def test_a_part_taken_out_makes_the_document_shorter() -> None:
    ride = await asked("Write a 500-word review of grazing fish and coral reefs from these PDFs")
    kept = parts(ride)[:-1]
    await answer(ride, edit(ride, kept, approve=True))

    wanted = sum(step["words"] for step in kept)
    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    assert ride.document.words() <= 1.1 * wanted


async def test_another_order_leaves_the_length_as_it_was_asked() -> None:
    ride = await asked("Write a 400-word review of grazing fish and coral reefs from these PDFs")
    await answer(ride, edit(ride, list(reversed(parts(ride))), approve=True))

    assert "steering" not in ride.state or ride.state["steering"].length_words is None


async def test_a_length_said_after_the_edit_wins_over_it() -> None:
    deps = told(
        "make it 300 words",
        at=10_000,
        goal="Write a 600-word review of grazing fish and coral reefs from these PDFs",
        approve_plan=True,
    )
    ride = await Logged(deps).go()
    steps = [
        {**part, "words": max(LEAST_WORDS, round(part["words"] * 0.7))} for part in parts(ride)
    ]
    await answer(ride, edit(ride, steps))
    assert ride.state["steering"].length_words == total(ride)
    said = ride.deps.messages
    assert isinstance(said, Said)
    said.at = 0
    await answer(ride, {"told": True})
    assert 290 <= total(ride) <= 330, "short frames have their least words"
    await answer(ride, {"approved": True})

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    assert 270 <= ride.document.words() <= 330
