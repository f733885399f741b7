"""Tell a run something while it goes on."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Max

from autonomy.core.types import PLAN_APPROVAL, TERMINAL_STATUSES, EventDraft, RunStatus
from autonomy.models import Run, RunMessage
from autonomy.runtime import answers
from autonomy.runtime.contention import transacted
from autonomy.runtime.events import append, storable
from autonomy.runtime.transition_events import asked_by
from autonomy.services.errors import Conflict, Invalid, NotFound
from handywriterz.env import env


@transacted
def tell(run: Run, text: str, *, by: User | None = None) -> RunMessage:
    """Keep a message for the run, which takes it before its next step. A run that shows its plan
    changes it accordingly and asks again; a paused or queued one takes it when it goes on.

    Args:
        by: who says it, where that is not the owner.

    Raises:
        Invalid: there is nothing in it, or more than a message may hold.
        Conflict: the run has ended, or has been told too much.
        NotFound: the run has been deleted.
    """
    said = checked(text)
    # The run's row first, as in every transition: numbers are gapless, and the end is the end.
    locked = Run.objects.select_for_update(no_key=True).filter(pk=run.pk).first()
    if locked is None:
        raise NotFound("The run has been deleted.")
    if locked.status in TERMINAL_STATUSES:
        raise Conflict(
            "The run has ended, so it can no longer be told anything. Send this as a new message "
            "of the conversation: a follow-up goes on from what was asked before.",
            code=f"run_{locked.status}",
        )
    message = keep_message(locked, said, by)
    waiting = locked.waiting_for or {}
    if locked.status == RunStatus.WAITING_HUMAN and waiting.get("kind") == PLAN_APPROVAL:
        answers.store_answer(locked, str(waiting["interrupt_id"]), answers.TOLD)
        answers.wake(locked.pk)
    return message


def checked(text: str) -> str:
    """The message as it is stored.

    Raises:
        Invalid: see `tell`.
    """
    said = str(storable(text)).strip()
    limit = env().message_max_chars
    if not any(character.isalnum() for character in said):
        raise Invalid("Say what the run should do differently.", code="empty")
    if len(said) > limit:
        raise Invalid(f"At most {limit:,} characters are allowed; this has {len(said):,}.")
    return said


def keep_message(run: Run, said: str, by: User | None = None) -> RunMessage:
    """Store the next message of a locked run, with its event."""
    last = RunMessage.objects.filter(run=run).aggregate(last=Max("number"))["last"] or 0
    if last >= env().run_messages_max:
        raise Conflict(
            f"This run was told {last} things already, which is the most it takes. "
            "Start another with what you want now.",
            code="too_many_messages",
        )
    author = by or run.owner
    message = RunMessage.objects.create(run=run, number=last + 1, author=author, text=said)
    meta: dict[str, Any] = {"kind": "message", "number": message.number}
    staff = asked_by(by.pk if by is not None and by.pk != run.owner_id else None)
    append(run.pk, [EventDraft(type="note", source="person", content=said, meta={**meta, **staff})])
    return message
