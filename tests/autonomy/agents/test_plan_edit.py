"""Editing the writing steps of a plan keeps what is done and rebuilds what rests on a change."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from autonomy.agents.outline import Outline, OutlineSection
from autonomy.agents.plan_comparison import described
from autonomy.agents.plan_edit import BadEdit, apply_edit, as_edit
from autonomy.agents.writing_plan import steps_plan
from autonomy.agents.writing_steps import named, writing
from autonomy.core.brief import read_brief
from autonomy.core.journey import load
from autonomy.core.types import (
    Author,
    Plan,
    PlanEdit,
    SectionEdit,
    Step,
    StepStatus,
    TaskSpec,
)


def make_plan(*headings: str, done: bool = False) -> Plan:
    sections = tuple(
        OutlineSection(heading=h, purpose=f"On {h}.", queries=(h, f"{h} results")) for h in headings
    )
    brief = read_brief(TaskSpec(goal="Write 600 words about reefs"))
    plan = steps_plan(
        Outline(title="Reefs", sections=sections), load("write"), brief, ["a"], version=3
    )
    if not done:
        return plan
    results: dict[str, Any] = {
        "evidence": {"sections": {str(n): [f"p{n}"] for n in range(1, len(headings) + 1)}}
    }
    return plan.replace(
        *(
            s.model_copy(
                update={
                    "status": StepStatus.DONE,
                    "attempts": 1,
                    "result": results.get(s.id, {"artifact_id": f"of-{s.id}"}),
                }
            )
            for s in plan.steps
        )
    )


def edit(plan: Plan, *steps: SectionEdit, **more: Any) -> Plan:
    wanted = PlanEdit(version=plan.version, steps=steps, **more)
    return apply_edit(plan, wanted, topic="reefs", author=Author.HUMAN)


def body(plan: Plan) -> list[str]:
    return [str(s.input["heading"]) for s in writing(plan) if "number" in s.input]


def consistent(plan: Plan) -> None:
    """Ids are unique, each dependency exists and comes first, every section has its evidence."""
    seen: set[str] = set()
    for step in plan.steps:
        assert step.id not in seen
        assert set(step.depends_on) <= seen, step.id
        seen.add(step.id)
    numbers = {str(s.input["number"]) for s in plan.steps if "number" in s.input}
    evidence = plan.step("evidence")
    assert set(evidence.input["sections"]) == numbers
    assert set(evidence.depends_on) == {f"search-{n}" for n in numbers}
    assert set(plan.step("assemble").depends_on) == {s.id for s in writing(plan)}


def pending(plan: Plan) -> set[str]:
    return {s.id for s in plan.steps if s.status is StepStatus.PENDING}


@pytest.mark.parametrize("order", list(permutations(("A", "B", "C"))))
def test_sections_can_be_put_in_any_order_without_new_searches(order: tuple[str, ...]) -> None:
    plan = make_plan("A", "B", "C", done=True)
    steps = {s.input["heading"]: s.id for s in writing(plan)}
    ids = ["Introduction", *order, "Conclusion"]

    made = edit(plan, *(SectionEdit(id=steps[h], title=h) for h in ids))

    consistent(made)
    assert body(made) == list(order)
    moved = order != ("A", "B", "C")
    frames = {"write-introduction", "write-conclusion", "assemble"}
    assert pending(made) == (frames if moved else set())
    assert made.version == plan.version + 1


def test_a_new_section_gets_its_search_and_its_evidence() -> None:
    plan = make_plan("A", "B", done=True)
    parts = as_edit(plan).steps

    made = edit(plan, *parts, SectionEdit(title="write: Cost", words=90, focus="training"))

    consistent(made)
    new = made.step("write-3")
    assert (new.input["words"], new.input["focus"]) == (90, "training")
    assert "training" in " ".join(made.step("search-3").input["queries"])
    assert {"search-3", "evidence", "write-3", "assemble"} <= pending(made)
    assert not {"search-1", "search-2", "write-1", "write-2"} & pending(made)


def test_a_removed_section_is_gone_with_its_search_and_its_evidence() -> None:
    plan = make_plan("A", "B", done=True)
    parts = [p for p in as_edit(plan).steps if p.title != "A"]

    made = edit(plan, *parts)

    consistent(made)
    assert body(made) == ["B"]
    assert made.step("evidence").result["sections"] == {"2": ["p2"]}
    assert made.step("write-2").status is StepStatus.DONE


def test_a_number_is_not_given_again_to_another_section() -> None:
    plan = make_plan("A", "B", done=True)
    made = edit(plan, *(p for p in as_edit(plan).steps if p.title != "A"), SectionEdit(title="C"))

    assert {s.id for s in writing(made) if "number" in s.input} == {"write-2", "write-3"}


def test_words_and_titles_have_the_section_written_again() -> None:
    plan = make_plan("A", "B", done=True)
    parts = [
        p.model_copy(
            update={"title": "Alpha"} if p.title == "A" else {"words": 77} if p.title == "B" else {}
        )
        for p in as_edit(plan).steps
    ]

    made = edit(plan, *parts, title="Renamed")

    consistent(made)
    assert body(made) == ["Alpha", "B"]
    assert made.step("write-1").title == "Write: Alpha"
    assert made.step("write-2").input["words"] == 77
    assert {"write-1", "write-2", "search-1", "evidence"} <= pending(made)
    assert made.step("search-2").status is StepStatus.DONE
    assert made.title == "Renamed"
    said = described(plan, made)
    assert "renamed: “A” → “Alpha”" in said
    assert "the title is “Renamed”" in said
    assert " words" in said


def test_the_differences_of_two_plans_are_named_one_by_one() -> None:
    plan = make_plan("A", "B", "C")
    parts = {p.title: p for p in as_edit(plan).steps}
    total = sum(int(s.input["words"]) for s in writing(plan))
    halved = int(plan.step("write-1").input["words"]) // 2

    made = edit(
        plan,
        parts["Introduction"],
        parts["B"].model_copy(update={"title": "Beta"}),
        parts["A"].model_copy(update={"words": halved, "focus": "grazing fish"}),
        SectionEdit(title="Seaweed", words=60),
    )

    now = sum(int(s.input["words"]) for s in writing(made))
    assert described(plan, made) == (
        "added: “Seaweed”; left out: “C”, “Conclusion”; renamed: “B” → “Beta”; "
        f"{total} → {now} words; another order; focus on “grazing fish”"
    )


def test_a_plan_made_anew_is_compared_by_its_headings() -> None:
    before, after = make_plan("A", "B", "C"), make_plan("C", "B")

    said = described(before, after)
    assert said.startswith("left out: “A”")
    assert "renamed" not in said
    assert "another order" in said


def test_rounding_is_no_change_and_other_shares_are_one() -> None:
    plan = make_plan("A", "B")
    one, two = (plan.step(f"write-{n}") for n in (1, 2))

    def sized(first: int, second: int) -> Plan:
        words = [(one, first), (two, second)]
        return plan.replace(
            *(
                s.model_copy(update={"input": {**s.input, "words": s.input["words"] + more}})
                for s, more in words
            )
        )

    assert described(plan, sized(1, -1)) == ""
    assert described(plan, sized(30, -30)) == "the words are shared out otherwise"


def test_the_plan_as_it_stands_changes_nothing_but_the_version() -> None:
    plan = make_plan("A", "B", done=True)
    made = edit(plan, *as_edit(plan).steps)

    assert made.steps == plan.steps
    assert described(plan, made) == ""


def test_introduction_and_conclusion_keep_their_places() -> None:
    plan = make_plan("A", "B")
    made = edit(plan, *reversed(as_edit(plan).steps))

    assert [s.input["heading"] for s in writing(made)] == ["Introduction", "B", "A", "Conclusion"]


@pytest.mark.parametrize(
    "steps",
    [
        [SectionEdit(id="write-9", title="X")],
        [SectionEdit(id="search-1", title="X")],
        [SectionEdit(id="write-1", title="A"), SectionEdit(id="write-1", title="A")],
        [SectionEdit(id="write-introduction", title="Introduction")],
        [],
    ],
)
def test_an_edit_that_makes_no_plan_is_refused(steps: list[SectionEdit]) -> None:
    with pytest.raises(BadEdit):
        edit(make_plan("A", "B"), *steps)


def test_a_section_is_found_by_what_a_person_calls_it() -> None:
    plan = make_plan("Evidence and results", "Limits and open questions")

    def found(subject: str) -> str | None:
        step: Step | None = named(plan, subject)
        return step.id if step else None

    assert found("results") == "write-1"
    assert found("the open questions") == "write-2"
    assert found("conclusion") == "write-conclusion"
    assert found("cooking") is None
