"""What a person was told, what they have read of it, and what they want by mail."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Now

from autonomy.models import Notification, NotificationChoice
from handywriterz.env import env


def notifications_of(user: User) -> QuerySet[Notification]:
    """Newest first."""
    return Notification.objects.filter(owner=user).select_related("run")


def unread_of(user: User) -> int:
    return Notification.objects.filter(owner=user, read_at__isnull=True).count()


def mark_read(
    user: User,
    *,
    ids: Sequence[uuid.UUID] = (),
    run_ids: Sequence[uuid.UUID] = (),
    everything: bool = False,
) -> int:
    """Mark these notifications, all about these runs, or all there are, as read; how many were
    unread. Marking twice changes nothing."""
    rows = Notification.objects.filter(owner=user, read_at__isnull=True)
    if everything:
        return rows.update(read_at=Now())
    found = rows.filter(pk__in=ids).update(read_at=Now()) if ids else 0
    if run_ids:
        found += rows.filter(run_id__in=run_ids).update(read_at=Now())
    return found


def mail_choice(user: User) -> NotificationChoice:
    """What the person wants by mail; the default where they never chose."""
    return NotificationChoice.objects.filter(user=user).first() or NotificationChoice(user=user)


def choose_mail(user: User, wanted: Mapping[str, bool]) -> NotificationChoice:
    """Set what the person wants by mail, by column; what is left out stays."""
    row, _ = NotificationChoice.objects.update_or_create(user=user, defaults=dict(wanted))
    return row


def mail_is_sent() -> bool:
    """Whether this deployment sends mail about runs at all."""
    return env().notify_by_email == "on"
