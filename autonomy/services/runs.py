"""Start a run and control it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User

from autonomy.core.brief import asks_for_plan
from autonomy.core.types import PLAN_APPROVAL, EventDraft, RunStatus, TaskSpec
from autonomy.models import Run
from autonomy.runtime import answers, controls
from autonomy.runtime.contention import transacted
from autonomy.runtime.couriers import ring_run
from autonomy.runtime.events import append
from autonomy.runtime.transition_events import SOURCE
from autonomy.services.errors import Conflict, NotFound
from autonomy.services.launch import launch
from autonomy.services.model_choices import without_gone

TITLE_CHARS = 80


@transacted
def start_run(
    owner: User,
    spec: TaskSpec,
    *,
    conversation_id: uuid.UUID | None = None,
    idempotency_key: str | None = None,
    title: str = "",
) -> Run:
    """Store a new run with its job and its first event; a worker is rung after commit.

    A goal that asks to see the plan first switches the approval of the plan on, unless the
    settings say otherwise. Models of a connection that is gone are left out of its own choice, with
    a note: a request may go on from one that named them. The same `idempotency_key` of the same
    owner gives the same run again.
    """
    if "approve_plan" not in spec.settings.model_fields_set and asks_for_plan(spec.goal):
        settings = spec.settings.model_copy(update={"approve_plan": True})
        spec = spec.model_copy(update={"settings": settings})
    models, gone = without_gone(owner, spec.settings.models)
    if gone:
        settings = spec.settings.model_copy(update={"models": models})
        spec = spec.model_copy(update={"settings": settings})
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
    launched = launch(run, "Accepted; waiting for a worker.")
    if gone:
        append(run.pk, [_left_out(gone)])
        launched.refresh_from_db(fields=["last_seq"])
    return launched


def _left_out(models: tuple[str, ...]) -> EventDraft:
    named = ", ".join(f"“{model}”" for model in models)
    return EventDraft(
        type="note",
        source=SOURCE,
        content=f"Chosen before, but the connection is gone: {named}. This run goes without.",
        meta={"code": "model_gone", "models": list(models)},
    )


def _staff(run: Run, by: User | None) -> int | None:
    """Who asked, where that is not the owner: kept with the event."""
    return by.pk if by is not None and by.pk != run.owner_id else None


@transacted
def pause(run: Run, *, by: User | None = None) -> None:
    """Stop at the next step boundary and keep everything; a run that waits for a person or in line
    pauses now. Asking twice changes nothing.

    Raises:
        Conflict: the run has ended.
    """
    if controls.pause(run.pk, _staff(run, by)):
        return
    _settled(run, fine=RunStatus.PAUSED, verb="paused")


@transacted
def resume(run: Run, *, by: User | None = None) -> None:
    """Go on with a paused run, take back a pause that has not happened yet, or agree to the plan
    that a run waits with. Asking twice changes nothing.

    Raises:
        Conflict: the run has ended, or it waits for another answer.
    """
    if controls.resume(run.pk, _staff(run, by)):
        return
    run.refresh_from_db(fields=["status", "waiting_for"])
    waiting = run.waiting_for or {}
    if run.status == RunStatus.WAITING_HUMAN and waiting.get("kind") == PLAN_APPROVAL:
        answer_interrupt(run, str(waiting["interrupt_id"]), {"approved": True})
        return
    _settled(run, fine=RunStatus.QUEUED, verb="resumed")


@transacted
def cancel(run: Run, *, by: User | None = None) -> None:
    """End the run now; what it made so far stays. Asking twice changes nothing.

    Raises:
        Conflict: the run has already succeeded or failed.
    """
    if controls.cancel(run.pk, _staff(run, by)):
        return
    _settled(run, fine=RunStatus.CANCELLED, verb="cancelled")


@transacted
def requeue(run: Run, *, by: User | None = None) -> None:
    """Drive the run again: a failed or cancelled one from its last checkpoint, a paused one as
    `resume`, a queued one by ringing a worker.

    Raises:
        Conflict: it is running, waits for a person, or has succeeded.
    """
    if controls.requeue(run.pk, _staff(run, by)):
        return
    status = _status(run)
    if status is RunStatus.PAUSED:
        resume(run, by=by)
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


@transacted
def answer_interrupt(run: Run, interrupt_id: str, value: Any) -> None:
    """Answer what the run waits for and wake it. The first answer counts; the same answer again
    changes nothing.

    Raises:
        Conflict: the run does not wait for this, or it was answered differently.
    """
    locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    known = locked.resumes.filter(interrupt_id=interrupt_id).first()
    if known is not None:
        if known.value != value:
            raise Conflict("This was already answered.", code="already_answered")
        return
    waiting = locked.waiting_for or {}
    if locked.status != RunStatus.WAITING_HUMAN or waiting.get("interrupt_id") != interrupt_id:
        raise Conflict("The run does not wait for this answer.", code="not_waiting")
    answers.store_answer(locked, interrupt_id, value)
    answers.wake(locked.pk)
