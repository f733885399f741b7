"""Which tables are computed with, and what plans with code steps become when people change them."""

from __future__ import annotations

import pytest

from autonomy.agents.data_plan import data_alone, is_data, keep_computed, tables_of
from autonomy.agents.outline import Outline, OutlineSection
from autonomy.agents.plan_edit import BadEdit, apply_edit, as_edit
from autonomy.agents.writing_plan import steps_plan
from autonomy.core.brief import read_brief
from autonomy.core.journey import load
from autonomy.core.types import (
    Author,
    Plan,
    SectionEdit,
    Source,
    SourceOrigin,
    Step,
    StepKind,
    StepStatus,
    TaskSpec,
)
from tests.autonomy.agents.data_world import MemoryTables, data_deps
from tests.autonomy.agents.world import make_deps

BRIEF = read_brief(TaskSpec(goal="Write 900 words about reefs"))
SALES = Source(id="s", csl={}, file_name="sales.csv")


def mixed() -> Plan:
    sections = tuple(OutlineSection(heading=h, purpose=h, queries=(h,)) for h in ("One", "Two"))
    outline = Outline(title="Reefs", sections=sections)
    return steps_plan(outline, load("write"), BRIEF, ["a"], version=2, tables=[SALES])


def alone() -> Plan:
    return data_alone([SALES], BRIEF, 900, version=1, done=())


def words(plan: Plan) -> int:
    return sum(int(s.input["words"]) for s in plan.steps if s.kind is StepKind.WRITE)


def test_the_words_of_computed_sections_are_taken_from_the_others() -> None:
    assert abs(words(mixed()) - 900) <= 3
    assert abs(words(alone()) - 900) <= 3


def test_what_is_computed_waits_for_nothing_that_is_searched() -> None:
    plan = mixed()

    assert plan.step("code-1").depends_on == ()
    assert plan.step("write-data-1").depends_on == ("code-1",)
    assert "write-data-1" in plan.step("assemble").depends_on


def test_an_edit_keeps_the_computed_section_or_leaves_it_out() -> None:
    plan = mixed()
    edit = as_edit(plan)
    added = edit.model_copy(update={"steps": (*edit.steps, SectionEdit(title="Three"))})

    more = apply_edit(plan, added, topic="reefs", author=Author.HUMAN)
    assert [s.id for s in more.steps if is_data(s)] == ["write-data-1"]
    assert "write-data-1" in more.step("assemble").depends_on
    assert more.step("code-1").kind is StepKind.CODE

    without = edit.model_copy(
        update={"steps": tuple(s for s in edit.steps if s.id != "write-data-1")}
    )
    less = apply_edit(plan, without, topic="reefs", author=Author.HUMAN)
    assert not [s for s in less.steps if is_data(s)]
    assert "write-data-1" not in less.step("assemble").depends_on


def test_parts_of_an_analysis_can_be_left_out_and_not_changed() -> None:
    plan = alone()
    edit = as_edit(plan)
    fewer = edit.model_copy(update={"steps": edit.steps[:-1]})

    assert (
        apply_edit(plan, fewer, topic="", author=Author.HUMAN).step("write-data-limits").status
        is StepStatus.SKIPPED
    )
    with pytest.raises(BadEdit, match="its data"):
        apply_edit(
            plan,
            edit.model_copy(update={"steps": (SectionEdit(title="New"),)}),
            topic="",
            author=Author.HUMAN,
        )


def test_a_plan_made_anew_computes_nothing_twice() -> None:
    former = alone()
    done = former.replace(
        former.step("code-1").model_copy(
            update={"status": StepStatus.DONE, "attempts": 1, "result": {"artifact_id": "x"}}
        )
    )

    made = keep_computed(alone(), done)

    assert made.step("code-1").status is StepStatus.DONE
    assert made.step("code-1").result == {"artifact_id": "x"}


def test_tables_are_those_attached_or_those_that_the_request_speaks_of() -> None:
    paper = Source(id="p", csl={}, file_name="paper.pdf")
    other = Source(id="o", csl={}, file_name="towns.csv")
    found = Source(id="f", csl={}, file_name="found.csv", origin=SourceOrigin.WEB)
    everything = [paper, SALES, other, found]

    attached = data_deps("Write about reefs", {"sales.csv": b"a\n1\n"})
    assert tables_of(attached, everything) == [SALES, other]

    def library(goal: str) -> list[Source]:
        deps = make_deps(goal)
        import dataclasses

        return tables_of(dataclasses.replace(deps, tables=MemoryTables({})), everything)

    assert library("Write about reefs") == []
    assert library("Make a chart of the sales") == [SALES]
    assert tables_of(make_deps("Make a chart of the sales"), everything) == [], "nobody reads them"


def test_no_more_files_are_computed_with_than_allowed() -> None:
    many = [Source(id=str(i), csl={}, file_name=f"{i}.csv") for i in range(9)]

    assert len(tables_of(data_deps("Analyse", {"a.csv": b"a\n1\n"}), many)) == 3


def test_a_code_step_names_its_file() -> None:
    step: Step = alone().step("code-1")

    assert step.title == "Analyse the data: sales.csv"
    assert step.input == {"source_id": "s", "file_name": "sales.csv"}
