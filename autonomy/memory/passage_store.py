"""Passages as ingestion writes them, with the postings that search by words reads."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from autonomy import models
from autonomy.library.chunk import Chunk
from autonomy.library.embed import Vectors
from autonomy.library.parsed import EVIDENCE_KINDS
from autonomy.memory.postings import drop_postings, store_postings

_BATCH = 500


def store_passages(
    source: models.Source, chunks: Sequence[Chunk], embeddings: Vectors | None = None
) -> int:
    """Replace the passages of `source` in one transaction; the number of evidence passages.

    `embeddings` has a row per chunk; None leaves them to be filled in later.
    """
    with transaction.atomic():
        models.Passage.objects.filter(source=source).delete()
        drop_postings([source.pk])
        return append_passages(source, chunks, embeddings)


def append_passages(
    source: models.Source, chunks: Sequence[Chunk], embeddings: Vectors | None = None
) -> int:
    """Store passages after those that `source` has, in one transaction; the number of evidence
    passages among them. Their ordinals go on counting."""
    with transaction.atomic():
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
        evidence = [
            (chunk.ordinal, chunk.heading, chunk.text)
            for chunk in chunks
            if chunk.kind in EVIDENCE_KINDS
        ]
        store_postings(source, evidence)
    return len(evidence)
