"""A person's library as `core.ports.Library`: passages found, read and counted, of one owner only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from django.db.models import Q

from autonomy import models
from autonomy.core.ports import EVERYTHING, SearchFilter
from autonomy.core.types import (
    FileState,
    FileStatus,
    Passage,
    Reading,
    ReferenceVerdict,
    Source,
    SourceOrigin,
)
from autonomy.library.embed import Embedder
from autonomy.library.parsed import EVIDENCE_KINDS, BlockKind
from autonomy.memory.asker import Asker
from autonomy.memory.ids import uuids
from autonomy.memory.passage_search import legible_query, nearness, search_passages
from autonomy.memory.search_scope import narrowed

T = TypeVar("T")
_EVIDENCE = sorted(kind.value for kind in EVIDENCE_KINDS)
_OPENING = (BlockKind.ABSTRACT.value, BlockKind.BODY.value)


class RunDb(Protocol):
    """Runs a database function where it may block; awaits its result."""

    def __call__(self, call: Callable[..., T], /, *args: Any) -> Awaitable[T]: ...


class PassageRepository:
    """`core.ports.Library` over the sources of one owner. Nobody else's are ever returned."""

    def __init__(
        self,
        owner_id: int,
        embedder: Embedder,
        run_db: RunDb,
        asker: Callable[[], Asker] = Asker,
    ) -> None:
        """`embedder` is the built-in one; `asker` tells which space to search, from a database
        thread."""
        self._owner_id = owner_id
        self._asker = asker
        self._embedder = embedder
        self._run_db = run_db

    async def search(
        self,
        query: str,
        *,
        limit: int = 8,
        source_ids: Sequence[str] = (),
        within: SearchFilter = EVERYTHING,
        variety: float = 0.0,
    ) -> list[Passage]:
        query = legible_query(query)
        if not query or limit < 1:
            return []
        if source_ids:
            within = narrowed(within, source_ids)
        asker = await self._run_db(self._asker)
        space, vectors = await asyncio.to_thread(asker.vectors, query, self._embedder)
        search = partial(search_passages, space=space, within=within, variety=variety)
        return await self._run_db(search, self._owner_id, query, vectors, limit)

    async def sources(self, source_ids: Sequence[str] = ()) -> list[Source]:
        return await self._run_db(_sources, self._owner_id, tuple(source_ids))

    async def passages(self, passage_ids: Sequence[str]) -> list[Passage]:
        return await self._run_db(_passages, self._owner_id, tuple(passage_ids))

    async def opening(self, source_id: str, *, limit: int = 6) -> list[Passage]:
        return await self._run_db(_opening, self._owner_id, source_id, limit)

    async def neighbours(self, passage_id: str, *, radius: int = 1) -> list[Passage]:
        return await self._run_db(_neighbours, self._owner_id, passage_id, radius)

    async def relevance(self, query: str, *, source_ids: Sequence[str] = ()) -> float:
        vectors = await asyncio.to_thread(self._embedder.encode, [legible_query(query)])
        within = SearchFilter(source_ids=tuple(source_ids))
        return await self._run_db(nearness, self._owner_id, vectors, within)

    async def files(self, source_ids: Sequence[str]) -> list[FileState]:
        return await self._run_db(_files, self._owner_id, tuple(source_ids))


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
    return models.Passage.objects.filter(_mine(owner_id)).defer("embedding")


def _sources(owner_id: int, source_ids: Sequence[str]) -> list[Source]:
    rows = models.Source.objects.filter(owner_id=owner_id, status=FileStatus.READY)
    if source_ids:
        rows = rows.filter(id__in=uuids(source_ids))
    return [
        Source(
            id=str(row.id),
            csl=row.csl,
            file_name=row.file_name,
            passages=row.passage_count,
            origin=SourceOrigin(row.origin),
            reading=Reading(row.reading),
            verification=ReferenceVerdict(row.verification) if row.verification else None,
            retracted=row.retracted,
        )
        for row in rows.order_by("created_at", "id")
    ]


def _files(owner_id: int, source_ids: Sequence[str]) -> list[FileState]:
    rows = models.Source.objects.filter(owner_id=owner_id)
    if source_ids:
        rows = rows.filter(id__in=uuids(source_ids))
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
    keys = uuids(passage_ids)
    by_id = {row.id: row for row in _rows(owner_id).filter(id__in=keys)}
    return [_as_passage(by_id[key]) for key in keys if key in by_id]


def _opening(owner_id: int, source_id: str, limit: int) -> list[Passage]:
    rows = _rows(owner_id).filter(source_id__in=uuids([source_id]), kind__in=_OPENING)
    return [_as_passage(row) for row in rows.order_by("ordinal")[: max(limit, 0)]]


def _neighbours(owner_id: int, passage_id: str, radius: int) -> list[Passage]:
    centre = _rows(owner_id).filter(id__in=uuids([passage_id])).first()
    if centre is None:
        return []
    near = Q(ordinal__range=(centre.ordinal - radius, centre.ordinal + radius), kind__in=_EVIDENCE)
    rows = _rows(owner_id).filter(near | Q(id=centre.id), source_id=centre.source_id)
    return [_as_passage(row) for row in rows.order_by("ordinal")]
