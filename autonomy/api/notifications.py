"""What a person was told in the product, and what they want by mail."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.urls import NoReverseMatch, reverse
from ninja import Router

from autonomy.api.auth import ApiRequest
from autonomy.api.paging import Limit, page
from autonomy.api.schemas import notifications as schemas
from autonomy.core.types import NotificationKind
from autonomy.models import Notification
from autonomy.services import notifications as service

router = Router(tags=["notifications"])


@router.get("", response=schemas.NotificationsOut)
def list_notifications(
    request: ApiRequest, cursor: str | None = None, limit: Limit = 20
) -> schemas.NotificationsOut:
    """What you were told, newest first, and how much of all of it is unread."""
    rows = service.notifications_of(request.auth)
    found = page(rows, _shape, cursor=cursor, limit=limit, order=("-created_at", "-id"))
    return schemas.NotificationsOut(**found, unread=service.unread_of(request.auth))


@router.post("/read", response=schemas.UnreadOut)
def mark_read(request: ApiRequest, body: schemas.ReadIn) -> schemas.UnreadOut:
    """Mark notifications as read. Marking twice changes nothing."""
    service.mark_read(request.auth, ids=body.ids, run_ids=body.run_ids, everything=body.all)
    return schemas.UnreadOut(unread=service.unread_of(request.auth))


@router.get("/mail", response=schemas.MailChoice)
def mail_choice(request: ApiRequest) -> schemas.MailChoice:
    """What you get by mail."""
    return _choice(request.auth)


@router.patch("/mail", response=schemas.MailChoice)
def choose_mail(request: ApiRequest, body: schemas.MailChoiceIn) -> schemas.MailChoice:
    """Choose what you get by mail."""
    service.choose_mail(request.auth, body.model_dump(exclude_none=True))
    return _choice(request.auth)


def _choice(user: User) -> schemas.MailChoice:
    row = service.mail_choice(user)
    return schemas.MailChoice(
        sent=service.mail_is_sent(),
        mail_waiting=row.mail_waiting,
        mail_reminder=row.mail_reminder,
        mail_done=row.mail_done,
        mail_failed=row.mail_failed,
    )


def _shape(row: Notification) -> schemas.NotificationOut:
    return schemas.NotificationOut(
        id=row.id,
        kind=NotificationKind(row.kind),
        title=row.title,
        text=row.text,
        url=row.url or _page(row),
        run_id=row.run_id,
        created_at=row.created_at,
        read_at=row.read_at,
    )


def _page(row: Notification) -> str:
    if row.run is None or row.run.conversation_id is None:
        return ""
    try:
        return reverse("conversation", args=[row.run.conversation_id])
    except NoReverseMatch:  # a deployment of the API alone has no pages
        return ""
