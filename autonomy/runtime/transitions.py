"""Every change of a run's status: one conditional UPDATE and its event, in one transaction.

`queued → running → {waiting_human, paused, queued, succeeded, failed, cancelled}`. Each function
returns whether the change happened; a change that lost a race simply did not happen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Func, Q
from django.db.models.functions import Extract, Now

from autonomy.core.types import (
    LIMIT_REASONS,
    PLAN_APPROVAL,
    TERMINAL_STATUSES,
    CycleStatus,
    EventDraft,
    RunStatus,
    StopReason,
)
from autonomy.models import Artifact, ArtifactKind, Resume, Run, TurnitinCycle
from autonomy.runtime import endings, metrics, notices, queue
from autonomy.runtime.budgets_ledger import close_all
from autonomy.runtime.couriers import ring_run
from autonomy.runtime.events import append
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.messages import untaken
from autonomy.runtime.transition_events import (
    INTERRUPTED,
    INTERRUPTION,
    asked_by,
    pause_asked,
    pause_taken_back,
    paused,
    released,
    resumed,
    status_event,
    waits_again,
)

MAX_FAULTS = 3
"""Claims of one checkpoint that ended without progress, and by nobody else's fault, before the run
counts as poisoned."""
MAX_CLAIMS = 10
"""The same, whoever is to blame: nobody takes that many workers' time without a result."""

LIVE = frozenset(RunStatus) - TERMINAL_STATUSES

TOLD = {"told": True}
"""The answer to a plan's question when the person said in a message what to change."""

_SINCE_BEAT = Extract(
    ExpressionWrapper(Now() - F("beat_at"), output_field=DurationField()), "epoch"
)
_SERVER_STARTED = Func(function="pg_postmaster_start_time", output_field=DateTimeField())
_RELEASED: dict[str, Any] = {"owner_lock": None, "lease_until": None, "beat_at": None}
_FINISHED: dict[str, Any] = {
    "finished_at": Now(),
    "pruned_at": None,
    "requested": "",
    "waiting_for": None,
}


def change(
    run_id: object,
    expect: Collection[RunStatus],
    to: RunStatus,
    events: Sequence[EventDraft],
    *,
    fence: Fence | None = None,
    columns: Mapping[str, Any] | None = None,
    requested: str | None = None,
    count_seconds: bool = True,
) -> Run | None:
    """Move a run from one of `expect` to `to` and log `events`; None when it was not there.

    Must run inside a transaction. With `fence` only the segment that owns the run may do it; with
    `requested` only while that control is asked for. Leaving `running` accounts the seconds since
    the last heartbeat and gives the lease back.
    """
    rows = Run.objects.filter(pk=str(run_id), status__in=list(expect))
    if fence is not None:
        rows = rows.filter(fence=fence.number)
    if requested is not None:
        rows = rows.filter(requested=requested)
    run = rows.select_for_update(no_key=True).first()
    if run is None:
        return None
    values: dict[str, Any] = {"status": to, **(columns or {})}
    if run.status == RunStatus.RUNNING and to is not RunStatus.RUNNING:
        values |= _RELEASED
        if count_seconds:
            values["seconds_spent"] = F("seconds_spent") + _SINCE_BEAT
    Run.objects.filter(pk=run.pk).update(**values)
    # Locks in one order everywhere: the run, its owner's day, its owner's place in the queue.
    if to in TERMINAL_STATUSES and (run.tokens_reserved or run.usd_reserved):
        close_all(run.pk)
    if run.status == RunStatus.RUNNING and to is not RunStatus.RUNNING:
        queue.charge(run.pk)
    if run.status == RunStatus.QUEUED and to is not RunStatus.QUEUED:
        queue.dequeue(run)
    seq = append(run.pk, events)
    notices.plan(run, to, seq)
    run.refresh_from_db()
    return run


def to_queue(
    run_id: object,
    expect: Collection[RunStatus],
    reason: str,
    events: Sequence[EventDraft],
    *,
    fence: Fence | None = None,
    columns: Mapping[str, Any] | None = None,
    count_seconds: bool = True,
    delay: timedelta | None = None,
) -> Run | None:
    """`change` to `queued`, with its job, and the doorbell after commit."""
    values: dict[str, Any] = {"queued_at": Now(), **(columns or {})}
    run = change(
        run_id,
        expect,
        RunStatus.QUEUED,
        events,
        fence=fence,
        columns=values,
        count_seconds=count_seconds,
    )
    if run is not None:
        queue.enqueue(run, reason, delay)
        transaction.on_commit(lambda: ring_run(run_id))
    return run


# ------------------------------------------------------------------ by the segment that drives


