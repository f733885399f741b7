"""The edge table of `reflect`: from what happened to where control goes, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autonomy.core.journey import Journey
from autonomy.core.originality import percent_said
from autonomy.core.phrases import counted
from autonomy.core.types import (
    GateResult,
    Plan,
    Route,
    Step,
    StepKind,
    StepStatus,
    StopReason,
    Verdict,
    VerdictKind,
)

MAX_ATTEMPTS = 3
"""Of one step, the first included."""
MAX_LOOPS = 40

EVIDENCE_GATES = frozenset({"sources", "coverage"})
REVISION_GATES = frozenset(
    {"length", "citations", "originality", "references", "grounding", "retractions", "data"}
)
"""References fail when a file is deleted meanwhile: writing again leaves its passages out."""

Decision = tuple[Verdict, str]
"""The verdict, and the `StopReason` when its route is END."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the routes depend on."""

    plan: Plan
    journey: Journey
    loops: int
    expansions: int
    repairs: int
    replans: int
    revisions: int
    cycles: int
    document_id: str
    target_similarity: float | None
    reported_similarity: float | None
    """Per cent; None before a report, or when it gives no figure."""
    exhausted: str | None
    reported_below: bool = False
    """The report says “less than” that figure."""
    accepted: bool = False
    """A similarity report about this very draft accepts it: it is not touched again."""
    offers: bool = False
    """The catalogue has something on the topic that has not been learnt yet."""
    expired: bool = False
    """The similarity report that was waited for never came."""

    @property
    def last_cycle_over(self) -> bool:
        """Whether no further report is asked for, and none accepts the draft."""
        if self.target_similarity is None or not self.cycles or self.accepted:
            return False
        return bool(self.expired or self.exhausted or self.cycles >= self.journey.max_cycles)

    @property
    def writes(self) -> list[Step]:
        return [s for s in self.plan.steps if s.kind is StepKind.WRITE]

    @property
    def thin(self) -> list[str]:
        evidence = next((s for s in self.plan.steps if s.id == "evidence"), None)
        if evidence is None or evidence.status is not StepStatus.DONE:
            return []
        return [str(number) for number in evidence.result.get("thin", [])]


def _go(kind: VerdictKind, route: Route, reason: str, **more: object) -> Decision:
    return Verdict(kind=kind, route=route, reason=reason, **more), ""


def _end(
    kind: VerdictKind, stop: StopReason | str, reason: str, gates: Sequence[GateResult] = ()
) -> Decision:
    return Verdict(kind=kind, route=Route.END, reason=reason, gates=tuple(gates)), str(stop)


def replan() -> Decision:
    """The route when the person asked for something that only a planner can see to."""
    return _go(
        VerdictKind.BRANCH, Route.PLAN, "You asked for a change: the plan is made again with it."
    )


def route_progress(now: Situation) -> Decision | None:
    """The route while the plan is being carried out; None when a draft is ready to be judged."""
    if now.exhausted:
        return _out_of_budget(now)
    if now.loops > MAX_LOOPS:
        return _end(
            VerdictKind.FAIL,
            StopReason.LOOP_LIMIT,
            f"Stopped after {MAX_LOOPS} rounds without an end.",
        )
    if failed := now.plan.failed():
        return _after_failure(now, failed)
    if not now.writes:
        if now.plan.ready():
            return _go(VerdictKind.PASS, Route.ACT, "Going on with the plan.")
        if now.replans >= now.journey.max_replans:
            return _end(
                VerdictKind.FAIL,
                StopReason.ERROR,
                f"{now.replans} outlines were made and none had a section to write.",
            )
        return _go(
            VerdictKind.BRANCH,
            Route.PLAN,
            "The draft is read; now its parts can be improved."
            if now.journey.rewrites
            else "The sources are read; now the outline can be made.",
        )
    fresh = all(s.attempts == 0 for s in now.writes)
    if fresh and now.thin and now.expansions < now.journey.max_expansions:
        return _go(
            VerdictKind.BRANCH,
            Route.EXPAND,
            f"Little evidence for {len(now.thin)} of the sections: the search is widened.",
            gaps=tuple(now.thin),
        )
    ready = now.plan.ready()
    if ready:
        return _go(VerdictKind.PASS, Route.ACT, f"Next: {', '.join(s.title for s in ready[:3])}.")
    if now.plan.step("assemble").status is StepStatus.DONE:
        return None
    return _end(
        VerdictKind.FAIL,
        StopReason.ERROR,
        "The plan cannot go on: a step waits for one that never ran.",
    )


_USED_UP = {
    StopReason.BUDGET_TOKENS: "The token budget is used up",
    StopReason.BUDGET_SECONDS: "The time budget is used up",
    StopReason.BUDGET_USD: "The money budget is used up",
    StopReason.QUOTA: "Your allowance for today is used up (it starts anew at 00:00 UTC)",
}


def _out_of_budget(now: Situation) -> Decision | None:
    stop = StopReason(str(now.exhausted))
    used_up = _USED_UP[stop]
    written = [s for s in now.writes if s.status is StepStatus.DONE]
    assembled = next((s for s in now.plan.steps if s.id == "assemble"), None)
    if assembled is not None and assembled.status is StepStatus.DONE:
        return None  # A draft is there; it may well be all that was asked for.
    if written and assembled is not None and assembled.status is StepStatus.PENDING:
        return _go(
            VerdictKind.BRANCH,
            Route.ACT,
            f"{used_up}: what is written is put together and handed over.",
        )
    reason = f"{used_up}. "
    reason += (
        "The best draft so far is kept." if now.document_id else "No section had been written yet."
    )
    return _end(VerdictKind.FAIL, stop, reason)


