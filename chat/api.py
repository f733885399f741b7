"""Conversations over HTTP: send a message, follow it, and keep the list in order."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from ninja import Router, Schema
from ninja.responses import Status
from ninja.throttling import AuthRateThrottle
from pydantic import BaseModel, ConfigDict, Field

from autonomy.api.auth import ApiRequest
from autonomy.api.events import STREAM_OPENAPI
from autonomy.api.idempotency import OPENAPI as IDEMPOTENT
from autonomy.api.idempotency import once
from autonomy.api.ownership import owned
from autonomy.api.paging import Limit, Page, page
from autonomy.api.schemas.files import FileOut
from autonomy.api.schemas.runs import RunOut
from autonomy.api.shapes import files as file_shapes
from autonomy.api.shapes import runs as run_shapes
from autonomy.core.types import TaskSettings
from autonomy.models import Run, Source
from chat import services
from chat.journey_choice import AUTO
from chat.models import Conversation, Message, MessageRole
from chat.sse import conversation_stream

router = Router(tags=["chat"])
conversations_router = Router(tags=["chat"])

LATEST_MESSAGES = 500


class ChatIn(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "message": "Write a 900-word literature review on attention in vision models.",
                "journey": "auto",
                "file_ids": [],
                "settings": {"style": "apa"},
            }
        },
    )

    message: str
    conversation_id: UUID | None = None
    """Left out: a new conversation."""
    journey: str = AUTO
    """`auto` chooses by the message; see docs/api.md."""
    file_ids: list[UUID] = Field(default_factory=list, max_length=500)
    settings: TaskSettings = Field(default_factory=TaskSettings)


class ChatAccepted(Schema):
    status: Literal["accepted"] = "accepted"
    trace_id: str
    conversation_id: UUID
    run_id: UUID
    stream_url: str
    websocket_url: str
    journey: str
    journey_reason: str
    message_id: UUID


class MessageOut(Schema):
    id: UUID
    role: Literal["user", "assistant"]
    text: str
    run_id: UUID | None
    artifact_id: UUID | None = None
    """The run's newest document, on the assistant's message."""
    created_at: datetime


class ConversationOut(Schema):
    id: UUID
    title: str
    state: services.State
    latest_run_id: UUID | None
    archived: bool
    created_at: datetime
    updated_at: datetime


class ConversationDetail(ConversationOut):
    messages: list[MessageOut]
    """Oldest first; the latest 500."""
    runs: list[RunOut]
    """Oldest first."""
    files: list[FileOut]
    stream_url: str
    websocket_url: str


class ConversationPatch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(default=None, min_length=1, max_length=200)
    archived: bool | None = None


@router.post(
    "/chat",
    response={202: ChatAccepted},
    openapi_extra=IDEMPOTENT,
    throttle=[AuthRateThrottle("60/m")],
    url_name="chat",
)
def send(request: ApiRequest, body: ChatIn) -> HttpResponse:
    """Send a message. It is stored and its run queued before this answers; follow `stream_url`
    or `websocket_url`."""

    def make() -> tuple[int, ChatAccepted]:
        conversation = None
        if body.conversation_id is not None:
            # Not even staff speak in someone else's name.
            mine = Conversation.objects.filter(owner=request.auth)
            conversation = owned(mine, request.auth, body.conversation_id)
        sent = services.send_message(
            request.auth,
            body.message,
            conversation=conversation,
            journey=body.journey,
            file_ids=body.file_ids,
            settings=body.settings,
        )
        return 202, ChatAccepted(
            trace_id=sent.run.id.hex,
            conversation_id=sent.conversation.id,
            run_id=sent.run.id,
            stream_url=stream_url(sent.conversation.id),
            websocket_url=websocket_url(request, sent.conversation.id),
            journey=sent.choice.journey,
            journey_reason=sent.choice.why,
            message_id=sent.message.id,
        )

    return once(request, make)


@router.get("/stream/{uuid:conversation_id}", openapi_extra=STREAM_OPENAPI, url_name="stream")
async def stream(
    request: ApiRequest, conversation_id: UUID, after: str = "", follow: bool = True
) -> HttpResponseBase:
    """Events of every run of the conversation, past and to come. `id:` is `run_id:seq`;
    `Last-Event-ID` (or `after`) goes on from there."""
    return await conversation_stream(request, conversation_id, after=after, live=follow)


@conversations_router.get("", response=Page[ConversationOut], url_name="conversations")
def list_conversations(
    request: ApiRequest,
    archived: bool = False,
    cursor: str | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Your conversations, most recently used first, each with the state of its newest run."""
    rows = services.conversations_of(request.auth).filter(archived_at__isnull=not archived)
    return page(rows, shape, cursor=cursor, limit=limit, order=("-updated_at", "-id"))


