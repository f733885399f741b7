"""What a person does with conversations. The only place that joins chat and runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from autonomy import services
from autonomy.api.requests import task_spec
from autonomy.core.types import TERMINAL_STATUSES, RunStatus, TaskSettings
from autonomy.models import Artifact, ArtifactKind, Run, Source
from chat.answers import record_answer, record_answers
from chat.journey_choice import AUTO, Choice, choose
from chat.models import Conversation, Message, MessageRole, Upload

__all__ = [
    "Sent",
    "State",
    "conversation_state",
    "conversations_of",
    "delete_conversation",
    "documents_of",
    "record_answer",
    "record_answers",
    "send_message",
]

TITLE_CHARS = 80

State = Literal["idle", "running", "needs_you", "failed", "done"]
"""What the sidebar shows for a conversation."""


class Sent(NamedTuple):
    """A message on its way."""

    conversation: Conversation
    message: Message
    run: Run
    choice: Choice


def send_message(
    user: User,
    text: str,
    *,
    conversation: Conversation | None = None,
    journey: str = AUTO,
    file_ids: Sequence[UUID] = (),
    settings: TaskSettings | None = None,
) -> Sent:
    """Store the message and start its run, in one transaction.

    A message with files works from those; one without works from the files of its conversation,
    and where that has none from the whole library.

    Args:
        conversation: one of the user's own; None starts a new one.
        journey: a journey's name, or `auto` to choose by the message.

    Raises:
        ninja.errors.ValidationError: text, journey, files or settings cannot be accepted.
        ServiceError: the run cannot be started.
    """
    settings = settings or TaskSettings()
    choice = choose(text, settings) if journey == AUTO else Choice(journey, "You chose it.")
    spec = task_spec(
        user,
        journey=choice.journey,
        goal=text,
        file_ids=file_ids or (_file_ids(conversation) if conversation else ()),
        settings=settings,
        goal_field="message",
    )
    with transaction.atomic():
        if conversation is None:
            conversation = Conversation.objects.create(owner=user, title=title_for(text))
        else:
            Conversation.objects.filter(pk=conversation.pk).update(
                updated_at=timezone.now(), archived_at=None
            )
        attach(conversation, file_ids)
        run = services.start_run(user, spec, conversation_id=conversation.pk, title=title_for(text))
        message = Message.objects.create(
            conversation=conversation, role=MessageRole.USER, text=spec.goal, run=run
        )
    return Sent(conversation, message, run, choice)


def attach(conversation: Conversation, file_ids: Sequence[UUID]) -> None:
    """Remember that these files were dropped into the conversation; again is harmless."""
    sources = Source.objects.filter(owner_id=conversation.owner_id, id__in=file_ids)
    Upload.objects.bulk_create(
        [
            Upload(
                owner_id=conversation.owner_id,
                conversation=conversation,
                source=source,
                file_name=source.file_name,
            )
            for source in sources
        ],
        ignore_conflicts=True,
    )


def _file_ids(conversation: Conversation) -> list[UUID]:
    return list(conversation.uploads.order_by("created_at").values_list("source_id", flat=True))


def title_for(text: str) -> str:
    """The first line of a message, cut between words."""
    line = next((part.strip() for part in text.splitlines() if part.strip()), "New conversation")
    if len(line) <= TITLE_CHARS:
        return line
    cut = line[:TITLE_CHARS].rsplit(" ", 1)[0]
    return f"{cut}…"


def conversations_of(user: User) -> QuerySet[Conversation]:
    """The user's conversations, each with `latest_run` (id) and `latest_status` of its newest run."""
    newest = Run.objects.filter(conversation_id=OuterRef("pk")).order_by("-id")
    return Conversation.objects.filter(owner=user).annotate(
        latest_run=Subquery(newest.values("id")[:1]),
        latest_status=Subquery(newest.values("status")[:1]),
    )


def conversation_state(latest_status: str | None) -> State:
    """The state that the status of its newest run puts a conversation in."""
    match latest_status:
        case None:
            return "idle"
        case RunStatus.QUEUED | RunStatus.RUNNING:
            return "running"
        case RunStatus.WAITING_HUMAN | RunStatus.PAUSED:
            return "needs_you"
        case RunStatus.FAILED:
            return "failed"
        case _:
            return "done"


def documents_of(run_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Run to the newest version of its document, for the runs that have one."""
    rows = (
        Artifact.objects.filter(run_id__in=run_ids, kind=ArtifactKind.DOCUMENT)
        .order_by("run_id", "-version")
        .distinct("run_id")
        .values_list("run_id", "id")
    )
    return dict(rows)


def delete_conversation(conversation: Conversation) -> None:
    """Stop what still runs in it, then remove it with its messages. Runs, documents and files
    stay in their own lists."""
    active = Run.objects.filter(conversation_id=conversation.pk).exclude(
        status__in=sorted(TERMINAL_STATUSES)
    )
    for run in active:
        services.cancel(run)
    conversation.delete()
