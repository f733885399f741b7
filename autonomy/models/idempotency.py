"""Answers that were given under an `Idempotency-Key`, so that a repeated request gets them again."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from autonomy.models.fields import new_id


class IdempotencyKey(models.Model):
    """One key of one user. Inserted in the transaction that does the work, so a second request
    with the same key waits for the first and then finds its answer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the request.")
    status = models.PositiveSmallIntegerField(default=0)
    body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "autonomy_idempotency_keys"
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return self.key
