"""Start a run and control it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from autonomy.core.types import PLAN_APPROVAL, EventDraft, RunStatus, TaskSpec
from autonomy.models import Checkpoint, Run
from autonomy.runtime import queue, transitions
from autonomy.runtime.checkpoint_copy import copy_history
from autonomy.runtime.couriers import ring_run
from autonomy.runtime.events import append
from autonomy.runtime.transition_events import status_event
from autonomy.services.errors import Conflict, NotFound
from autonomy.services.quotas import count_run

TITLE_CHARS = 80


@transaction.atomic
def start_run(
    owner: User,
    spec: TaskSpec,
    *,
    conversation_id: uuid.UUID | None = None,
    idempotency_key: str | None = None,
    title: str = "",
) -> Run:
    """Store a new run with its job and its first event; a worker is rung after commit.

    The same `idempotency_key` of the same owner gives the same run again.
    """
    run = Run(
        owner=owner,
        conversation_id=conversation_id,
        journey=spec.journey,
        title=(title or spec.goal.splitlines()[0])[:TITLE_CHARS].strip(),
        task=spec.model_dump(mode="json"),
        idempotency_key=idempotency_key,
        tokens_limit=spec.settings.budget.tokens,
        seconds_limit=spec.settings.budget.seconds,
        usd_limit=Decimal(str(spec.settings.budget.usd)),
    )
    if idempotency_key is not None:
        # The insert decides, not a look beforehand: of two simultaneous requests one waits here.
        Run.objects.bulk_create([run], ignore_conflicts=True)
        stored = Run.objects.get(owner=owner, idempotency_key=idempotency_key)
        if stored.pk != run.pk:
            return stored
    else:
        run.save(force_insert=True)
    return _launch(run, "Accepted; waiting for a worker.")


def _launch(run: Run, content: str, **meta: Any) -> Run:
    count_run(run.owner_id)
    queue.enqueue(run, "new")
    event = status_event(
        "run.started", RunStatus.QUEUED, content, journey=run.journey, title=run.title, **meta
    )
    append(run.pk, [event])
    transaction.on_commit(lambda: ring_run(run.pk))
    run.refresh_from_db()
    return run


def pause(run: Run) -> None:
    """Stop at the next step boundary and keep everything. Asking twice changes nothing.

    Raises:
        Conflict: the run has ended, or it waits for a person.
    """
    if transitions.pause(run.pk):
        return
    _settled(run, fine=RunStatus.PAUSED, verb="paused")


def resume(run: Run) -> None:
    """Go on with a paused run, or agree to the plan that a run waits with. Asking twice changes
    nothing.

    Raises:
        Conflict: the run has ended, or it waits for another answer.
    """
    if transitions.resume(run.pk):
        return
    run.refresh_from_db(fields=["status", "waiting_for"])
    waiting = run.waiting_for or {}
    if run.status == RunStatus.WAITING_HUMAN and waiting.get("kind") == PLAN_APPROVAL:
        answer_interrupt(run, str(waiting["interrupt_id"]), {"approved": True})
        return
    _settled(run, fine=RunStatus.QUEUED, verb="resumed")


def cancel(run: Run) -> None:
    """End the run now; what it made so far stays. Asking twice changes nothing.

    Raises:
        Conflict: the run has already succeeded or failed.
    """
    if transitions.cancel(run.pk):
        return
    _settled(run, fine=RunStatus.CANCELLED, verb="cancelled")


def requeue(run: Run) -> None:
    """Drive the run again: a failed or cancelled one from its last checkpoint, a paused one as
    `resume`, a queued one by ringing a worker.

    Raises:
        Conflict: it is running, waits for a person, or has succeeded.
    """
    if transitions.requeue(run.pk):
        return
    status = _status(run)
    if status is RunStatus.PAUSED:
        resume(run)
    elif status is RunStatus.QUEUED:
        ring_run(run.pk)
    else:
        _settled(run, fine=None, verb="requeued")


def _status(run: Run) -> RunStatus:
    found = Run.objects.filter(pk=run.pk).values_list("status", flat=True).first()
    if found is None:
        raise NotFound("The run has been deleted.")
    return RunStatus(found)


_WORDS = {
    RunStatus.QUEUED: "it is already waiting for a worker",
    RunStatus.RUNNING: "it is running",
    RunStatus.WAITING_HUMAN: "it waits for an answer; nothing runs and nothing is spent meanwhile",
    RunStatus.PAUSED: "it is paused",
    RunStatus.SUCCEEDED: "it has finished",
    RunStatus.FAILED: "it has failed",
    RunStatus.CANCELLED: "it was cancelled",
}


def _settled(run: Run, *, fine: RunStatus | None, verb: str) -> None:
    """A control that found nothing to do: fine in the wanted state, a refusal in any other."""
    status = _status(run)
    if status is not fine:
        raise Conflict(f"The run cannot be {verb}: {_WORDS[status]}.", code=f"run_{status.value}")


@transaction.atomic
def fork(run: Run, checkpoint_id: str | None = None) -> Run:
    """A new run of the same task that goes on from a checkpoint of this one (the newest unless
    named), with a full budget of its own.

    Raises:
        NotFound: the run has no such checkpoint.
    """
    # Held until the copy is made: `retention.prune_run` passes by a run that is being forked.
    Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    rows = Checkpoint.objects.filter(thread_id=str(run.pk), checkpoint_ns="")
    if checkpoint_id is not None:
        rows = rows.filter(checkpoint_id=checkpoint_id)
    start = rows.order_by("-checkpoint_id").values_list("checkpoint_id", flat=True).first()
    if start is None:
        raise NotFound(
            "The run has no such checkpoint to go on from. Of runs that finished some time ago only "
            "the last checkpoint and those of human decisions are kept."
        )
    made = Run.objects.create(
        owner_id=run.owner_id,
        conversation_id=run.conversation_id,
        journey=run.journey,
        title=run.title,
        task=run.task,
        parent=run,
        tokens_limit=run.tokens_limit,
        seconds_limit=run.seconds_limit,
        usd_limit=run.usd_limit,
    )
    copy_history(str(run.pk), str(made.pk), start)
    return _launch(made, "Forked from an earlier step.", parent_id=str(run.pk), checkpoint_id=start)


@transaction.atomic
def set_budget(
    run: Run,
    *,
    tokens: int | None = None,
    seconds: float | None = None,
    usd: float | None = None,
) -> None:
    """Change limits of a live run; None leaves one as it is. The task keeps what was asked first.

    Raises:
        Conflict: the run has ended.
    """
    limits: dict[str, Any] = {
        "tokens_limit": tokens,
        "seconds_limit": seconds,
        "usd_limit": None if usd is None else Decimal(str(usd)),
    }
    changed = {name: value for name, value in limits.items() if value is not None}
    live = Run.objects.filter(pk=run.pk, status__in=list(transitions.LIVE))
    if not live.update(**changed, budget_warned=False):
        _settled(run, fine=None, verb="given another budget")
    run.refresh_from_db()
    append(
        run.pk,
        [
            EventDraft(
                type="budget",
                source="runtime",
                content="The budget was changed.",
                meta={
                    "tokens_limit": run.tokens_limit,
                    "seconds_limit": run.seconds_limit,
                    "usd_limit": float(run.usd_limit),
                },
            )
        ],
    )


@transaction.atomic
def answer_interrupt(run: Run, interrupt_id: str, value: Any) -> None:
    """Answer what the run waits for and wake it. The first answer counts; the same answer again
    changes nothing.

    Raises:
        Conflict: the run does not wait for this, or it was answered differently.
    """
    locked = Run.objects.select_for_update().get(pk=run.pk)
    known = locked.resumes.filter(interrupt_id=interrupt_id).first()
    if known is not None:
        if known.value != value:
            raise Conflict("This was already answered.", code="already_answered")
        return
    waiting = locked.waiting_for or {}
    if locked.status != RunStatus.WAITING_HUMAN or waiting.get("interrupt_id") != interrupt_id:
        raise Conflict("The run does not wait for this answer.", code="not_waiting")
    transitions.store_answer(locked, interrupt_id, value)
    transitions.wake(locked.pk)
