"""What a person is told besides the run's own page, and how they want to be told."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from autonomy.core.types import NotificationKind
from autonomy.models.fields import choices, new_id, one_of
from autonomy.models.run import Run


class Notification(models.Model):
    """One thing that a person is told: once for each cause, whoever notices it first."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications"
    )
    run = models.ForeignKey(
        Run, models.CASCADE, null=True, blank=True, related_name="notifications"
    )
    kind = models.CharField(max_length=12, choices=choices(NotificationKind))
    cause = models.CharField(max_length=100, help_text="What it is about; told once.")
    title = models.CharField(max_length=300, blank=True)
    text = models.TextField()
    url = models.CharField(
        max_length=500, blank=True, help_text="Path of the page; empty for the run's own."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_notifications"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="notification_recent"),
            models.Index(
                fields=["owner"], name="notification_unread", condition=Q(read_at__isnull=True)
            ),
        ]
        constraints = [
            one_of("kind", NotificationKind, "notification_kind_known"),
            models.UniqueConstraint(fields=["owner", "cause"], name="notification_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.title or self.text[:60]}"


class NotificationChoice(models.Model):
    """What a person wants by mail. Without a row: everything that the deployment sends."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="notification_choice",
    )
    mail_waiting = models.BooleanField(default=True, help_text="A run waits for them.")
    mail_reminder = models.BooleanField(default=True, help_text="A run still waits for them.")
    mail_done = models.BooleanField(default=True, help_text="A document is ready.")
    mail_failed = models.BooleanField(default=True, help_text="A run could not be finished.")

    class Meta:
        db_table = "autonomy_notification_choices"

    def __str__(self) -> str:
        return f"{self.user_id}"

    def wants(self, kind: NotificationKind) -> bool:
        wanted: bool = getattr(self, f"mail_{kind.value}", True)
        return wanted