def finish(
    fence: Fence,
    status: RunStatus,
    stop_reason: StopReason,
    *,
    error: str = "",
    note: str = "",
    document_id: str = "",
) -> None:
    """End the run. `error` says why it failed, `note` why a success came before its time;
    `document_id` is what it delivers. A message that came in at the last moment is heard first:
    then the run goes back in line instead.

    Raises:
        FencedOut: the segment no longer owns the run.
    """
    seen = None if notices.due_on(status) else endings.look(fence, document_id)
    if seen is not None:
        event = _finished(status, stop_reason, error, note, seen.document)
        if endings.end(fence, seen, status, stop_reason, error, event):
            metrics.count_run_end(status, stop_reason)
            return
    with transaction.atomic():
        # The run's row first: a message is either stored before this, or finds the run ended.
        Run.objects.select_for_update(no_key=True).filter(
            pk=fence.run_id, fence=fence.number
        ).first()
        if untaken(fence.run_id):
            release(fence, "told")
            return
        run = _end(
            fence.run_id,
            [RunStatus.RUNNING],
            status,
            stop_reason,
            error,
            note=note,
            fence=fence,
            document_id=document_id,
        )
        if run is None:
            raise FencedOut(fence)


@transaction.atomic
def release(fence: Fence, reason: str) -> None:
    """Give the run back to the queue: at a boundary (`slice`, `drain` or `told`), or by a worker
    that stops in the middle of a step (`cut`), which is no fault but no progress either.

    Raises:
        FencedOut: the segment no longer owns the run.
    """
    event = released(reason)
    columns = {} if reason in INTERRUPTED else {"claims_without_progress": 0}
    if not to_queue(
        fence.run_id, [RunStatus.RUNNING], reason, [event], fence=fence, columns=columns
    ):
        raise FencedOut(fence)


@transaction.atomic
def pause_at_boundary(fence: Fence) -> bool:
    """`running → paused` if a pause is still asked for."""
    event = paused()
    columns = {"requested": "", "claims_without_progress": 0}
    moved = change(
        fence.run_id,
        [RunStatus.RUNNING],
        RunStatus.PAUSED,
        [event],
        fence=fence,
        columns=columns,
        requested="pause",
    )
    return moved is not None


@transaction.atomic
def wait_for_human(fence: Fence, interrupts: Sequence[tuple[str, Any]]) -> None:
    """`running → waiting_human` with the (id, value) of each interrupt; straight back to the
    queue when every answer is already there, because a person was faster than the run.

    Raises:
        FencedOut: the segment no longer owns the run.
    """
    asked = [{"interrupt_id": key, **_described(value)} for key, value in interrupts]
    events = [
        EventDraft(
            type="interrupt",
            source="runtime",
            content="Waiting for you.",
            meta={"status": RunStatus.WAITING_HUMAN.value, **item},
        )
        for item in asked
    ]
    columns = {
        "waiting_for": asked[0] if asked else None,
        "claims_without_progress": 0,
        "requested": "",
    }
    run = change(
        fence.run_id,
        [RunStatus.RUNNING],
        RunStatus.WAITING_HUMAN,
        events,
        fence=fence,
        columns=columns,
    )
    if run is None:
        raise FencedOut(fence)
    for item in asked:
        _bind_cycle(run, item)
    answered = Resume.objects.filter(run=run, interrupt_id__in=[key for key, _ in interrupts])
    if interrupts and answered.count() == len(interrupts):
        wake(run.pk)
    elif asked and asked[0].get("kind") == PLAN_APPROVAL and untaken(run.pk):
        # Said while the plan was being made: it is about the plan that is shown now.
        store_answer(run, str(asked[0]["interrupt_id"]), TOLD)
        wake(run.pk)


