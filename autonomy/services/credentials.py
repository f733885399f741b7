"""Upkeep of the stored provider keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import transaction

from autonomy.models import ModelConnection, ToolSecret
from autonomy.runtime.credentials import resealed

_Sealed = TypeVar("_Sealed", ModelConnection, ToolSecret)


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did."""

    sealed: int
    locked: tuple[str, ...]
    """Connections and tools whose keys no secret opens, as `owner's id: slug`."""


def rotate_credentials() -> Rotation:
    """Encrypt each stored key anew under the first secret. Can be repeated, and stopped midway."""
    connections = _rotated(ModelConnection, lambda row: str(row.slug))
    tools = _rotated(ToolSecret, lambda row: f"{row.host} {row.scheme}")
    return Rotation(connections.sealed + tools.sealed, connections.locked + tools.locked)


def _rotated(model: type[_Sealed], name: Callable[[_Sealed], str]) -> Rotation:
    """The keys of one table, each in a transaction of its own."""
    sealed, locked = 0, []
    keys = model.objects.exclude(secret=None)
    for row_id in keys.values_list("pk", flat=True):
        with transaction.atomic():
            row = keys.select_for_update().filter(pk=row_id).first()
            if row is None or not row.secret:
                continue
            fresh = resealed(row.secret, row.pk)
            if fresh is None:
                locked.append(f"{row.owner_id or 'deployment'}: {name(row)}")
                continue
            keys.filter(pk=row.pk).update(secret=fresh)
            sealed += 1
    return Rotation(sealed, tuple(locked))
