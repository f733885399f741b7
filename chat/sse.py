"""Live events of one conversation: the feed that the stream and the socket share."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponseBase

from autonomy.api.auth import ApiRequest
from autonomy.api.events import stream_response
from autonomy.api.feed import RunsFeed, Target, oldest_of
from autonomy.api.ownership import owned
from autonomy.api.stream import Position, parse_cursor
from autonomy.models import Run
from chat.answers import record_answer
from chat.models import Conversation


def conversation_feed(conversation_id: UUID) -> RunsFeed:
    """Events of every run of the conversation, new ones included as they appear.

    When it reads that a run has finished, the assistant's message is stored first, so that who
    hears of the end and reloads finds the answer.
    """

    def answered(run_id: str) -> None:
        run = Run.objects.filter(pk=run_id).first()
        if run is not None:
            record_answer(run)

    return RunsFeed(Target("conversation", conversation_id), on_finished=answered)


async def conversation_stream(
    request: ApiRequest, conversation_id: UUID, *, after: str, live: bool
) -> HttpResponseBase:
    """Server-sent events of the conversation, from `Last-Event-ID` or `after` on.

    Raises:
        Http404: there is no such conversation, or it is not the caller's.
    """
    await sync_to_async(owned)(Conversation.objects.only("id"), request.auth, conversation_id)
    seen = parse_cursor(_cursor(request, after))
    # Runs before the first one in the cursor were complete when it was given out.
    position = Position(seen, oldest_of(seen))
    return await stream_response(request, conversation_feed(conversation_id), position, live=live)


def _cursor(request: HttpRequest, after: str) -> str:
    return request.headers.get("Last-Event-ID", "").strip() or after