def _described(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {"kind": "question", "value": value}


def _bind_cycle(run: Run, item: Mapping[str, Any]) -> None:
    """Tie an originality cycle to the interrupt that waits for its report."""
    cycle_id = item.get("cycle_id")
    if not cycle_id:
        return
    cycle = TurnitinCycle.objects.filter(run=run, pk=str(cycle_id)).first()
    if cycle is None:
        return
    cycle.interrupt_id = str(item["interrupt_id"])
    cycle.save(update_fields=["interrupt_id"])
    if cycle.status == CycleStatus.REPORT_READY:
        store_answer(run, cycle.interrupt_id, report_value(cycle))


@transaction.atomic
def retry(fence: Fence, cause: str, *, own_fault: bool = True) -> bool:
    """Back to the queue after an unexpected error; `failed` when the checkpoint is poisoned.

    Returns False when the run failed for good.
    """
    return _again(fence.run_id, fence, "retry", cause, own_fault=own_fault, count_seconds=True)


@transaction.atomic
def reclaim(run_id: object, number: int, *, own_fault: bool = False) -> bool:
    """Take a run from a dead worker: back to the queue, or `failed` when it is poisoned.

    The dead segment's fence stops being valid here, because the run is no longer `running`.
    `own_fault` says that no other run can have killed the worker.
    """
    fence = Fence(str(run_id), number)
    cause = "Its worker stopped without a word again and again at the same step."
    return _again(run_id, fence, "lost", cause, own_fault=own_fault, count_seconds=False)


def _again(
    run_id: object, fence: Fence, reason: str, cause: str, *, own_fault: bool, count_seconds: bool
) -> bool:
    run = (
        Run.objects.select_for_update(no_key=True)
        .filter(pk=str(run_id), fence=fence.number, status=RunStatus.RUNNING)
        .annotate(server_restarted=Q(beat_at__lt=_SERVER_STARTED))
        .first()
    )
    if run is None:
        return True
    claims, faults = run.claims_without_progress, run.faults
    if run.server_restarted:
        # PostgreSQL went away under the segment: that is no fault of the run, however often.
        claims = max(0, claims - 1)
    else:
        # After a checkpoint of this very segment the count starts anew.
        faults = faults + own_fault if claims else 0
    if faults >= MAX_FAULTS or claims >= MAX_CLAIMS:
        _end(run.pk, [RunStatus.RUNNING], RunStatus.FAILED, StopReason.POISONED, cause, fence=fence)
        return False
    event = status_event(
        "retry",
        RunStatus.QUEUED,
        INTERRUPTION[reason],
        cause=reason,
    )
    to_queue(
        run.pk,
        [RunStatus.RUNNING],
        reason,
        [event],
        fence=fence,
        columns={"claims_without_progress": claims, "faults": faults},
        count_seconds=count_seconds and not run.server_restarted,
        # Whatever broke gets a moment to recover before the next try.
        delay=timedelta(seconds=claims) if reason == "retry" else None,
    )
    return True


# ------------------------------------------------------------------ by people


@transaction.atomic
def cancel(run_id: object, by: int | None = None) -> bool:
    """End a live run at once: from here on its segment's writes are refused.

    `by`, here and below: the user who asked, kept with the event.
    """
    ended = _end(run_id, LIVE, RunStatus.CANCELLED, StopReason.CANCELLED, "", by=by)
    return ended is not None


@transaction.atomic
def pause(run_id: object, by: int | None = None) -> bool:
    """Pause a run that waits now; ask a running one to pause at its next boundary. What it waits
    for is kept."""
    now = [RunStatus.QUEUED, RunStatus.WAITING_HUMAN]
    if change(run_id, now, RunStatus.PAUSED, [paused(by)], columns={"requested": ""}):
        return True
    running = Run.objects.filter(pk=str(run_id), status=RunStatus.RUNNING)
    if running.filter(requested="").update(requested="pause"):
        append(run_id, [pause_asked(by)])
        return True
    return running.exists()


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
        moved = change(run.pk, [RunStatus.PAUSED], RunStatus.WAITING_HUMAN, [event])
        if moved and waiting.get("kind") == PLAN_APPROVAL and untaken(run.pk):
            store_answer(run, str(asked), TOLD)
            wake(run.pk)
        return moved is not None
    columns = {"requested": "", "waiting_for": None, "claims_without_progress": 0}
    event = resumed(RunStatus.QUEUED, "Going on.", by)
    return to_queue(run.pk, [RunStatus.PAUSED], "resumed", [event], columns=columns) is not None


_AGAIN: dict[str, Any] = {
    "finished_at": None,
    "stop_reason": "",
    "error": "",
    "requested": "",
    "claims_without_progress": 0,
}


@transaction.atomic
def requeue(run_id: object, by: int | None = None) -> bool:
    """Try a failed or cancelled run again from its last checkpoint."""
    event = resumed(RunStatus.QUEUED, "Trying again from the last saved step.", by)
    expect = [RunStatus.FAILED, RunStatus.CANCELLED]
    return to_queue(run_id, expect, "requeued", [event], columns=_AGAIN) is not None


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
    return to_queue(run_id, ended, "raised", [event], columns=changed) is not None


def wake(run_id: object) -> bool:
    """Put a run that waits for a person back in line. Inside the caller's transaction."""
    event = status_event("run.resumed", RunStatus.QUEUED, "Answered; going on.")
    columns = {"waiting_for": None}
    return (
        to_queue(run_id, [RunStatus.WAITING_HUMAN], "answered", [event], columns=columns)
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
    }


# ------------------------------------------------------------------ the end


def _end(
    run_id: object,
    expect: Collection[RunStatus],
    status: RunStatus,
    stop_reason: StopReason,
    error: str,
    *,
    note: str = "",
    fence: Fence | None = None,
    document_id: str = "",
    by: int | None = None,
) -> Run | None:
    drafts = Artifact.objects.filter(kind=ArtifactKind.DOCUMENT)
    document = (
        (drafts.filter(pk=document_id) if document_id else drafts.filter(run_id=str(run_id)))
        .order_by("-version")
        .values_list("id", "title")
        .first()
    )
    event = _finished(status, stop_reason, error, note, document, by)
    columns = {**_FINISHED, "stop_reason": stop_reason, "error": error}
    ended = change(run_id, expect, status, [event], fence=fence, columns=columns)
    if ended is not None:
        transaction.on_commit(lambda: metrics.count_run_end(status, stop_reason))
    return ended


def _finished(
    status: RunStatus,
    stop_reason: StopReason,
    error: str,
    note: str,
    document: tuple[object, str] | None,
    by: int | None = None,
) -> EventDraft:
    summary = (
        error or f"{_summary(status, stop_reason, document[1] if document else '')} {note}".strip()
    )
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
