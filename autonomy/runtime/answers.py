"""People's answers to what a run waits for, each kept once, and the wake-up that follows."""

from __future__ import annotations

from typing import Any

from autonomy.core.types import RunStatus
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
    """What a report resumes the graph with."""
    return {
        "cycle_id": str(cycle.pk),
        "observed_similarity": cycle.observed_similarity,
        "report_url": cycle.report_url,
        "report_file": cycle.report_file,
        "note": cycle.note,
        "verdict": cycle.verdict,
    }
