"""What the first page says of how the document was made."""

from __future__ import annotations

import dataclasses
from typing import Any

from autonomy.agents.notice import notice_for
from autonomy.core.ports import ModelUnavailable
from autonomy.core.types import Author
from autonomy.export.document import Section
from tests.autonomy.agents.test_loop import GOAL, Ride
from tests.autonomy.agents.world import NoModels, make_deps

AWAY = "the model lab is left alone for a moment after repeated failures."
LATE = "the model lab did not answer in time."


def _sections(*headings: str, author: Author = Author.RULE) -> list[Section]:
    return [Section(id=h or "answer", heading=h, markdown="x", author=author) for h in headings]


class Away(NoModels):
    """A gateway whose models fail whenever they are asked."""

    def available(self, role: str) -> bool:
        return role in ("planner", "writer")

    async def structured(self, role: str, **given: Any) -> Any:
        raise ModelUnavailable(AWAY)

    async def text(self, role: str, **given: Any) -> str:
        raise ModelUnavailable(AWAY)


async def test_a_model_that_is_away_for_the_whole_run_is_told_of_once() -> None:
    ride = await Ride(dataclasses.replace(make_deps(GOAL), models=Away())).go()

    notice = ride.document.notice
    count = len(ride.document.sections)
    assert notice.startswith("Composed without a language model: ")
    assert notice.endswith(
        f"The plan was made by rule, and all {count} sections were composed by rule, because {AWAY}"
    )
    assert "Write:" not in notice


async def test_a_section_s_note_calls_it_by_its_heading() -> None:
    ride = await Ride(dataclasses.replace(make_deps(GOAL), models=Away())).go()

    notes = [e.content for e in ride.deps.events.emitted if e.type == "note"]  # type: ignore[attr-defined]
    outbox = [n for s in ride.state["plan"].steps if (n := s.result.get("notice"))]
    assert f"“Introduction” was composed by rule, because {AWAY}" in [*notes, *outbox]


def test_sections_are_named_together_under_each_reason() -> None:
    model = _sections("Approaches", author=Author.MODEL)
    sections = [*_sections("Introduction"), *model, *_sections("Results", "Limits")]

    said = notice_for(sections, {"Introduction": AWAY, "Results": LATE, "Limits": AWAY})

    assert said == (
        "Parts of this document were composed by rule from quotations, without a language model. "
        f"2 of 4 sections (“Introduction” and “Limits”) were composed by rule, because {AWAY} "
        f"“Results” was composed by rule, because {LATE}"
    )


def test_why_the_plan_was_made_by_rule_stands_alone_where_the_sections_have_another_reason() -> (
    None
):
    said = notice_for(
        _sections(""), {"answer": LATE}, of_plan=f"The plan was made by rule, because {AWAY}"
    )

    assert said.endswith(
        f"The plan was made by rule, because {AWAY} The answer was composed by rule, because {LATE}"
    )


def test_a_document_that_a_model_planned_is_not_said_to_be_made_without_any() -> None:
    said = notice_for(_sections("Results"), {}, planner=Author.MODEL)

    assert said.startswith("The sections were composed without a language model: ")


def test_a_document_that_models_wrote_says_nothing() -> None:
    assert notice_for(_sections("Results", author=Author.MODEL), {}) == ""
