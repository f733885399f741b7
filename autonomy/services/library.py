"""Search in what a person's library and runs remember."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from autonomy.core.ports import EVERYTHING, SearchFilter
from autonomy.models import Source

PASSAGES = 10
NOTES = 5


def search_memory(
    owner: User,
    q: str,
    *,
    limit: int = PASSAGES,
    within: SearchFilter = EVERYTHING,
    variety: float = 0.0,
) -> list[dict[str, Any]]:
    """Passages, then notes, that fit `q`, each best first: `kind, id, text, source_id, title,
    page, score, heading, highlights`. A filter is about sources, so with one there are no notes."""
    # Imported on first use: the embedder's runtime would slow the start of every web process.
    from autonomy.memory.embedding import shared_embedder
    from autonomy.memory.passage_search import legible_query, search_passages
    from autonomy.memory.semantic_repo import search_notes
    from autonomy.runtime.embedders import asker

    query = legible_query(q)
    space, vectors = asker().vectors(query, shared_embedder())
    passages = search_passages(
        owner.pk,
        query,
        vectors,
        limit,
        space=space,
        within=within,
        variety=variety,
        unfinished=True,
    )
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
            "heading": passage.heading,
            "highlights": passage.highlights,
        }
        for passage in passages
    ]
    if within != EVERYTHING:
        return hits
    hits += [
        {"kind": "note", "id": str(note.pk), "text": note.text, "title": note.kind, "score": score}
        for note, score in search_notes(owner.pk, shared_embedder().encode([query])[0], NOTES)
    ]
    return hits
