"""Sources and passages that rows are about to name: those that nobody has deleted, nor deletes until
the transaction ends."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

_SOURCES = """
SELECT id FROM autonomy_sources WHERE id = ANY(%s::uuid[]) ORDER BY id FOR KEY SHARE
"""
# The source before its passages, as whoever deletes it.
_PASSAGES = """
SELECT passage.id FROM autonomy_sources source
JOIN autonomy_passages passage ON passage.source_id = source.id
WHERE passage.id = ANY(%s::uuid[]) ORDER BY source.id, passage.id
FOR KEY SHARE OF source, passage
"""


def sources_still_there(ids: Iterable[UUID]) -> set[UUID]:
    """Those of the sources that are there, held for the caller's transaction. One that is being
    deleted is waited for."""
    return _held(_SOURCES, ids)


def passages_still_there(ids: Iterable[UUID]) -> set[UUID]:
    """As `sources_still_there`, of passages; their sources are held with them."""
    return _held(_PASSAGES, ids)


def _held(statement: str, ids: Iterable[UUID]) -> set[UUID]:
    wanted = list(set(ids))
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(statement, [wanted])
        return {row[0] for row in cursor.fetchall()}
