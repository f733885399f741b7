"""Search in what a person's library and runs remember."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from autonomy.models import Source

PASSAGES = 10
NOTES = 5


def search_memory(owner: User, q: str) -> list[dict[str, Any]]:
    """Passages, then notes, that fit `q`, each best first: `kind, id, text, source_id, title,
    page, score`."""
    # Imported on first use: the embedder's runtime would slow the start of every web process.
    from autonomy.memory.embedding import shared_embedder
    from autonomy.memory.passage_search import search_passages
    from autonomy.memory.semantic_repo import search_notes
    from autonomy.runtime.embedders import asker

    embedder = shared_embedder()
    space, vectors = asker().vectors(q, embedder)
    passages = search_passages(owner.pk, q, vectors, PASSAGES, space=space, unfinished=True)
    titles = {
        str(row.pk): str(row)
        for row in Source.objects.filter(pk__in={passage.source_id for passage in passages})
    }
    hits: list[dict[str, Any]] = [
        {
            "kind": "passage",
            "id": passage.id,
            "text": passage.text,
            "source_id": passage.source_id,
            "title": titles.get(passage.source_id, ""),
            "page": passage.page,
            "score": passage.score,
        }
        for passage in passages
    ]
    hits += [
        {"kind": "note", "id": str(note.pk), "text": note.text, "title": note.kind, "score": score}
        for note, score in search_notes(owner.pk, embedder.encode([q])[0], NOTES)
    ]
    return hits
