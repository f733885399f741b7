"""What a client may say over a conversation's socket, checked and carried out. Reads and writes
the database; call it from a database thread."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from django.contrib.auth.models import User
from ninja.errors import ValidationError
from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as PydanticError

from autonomy import services as runs
from autonomy.api.problems import FieldProblem, field_problems
from autonomy.core.types import TaskSettings
from autonomy.models import Run
from autonomy.services import ServiceError
from chat import services
from chat.journey_choice import AUTO
from chat.models import Conversation


class Refused(Exception):
    """A command cannot be carried out; becomes an error frame."""

    def __init__(self, code: str, detail: str, errors: Sequence[FieldProblem] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = list(errors)


class Command(BaseModel):
    """One frame of a client. `request_id` comes back in the answer to it."""

    model_config = ConfigDict(extra="forbid")

    type: Literal[
        "subscribe", "message.send", "run.cancel", "run.pause", "run.resume", "run.message"
    ]
    request_id: str | None = Field(default=None, max_length=100)

    after: dict[str, int] = Field(default_factory=dict, max_length=1000)
    """`subscribe`: last sequence number seen, by run id."""

    run_id: str | None = Field(default=None, max_length=64)
    """`run.*`: which run of this conversation."""

    message: str = ""
    """`message.send`: as the fields of POST /api/chat. `run.message`: what the run is told."""
    journey: str = AUTO
    file_ids: list[UUID] = Field(default_factory=list, max_length=500)
    settings: TaskSettings = Field(default_factory=TaskSettings)


def parse(frame: str | None) -> Command:
    """The command in a text frame.

    Raises:
        Refused: it is not JSON, or none of our commands.
    """
    if frame is None:
        raise Refused("bad_frame", "Send JSON in a text frame.")
    try:
        content = json.loads(frame)
    except ValueError:
        raise Refused("bad_frame", "The frame is not valid JSON.") from None
    except RecursionError:
        raise Refused("bad_frame", "The frame is nested too deeply.") from None
    try:
        return Command.model_validate(content)
    except PydanticError as error:
        errors = field_problems(
            [{**e, "loc": ("frame", *e["loc"])} for e in error.errors(include_url=False)]
        )
        first = errors[0]
        raise Refused("bad_frame", f"{first.field}: {first.message}", errors) from None


def may_open(user: User, conversation_id: UUID) -> bool:
    """Whether the conversation exists and `user` may see it."""
    rows = Conversation.objects.filter(pk=conversation_id)
    return (rows if user.is_staff else rows.filter(owner=user)).exists()


def perform(user: User, conversation_id: UUID, command: Command) -> dict[str, Any]:
    """Carry the command out and return what the acknowledgement says.

    Raises:
        Refused: with a sentence for the person.
    """
    try:
        if command.type == "message.send":
            return _send(user, conversation_id, command)
        return _control(user, conversation_id, command)
    except ServiceError as error:
        raise Refused(error.code, error.detail) from error
    except ValidationError as error:
        errors = field_problems(error.errors)
        raise Refused("invalid", f"{errors[0].field}: {errors[0].message}", errors) from error


def _send(user: User, conversation_id: UUID, command: Command) -> dict[str, Any]:
    conversation = Conversation.objects.filter(pk=conversation_id, owner=user).first()
    if conversation is None:
        raise Refused("not_found", "There is no such conversation of yours.")
    sent = services.send_message(
        user,
        command.message,
        conversation=conversation,
        journey=command.journey,
        file_ids=command.file_ids,
        settings=command.settings,
    )
    return {"run_id": str(sent.run.id), "message_id": str(sent.message.id)}


def _control(user: User, conversation_id: UUID, command: Command) -> dict[str, Any]:
    try:
        run_id = UUID(command.run_id or "")
    except ValueError:
        raise Refused("invalid", "run_id: This is not an id.") from None
    rows = Run.objects.filter(pk=run_id, conversation_id=conversation_id)
    run = (rows if user.is_staff else rows.filter(owner=user)).first()
    if run is None:
        raise Refused("not_found", "There is no run with this id in this conversation.")
    if command.type == "run.message":
        told = runs.tell(run, command.message, by=user)
        return {"run_id": str(run.id), "number": told.number, "taken": told.taken_at is not None}
    action = {"run.cancel": runs.cancel, "run.pause": runs.pause, "run.resume": runs.resume}
    action[command.type](run, by=user)
    return {"run_id": str(run.id)}
