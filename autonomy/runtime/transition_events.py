"""The event that goes with each change of a run's status: one place for the words people read."""

from __future__ import annotations

from typing import Any

from autonomy.core.types import EventDraft, EventType, RunStatus

SOURCE = "runtime"

REASONS = {
    "new": "queued",
    "resumed": "resumed",
    "answered": "answered",
    "requeued": "requeued",
    "slice": "yielded",
    "drain": "worker_stopping",
    "lost": "worker_lost",
    "retry": "error",
}
"""Reason of a job → cause as events and views name it."""


def status_event(kind: EventType, status: RunStatus, content: str, **meta: Any) -> EventDraft:
    """An event that tells views the new status of the run."""
    return EventDraft(
        type=kind, source=SOURCE, content=content, meta={"status": status.value, **meta}
    )


def released(reason: str) -> EventDraft:
    """A segment gave its run back at a boundary."""
    why = {
        "drain": "The worker stops; another one goes on.",
        "slice": "The run went back in line, because others wait.",
    }
    content = why.get(reason, "The run went back in line.")
    return status_event("note", RunStatus.QUEUED, content, cause=REASONS.get(reason, reason))


def claimed(attempt: int, reason: str) -> EventDraft:
    """A worker took the run. After a crash the text of the interrupted attempt is void."""
    cause = REASONS.get(reason, reason)
    if reason in ("lost", "retry"):
        return status_event(
            "attempt.restarted",
            RunStatus.RUNNING,
            "Going on from the last saved step after an interruption.",
            attempt=attempt,
            cause=cause,
        )
    return status_event(
        "note", RunStatus.RUNNING, "A worker took the run.", attempt=attempt, cause=cause
    )
