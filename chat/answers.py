"""The assistant's message of a finished run: stored once, by whoever looks first.

A browser may be closed when a run ends, and the loop knows nothing of chat. So the message is
made from the run when a page, a list or a stream reads it, and the database lets only one in.
"""

from __future__ import annotations

import re

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from autonomy import services
from autonomy.core.types import TERMINAL_STATUSES, RunStatus
from autonomy.models import Artifact, ArtifactKind, Episode, Run
from chat.models import Conversation, Message, MessageRole
from chat.titles import name_after_document

ANSWER = "answer"
"""The journey whose deliverable is the message itself."""

_HEAD = re.compile(r"\A# .*\n+(?:\*[^*\n]+\*\n+)?")
"""Title and date, which the conversation shows already."""


def record_answer(run: Run) -> Message | None:
    """The one assistant message of `run`, made if need be; None while it has not finished or
    where it belongs to no conversation. Safe to call at any time from any process."""
    if run.status not in TERMINAL_STATUSES or run.conversation_id is None:
        return None
    answers = Message.objects.filter(run=run, role=MessageRole.ASSISTANT)
    known = answers.first()
    if known is not None:
        return _renewed(known, run)
    conversations = Conversation.objects.filter(pk=run.conversation_id)
    if not conversations.exists():
        return None
    text = answer_text(run)
    with transaction.atomic():
        # Held until the message stands, so that nobody deletes the conversation under it.
        conversation = conversations.select_for_update(no_key=True).first()
        if conversation is None:
            return None
        if document := _document(run):
            name_after_document(conversation.pk, document.title)
        Message.objects.bulk_create(
            [
                Message(
                    conversation=conversation,
                    role=MessageRole.ASSISTANT,
                    run=run,
                    text=text,
                    created_at=run.finished_at or timezone.now(),
                )
            ],
            ignore_conflicts=True,
        )
        return answers.get()


def _renewed(message: Message, run: Run) -> Message:
    """The message as it stands, or made anew where the run was taken up again since."""
    if run.finished_at is not None and run.finished_at > message.created_at:
        message.text = answer_text(run)
        message.created_at = run.finished_at
        # `update` rather than `save`: the conversation may be deleted meanwhile.
        Message.objects.filter(pk=message.pk).update(
            text=message.text, created_at=message.created_at
        )
    return message


def record_answers(conversation: Conversation) -> None:
    """Store the answers of all finished runs of the conversation that have none of that ending."""
    answered = Message.objects.filter(
        run=OuterRef("pk"), role=MessageRole.ASSISTANT, created_at__gte=OuterRef("finished_at")
    )
    for run in Run.objects.filter(
        ~Exists(answered), conversation_id=conversation.pk, status__in=sorted(TERMINAL_STATUSES)
    ).order_by("id"):
        record_answer(run)


def answer_text(run: Run) -> str:
    """What the run said at its end, or what became of it in plain words."""
    finished = Episode.objects.filter(run=run, type="run.finished").order_by("-seq").first()
    said = ""
    if finished is not None:
        said = str(finished.meta.get("summary") or finished.content or "")
    if run.status == RunStatus.FAILED:
        return run.error or said or "The run failed. What was made until then is kept."
    if run.status == RunStatus.CANCELLED:
        return said or "Stopped. What was made until then is kept."
    if run.journey == ANSWER:
        return _cited_answer(run) or said or "Done."
    return said or "Done."


def _cited_answer(run: Run) -> str:
    """The answer itself, as Markdown with its citations and references; "" where there is none.
    Longer deliverables stay documents, an answer belongs into the conversation."""
    document = _document(run)
    if document is None:
        return ""
    try:
        markdown = services.export_document(document, "md", appendix=False).data.decode()
    except services.ServiceError:
        # Logged where it failed; the document can still be opened beside the conversation.
        return ""
    return _HEAD.sub("", markdown, count=1).strip()


def _document(run: Run) -> Artifact | None:
    """The newest version of what the run wrote."""
    rows = Artifact.objects.filter(run=run, kind=ArtifactKind.DOCUMENT)
    return rows.order_by("-version").first()
