"""People's answers to what a run waits for, each kept once, and the wake-up that follows."""

from __future__ import annotations

from typing import Any

from autonomy.core.types import CycleStatus, RunStatus
from autonomy.models import Resume, Run, TurnitinCycle
from autonomy.runtime import transitions
from autonomy.runtime.transition_events import status_event

TOLD = {"told": True}
"""The answer to a plan's question when the person said in a message what to change."""


def wake(run_id: object) -> bool:
    """Put a run that waits for a person back in line. Inside the caller's transaction."""
    event = status_event("run.resumed", RunStatus.QUEUED, "Answered; going on.")
    columns = {"waiting_for": None}
    return (
        transitions.to_queue(
            run_id, [RunStatus.WAITING_HUMAN], "answered", [event], columns=columns
        )
        is not None
    )


def store_answer(run: Run, interrupt_id: str, value: Any) -> bool:
    """Keep a person's answer; False when there is one already, which stays."""
    _, made = Resume.objects.get_or_create(
        run=run, interrupt_id=interrupt_id, defaults={"value": value}
    )
    return made


def report_value(cycle: TurnitinCycle) -> dict[str, Any]:
    """What a report, or that none came, resumes the graph with: scalars; whatever is long stays
    with the cycle."""
    return {
        "cycle_id": str(cycle.pk),
        "expired": cycle.status == CycleStatus.EXPIRED,
        "observed_similarity": cycle.observed_similarity,
        "below": cycle.observed_below,
        "verdict": cycle.verdict,
        "quotations": cycle.quotations,
        "without_quotations": _leaves_quotations_out(cycle),
    }


def _leaves_quotations_out(cycle: TurnitinCycle) -> bool:
    """Whether the report says that its figure does not count quotations."""
    report = (cycle.report_read or {}).get("report") or {}
    return "quotes" in report.get("excluded", ())


def answer_cycle(run: Run, cycle: TurnitinCycle) -> bool:
    """Let the run go on with what became of its cycle; False when it has not reached its pause
    yet, which finds the answer then. The caller holds the run's row."""
    if not cycle.interrupt_id:
        return False
    store_answer(run, cycle.interrupt_id, report_value(cycle))
    wake(run.pk)
    return True
