"""Embedding spaces: which one is searched, what is missing in one, and its index.

The built-in embedder's vectors lie in the passages themselves and are always kept up, so there is
always a space to search. Another model's lie in a table of their own; a space is searched once it
is filled and indexed, and the switch is one transaction.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from autonomy.library.embed import DIMENSIONS, Vectors
from autonomy.library.parsed import EVIDENCE_KINDS
from autonomy.memory.still_there import passages_still_there
from autonomy.models import EmbeddingSpace, SpaceState

BUILT_IN_MODEL = "built-in:all-MiniLM-L6-v2"
REMEMBERED_SECONDS = 2.0
"""For how long a process believes which space is active; the one before it is kept up as long."""
VECTOR_INDEX_DIMENSIONS = 2_000
"""Most that an index takes in full precision; beyond, half of it."""
_EVIDENCE = sorted(kind.value for kind in EVIDENCE_KINDS)


@dataclass(frozen=True, slots=True)
class Space:
    """The vectors of one model; `id` is None for the built-in embedder."""

    id: int | None
    model: str
    dimensions: int

    @property
    def column(self) -> str:
        """SQL of a stored vector of this space, as its index has it."""
        if self.id is None:
            return "p.embedding"
        return f"v.embedding::{self.kind}({self.dimensions})"

    @property
    def kind(self) -> str:
        return "vector" if self.dimensions <= VECTOR_INDEX_DIMENSIONS else "halfvec"

    @property
    def index(self) -> str:
        return f"passage_vector_hnsw_{self.id}"


BUILT_IN = Space(None, BUILT_IN_MODEL, DIMENSIONS)


def dense_select(space: Space) -> str:
    """The nearest passages by meaning out of the space's index, as a sub-select of `id` and
    `distance` (cosine), nearest first.

    It stands where a CTE `scope(id)` holds the sources to search, and takes the parameters
    `vector` (text), `kinds` (text[]) and `depth` (how many). IS TRUE keeps the planner from
    joining with the scope instead of walking the index.
    """
    if space.id is None:
        return """
        SELECT p.id, p.embedding <=> %(vector)s::vector AS distance
        FROM autonomy_passages p
        WHERE (p.source_id IN (SELECT id FROM scope)) IS TRUE AND p.kind = ANY(%(kinds)s)
          AND p.embedding IS NOT NULL
        ORDER BY p.embedding <=> %(vector)s::vector
        LIMIT %(depth)s
        """
    # Only what can be quoted from is embedded there, so the kind is no matter.
    wanted = f"%(vector)s::{space.kind}({space.dimensions})"
    return f"""
        SELECT v.passage_id AS id, {space.column} <=> {wanted} AS distance
        FROM autonomy_passage_vectors v
        WHERE v.space_id = {space.id:d} AND (v.source_id IN (SELECT id FROM scope)) IS TRUE
        ORDER BY {space.column} <=> {wanted}
        LIMIT %(depth)s
        """  # noqa: S608 - numbers of our own


def exact_select(space: Space) -> str:
    """As `dense_select`, with every passage of the scope compared: for small scopes. OFFSET 0 keeps
    the planner to looking the passages up source by source."""
    if space.id is None:
        return """
        SELECT near.id, near.distance
        FROM scope CROSS JOIN LATERAL (
            SELECT p.id, (p.embedding <=> %(vector)s::vector) + 0 AS distance
            FROM autonomy_passages p
            WHERE p.source_id = scope.id AND p.kind = ANY(%(kinds)s) AND p.embedding IS NOT NULL
            OFFSET 0
        ) near
        ORDER BY near.distance LIMIT %(depth)s
        """
    wanted = f"%(vector)s::{space.kind}({space.dimensions})"
    return f"""
        SELECT near.id, near.distance
        FROM scope CROSS JOIN LATERAL (
            SELECT v.passage_id AS id, ({space.column} <=> {wanted}) + 0 AS distance
            FROM autonomy_passage_vectors v
            WHERE v.source_id = scope.id AND v.space_id = {space.id:d}
            OFFSET 0
        ) near
        ORDER BY near.distance LIMIT %(depth)s
        """  # noqa: S608 - numbers of our own


class _Active:
    """What this process last learnt of the active space."""

    space = BUILT_IN
    asked_at = float("-inf")


def active_space() -> Space:
    """The space that search uses, as of the last few seconds."""
    if time.monotonic() - _Active.asked_at >= REMEMBERED_SECONDS:
        row = EmbeddingSpace.objects.filter(state=SpaceState.ACTIVE).first()
        _Active.space = BUILT_IN if row is None else as_space(row)
        _Active.asked_at = time.monotonic()
    return _Active.space


def forget_active() -> None:
    """Ask the database the next time: this process has just changed it."""
    _Active.asked_at = float("-inf")


def as_space(row: EmbeddingSpace) -> Space:
    return Space(row.pk, row.model, row.dimensions)


def as_text(vector: Iterable[float]) -> str:
    """A vector as pgvector reads it."""
    return "[" + ",".join(f"{value:.7g}" for value in vector) + "]"


_MISSING = """
SELECT p.id, p.source_id, concat_ws(E'\n', nullif(p.heading, ''), p.text)
FROM autonomy_passages p
JOIN autonomy_sources s ON s.id = p.source_id
WHERE p.kind = ANY(%(kinds)s) AND s.status <> 'failed'
  AND (%(source)s::uuid IS NULL OR p.source_id = %(source)s::uuid)
  AND p.id > %(after)s::uuid
  AND NOT EXISTS (SELECT 1 FROM autonomy_passage_vectors v
                  WHERE v.space_id = %(space)s AND v.passage_id = p.id)
