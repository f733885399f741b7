"""A person's passages: stored by ingestion, searched by meaning and by words.

One statement does a hybrid search. Meaning: cosine over the HNSW index, with iterative scans so
that the filter by owner cannot starve the result. Words: BM25 over the stored lexemes, counted
within the searched sources; PostgreSQL's own ranking is not used because it ignores how rare a word
is. Both lists are joined by reciprocal rank fusion (Cormack et al., 2009).
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from django.db import connection, transaction
from django.db.models import Q
from pgvector.django import CosineDistance

from autonomy import models
from autonomy.core.types import FileState, FileStatus, Passage, Source
from autonomy.library.chunk import Chunk
from autonomy.library.embed import Embedder, Vectors
from autonomy.library.parsed import EVIDENCE_KINDS, BlockKind

T = TypeVar("T")
_EVIDENCE = sorted(kind.value for kind in EVIDENCE_KINDS)
_OPENING = (BlockKind.ABSTRACT.value, BlockKind.BODY.value)
_CANDIDATES = 60
"""How deep each list goes into the fusion."""
_RRF_K = 10
_QUERY_CHARS = 4_000
_BATCH = 500

# OFFSET 0 keeps the planner from turning the lookups inside out: word by word through the GIN
# index, and one pass over each shortlisted passage's lexemes, which are costly to unpack.
_SEARCH = """
SET LOCAL hnsw.iterative_scan = strict_order;
SET LOCAL hnsw.ef_search = 100;
WITH scope AS MATERIALIZED (
    SELECT id, passage_count FROM autonomy_sources
    WHERE owner_id = %(owner)s AND status = 'ready'
      AND (%(everything)s OR id = ANY(%(sources)s::uuid[]))
), dense AS (
    SELECT id, row_number() OVER (ORDER BY distance, id) AS rank
    FROM (
        SELECT p.id, p.embedding <=> %(vector)s::vector AS distance
        FROM autonomy_passages p
        WHERE p.source_id IN (SELECT id FROM scope) AND p.kind = ANY(%(kinds)s)
          AND p.embedding IS NOT NULL
        ORDER BY p.embedding <=> %(vector)s::vector
        LIMIT %(candidates)s
    ) nearest
), words AS MATERIALIZED (
    SELECT lexeme, quote_literal(lexeme)::tsquery AS wanted
    FROM unnest(to_tsvector('english', %(query)s))
), hits AS MATERIALIZED (
    SELECT w.lexeme, p.id
    FROM words w CROSS JOIN LATERAL (
        SELECT id FROM autonomy_passages
        WHERE search @@ w.wanted AND source_id = ANY(ARRAY(SELECT id FROM scope))
          AND kind = ANY(%(kinds)s)
        OFFSET 0
    ) p
), rarity AS (
    SELECT lexeme,
           ln(1 + (greatest((SELECT sum(passage_count) FROM scope), count(*)) - count(*) + 0.5)
                  / (count(*) + 0.5)) AS idf
    FROM hits GROUP BY lexeme
), shortlist AS MATERIALIZED (
    SELECT h.id FROM hits h JOIN rarity r USING (lexeme)
    GROUP BY h.id ORDER BY sum(r.idf) DESC, h.id LIMIT 150
), counted AS MATERIALIZED (
    SELECT p.id, l.lexeme, coalesce(array_length(l.positions, 1), 1) AS tf,
           length(p.text) AS size
    FROM shortlist s JOIN autonomy_passages p USING (id) CROSS JOIN LATERAL (
        SELECT lexeme, positions FROM unnest(p.search)
        WHERE lexeme = ANY(ARRAY(SELECT lexeme FROM words))
        OFFSET 0
    ) l
), lexical AS (
    SELECT id, row_number() OVER (ORDER BY score DESC, id) AS rank
    FROM (
        SELECT c.id,
               sum(r.idf * c.tf * 2.2 / (c.tf + 1.2 * (0.25 + 0.75 * c.size
                   / (SELECT avg(size) FROM counted)))) AS score
        FROM counted c JOIN rarity r USING (lexeme)
        GROUP BY c.id ORDER BY score DESC, c.id LIMIT %(candidates)s
    ) best
)
SELECT p.id, p.source_id, p.text, p.page, p.char_start, p.char_end, p.heading, p.ordinal,
       coalesce(1.0 / (%(k)s + d.rank), 0) + coalesce(1.0 / (%(k)s + w.rank), 0) AS score
