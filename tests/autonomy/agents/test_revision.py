from __future__ import annotations

from autonomy.agents.outline import Outline, OutlineSection
from autonomy.agents.revision import revise
from autonomy.agents.writing_plan import steps_plan
from autonomy.core.brief import read_brief
from autonomy.core.journey import load
from autonomy.core.types import Author, GateResult, Plan, Route, TaskSpec, Verdict, VerdictKind


def written(author: Author, *, quotes: int = 2) -> Plan:
    """Two sections that were to have 60 words each, and came to 90 and 60."""
    sections = tuple(
        OutlineSection(heading=name, purpose="", queries=(name,)) for name in ("Fish", "Corals")
    )
    brief = read_brief(TaskSpec(goal="Write 300 words on reefs"))
    plan = steps_plan(
        Outline(title="Reefs", sections=sections), load("write"), brief, [], version=1
    )
    body = [step for step in plan.steps if "number" in step.input]
    return plan.replace(
        *(
            step.model_copy(
                update={
                    "input": {**step.input, "words": 60},
                    "result": {"words": words, "author": author, "quotes": quotes},
                }
            )
            for step, words in zip(body, (90, 60), strict=True)
        )
    )


def lengths(plan: Plan, have: int) -> list[int]:
    """Words that the sections are to have after a draft of `have` words, of which 270 to 330 were
    asked for."""
    gate = GateResult(
        gate="length",
        passed=False,
        observed=f"{have} words",
        expected="270 to 330 words",
        message="",
    )
    verdict = Verdict(kind=VerdictKind.RETRY, route=Route.ACT, reason="", gates=(gate,))
    revised, _ = revise(plan, verdict)
    return [int(s.input["words"]) for s in revised.steps if "number" in s.input]


def test_what_is_composed_of_quotations_shrinks_from_what_it_came_to() -> None:
    # 50 words too many, of 150 in sections: the frames stay as they are.
    assert lengths(written(Author.RULE), 350) == [60, 40]


def test_a_model_is_asked_for_less_than_it_was_asked_for() -> None:
    assert lengths(written(Author.MODEL), 350) == [51, 51]


def test_a_section_without_a_quotation_keeps_its_place() -> None:
    assert lengths(written(Author.RULE, quotes=0), 350) == [51, 51]


def test_a_draft_that_is_too_short_asks_more_of_every_section() -> None:
    assert lengths(written(Author.RULE), 240) == [75, 75]
    assert lengths(written(Author.MODEL), 240) == [75, 75]
