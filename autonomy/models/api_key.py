"""Hashed API keys: the key itself is shown once, when it is made."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from autonomy.models.fields import new_id


class ApiKey(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, blank=True)
    prefix = models.CharField(max_length=12, help_text="First characters, to tell keys apart.")
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "autonomy_api_keys"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}…"
