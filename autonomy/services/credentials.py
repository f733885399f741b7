"""Upkeep of the stored provider keys."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from autonomy.models import ModelConnection, ToolSecret
from autonomy.runtime.credentials import resealed


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did."""

    sealed: int
    locked: tuple[str, ...]
    """Connections and tools whose keys no secret opens, as `owner's id: slug`."""


def rotate_credentials() -> Rotation:
    """Encrypt each stored key anew under the first secret. Can be repeated, and stopped midway."""
    sealed, locked = 0, []
    for row_id in ModelConnection.objects.exclude(secret=None).values_list("pk", flat=True):
        with transaction.atomic():
            row = ModelConnection.objects.select_for_update().filter(pk=row_id).first()
            if row is None or not row.secret:
                continue
            fresh = resealed(row.secret, row.pk)
            if fresh is None:
                locked.append(f"{row.owner_id or 'deployment'}: {row.slug}")
                continue
            ModelConnection.objects.filter(pk=row.pk).update(secret=fresh)
            sealed += 1
    for row_id in ToolSecret.objects.exclude(secret=None).values_list("pk", flat=True):
        with transaction.atomic():
            secret = ToolSecret.objects.select_for_update().filter(pk=row_id).first()
            if secret is None or not secret.secret:
                continue
            fresh = resealed(secret.secret, secret.pk)
            if fresh is None:
                locked.append(f"{secret.owner_id or 'deployment'}: {secret.host} {secret.scheme}")
                continue
            ToolSecret.objects.filter(pk=secret.pk).update(secret=fresh)
            sealed += 1
    return Rotation(sealed, tuple(locked))
