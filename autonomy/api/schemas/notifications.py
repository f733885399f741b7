"""What the API says of notifications. Field names are part of the contract."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field

from autonomy.api.paging import MAX_LIMIT
from autonomy.api.schemas.base import Input
from autonomy.core.types import NotificationKind


class NotificationOut(Schema):
    id: UUID
    kind: NotificationKind
    title: str
    """Of the document; empty where there is none yet."""
    text: str
    url: str
    """Path of the page that it is about; empty when there is none any more."""
    run_id: UUID | None
    created_at: datetime
    read_at: datetime | None


class NotificationsOut(Schema):
    items: list[NotificationOut]
    """Newest first."""
    next_cursor: str | None
    unread: int
    """Of all there are."""


class ReadIn(Input):
    """Which notifications were read: by id, all about some runs, or all there are."""

    ids: list[UUID] = Field(default_factory=list, max_length=MAX_LIMIT)
    run_ids: list[UUID] = Field(default_factory=list, max_length=MAX_LIMIT)
    all: bool = False


class UnreadOut(Schema):
    unread: int


class MailChoice(Schema):
    sent: bool
    """Whether this server sends mail about runs at all."""
    mail_waiting: bool
    mail_reminder: bool
    mail_done: bool
    mail_failed: bool


class MailChoiceIn(Input):
    """What is left out stays as it is."""

    mail_waiting: bool | None = None
    mail_reminder: bool | None = None
    mail_done: bool | None = None
    mail_failed: bool | None = None
