"""What a conversation is called until the person names it."""

from __future__ import annotations

from uuid import UUID

from chat.models import Conversation, Message, MessageRole

TITLE_CHARS = 80
LONGEST_TITLE = 200


def title_for(text: str) -> str:
    """The first line of a message, cut between words."""
    line = next((part.strip() for part in text.splitlines() if part.strip()), "New conversation")
    if len(line) <= TITLE_CHARS:
        return line
    cut = line[:TITLE_CHARS].rsplit(" ", 1)[0]
    return f"{cut}…"


def name_after_document(conversation_id: UUID, title: str) -> None:
    """Call the conversation what its first document is called, unless somebody renamed it: then
    its title is no longer the one its first message gave it. Again is harmless."""
    first = (
        Message.objects.filter(conversation_id=conversation_id, role=MessageRole.USER)
        .order_by("created_at", "id")
        .values_list("text", flat=True)
        .first()
    )
    if first is not None and title.strip():
        # `update` rather than `save`: a name does not move it to the top of the list.
        Conversation.objects.filter(pk=conversation_id, title=title_for(first)).update(
            title=title.strip()[:LONGEST_TITLE]
        )
