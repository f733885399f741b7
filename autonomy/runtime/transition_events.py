"""The event that goes with each change of a run's status: one place for the words people read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autonomy.core.types import LIMIT_REASONS, EventDraft, EventType, RunStatus, StopReason

SOURCE = "runtime"

REASONS = {
    "new": "queued",
    "resumed": "resumed",
    "answered": "answered",
    "requeued": "requeued",
    "slice": "yielded",
    "drain": "worker_stopping",
    "cut": "step_cut_off",
    "lost": "worker_lost",
    "retry": "error",
    "told": "message",
    "raised": "budget_raised",
}
"""Reason of a job → cause as events and views name it."""

INTERRUPTED = ("cut", "lost", "retry")
"""Reasons after which a segment begins where another was stopped in the middle of a step."""


INTERRUPTION = {
    "lost": "A worker stopped; another goes on from the last saved step.",
    "retry": "An error interrupted the run; it goes on from its last saved step.",
}
"""Reason of a job → what the log says of the segment that ended without a word or with an error."""


def status_event(kind: EventType, status: RunStatus, content: str, /, **meta: Any) -> EventDraft:
    """An event that tells views the new status of the run."""
    return EventDraft(
        type=kind, source=SOURCE, content=content, meta={"status": status.value, **meta}
    )


def asked_by(user_id: int | None) -> dict[str, Any]:
    """Who asked for a control, as the event keeps it."""
    return {} if user_id is None else {"by": user_id}


def paused(by: int | None = None) -> EventDraft:
    return status_event(
        "run.paused", RunStatus.PAUSED, "Paused. Everything so far is kept.", **asked_by(by)
    )


def pause_asked(by: int | None = None) -> EventDraft:
    """The run is still running; it pauses where it can be taken up again."""
    return status_event(
        "run.paused",
        RunStatus.RUNNING,
        "Pausing after this step.",
        requested="pause",
        **asked_by(by),
    )


def pause_taken_back(status: RunStatus, by: int | None = None) -> EventDraft:
    return resumed(status, "Going on; the pause was taken back.", by, requested="")


def resumed(status: RunStatus, content: str, by: int | None = None, /, **meta: Any) -> EventDraft:
    return status_event("run.resumed", status, content, **meta, **asked_by(by))


def waits_again(asked: Mapping[str, Any], by: int | None = None) -> EventDraft:
    """A run that was paused while it waited for a person waits again."""
    return status_event(
        "interrupt",
        RunStatus.WAITING_HUMAN,
        "Waiting for you again.",
        **{**asked, **asked_by(by)},
    )


def released(reason: str) -> EventDraft:
    """A segment gave its run back at a boundary, or its worker did in the middle of a step."""
    why = {
        "drain": "The worker stops; another one goes on.",
        "cut": "The worker had to stop in the middle of a step; another one does it again.",
        "slice": "The run went back in line, because others wait.",
        "told": "Your message came in at the last moment; the run goes on with it.",
    }
    content = why.get(reason, "The run went back in line.")
    return status_event("note", RunStatus.QUEUED, content, cause=REASONS.get(reason, reason))


def claimed(attempt: int, reason: str) -> EventDraft:
    """A worker took the run. After an interruption the text of that attempt is void."""
    cause = REASONS.get(reason, reason)
    if reason in INTERRUPTED:
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


def finished(
    status: RunStatus,
    stop_reason: StopReason,
    error: str,
    note: str,
    document: tuple[object, str] | None,
    by: int | None = None,
    *,
    outcome: str = "",
) -> EventDraft:
    """The run's end.

    Args:
        document: id and title of what it delivers.
        outcome: what came of it, in place of the document's being ready.
    """
    said = outcome or _summary(status, stop_reason, document[1] if document else "")
    summary = error or f"{said} {note}".strip()
    return status_event(
        "run.finished",
        status,
        summary,
        stop_reason=stop_reason.value,
        artifact_id=str(document[0]) if document else None,
        summary=summary,
        **asked_by(by),
    )


def _summary(status: RunStatus, stop_reason: StopReason, title: str) -> str:
    named = f"“{title}”" if title else "The document"
    if status is RunStatus.SUCCEEDED and stop_reason in LIMIT_REASONS:
        draft = f"The draft of {named}" if title else "The draft"
        return f"{draft} is kept, unfinished."
    if status is RunStatus.SUCCEEDED:
        return f"{named} is ready."
    if status is RunStatus.CANCELLED:
        return f"Stopped. {named} so far is kept." if title else "Stopped."
    return "The run could not be finished."
