"""API keys: shown once, stored as a digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from autonomy.models import ApiKey

PREFIX = "hw_"
TOUCH = timedelta(minutes=1)
"""How exact `last_used_at` is: not every request needs a write."""


def create_api_key(owner: User, name: str = "") -> tuple[ApiKey, str]:
    """A new key of `owner`: its row and the key itself, which cannot be read again."""
    # 32 random bytes: a plain digest is enough, there is nothing to guess.
    key = PREFIX + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(owner=owner, name=name[:100], prefix=key[:10], sha256=_digest(key))
    return row, key


def user_for_key(key: str) -> User | None:
    """The active owner of a key that has not been revoked."""
    row = (
        ApiKey.objects.filter(sha256=_digest(key), revoked_at__isnull=True, owner__is_active=True)
        .select_related("owner")
        .first()
    )
    if row is None:
        return None
    now = timezone.now()
    old = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - TOUCH)
    ApiKey.objects.filter(old, pk=row.pk).update(last_used_at=now)
    return row.owner


def revoke_api_key(row: ApiKey) -> None:
    """Make a key useless from now on."""
    ApiKey.objects.filter(pk=row.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