FROM dense d FULL JOIN lexical w USING (id) JOIN autonomy_passages p USING (id)
ORDER BY score DESC, p.id
LIMIT %(limit)s
"""


class RunDb(Protocol):
    """Runs a database function where it may block; awaits its result."""

    def __call__(self, call: Callable[..., T], /, *args: Any) -> Awaitable[T]: ...


class PassageRepository:
    """`core.ports.Library` over the sources of one owner. Nobody else's are ever returned."""

    def __init__(self, owner_id: int, embedder: Embedder, run_db: RunDb) -> None:
        self._owner_id = owner_id
        self._embedder = embedder
        self._run_db = run_db

    async def search(
        self, query: str, *, limit: int = 8, source_ids: Sequence[str] = ()
    ) -> list[Passage]:
        query = " ".join(query.replace("\x00", " ").split())[:_QUERY_CHARS]
        if not query or limit < 1:
            return []
        vectors = await asyncio.to_thread(self._embedder.encode, [query])
        return await self._run_db(
            search_passages, self._owner_id, query, vectors, limit, tuple(source_ids)
        )

    async def sources(self, source_ids: Sequence[str] = ()) -> list[Source]:
        return await self._run_db(_sources, self._owner_id, tuple(source_ids))

    async def passages(self, passage_ids: Sequence[str]) -> list[Passage]:
        return await self._run_db(_passages, self._owner_id, tuple(passage_ids))

    async def opening(self, source_id: str, *, limit: int = 6) -> list[Passage]:
        return await self._run_db(_opening, self._owner_id, source_id, limit)

    async def neighbours(self, passage_id: str, *, radius: int = 1) -> list[Passage]:
        return await self._run_db(_neighbours, self._owner_id, passage_id, radius)

    async def relevance(self, query: str, *, source_ids: Sequence[str] = ()) -> float:
        vectors = await asyncio.to_thread(self._embedder.encode, [query[:_QUERY_CHARS]])
        return await self._run_db(_relevance, self._owner_id, vectors, tuple(source_ids))

    async def files(self, source_ids: Sequence[str]) -> list[FileState]:
        return await self._run_db(_files, self._owner_id, tuple(source_ids))


def search_passages(
    owner_id: int, query: str, vectors: Vectors, limit: int, source_ids: Sequence[str] = ()
) -> list[Passage]:
    """The hybrid search itself; `vectors[0]` is the query's embedding. Ids that are no UUIDs match
    nothing, and naming only such ids finds nothing."""
    parameters: dict[str, Any] = {
        "owner": owner_id,
        "everything": not source_ids,
        "sources": [str(key) for key in _uuids(source_ids)],
        "kinds": _EVIDENCE,
        "query": query,
        "vector": "[" + ",".join(f"{value:.7g}" for value in vectors[0]) + "]",
        "candidates": max(_CANDIDATES, limit),
        "k": _RRF_K,
        "limit": limit,
    }
    # SET LOCAL needs a transaction; all statements travel in one message.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SEARCH, parameters)
        while cursor.description is None and cursor.nextset():
            pass
        rows = cursor.fetchall()
    return [
        Passage(
            id=str(row[0]),
            source_id=str(row[1]),
            text=row[2],
            page=row[3],
            char_start=row[4],
            char_end=row[5],
            heading=row[6],
            ordinal=row[7],
            score=float(row[8]),
        )
        for row in rows
    ]