def _after_failure(now: Situation, failed: Sequence[Step]) -> Decision:
    first = failed[0]
    hopeless = first.id == "read" and "nothing to cite" in first.summary.lower()
    nothing = next((s for s in failed if s.input.get("required")), None)
    barren = first if hopeless else nothing
    if barren is not None and now.offers and now.expansions < now.journey.max_expansions:
        return _go(
            VerdictKind.BRANCH,
            Route.EXPAND,
            f"{barren.summary} The search is widened to what this server's catalogue offers.",
        )
    if hopeless:
        advice = "" if "Add files" in first.summary else " Add files and start again."
        return _end(VerdictKind.FAIL, StopReason.NO_EVIDENCE, f"{first.summary}{advice}")
    if now.journey.rewrites and first.id == "read":
        return _end(VerdictKind.FAIL, StopReason.NO_EVIDENCE, first.summary)
    if nothing is not None:
        return _end(VerdictKind.FAIL, StopReason.NO_EVIDENCE, nothing.summary)
    if first.id == "evidence":
        if now.expansions < now.journey.max_expansions:
            numbers = tuple(str(n) for n in first.input.get("sections", {}))
            return _go(
                VerdictKind.BRANCH,
                Route.EXPAND,
                "The searches found nothing: the search is widened.",
                gaps=numbers,
            )
        return _end(
            VerdictKind.FAIL,
            StopReason.NO_EVIDENCE,
            f"{first.summary} So nothing was written. Add files on this, or ask for what they hold.",
        )
    if first.attempts < MAX_ATTEMPTS and now.repairs < now.journey.max_repairs:
        return _go(VerdictKind.PATCH, Route.REPAIR, f"“{first.title}” failed: {first.summary}")
    if first.id in ("read", "assemble"):
        return _end(
            VerdictKind.FAIL, StopReason.ERROR, f"“{first.title}” kept failing: {first.summary}"
        )
    # One section or one search less is better than no document: the debugger leaves it out.
    return _go(VerdictKind.PATCH, Route.REPAIR, f"“{first.title}” is given up: {first.summary}")


def route_draft(now: Situation, gates: Sequence[GateResult]) -> Decision:
    """The route once every gate has run on an assembled draft."""
    failed = [g for g in gates if not g.passed]
    names = {g.gate for g in failed}
    why = " ".join(g.message for g in failed)
    target = now.target_similarity
    if now.accepted:
        # The report is about this draft: what is delivered is what was reported on.
        return finished(gates, failed, why)
    if now.expired and target is not None:
        return _end(
            VerdictKind.FAIL,
            StopReason.REPORT_EXPIRED,
            f"No similarity report came in time. {_measured(now, target)} The best draft is kept. {why}".strip(),
            gates,
        )
    if now.exhausted and (failed or now.last_cycle_over):
        used_up = _USED_UP[StopReason(now.exhausted)]
        missed = "" if target is None or not now.cycles else f" {_measured(now, target)}"
        reason = f"{used_up}.{missed} The best draft so far is kept. {why}".strip()
        return _end(VerdictKind.FAIL, now.exhausted, reason, gates)
    numbers = tuple(str(s.input["number"]) for s in now.writes if "number" in s.input)
    short = any(g.gate == "length" and "below" in g.message for g in failed)
    # After a report only what it flagged is changed: nothing else is written again.
    first = not now.cycles
    if (
        first
        and numbers
        and (names & EVIDENCE_GATES or short)
        and now.expansions < now.journey.max_expansions
    ):
        return _go(
            VerdictKind.BRANCH,
            Route.EXPAND,
            f"{why} The search is widened.",
            gates=tuple(gates),
            gaps=numbers,
        )
    if first and names & REVISION_GATES and now.revisions < now.journey.max_revisions:
        return _go(
            VerdictKind.RETRY,
            Route.ACT,
            f"{why} The sections concerned are written again.",
            gates=tuple(gates),
        )
    if target is not None:
        return _originality(now, target, gates)
    return finished(gates, failed, why)


def _originality(now: Situation, target: float, gates: Sequence[GateResult]) -> Decision:
    if now.cycles >= now.journey.max_cycles:
        return _end(
            VerdictKind.FAIL,
            StopReason.GATES_UNMET,
            f"After {counted(now.cycles, 'similarity report')} the target of {target:g} % was not "
            f"reached{_last(now)}. The best draft is kept.",
            gates,
        )
    return _go(
        VerdictKind.PASS,
        Route.TURNITIN_PAUSE,
        f"The draft is ready for its similarity report (target {target:g} %).",
        gates=tuple(gates),
    )


def _last(now: Situation) -> str:
    reported = now.reported_similarity
    if reported is None:
        return ""
    return f"; the last one says {percent_said(reported, below=now.reported_below)}"


def _measured(now: Situation, target: float) -> str:
    """What is known of the draft, so that nobody takes an ending for a result."""
    if now.reported_similarity is None:
        return f"Whether the draft reaches the target of {target:g} % is not known."
    return f"The target of {target:g} % was not reached{_last(now)}."


def finished(gates: Sequence[GateResult], failed: Sequence[GateResult], why: str) -> Decision:
    """The ending of a run whose draft is handed over."""
    if failed:
        return _end(
            VerdictKind.FAIL, StopReason.GATES_UNMET, f"Handed over with open points. {why}", gates
        )
    return _end(
        VerdictKind.PASS, StopReason.COMPLETED, "Every gate passed; the document is done.", gates
    )
