"""Notes: kept once, found by meaning, never another's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User

from autonomy.memory.semantic_repo import NoteRepository
from autonomy.models import Note
from autonomy.runtime.db import close_pool, run_db


class Axes:
    """Embeds a text by which of three words it holds: near means the same words."""

    words = ("cats", "stars", "bread")

    def encode(self, texts: list[str]) -> Any:
        vectors = np.full((len(texts), 384), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for column, word in enumerate(self.words):
                vectors[row, column] += word in text
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def _threads(transactional_db: None) -> Iterator[None]:
    yield
    close_pool()


def notes(owner: User) -> NoteRepository:
    return NoteRepository(owner.pk, None, Axes(), run_db)  # type: ignore[arg-type]


@pytest.mark.usefixtures("_threads")
def test_notes_are_recalled_by_meaning_and_kept_once(alice: User, bob: User) -> None:
    async def scene() -> None:
        for text in ("all about cats", "stars above", "bread and stars", "all about cats"):
            await notes(alice).remember("fact", text)
        await notes(alice).remember("fact", "  ")
        assert await notes(alice).recall("cats", limit=1) == ["all about cats"]
        found = await notes(alice).recall("bread", limit=2)
        assert found[0] == "bread and stars"
        assert await notes(bob).recall("cats") == []

    asyncio.run(scene())
    assert Note.objects.filter(owner=alice).count() == 3
