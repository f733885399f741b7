from __future__ import annotations

from autonomy.agents.outline import Outline, OutlineSection
from autonomy.agents.revision import because, revise, wrap_up
from autonomy.agents.writing_plan import steps_plan
from autonomy.core.brief import read_brief
from autonomy.core.journey import load
from autonomy.core.types import GateResult, Plan, Route, TaskSpec, Verdict, VerdictKind
from autonomy.core.versions import BECAUSE, Reason, VersionCause, reason_of

REPORT = Reason(cause=VersionCause.REPORT, why="A report of 38 %.", cycle_id="c-1")


def plan() -> Plan:
    outline = Outline(
        title="Reefs", sections=(OutlineSection(heading="Fish", purpose="", queries=("fish",)),)
    )
    brief = read_brief(TaskSpec(goal="Write 300 words on reefs"))
    return steps_plan(outline, load("write"), brief, [], version=1)


def test_the_first_version_is_a_first_draft_whatever_was_planned() -> None:
    made = because(plan(), REPORT)
    assert reason_of(made.step("assemble").input, first=True).cause is VersionCause.FIRST_DRAFT
    assert reason_of({}, first=False).cause is VersionCause.AGAIN


def test_a_revision_carries_the_gates_that_asked_for_it() -> None:
    gate = GateResult(
        gate="citations", passed=False, observed="0", expected="all", message="Not borne out."
    )
    verdict = Verdict(kind=VerdictKind.RETRY, route=Route.ACT, reason="", gates=(gate,))
    found = reason_of(revise(plan(), verdict)[0].step("assemble").input, first=False)
    assert (found.cause, found.gates, found.why) == ("gates", ("citations",), "Not borne out.")


def test_a_report_and_a_budget_leave_their_reason() -> None:
    found = reason_of(because(plan(), REPORT).step("assemble").input, first=False)
    assert (found.cause, found.cycle_id) == (VersionCause.REPORT, "c-1")
    assert wrap_up(plan()).step("assemble").input[BECAUSE]["cause"] == VersionCause.BUDGET
