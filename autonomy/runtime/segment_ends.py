"""How a segment lets go of the run that it drives: ended, given back, paused, waiting, failed.

Each names the segment's fence, so that one which lost the run changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, Func, Q

from autonomy.core.types import PLAN_APPROVAL, CycleStatus, EventDraft, RunStatus, StopReason
from autonomy.models import Resume, Run, TurnitinCycle
from autonomy.runtime import deaths, endings, metrics, notices, transitions
from autonomy.runtime.answers import TOLD, report_value, store_answer, wake
from autonomy.runtime.fence import Fence, FencedOut
from autonomy.runtime.messages import untaken
from autonomy.runtime.transition_events import (
    INTERRUPTED,
    INTERRUPTION,
    finished,
    paused,
    released,
    status_event,
)
from handywriterz.env import env

ANSWERED = (CycleStatus.REPORT_READY, CycleStatus.EXPIRED)
"""Cycles whose run need not wait any more when it reaches its pause."""

MAX_FAULTS = 3
"""Claims of one checkpoint that ended by an error of the run's own, or by the death of a process
that drove nothing else, before the run counts as poisoned."""
MAX_CLAIMS = 10
"""Claims of one checkpoint that ended without progress, where nothing else explains it, before the
run counts as poisoned."""
LONGEST_DELAY = 60.0
"""Seconds that a run waits at most before it is tried again after an error."""
MOST_DOUBLINGS = math.ceil(math.log2(LONGEST_DELAY))
STUCK = (
    "It could not be got on with: it was begun {claims} times, and each time its worker stopped "
    "before the next step was saved. Workers stopped without it too, so it need not be its own "
    "doing. What was saved is kept: go on from the last step in a copy when workers no longer "
    "stop; whoever runs this server finds why they do in their log."
)
"""Why a run ends that was tried as often as `max_lost_claims` allows."""

_SERVER_STARTED = Func(function="pg_postmaster_start_time", output_field=DateTimeField())


def finish(
    fence: Fence,
    status: RunStatus,
    stop_reason: StopReason,
    *,
    error: str = "",
    note: str = "",
    outcome: str = "",
    document_id: str = "",
) -> None:
    """End the run. `error` says why it failed, `note` why a success came before its time, `outcome`
    what came of it where that is no new document; `document_id` is what it delivers. A message that came in at the last moment is heard first:
    then the run goes back in line instead.

    Raises:
        FencedOut: the segment no longer owns the run.
    """
    seen = None if notices.due_on(status) else endings.look(fence, document_id)
    if seen is not None:
        event = finished(status, stop_reason, error, note, seen.document, outcome=outcome)
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
        run = transitions.end(
            fence.run_id,
            [RunStatus.RUNNING],
            status,
            stop_reason,
            error,
            note=note,
            outcome=outcome,
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
    if not transitions.to_queue(
        fence.run_id, [RunStatus.RUNNING], reason, [event], fence=fence, columns=columns
    ):
        raise FencedOut(fence)


@transaction.atomic
def pause_at_boundary(fence: Fence) -> bool:
    """`running → paused` if a pause is still asked for."""
    event = paused()
    columns = {"requested": "", "claims_without_progress": 0}
    moved = transitions.change(
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
    run = transitions.change(
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
    if cycle.status in ANSWERED:
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

    Args:
        own_fault: a process that drove nothing else died of it.
    """
    fence = Fence(str(run_id), number)
    cause = "Its worker stopped without a word again and again at the same step."
    return _again(run_id, fence, "lost", cause, own_fault=own_fault, count_seconds=False)


def _again(
    run_id: object,
    fence: Fence,
    reason: str,
    cause: str,
    *,
    own_fault: bool,
    count_seconds: bool,
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
    # Where workers die without it too, `MAX_CLAIMS` do not speak against it: only the limit ends it.
    explained = faults < MAX_FAULTS and claims >= MAX_CLAIMS and deaths.explain(run.pk, claims)
    stuck = claims >= env().max_lost_claims
    if faults >= MAX_FAULTS or (claims >= MAX_CLAIMS and not explained) or stuck:
        if explained:
            cause = STUCK.format(claims=claims)
        transitions.end(
            run.pk, [RunStatus.RUNNING], RunStatus.FAILED, StopReason.POISONED, cause, fence=fence
        )
        return False
    event = status_event(
        "retry",
        RunStatus.QUEUED,
        INTERRUPTION[reason],
        cause=reason,
    )
    transitions.to_queue(
        run.pk,
        [RunStatus.RUNNING],
        reason,
        [event],
        fence=fence,
        columns={"claims_without_progress": claims, "faults": faults},
        count_seconds=count_seconds and not run.server_restarted,
        delay=_delay(claims - 1 if reason == "retry" else claims - MAX_CLAIMS),
    )
    return True


def _delay(doublings: int) -> timedelta | None:
    """Whatever broke gets a moment to recover before the next try, and one that does not recover is
    tried ever less often."""
    if doublings < 0:
        return None
    return timedelta(seconds=min(LONGEST_DELAY, 2.0 ** min(doublings, MOST_DOUBLINGS)))
