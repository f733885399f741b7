"""Every change of a run's status: one conditional UPDATE and its event, in one transaction.

`queued → running → {waiting_human, paused, queued, succeeded, failed, cancelled}`. Who asks for a
change decides where it stands: the segment that drives the run in `segment_ends`, people in
`controls` and `answers`. A change that lost a race simply did not happen.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Extract, Now

from autonomy.core.types import TERMINAL_STATUSES, EventDraft, RunStatus, StopReason
from autonomy.models import Artifact, Run
from autonomy.runtime import cycle_states, metrics, notices, notifications, queue
from autonomy.runtime.budgets_ledger import close_all
from autonomy.runtime.couriers import ring_run
from autonomy.runtime.events import append
from autonomy.runtime.fence import Fence
from autonomy.runtime.transition_events import finished

LIVE = frozenset(RunStatus) - TERMINAL_STATUSES

_SINCE_BEAT = Extract(
    ExpressionWrapper(Now() - F("beat_at"), output_field=DurationField()), "epoch"
)
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
    if to in TERMINAL_STATUSES:
        cycle_states.close_open(run.pk)
    if run.status == RunStatus.RUNNING and to is not RunStatus.RUNNING:
        queue.charge(run.pk)
    if run.status == RunStatus.QUEUED and to is not RunStatus.QUEUED:
        queue.dequeue(run)
    seq = append(run.pk, events)
    notices.plan(run, to, seq)
    run.refresh_from_db()
    notifications.about(run, to, seq, events)
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


def end(
    run_id: object,
    expect: Collection[RunStatus],
    status: RunStatus,
    stop_reason: StopReason,
    error: str,
    *,
    note: str = "",
    outcome: str = "",
    fence: Fence | None = None,
    document_id: str = "",
    by: int | None = None,
) -> Run | None:
    """`change` to an end, with its event, which names what was delivered: `document_id`, or the
    newest document of the run."""
    drafts = Artifact.objects.documents()
    document = (
        (drafts.filter(pk=document_id) if document_id else drafts.filter(run_id=str(run_id)))
        .order_by("-version")
        .values_list("id", "title")
        .first()
    )
    event = finished(status, stop_reason, error, note, document, by, outcome=outcome)
    columns = {**_FINISHED, "stop_reason": stop_reason, "error": error}
    ended = change(run_id, expect, status, [event], fence=fence, columns=columns)
    if ended is not None:
        transaction.on_commit(lambda: metrics.count_run_end(status, stop_reason))
    return ended
