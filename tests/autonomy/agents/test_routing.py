from __future__ import annotations

import dataclasses

import pytest

from autonomy.agents.routing import MAX_LOOPS, Situation, route_draft, route_progress
from autonomy.agents.turnitin_coordinator import SimilarityReport
from autonomy.core.journey import load
from autonomy.core.types import (
    GateResult,
    Plan,
    Route,
    Step,
    StepKind,
    StepStatus,
    StopReason,
    VerdictKind,
)

DONE, PENDING, FAILED = StepStatus.DONE, StepStatus.PENDING, StepStatus.FAILED


def step(
    step_id: str, kind: StepKind, status: StepStatus, after: tuple[str, ...] = (), **more: object
) -> Step:
    return Step(id=step_id, kind=kind, title=step_id, status=status, depends_on=after, **more)  # type: ignore[arg-type]


def plan(
    write: StepStatus = DONE,
    assemble: StepStatus = DONE,
    evidence: StepStatus = DONE,
    **more: object,
) -> Plan:
    return Plan(
        steps=(
            step("search-1", StepKind.TOOL, DONE),
            step("evidence", StepKind.TOOL, evidence, ("search-1",), **more),
            step(
                "write-1",
                StepKind.WRITE,
                write,
                ("evidence",),
                input={"number": 1},
                attempts=int(write is DONE),
            ),
            step("assemble", StepKind.ASSEMBLE, assemble, ("write-1",)),
        )
    )


NOW = Situation(
    plan=plan(),
    journey=load("write"),
    loops=3,
    expansions=0,
    repairs=0,
    replans=0,
    revisions=0,
    cycles=0,
    document_id="d1",
    target_similarity=None,
    reported_similarity=None,
    exhausted=None,
)


def now(**changes: object) -> Situation:
    return dataclasses.replace(NOW, **changes)  # type: ignore[arg-type]


def gate(name: str, passed: bool = False, message: str = "") -> GateResult:
    return GateResult(
        gate=name,
        passed=passed,
        observed="1 words",
        expected="2 to 4 words",
        message=message or name,
    )


def test_a_survey_alone_leads_to_the_outline() -> None:
    survey = Plan(steps=(step("read", StepKind.TOOL, DONE),))
    verdict, _ = route_progress(now(plan=survey))  # type: ignore[misc]

    assert (verdict.kind, verdict.route) == (VerdictKind.BRANCH, Route.PLAN)


def test_ready_steps_are_acted_on() -> None:
    verdict, _ = route_progress(now(plan=plan(write=PENDING, assemble=PENDING), document_id=""))  # type: ignore[misc]

    assert verdict.route is Route.ACT


def test_thin_evidence_widens_the_search_before_anything_is_written() -> None:
    thin = plan(write=PENDING, assemble=PENDING, result={"thin": ["1"]})
    verdict, _ = route_progress(now(plan=thin))  # type: ignore[misc]
    again, _ = route_progress(now(plan=thin, expansions=2))  # type: ignore[misc]

    assert (verdict.route, verdict.gaps) == (Route.EXPAND, ("1",))
    assert again.route is Route.ACT, "the limit of widenings is kept"


def test_a_failed_step_goes_to_repair_and_the_vital_one_ends_the_run() -> None:
    broken = plan(write=FAILED, assemble=PENDING)
    verdict, _ = route_progress(now(plan=broken))  # type: ignore[misc]
    vital = Plan(steps=(step("read", StepKind.TOOL, FAILED, attempts=3, summary="down"),))
    end, stop = route_progress(now(plan=vital, repairs=9))  # type: ignore[misc]

    assert verdict.route is Route.REPAIR
    assert (end.route, stop) == (Route.END, StopReason.ERROR)


def test_no_evidence_at_all_ends_only_after_the_search_was_widened() -> None:
    nothing = plan(
        write=PENDING, assemble=PENDING, evidence=FAILED, input={"sections": {"1": ["q"]}}
    )
    first, _ = route_progress(now(plan=nothing))  # type: ignore[misc]
    last, stop = route_progress(now(plan=nothing, expansions=2))  # type: ignore[misc]

    assert first.route is Route.EXPAND
    assert (last.route, stop) == (Route.END, StopReason.NO_EVIDENCE)


def test_endless_rounds_are_ended_by_name() -> None:
    verdict, stop = route_progress(now(loops=MAX_LOOPS + 1))  # type: ignore[misc]

    assert (verdict.route, stop) == (Route.END, StopReason.LOOP_LIMIT)


