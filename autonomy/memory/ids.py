"""Ids as callers write them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable


def uuids(ids: Iterable[str]) -> list[uuid.UUID]:
    """Those of `ids` that are UUIDs; others can name nothing."""
    found: list[uuid.UUID] = []
    for text in ids:
        try:
            found.append(uuid.UUID(str(text)))
        except ValueError:
            continue
    return found
