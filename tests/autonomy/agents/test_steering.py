"""A run that is told something goes another way: on the rule path, and exactly once."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from langgraph.types import Command

from autonomy.agents.steering import Taken, take
from autonomy.agents.writing_steps import writing
from autonomy.core.ports import Deps, PlanLimits
from autonomy.core.steering import KEPT_WISHES
from autonomy.core.types import StepKind, StepStatus, StopReason, Told
from tests.autonomy.agents.test_loop import GOAL, Ride
from tests.autonomy.agents.test_plan_edit import make_plan
from tests.autonomy.agents.world import make_deps


class Said:
    """Messages that come in once the run has made `calls` looks."""

    def __init__(self, *texts: str, at: int = 1) -> None:
        self.texts = list(texts)
        self.at = at
        self.looks = 0

    async def after(self, number: int) -> list[Told]:
        self.looks += 1
        if self.looks < self.at:
            return []
        told = [Told(number=n, text=text) for n, text in enumerate(self.texts, start=1)]
        return [message for message in told if message.number > number]


def told(*texts: str, at: int = 1, goal: str = GOAL, **settings: Any) -> Deps:
    return dataclasses.replace(make_deps(goal, **settings), messages=Said(*texts, at=at))


class Logged(Ride):
    """A ride that keeps the boundary events."""

    async def go(self, given: Any = None) -> Logged:
        await super().go(given)
        return self

    async def events(self) -> list[Any]:
        found: list[Any] = []
        async for snapshot in self.graph.aget_state_history(self.config):
            found += snapshot.values.get("outbox") or []
        return found

    async def taken(self) -> list[str]:
        notes = [e for e in await self.events() if e.meta.get("kind") == "message_taken"]
        return [e.content for e in sorted(notes, key=lambda e: e.meta["number"])]


def headings(ride: Ride) -> list[str]:
    return [section.heading for section in ride.document.sections]


LATE = 4
"""Looks after which sections are written: plan, reflect, plan, reflect."""


async def test_a_shorter_length_is_met_although_sections_were_written_already() -> None:
    ride = await Logged(told("make it 250 words, please", at=LATE + 3)).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    assert 225 <= ride.document.words() <= 275
    (said,) = await ride.taken()
    assert "250 words" in said


async def test_a_style_named_on_the_way_is_the_document_s() -> None:
    ride = await Logged(told("Use APA style", at=LATE + 3)).go()

    assert ride.document.style == "apa"
    assert ride.state["stop_reason"] == StopReason.COMPLETED


@pytest.mark.parametrize("at", [1, 3, LATE + 2])
async def test_a_conclusion_that_is_not_wanted_is_left_out_whenever_it_is_said(at: int) -> None:
    ride = await Logged(told("drop the conclusion", at=at)).go()

    assert "Conclusion" not in headings(ride)
    assert "Introduction" in headings(ride)
    assert len(await ride.taken()) == 1


@pytest.mark.parametrize("at", [1, 3, LATE + 2])
async def test_a_section_that_is_asked_for_is_written_whenever_it_is_said(at: int) -> None:
    ride = await Logged(told("Add a section on seaweed.", at=at)).go()

    assert "Seaweed" in headings(ride)
    assert ride.state["stop_reason"] in (StopReason.COMPLETED, StopReason.GATES_UNMET)
    section = next(s for s in ride.document.sections if s.heading == "Seaweed")
    assert "seaweed" in section.markdown.lower()


async def test_finished_sections_that_a_change_does_not_touch_are_kept() -> None:
    ride = await Logged(told("drop the conclusion", at=LATE + 3)).go()

    events = await ride.events()
    written = [e.meta["step_id"] for e in events if e.type == "observation"]
    bodies = [i for i in written if i.startswith("write-") and i[6:].isdigit()]
    assert len(bodies) == len(set(bodies)), "no section was written twice"


async def test_a_focus_changes_what_is_searched_for() -> None:
    ride = await Logged(told("focus on grazing fish", at=3)).go()

    steps = ride.state["plan"].steps
    searches = [s for s in steps if s.id.startswith("search-")]
    assert searches
    assert all("grazing fish" in " ".join(s.input["queries"]) for s in searches)


async def test_what_no_rule_can_read_is_said_and_changes_nothing() -> None:
    plain = await Ride(make_deps(GOAL)).go()
    ride = await Logged(told("make the argument more elegant", at=LATE + 1)).go()

    (said,) = await ride.taken()
    assert "Nothing was changed for “make the argument more elegant”" in said
    assert headings(ride) == headings(plain)


async def test_several_wishes_in_one_message_are_all_followed() -> None:
    ride = await Logged(
        told("Use MLA, drop the introduction and call it “Fish and Reefs”.", at=LATE + 2)
    ).go()

    assert ride.document.style == "mla"
    assert ride.document.title == "Fish and Reefs"
    assert "Introduction" not in headings(ride)


async def test_each_message_is_taken_once_and_in_order() -> None:
    ride = await Logged(told("use APA", "use MLA", "make it 300 words", at=3)).go()

    assert ride.state["heard"] == 3
    assert len(await ride.taken()) == 3
    assert ride.document.style == "mla"


async def test_the_outline_is_shown_first_when_that_is_asked_for_in_time() -> None:
    deps = told("stop after the outline", at=2)
    ride = await Logged(deps).go()

    state = await ride.graph.aget_state(ride.config)
    assert state.interrupts, "it waits for the person"
    writes = [s for s in state.values["plan"].steps if s.kind is StepKind.WRITE]
    assert writes
    assert all(s.status is StepStatus.PENDING for s in writes)
    await ride.go(Command(resume={state.interrupts[0].id: {"approved": True}}))
    assert ride.state["stop_reason"] == StopReason.COMPLETED


async def test_a_message_to_an_answer_goes_to_its_only_part() -> None:
    ride = await Logged(
        told(
            "drop the methods section",
            at=3,
            goal="Why do closed seasons work for grazing fish?",
            journey="answer",
        )
    ).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED
    assert "There is no section on “methods” to leave out." in " ".join(await ride.taken())


async def said_of(*texts: str, limits: PlanLimits | None = None) -> tuple[Taken, str]:
    """What comes of messages to a plan of two sections, and the notes to the person."""
    deps = dataclasses.replace(told(*texts), limits=limits or PlanLimits())
    taken = await take({}, deps, make_plan("Methods", "Results"))
    return taken, " ".join(e.content for e in taken.events if e.type == "note")


def state_bytes(taken: Taken) -> int:
    assert taken.plan is not None
    steering = taken.update["steering"]
    assert steering is not None
    return len(taken.plan.model_dump_json()) + len(steering.model_dump_json())


async def test_messages_cannot_make_a_plan_grow_beyond_its_limits() -> None:
    adds = [f"add a section on wibble{n}" for n in range(200)]
    taken, said = await said_of("make it 99999 words", *adds)

    assert taken.plan is not None
    assert len(writing(taken.plan)) == PlanLimits().parts
    assert all(int(s.input["words"]) <= PlanLimits().words for s in writing(taken.plan))
    assert "at most 10,000 words" in said
    assert "no room for “wibble199”" in said
    assert state_bytes(taken) < 50_000


async def test_a_section_of_a_very_long_name_is_added_once() -> None:
    taken, _ = await said_of(*["add a section on " + "1 " * 9_000] * 50)

    assert taken.plan is not None
    assert len(writing(taken.plan)) == len(writing(make_plan("Methods", "Results"))) + 1


async def test_one_message_adds_no_more_sections_than_are_read_of_it() -> None:
    taken, said = await said_of(". ".join(f"Add a section on wibble{n}" for n in range(30)))

    assert taken.plan is not None
    assert len(writing(taken.plan)) == len(writing(make_plan("Methods", "Results"))) + KEPT_WISHES
    assert "Only its beginning was read" in said


async def test_a_new_focus_takes_the_place_of_the_former_one_in_the_searches() -> None:
    wanted = [f"focus on {'very ' * 30}odd thing {n}" for n in range(60)]
    taken, _ = await said_of(*wanted, "focus on grazing fish")

    assert taken.plan is not None
    sections = [s for s in writing(taken.plan) if "number" in s.input]
    assert all(s.input["queries"][1] == "grazing fish" for s in sections)
    assert not any("odd thing" in " ".join(s.input["queries"]) for s in sections)
    assert state_bytes(taken) < 50_000


async def test_the_deployment_s_limits_hold() -> None:
    taken, said = await said_of(
        "add a section on seaweed", "make it 3000 words", limits=PlanLimits(parts=4, words=500)
    )

    assert taken.plan is not None
    assert [int(s.input["words"]) <= 500 for s in writing(taken.plan)] == [True] * 4
    assert "A plan has at most 4 parts, so there is no room for “seaweed" in said
    assert "A part has at most 500 words" in said
