"""What a person does with conversations. The only place that joins chat and runs."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal, NamedTuple
from uuid import UUID

from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from autonomy import services
from autonomy.api.requests import refuse, task_spec
from autonomy.core.small_talk import kind_of
from autonomy.core.types import TERMINAL_STATUSES, RunStatus, TaskSettings, TaskSpec
from autonomy.memory.still_there import sources_still_there
from autonomy.models import Artifact, Run, Source
from autonomy.runtime.contention import transacted
from chat.answers import record_answer, record_answers
from chat.follow_up import (
    changes_something,
    changes_what_was_asked,
    earlier_request,
    merged_goal,
    merged_settings,
)
from chat.journey_choice import AUTO, Choice, choose, says_what_is_wanted
from chat.models import Conversation, Message, MessageRole, Upload
from chat.pasted_drafts import pasted
from chat.titles import title_for

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
    "title_for",
]

State = Literal["idle", "running", "needs_you", "paused", "failed", "done"]
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

    A draft that is pasted into the message to be improved becomes a file of its own. A message
    with files works from those; one without works from the files of its conversation,
    and where that has none from the whole library. A message that only changes what was asked
    before goes on from there: the run's goal is then both, the stored message what was typed.

    Args:
        conversation: one of the user's own; None starts a new one.
        journey: a journey's name, or `auto` to choose by the message.

    Raises:
        ninja.errors.ValidationError: text, journey, files or settings cannot be accepted, or the
            text asks for nothing.
        ServiceError: the run cannot be started.
    """
    asked = text
    if not file_ids and (found := pasted(text, journey)) is not None:
        asked, journey = found.request, "rewrite"
        source = services.add_file(user, found.file_name, [found.draft.encode()])
        file_ids = (source.pk,)
    spec, choice = _asked(user, asked, conversation, journey, file_ids, settings or TaskSettings())
    conversation, message, run = _stored(user, text, spec, conversation, file_ids)
    return Sent(conversation, message, run, choice)


@transacted
def _stored(
    user: User,
    text: str,
    spec: TaskSpec,
    conversation: Conversation | None,
    file_ids: Sequence[UUID],
) -> tuple[Conversation, Message, Run]:
    title = title_for(spec.goal)
    if conversation is None:
        conversation = Conversation.objects.create(owner=user, title=title)
    else:
        stands = Conversation.objects.filter(pk=conversation.pk)
        if not stands.update(updated_at=timezone.now(), archived_at=None):
            raise services.NotFound("The conversation has been deleted. Nothing was started.")
    attach(conversation, file_ids)
    run = services.start_run(user, spec, conversation_id=conversation.pk, title=title)
    message = Message.objects.create(
        conversation=conversation, role=MessageRole.USER, text=text.strip(), run=run
    )
    return conversation, message, run


def _asked(
    user: User,
    text: str,
    conversation: Conversation | None,
    journey: str,
    file_ids: Sequence[UUID],
    settings: TaskSettings,
) -> tuple[TaskSpec, Choice]:
    """The task that a message stands for, and why its journey was chosen."""
    talk = journey == AUTO and kind_of(text) is not None
    files = file_ids or (_file_ids(conversation) if conversation else ())
    choice = (
        choose(text, settings, files=bool(files))
        if journey == AUTO
        else Choice(journey, "You chose it.")
    )
    spec = task_spec(
        user,
        journey=choice.journey,
        goal=text,
        file_ids=files,
        settings=settings,
        goal_field="message",
    )
    earlier = None
    if conversation is not None and not talk and changes_what_was_asked(text):
        earlier = earlier_request(conversation)
    chosen = journey != AUTO or settings.length_words is not None
    wanted = says_what_is_wanted(text) or (earlier is not None and changes_something(text))
    if not chosen and not wanted and not talk:
        raise refuse("message", "Say what you would like written or answered.")
    if earlier is None:
        return spec, choice
    if journey == AUTO:
        choice = Choice(earlier.journey, "The message changes what you asked for before.")
    sources = spec.source_ids
    if not file_ids:
        sources = tuple(s for s in earlier.source_ids if s in set(sources)) or sources
    goal = merged_goal(earlier.goal, text, django_settings.ENV.message_max_chars)
    return spec.model_copy(
        update={
            "goal": goal,
            "journey": choice.journey,
            "source_ids": sources,
            "settings": merged_settings(earlier.settings, settings, text),
        }
    ), choice


def attach(conversation: Conversation, file_ids: Sequence[UUID]) -> None:
    """Remember that these files were dropped into the conversation; again is harmless."""
    there = sources_still_there(file_ids)
    sources = Source.objects.filter(owner_id=conversation.owner_id, id__in=there)
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
        case RunStatus.WAITING_HUMAN:
            return "needs_you"
        case RunStatus.PAUSED:
            return "paused"
        case RunStatus.FAILED:
            return "failed"
        case _:
            return "done"


def documents_of(run_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Run to the newest version of its document, for the runs that have one."""
    rows = (
        Artifact.objects.documents()
        .filter(run_id__in=run_ids)
        .order_by("run_id", "-version")
        .distinct("run_id")
        .values_list("run_id", "id")
    )
    return dict(rows)


def delete_conversation(conversation: Conversation) -> None:
    """Stop what still runs in it, then remove it with its messages. Runs, documents and files
    stay in their own lists. Asking twice changes nothing.

    Whoever adds a message, or the answer of a run that ends just now, waits or is waited for.
    """
    # Each in a transaction of its own: one that ends several runs locks the next of them after its
    # owner's day and place in the queue, and others lock these after a run (see `sweeper`).
    _stop_all(conversation.pk)
    _remove(conversation.pk)


@transacted
def _remove(conversation_id: UUID) -> None:
    held = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
    if held is None:
        return
    _stop_all(held.pk)  # what a message has started since: hardly ever anything
    held.delete()


def _stop_all(conversation_id: UUID) -> None:
    active = Run.objects.filter(conversation_id=conversation_id).exclude(
        status__in=sorted(TERMINAL_STATUSES)
    )
    for run in active:
        with suppress(services.Conflict):  # it came to its end meanwhile
            services.cancel(run)