@conversations_router.get("/{uuid:conversation_id}", response=ConversationDetail)
def get_conversation(request: ApiRequest, conversation_id: UUID) -> ConversationDetail:
    """The whole thread: messages, runs and files."""
    services.record_answers(own_conversation(request, conversation_id))
    conversation = own_conversation(request, conversation_id)  # anew: an answer may have named it
    messages = list(conversation.messages.order_by("-created_at", "-id")[:LATEST_MESSAGES])[::-1]
    runs = list(Run.objects.filter(conversation_id=conversation.pk).order_by("id"))
    files = Source.objects.filter(uploads__conversation=conversation).order_by(
        "uploads__created_at"
    )
    documents = services.documents_of([run.id for run in runs])
    return ConversationDetail(
        **shape(_annotated(conversation, runs)).model_dump(),
        messages=[message_out(m, documents) for m in messages],
        runs=[run_shapes.run_row(run) for run in runs],
        files=[file_shapes.file(source) for source in files],
        stream_url=stream_url(conversation.id),
        websocket_url=websocket_url(request, conversation.id),
    )


@conversations_router.patch("/{uuid:conversation_id}", response=ConversationOut)
def edit_conversation(
    request: ApiRequest, conversation_id: UUID, body: ConversationPatch
) -> ConversationOut:
    """Rename or archive."""
    row = own_conversation(request, conversation_id)
    changes: dict[str, Any] = {}
    if body.title is not None:
        changes["title"] = body.title
    if body.archived is not None:
        changes["archived_at"] = timezone.now() if body.archived else None
    if changes:
        # `update` rather than `save`: tidying up does not move it to the top of the list.
        Conversation.objects.filter(pk=row.pk).update(**changes)
        row = own_conversation(request, conversation_id)
    runs = list(Run.objects.filter(conversation_id=row.pk).order_by("-id")[:1])
    return shape(_annotated(row, runs))


@conversations_router.delete("/{uuid:conversation_id}", response={204: None})
def delete_conversation(request: ApiRequest, conversation_id: UUID) -> Status[None]:
    """Stop what runs in it and remove it. Its documents stay under runs, its files in the library."""
    services.delete_conversation(own_conversation(request, conversation_id))
    return Status(204, None)


def own_conversation(request: ApiRequest, conversation_id: UUID) -> Conversation:
    return owned(Conversation.objects.all(), request.auth, conversation_id)


def _annotated(row: Conversation, runs: list[Run]) -> Conversation:
    """`row` as `services.conversations_of` gives it; the newest run is the last of `runs`."""
    row.latest_run = runs[-1].id if runs else None  # type: ignore[attr-defined]
    row.latest_status = runs[-1].status if runs else None  # type: ignore[attr-defined]
    return row


def shape(row: Conversation) -> ConversationOut:
    return ConversationOut(
        id=row.id,
        title=row.title,
        state=services.conversation_state(row.latest_status),  # type: ignore[attr-defined]
        latest_run_id=row.latest_run,  # type: ignore[attr-defined]
        archived=row.archived_at is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def message_out(row: Message, documents: dict[UUID, UUID]) -> MessageOut:
    document = (
        documents.get(row.run_id) if row.run_id and row.role == MessageRole.ASSISTANT else None
    )
    return MessageOut(
        id=row.id,
        role=MessageRole(row.role).value,  # type: ignore[arg-type] # the column is held to it
        text=row.text,
        run_id=row.run_id,
        artifact_id=document,
        created_at=row.created_at,
    )


def stream_url(conversation_id: UUID) -> str:
    return reverse("api:stream", kwargs={"conversation_id": conversation_id})


def websocket_url(request: ApiRequest, conversation_id: UUID) -> str:
    scheme = "wss" if request.is_secure() else "ws"
    return f"{scheme}://{request.get_host()}/ws/conversations/{conversation_id}/"
