"""`core.ports.Shelf`: works from outside become sources of one person's library.

A work that the library has is never added twice, and text that its owner gave it is never replaced.
Full text goes the way of an upload: stored, read by a worker, waited for. What cannot be read falls
back to the abstract, and the source says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from autonomy.core.types import FileStatus, Source
from autonomy.core.works import Fetched, Work
from autonomy.library.embed import Embedder
from autonomy.memory import shelf_rows as rows
from autonomy.memory.vector_repo import RunDb

POLL_SECONDS = 0.3
_UNREAD = (FileStatus.QUEUED, FileStatus.PARSING, FileStatus.EMBEDDING)


class LibraryShelf:
    """The shelf of one owner. Nobody else's sources are ever found or changed.

    Args:
        ring: wakes a worker for a source that waits to be read.
        patience: seconds that one full text is waited for.
        most_bytes: of one full text.
    """

    def __init__(
        self,
        owner_id: int,
        embedder: Embedder,
        run_db: RunDb,
        *,
        ring: Callable[[str], None],
        patience: float,
        most_bytes: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._owner_id = owner_id
        self._embedder = embedder
        self._run_db = run_db
        self._ring = ring
        self._patience = patience
        self._most_bytes = most_bytes
        self._sleep = sleep

    async def find(self, work: Work) -> Source | None:
        return await self._run_db(rows.find, self._owner_id, work)

    async def work(self, source_id: str) -> Work | None:
        return await self._run_db(rows.work_of, self._owner_id, source_id)

    async def nearness(self, queries: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        if not queries or not texts:
            return [[] for _ in texts]
        vectors = await asyncio.to_thread(self._embedder.encode, [*queries, *texts])
        wanted, given = vectors[: len(queries)], vectors[len(queries) :]
        cosines: list[list[float]] = (given @ wanted.T).tolist()
        return cosines

    async def add(
        self,
        work: Work,
        fetched: Fetched | None = None,
        *,
        query: str = "",
        reason: str = "",
        standing: Mapping[str, Any] | None = None,
    ) -> Source | None:
        said = {"query": query, "reason": reason, "standing": dict(standing or {})}
        kept = await self._run_db(rows.find_or_make, self._owner_id, work, said)
        if fetched is not None and kept.wants_text:
            stored = await self._run_db(rows.store_text, kept.id, fetched, self._most_bytes)
            if stored is None:
                return None
            if stored.id != kept.id:  # the library had these bytes all along
                return await self._run_db(rows.source, stored.id)
            if stored.waiting:
                self._ring(stored.id)
                if await self._was_read(stored.id):
                    return await self._run_db(rows.source, stored.id)
                kept = stored
        if kept.wants_abstract or kept.waiting:
            await self._run_db(rows.store_abstract, kept.id, work.abstract, self._embedder)
        return await self._run_db(rows.source, kept.id)

    async def _was_read(self, source_id: str) -> bool:
        """Whether its full text can be searched, or will be; False when reading failed or was not
        begun in time, and the source was put back to be without text."""
        waited = 0.0
        while (status := await self._run_db(rows.status, source_id)) in _UNREAD:
            if waited >= self._patience:
                break
            await self._sleep(POLL_SECONDS)
            waited += POLL_SECONDS
        # What a worker has in hand becomes full text, later than this run can wait.
        return status == FileStatus.READY or not await self._run_db(rows.give_up_text, source_id)
