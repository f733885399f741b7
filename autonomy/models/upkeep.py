"""What the deployment did to keep itself tidy, and accounts that are being removed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from autonomy.models.fields import new_id


class Upkeep(models.Model):
    """One round of upkeep: when, and what it removed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    done = models.JSONField(default=dict, help_text="Counts by what was removed.")

    class Meta:
        db_table = "autonomy_upkeep"
        ordering = ["-started_at"]
        verbose_name_plural = "upkeep"

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"


class Deletion(models.Model):
    """That an account is to be removed, so that a removal cut short is completed. What stays
    afterwards says that it happened and nothing about whom."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="deletion"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    removed = models.JSONField(default=dict, help_text="Counts by kind.")

    class Meta:
        db_table = "autonomy_deletions"
        ordering = ["-requested_at"]

    def __str__(self) -> str:
        return f"{self.requested_at:%Y-%m-%d %H:%M}"
