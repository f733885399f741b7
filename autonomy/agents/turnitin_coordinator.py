"""Coordinator: hands the draft over for a similarity report, pauses, and wakes on the report."""

from __future__ import annotations

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field

from autonomy.agents.likeness import look
from autonomy.core.originality import CheckVerdict, Quotations, percent_said
from autonomy.core.ports import Deps
from autonomy.core.state import RunState
from autonomy.core.types import EventDraft, Route


class SimilarityReport(BaseModel):
    """What a person's report resumes the run with."""

    model_config = ConfigDict(extra="ignore")

    cycle_id: str
    observed_similarity: float | None = Field(default=None, ge=0, le=100)
    """Per cent; None when the report gives no figure."""
    below: bool = False
    """The report says “less than” that figure, which is then a bound."""
    verdict: CheckVerdict | Literal[""] = ""
    """What a checker decided; empty when the target decides."""
    quotations: Quotations | Literal[""] = ""
    """What the person says about quotations that are as they should be; empty leaves it to the
    run's setting."""
    without_quotations: bool = False
    """The report does not count quotations: shortening them would not lower it."""
    expired: bool = False
    """No report came in time."""

    @property
    def said(self) -> str:
        observed = self.observed_similarity
        if observed is not None:
            return f"The similarity report says {percent_said(observed, below=self.below)}"
        if self.verdict:
            return "A checker looked at the draft and gave no similarity"
        return "The similarity report gives no figure"

    def accepts(self, target: float) -> bool:
        """Whether the draft may stay as it is. A checker's word counts whatever the target says:
        what is properly quoted may be above it, and what is below may still want revising."""
        if self.verdict:
            return self.verdict == CheckVerdict.ACCEPTED
        return self.observed_similarity is not None and self.observed_similarity <= target


def _target(deps: Deps) -> float:
    target = deps.task.settings.target_similarity
    if target is None:
        raise ValueError("a run without a target similarity has no originality cycle")
    return target


async def turnitin_pause(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Open an originality cycle for the draft. The pause itself is the next node, so that this
    one's events are committed before nothing runs any more."""
    deps = runtime.context
    target = _target(deps)
    document_id = state["document_id"]
    local, quoted = await _compared(state, deps)
    cycle_id, number, expires_at = await deps.cycles.open(
        document_id, target, local=local, quoted=quoted
    )
    return {
        "cycle_id": cycle_id,
        "cycles": number,
        "report_accepted": None,
        "report_expired": False,
        "local_similarity": local,
        "local_quoted": quoted,
        "local_document": document_id,
        "outbox": [
            EventDraft(
                type="turnitin.awaiting_report",
                source="coordinator",
                content=f"Waiting for a similarity report (cycle {number}, target {target:g} %). Nothing runs and nothing is spent meanwhile.",
                meta={
                    "cycle_id": cycle_id,
                    "target_similarity": target,
                    "artifact_id": document_id,
                    "cycle": number,
                    "local_similarity": local,
                    "local_quoted": quoted,
                    "expires_at": expires_at,
                },
            )
        ],
    }


async def _compared(state: RunState, deps: Deps) -> tuple[float | None, float | None]:
    """What the product's own engine says of the draft; a revision was compared when it was made."""
    if state.get("local_document") == state["document_id"]:
        return state.get("local_similarity"), state.get("local_quoted")
    found = await look(state["document_id"], deps)
    return (found.percent, found.quoted) if found else (None, None)


async def await_report(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Sleep until the report of this cycle is posted; then accept the draft or have it revised."""
    deps = runtime.context
    cycle_id = state.get("cycle_id", "")
    if not cycle_id:  # a fork of a run that waited here: see `after_report`
        return {}
    answer = interrupt(
        {"kind": "similarity_report", "cycle_id": cycle_id, "artifact_id": state["document_id"]}
    )
    report = SimilarityReport.model_validate(answer)
    if report.expired:
        return _in_vain(state, cycle_id)
    target = _target(deps)
    observed = report.observed_similarity
    accepted = report.accepts(target)
    await deps.cycles.close(cycle_id, accepted=accepted)
    revised = not accepted and state.get("cycles", 0) < deps.journey.max_cycles
    update: RunState = {
        "reported_similarity": observed,
        "reported_below": report.below,
        "quotations": _quotations(report, deps),
        "report_accepted": accepted,
        "outbox": [_came(cycle_id, report, target, accepted=accepted, revised=revised)],
    }
    if revised:
        update["route"] = Route.AMEND
    return update


def _quotations(report: SimilarityReport, deps: Deps) -> str:
    """What may be done about proper quotations for the sake of the figure: a `Quotations` value;
    empty where the figure does not count them."""
    if report.without_quotations:
        return ""
    return (report.quotations or deps.task.settings.quotations).value


def _in_vain(state: RunState, cycle_id: str) -> RunState:
    number = state.get("cycles", 0)
    return {
        "report_expired": True,
        "outbox": [
            EventDraft(
                type="turnitin.expired",
                source="coordinator",
                content=f"No similarity report came for cycle {number} in time: the run ends with "
                "the best draft it has.",
                meta={"cycle_id": cycle_id, "cycle": number},
            )
        ],
    }


def _came(
    cycle_id: str, report: SimilarityReport, target: float, *, accepted: bool, revised: bool
) -> EventDraft:
    by_checker = " by the checker" if report.verdict else ""
    what = (
        f"accepted{by_checker}."
        if accepted
        else f"sent back{by_checker}; the draft is revised."
        if revised and by_checker
        else "the draft is revised."
        if revised
        else "there is no further cycle."
    )
    return EventDraft(
        type="turnitin.report_ready",
        source="coordinator",
        content=f"{report.said} (target {target:g} %): {what}",
        meta={
            "cycle_id": cycle_id,
            "observed_similarity": report.observed_similarity,
            "below": report.below,
            "accepted": accepted,
            "verdict": report.verdict,
        },
    )
