"""Coordinator: hands the draft over for a similarity report, pauses, and wakes on the report."""

from __future__ import annotations

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import BaseModel, ConfigDict, Field

from autonomy.agents.revision import lower_quoting
from autonomy.core.originality import CheckVerdict
from autonomy.core.ports import Deps
from autonomy.core.state import RunState
from autonomy.core.types import EventDraft

LOWER_BY = 0.75
"""What a rejected report multiplies the share of quoted words by."""
LEAST_SHARE = 0.3


class SimilarityReport(BaseModel):
    """What a person's report resumes the run with."""

    model_config = ConfigDict(extra="ignore")

    cycle_id: str
    observed_similarity: float | None = Field(default=None, ge=0, le=100)
    """Per cent; None when the report could not be read."""
    note: str = ""
    verdict: CheckVerdict | Literal[""] = ""
    """What a checker decided; empty when the target decides."""

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
    cycle_id, number = await deps.cycles.open(document_id, target)
    return {
        "cycle_id": cycle_id,
        "cycles": number,
        "reported_similarity": None,
        "report_accepted": None,
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
                },
            )
        ],
    }


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
    target = _target(deps)
    observed = report.observed_similarity
    accepted = report.accepts(target)
    await deps.cycles.close(cycle_id, accepted=accepted)
    said = _said(report)
    update: RunState = {
        "reported_similarity": observed,
        "report_accepted": accepted,
        "outbox": [
            EventDraft(
                type="turnitin.report_ready",
                source="coordinator",
                content=f"{said} (target {target:g} %): "
                + ("accepted." if accepted else "the draft is revised."),
                meta={"cycle_id": cycle_id, "observed_similarity": observed, "accepted": accepted},
            )
        ],
    }
    if not accepted and state.get("cycles", 0) < deps.journey.max_cycles:
        share = max(LEAST_SHARE, state.get("quote_share", 1.0) * LOWER_BY)
        note = (
            f"A similarity report found {observed:g} % where at most {target:g} % is wanted. "
            if observed is not None
            else f"{said}. "
        ) + "Quote less, and put what stays between quotation marks with its citation."
        update["quote_share"] = share
        update["plan"] = lower_quoting(state["plan"], share, note, cycle_id)
    return update


def _said(report: SimilarityReport) -> str:
    observed = report.observed_similarity
    if observed is not None:
        return f"The similarity report says {observed:g} %"
    if report.verdict:
        return "A checker looked at the draft and gave no similarity"
    return "The similarity report could not be read"
