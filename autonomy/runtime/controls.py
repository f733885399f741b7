"""What people do to a run from outside: cancel, pause, resume, try again.

Each returns whether the run was where that makes sense. `by` is the user who asked, kept with the
event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from autonomy.core.types import LIMIT_REASONS, PLAN_APPROVAL, RunStatus, StopReason
from autonomy.models import Resume, Run
from autonomy.runtime import cycle_states, transitions
from autonomy.runtime.answers import TOLD, store_answer, wake
from autonomy.runtime.events import append
from autonomy.runtime.messages import untaken
from autonomy.runtime.transition_events import (
    pause_asked,
    pause_taken_back,
    paused,
    resumed,
    waits_again,
)

_AGAIN: dict[str, Any] = {
    "finished_at": None,
    "stop_reason": "",
    "error": "",
    "requested": "",
    "claims_without_progress": 0,
}


@transaction.atomic
def cancel(run_id: object, by: int | None = None) -> bool:
    """End a live run at once: from here on its segment's writes are refused."""
    ended = transitions.end(
        run_id, transitions.LIVE, RunStatus.CANCELLED, StopReason.CANCELLED, "", by=by
    )
    return ended is not None


@transaction.atomic
def pause(run_id: object, by: int | None = None) -> bool:
    """Pause a run that waits now; ask a running one to pause at its next boundary. What it waits
    for is kept."""
    # Locked before it is looked at: a worker may be giving it back at this moment.
    run = Run.objects.select_for_update(no_key=True).filter(pk=str(run_id)).first()
    if run is None:
        return False
    if run.status == RunStatus.RUNNING:
        if not run.requested:
            Run.objects.filter(pk=run.pk).update(requested="pause")
            append(run.pk, [pause_asked(by)])
        return True
    now = [RunStatus.QUEUED, RunStatus.WAITING_HUMAN]
    columns = {"requested": ""}
    moved = transitions.change(run.pk, now, RunStatus.PAUSED, [paused(by)], columns=columns)
    return moved is not None


@transaction.atomic
def resume(run_id: object, by: int | None = None) -> bool:
    """Put a paused run back in line, or let it wait again for the person it waited for; take back
    a pause that has not happened yet."""
    run = Run.objects.select_for_update(no_key=True).filter(pk=str(run_id)).first()
    if run is None:
        return False
    if run.status == RunStatus.PAUSED:
        return _resume_paused(run, by)
    if run.status not in (RunStatus.RUNNING, RunStatus.QUEUED):
        return False
    if run.requested:
        Run.objects.filter(pk=run.pk).update(requested="")
        append(run.pk, [pause_taken_back(RunStatus(run.status), by)])
    return True


def _resume_paused(run: Run, by: int | None) -> bool:
    waiting = run.waiting_for or {}
    asked = waiting.get("interrupt_id")
    if asked and not Resume.objects.filter(run=run, interrupt_id=asked).exists():
        event = waits_again(waiting, by)
        moved = transitions.change(run.pk, [RunStatus.PAUSED], RunStatus.WAITING_HUMAN, [event])
        cycle_states.wait_anew(run.pk)
        if moved and waiting.get("kind") == PLAN_APPROVAL and untaken(run.pk):
            store_answer(run, str(asked), TOLD)
            wake(run.pk)
        return moved is not None
    columns = {"requested": "", "waiting_for": None, "claims_without_progress": 0}
    event = resumed(RunStatus.QUEUED, "Going on.", by)
    return (
        transitions.to_queue(run.pk, [RunStatus.PAUSED], "resumed", [event], columns=columns)
        is not None
    )


@transaction.atomic
def requeue(run_id: object, by: int | None = None) -> bool:
    """Try a failed or cancelled run again from its last checkpoint."""
    event = resumed(RunStatus.QUEUED, "Trying again from the last saved step.", by)
    expect = [RunStatus.FAILED, RunStatus.CANCELLED]
    again = transitions.to_queue(run_id, expect, "requeued", [event], columns=_AGAIN)
    if again is not None:
        cycle_states.reopen(run_id)
    return again is not None


@transaction.atomic
def take_up(
    run_id: object, columns: Mapping[str, Any], meta: Mapping[str, Any], by: int | None = None
) -> bool:
    """Go on with a run that a limit had ended, under new limits (`columns`)."""
    event = resumed(RunStatus.QUEUED, "There is budget again: going on from here.", by, **meta)
    ended = [RunStatus.SUCCEEDED, RunStatus.FAILED]
    if not Run.objects.filter(pk=str(run_id), stop_reason__in=sorted(LIMIT_REASONS)).exists():
        return False
    changed = {**_AGAIN, "budget_warned": False, **columns}
    return transitions.to_queue(run_id, ended, "raised", [event], columns=changed) is not None
