"""Semantic memory: facts and lessons of one user that outlive a run, found again by meaning."""

from __future__ import annotations

import hashlib
from typing import Any

from pgvector.django import CosineDistance

from autonomy.library.embed import Embedder
from autonomy.memory.vector_repo import RunDb
from autonomy.models import Note

NOTE_CHARS = 4_000
KIND_CHARS = 40


def store_note(owner_id: int, run_id: str | None, kind: str, text: str, vector: Any) -> bool:
    """Keep a note; False when the user has the same one already."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    _, made = Note.objects.get_or_create(
        owner_id=owner_id,
        kind=kind,
        sha256=digest,
        defaults={"run_id": run_id, "text": text, "embedding": vector},
    )
    return made


def search_notes(owner_id: int, vector: Any, limit: int) -> list[tuple[Note, float]]:
    """The user's notes nearest to `vector` with their cosine similarity, nearest first."""
    rows = (
        Note.objects.filter(owner_id=owner_id, embedding__isnull=False)
        .annotate(distance=CosineDistance("embedding", vector))
        .order_by("distance", "id")[:limit]
    )
    return [(row, 1.0 - float(row.distance)) for row in rows]


class NoteRepository:
    """`core.ports.Notes` of one user, writing for one run."""

    def __init__(self, owner_id: int, run_id: str, embedder: Embedder, run_db: RunDb) -> None:
        self._owner_id = owner_id
        self._run_id = run_id
        self._embedder = embedder
        self._run_db = run_db

    async def remember(self, kind: str, text: str) -> None:
        """Keep a fact or lesson. The same text of the same kind is kept once."""
        await self._run_db(self._remember, kind[:KIND_CHARS], text.strip()[:NOTE_CHARS])

    def _remember(self, kind: str, text: str) -> None:
        if text:
            vector = self._embedder.encode([text])[0]
            store_note(self._owner_id, self._run_id, kind, text, vector)

    async def recall(self, query: str, *, limit: int = 5) -> list[str]:
        """The notes that fit `query` best, best first."""
        found: list[str] = await self._run_db(self._recall, query, limit)
        return found

    def _recall(self, query: str, limit: int) -> list[str]:
        if not Note.objects.filter(owner_id=self._owner_id).exists():
            return []
        vector = self._embedder.encode([query])[0]
        return [note.text for note, _ in search_notes(self._owner_id, vector, limit)]