ORDER BY p.id LIMIT %(limit)s
"""
NOTHING_BEFORE = uuid.UUID(int=0)


def missing(
    space: Space,
    limit: int,
    source_id: uuid.UUID | None = None,
    after: uuid.UUID = NOTHING_BEFORE,
) -> list[tuple[uuid.UUID, uuid.UUID, str]]:
    """Passages that have no vector in `space`: (id, source, what is embedded), after the one
    given."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MISSING,
            {
                "kinds": _EVIDENCE,
                "space": space.id,
                "source": None if source_id is None else str(source_id),
                "after": str(after),
                "limit": limit,
            },
        )
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


_STORE = """
INSERT INTO autonomy_passage_vectors (space_id, source_id, passage_id, embedding)
SELECT %(space)s, p.source_id, p.id, given.embedding::vector
FROM unnest(%(ids)s::uuid[], %(vectors)s::text[]) AS given(id, embedding)
JOIN autonomy_passages p ON p.id = given.id
WHERE EXISTS (SELECT 1 FROM autonomy_embedding_spaces WHERE id = %(space)s)
ON CONFLICT (space_id, passage_id) DO NOTHING
"""


def store(space: Space, ids: Sequence[uuid.UUID], vectors: Vectors) -> int:
    """Add the vectors of passages that are still there; how many were added."""
    with transaction.atomic(), connection.cursor() as cursor:
        passages_still_there(ids)  # and stay there until the vectors are stored
        cursor.execute(
            _STORE,
            {
                "space": space.id,
                "ids": list(ids),
                "vectors": [as_text(row) for row in vectors],
            },
        )
        return int(cursor.rowcount)


def count(space: Space) -> tuple[int, int]:
    """Vectors there are, and passages that want one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM autonomy_passage_vectors WHERE space_id = %(space)s),"
            " (SELECT count(*) FROM autonomy_passages p JOIN autonomy_sources s"
            "  ON s.id = p.source_id WHERE p.kind = ANY(%(kinds)s) AND s.status <> 'failed')",
            {"space": space.id, "kinds": _EVIDENCE},
        )
        filled, wanted = cursor.fetchall()[0]
    return int(filled), int(wanted)


_INDEX_STATE = """
SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relname = %s
"""


def make_index(space: Space) -> None:
    """The space's HNSW index, made without stopping those who write; one that was broken off is
    made anew. Not for use within a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEX_STATE, [space.index])
        row = cursor.fetchone()
        if row is not None and row[0]:
            return
        if row is not None:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {space.index}")
        cursor.execute(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {space.index} "
            "ON autonomy_passage_vectors USING hnsw "
            f"((embedding::{space.kind}({space.dimensions})) {space.kind}_cosine_ops) "
            f"WHERE space_id = {space.id:d}"
        )


@transaction.atomic
def activate(space: Space) -> bool:
    """Search `space` from now on; False when it was called off meanwhile. The one before it is
    retired and keeps its vectors."""
    row = EmbeddingSpace.objects.select_for_update().filter(id=space.id or 0).first()
    if row is None or row.state != SpaceState.BUILDING:
        return False
    EmbeddingSpace.objects.filter(state=SpaceState.ACTIVE).update(
        state=SpaceState.RETIRED, ended_at=Now()
    )
    EmbeddingSpace.objects.filter(pk=row.pk).update(
        state=SpaceState.ACTIVE, activated_at=Now(), ended_at=None, error="", failures=0
    )
    forget_active()
    return True


def unused_since(before: datetime) -> QuerySet[EmbeddingSpace]:
    """Spaces that were last searched or filled before then, and are neither now."""
    return EmbeddingSpace.objects.filter(
        state__in=(SpaceState.RETIRED, SpaceState.FAILED), ended_at__lt=before
    )


def drop(space: Space) -> None:
    """Remove a space that is neither searched nor being built, with its vectors and index. Not for
    use within a transaction."""
    unused = EmbeddingSpace.objects.filter(
        id=space.id or 0, state__in=(SpaceState.RETIRED, SpaceState.FAILED)
    )
    if not unused.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {space.index}")
        cursor.execute("DELETE FROM autonomy_passage_vectors WHERE space_id = %s", [space.id])
    unused.delete()
