"""Changing the plan after a verdict: sections written again, or the rest left out."""

from __future__ import annotations

from autonomy.core.types import Author, GateResult, Plan, Step, StepKind, StepStatus, Verdict
from autonomy.core.versions import BECAUSE, WHY_CHARS, Reason, VersionCause

OUT_OF_BUDGET = "the budget is used up"
OUT_OF_BUDGET_NOTICE = "budget of this run is used up"
"""Part of a section's notice when it was composed by rule because a model could not be paid for."""
MAX_STRETCH = 1.6
"""How far one revision may raise or lower a section's words."""


def again(step: Step, **changes: object) -> Step:
    """The step to be done once more with `changes` to its input; it keeps its attempts' count
    at zero, because a revision is not a failure."""
    return step.model_copy(
        update={"status": StepStatus.PENDING, "attempts": 0, "input": {**step.input, **changes}}
    )


def set_aside(step: Step, why: str) -> Step:
    """The step given up: what an earlier round wrote of it stays, otherwise it is left out."""
    kept = step.kind is StepKind.WRITE and "artifact_id" in step.result
    status = StepStatus.DONE if kept else StepStatus.SKIPPED
    said = f"{'kept as it was' if kept else 'left out'}: {why}"
    return step.model_copy(update={"status": status, "summary": said})


def because(plan: Plan, reason: Reason) -> Plan:
    """The plan whose next version says why there is one."""
    assemble = plan.step("assemble")
    told = {**assemble.input, BECAUSE: reason.as_input()}
    return plan.replace(assemble.model_copy(update={"input": told}))


def rewrite(plan: Plan, steps: list[Step], reason: Reason) -> Plan:
    """The plan with `steps` in place, and everything that rests on a write step done again."""
    frames = [again(s) for s in plan.steps if s.kind is StepKind.WRITE and "number" not in s.input]
    assemble = again(plan.step("assemble"), **{BECAUSE: reason.as_input()})
    return plan.replace(*frames, *steps, assemble).model_copy(update={"version": plan.version + 1})


def _have_and_wanted(gate: GateResult) -> tuple[int, float]:
    """Words that there are and words asked for, from the gate's own figures."""
    low, high = (int(n) for n in gate.expected.removesuffix(" words").split(" to "))
    return int(gate.observed.split()[0]), (low + high) / 2


def _ratio(wanted: float, have: float) -> float:
    return min(MAX_STRETCH, max(1 / MAX_STRETCH, wanted / max(have, 1)))


def _lengths(plan: Plan, gate: GateResult | None) -> dict[str, int]:
    """Words that each numbered section is to have now, by step."""
    body = [s for s in plan.steps if s.kind is StepKind.WRITE and "number" in s.input]
    planned = {s.id: int(s.input["words"]) for s in body}
    if gate is None:
        return planned
    have, wanted = _have_and_wanted(gate)
    stretched = {step: round(words * _ratio(wanted, have)) for step, words in planned.items()}
    if wanted >= have:
        return stretched
    # What is composed of quotations shrinks by whole ones: from a plan that was never met, all
    # sections would lose one at the same moment. Frames stay, so the body bears all of it.
    written = sum(int(s.result.get("words", 0)) for s in body)
    shrunk = _ratio(written - (have - wanted), written)
    return stretched | {
        s.id: round(int(s.result["words"]) * shrunk)
        for s in body
        if s.result.get("author") == Author.RULE and s.result.get("quotes")
    }


def revise(plan: Plan, verdict: Verdict) -> tuple[Plan, str]:
    """The plan whose sections are written again to meet the failed gates, and why in one line."""
    failed = {g.gate: g for g in verdict.gates if not g.passed}
    words = _lengths(plan, failed.get("length"))
    notes = " ".join(g.message for g in failed.values())
    steps = [
        again(step, words=words[step.id], revision=notes)
        for step in plan.steps
        if step.kind is StepKind.WRITE
        and "number" in step.input
        and step.status is not StepStatus.SKIPPED
    ]
    reason = Reason(cause=VersionCause.GATES, why=notes[:WHY_CHARS], gates=tuple(failed))
    return rewrite(plan, steps, reason), f"Written again: {notes}"


def wrap_up(plan: Plan) -> Plan:
    """The plan cut down to what can still be handed over: sections stay as an earlier round wrote
    them, and everything that was never written is left out."""
    cut = [
        set_aside(s, OUT_OF_BUDGET)
        for s in plan.steps
        if s.status in (StepStatus.PENDING, StepStatus.FAILED) and s.id != "assemble"
    ]
    made = plan.replace(*cut).model_copy(update={"version": plan.version + 1})
    why = "The budget was used up: what was written is put together."
    return because(made, Reason(cause=VersionCause.BUDGET, why=why))


def reinstate(plan: Plan, *, rule_written: bool = False) -> Plan | None:
    """The plan with everything that `wrap_up` had set aside to be done after all, and with
    `rule_written` what was composed by rule for want of budget too; None when that is nothing."""
    settled = (StepStatus.SKIPPED, StepStatus.DONE)
    back = [
        again(s).model_copy(update={"summary": ""})
        for s in plan.steps
        if s.status in settled
        and (
            s.summary.endswith(OUT_OF_BUDGET)
            or (rule_written and OUT_OF_BUDGET_NOTICE in str(s.result.get("notice", "")))
        )
    ]
    if not back:
        return None
    body = any(s.kind is StepKind.WRITE and "number" in s.input for s in back)
    frames = [
        again(s)
        for s in plan.steps
        if body and s.kind is StepKind.WRITE and "number" not in s.input
    ]
    why = "There is budget again: what was left out is written."
    reason = Reason(cause=VersionCause.BUDGET, why=why)
    assemble = again(plan.step("assemble"), **{BECAUSE: reason.as_input()})
    made = plan.replace(*frames, *back, assemble)
    return made.model_copy(update={"version": plan.version + 1})