def store_passages(
    source: models.Source, chunks: Sequence[Chunk], embeddings: Vectors | None = None
) -> int:
    """Replace the passages of `source` in one transaction; the number of evidence passages.

    `embeddings` has a row per chunk; None leaves them to be filled in later.
    """
    with transaction.atomic():
        models.Passage.objects.filter(source=source).delete()
        models.Passage.objects.bulk_create(
            (
                models.Passage(
                    source=source,
                    ordinal=chunk.ordinal,
                    kind=chunk.kind.value,
                    text=chunk.text,
                    page=chunk.page,
                    char_start=chunk.char_start,
                    char_end=chunk.char_end,
                    heading=chunk.heading,
                    boxes=[list(box) for box in chunk.boxes],
                    embedding=None if embeddings is None else embeddings[index],
                )
                for index, chunk in enumerate(chunks)
            ),
            batch_size=_BATCH,
        )
    return sum(chunk.kind in EVIDENCE_KINDS for chunk in chunks)


def _uuids(ids: Iterable[str]) -> list[uuid.UUID]:
    found: list[uuid.UUID] = []
    for text in ids:
        try:
            found.append(uuid.UUID(str(text)))
        except ValueError:
            continue
    return found


def _mine(owner_id: int) -> Q:
    return Q(source__owner_id=owner_id, source__status=FileStatus.READY)


def _as_passage(row: models.Passage) -> Passage:
    return Passage(
        id=str(row.id),
        source_id=str(row.source_id),
        text=row.text,
        page=row.page,
        char_start=row.char_start,
        char_end=row.char_end,
        heading=row.heading,
        ordinal=row.ordinal,
    )


def _rows(owner_id: int) -> Any:
    # Embeddings and lexemes are large and no caller reads them.
    return models.Passage.objects.filter(_mine(owner_id)).defer("embedding", "search")


def _sources(owner_id: int, source_ids: Sequence[str]) -> list[Source]:
    rows = models.Source.objects.filter(owner_id=owner_id, status=FileStatus.READY)
    if source_ids:
        rows = rows.filter(id__in=_uuids(source_ids))
    return [
        Source(id=str(row.id), csl=row.csl, file_name=row.file_name, passages=row.passage_count)
        for row in rows.order_by("created_at", "id")
    ]


def _relevance(owner_id: int, vectors: Vectors, source_ids: Sequence[str]) -> float:
    rows = models.Passage.objects.filter(
        _mine(owner_id), kind__in=_EVIDENCE, embedding__isnull=False
    )
    if source_ids:
        rows = rows.filter(source_id__in=_uuids(source_ids))
    nearest = rows.order_by(CosineDistance("embedding", vectors[0])).values_list(
        CosineDistance("embedding", vectors[0]), flat=True
    )
    distance = nearest.first()
    return 0.0 if distance is None else 1.0 - float(distance)


def _files(owner_id: int, source_ids: Sequence[str]) -> list[FileState]:
    rows = models.Source.objects.filter(owner_id=owner_id)
    if source_ids:
        rows = rows.filter(id__in=_uuids(source_ids))
    return [
        FileState(
            source_id=str(row.id),
            file_name=row.file_name,
            status=FileStatus(row.status),
            error=row.error,
        )
        for row in rows.order_by("created_at", "id")
    ]


def _passages(owner_id: int, passage_ids: Sequence[str]) -> list[Passage]:
    keys = _uuids(passage_ids)
    by_id = {row.id: row for row in _rows(owner_id).filter(id__in=keys)}
    return [_as_passage(by_id[key]) for key in keys if key in by_id]


def _opening(owner_id: int, source_id: str, limit: int) -> list[Passage]:
    rows = _rows(owner_id).filter(source_id__in=_uuids([source_id]), kind__in=_OPENING)
    return [_as_passage(row) for row in rows.order_by("ordinal")[: max(limit, 0)]]


def _neighbours(owner_id: int, passage_id: str, radius: int) -> list[Passage]:
    centre = _rows(owner_id).filter(id__in=_uuids([passage_id])).first()
    if centre is None:
        return []
    near = Q(ordinal__range=(centre.ordinal - radius, centre.ordinal + radius), kind__in=_EVIDENCE)
    rows = _rows(owner_id).filter(near | Q(id=centre.id), source_id=centre.source_id)
    return [_as_passage(row) for row in rows.order_by("ordinal")]