def test_an_exhausted_budget_hands_over_what_is_written() -> None:
    half = plan(assemble=PENDING)
    verdict, _ = route_progress(now(plan=half, exhausted=StopReason.BUDGET_USD))  # type: ignore[misc]
    end, stop = route_draft(now(exhausted=StopReason.BUDGET_USD), [gate("coverage")])

    assert verdict.route is Route.ACT
    assert (end.route, stop) == (Route.END, StopReason.BUDGET_USD)


def test_a_used_up_allowance_ends_the_run_and_says_when_it_starts_anew() -> None:
    early = now(plan=plan(write=PENDING, assemble=PENDING), exhausted=StopReason.QUOTA)
    verdict, stop = route_progress(early)  # type: ignore[misc]

    assert (verdict.route, stop) == (Route.END, StopReason.QUOTA)
    assert "00:00 UTC" in verdict.reason


def test_a_draft_that_meets_every_gate_is_complete_whatever_the_budget() -> None:
    spent = now(exhausted=StopReason.BUDGET_TOKENS)
    _, stop = route_draft(spent, [gate("length", passed=True)])

    assert route_progress(spent) is None, "the draft is judged first"
    assert stop == StopReason.COMPLETED


def test_an_accepted_report_ends_the_run_with_the_draft_it_was_about() -> None:
    accepted = now(target_similarity=10.0, reported_similarity=9.0, cycles=1, accepted=True)
    verdict, stop = route_draft(accepted, [gate("citations")])

    assert (verdict.route, stop) == (Route.END, StopReason.GATES_UNMET)


@pytest.mark.parametrize(
    ("report", "target", "reported", "ends"),
    [
        ({"verdict": "accepted"}, 10.0, None, True),
        ({"verdict": "accepted"}, 10.0, 38.0, True),
        ({"verdict": "rejected"}, 10.0, 4.0, False),
        ({"verdict": ""}, 10.0, 4.0, True),
        ({}, 10.0, 38.0, False),
        ({}, 10.0, None, False),
    ],
)
def test_a_checkers_word_counts_before_the_target(
    report: dict[str, str], target: float, reported: float | None, ends: bool
) -> None:
    told = SimilarityReport(cycle_id="c", observed_similarity=reported, **report)  # type: ignore[arg-type]
    accepts = told.accepts(target)
    after = now(target_similarity=target, reported_similarity=reported, accepted=accepts, cycles=1)
    verdict, _ = route_draft(after, [gate("citations", passed=True)])

    assert (accepts, verdict.route is Route.END) == (ends, ends)


def test_outlines_without_sections_are_not_asked_for_endlessly() -> None:
    survey = Plan(steps=(step("read", StepKind.TOOL, DONE),))
    verdict, stop = route_progress(now(plan=survey, replans=3))  # type: ignore[misc]

    assert (verdict.route, stop) == (Route.END, StopReason.ERROR)


@pytest.mark.parametrize(
    ("failed", "changes", "route"),
    [
        ([], {}, Route.END),
        (["coverage"], {}, Route.EXPAND),
        (["coverage"], {"expansions": 2}, Route.END),
        (["citations"], {}, Route.ACT),
        (["citations"], {"revisions": 2}, Route.END),
        ([], {"target_similarity": 10.0}, Route.TURNITIN_PAUSE),
        (
            [],
            {"target_similarity": 10.0, "reported_similarity": 38.0, "cycles": 1},
            Route.TURNITIN_PAUSE,
        ),
        ([], {"target_similarity": 10.0, "accepted": True, "cycles": 2}, Route.END),
        ([], {"target_similarity": 10.0, "expired": True, "cycles": 1}, Route.END),
        ([], {"target_similarity": 10.0, "exhausted": "budget_usd", "cycles": 1}, Route.END),
        ([], {"target_similarity": 10.0, "reported_similarity": 38.0, "cycles": 3}, Route.END),
    ],
)
def test_a_draft_goes_where_its_gates_and_reports_say(
    failed: list[str], changes: dict[str, object], route: Route
) -> None:
    verdict, _ = route_draft(now(**changes), [gate(name) for name in failed])

    assert verdict.route is route


def test_gates_that_cannot_be_met_end_with_the_open_points_named() -> None:
    verdict, stop = route_draft(
        now(revisions=2), [gate("citations", message="One claim is not borne out.")]
    )

    assert stop == StopReason.GATES_UNMET
    assert "One claim is not borne out." in verdict.reason
