"""The hybrid search of a person's passages: one round trip, then what is read off the answer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from math import log10
from typing import Any

from django.db import connection, transaction

from autonomy.core.ports import EVERYTHING, SearchFilter
from autonomy.core.types import Passage
from autonomy.library.embed import Vectors
from autonomy.library.parsed import EVIDENCE_KINDS
from autonomy.library.terms import spans, terms
from autonomy.memory.search_scope import Scope, scope_of
from autonomy.memory.search_settings import DEFAULT, SearchSettings
from autonomy.memory.search_statement import (
    lists_statement,
    relevance_statement,
    search_statement,
)
from autonomy.memory.spaces import BUILT_IN, Space, as_text
from autonomy.memory.variety import varied

QUERY_CHARS = 4_000
_QUERY_TERMS = 64
"""Most different terms of a query; a longer one is a text, and its first terms say what it is."""
_VARIETY_POOL = 4
"""Candidates per passage wanted, where they are to be varied."""
CHANCE = 0.04
FEW = 200
"""Something nearer turns up by chance in a large library: over ten topics that SciFact's abstracts
do not treat, the 90th percentile of the nearest passage grew from 0.285 in 200 passages to 0.356 in 10,000
(one that they touch on, 0.452)."""
_EVIDENCE = sorted(kind.value for kind in EVIDENCE_KINDS)


def legible_query(query: str) -> str:
    """The query on one line, at most `QUERY_CHARS` long; empty when it says nothing."""
    return " ".join(query.replace("\x00", " ").split())[:QUERY_CHARS]


def search_passages(
    owner_id: int,
    query: str,
    vectors: Vectors,
    limit: int,
    source_ids: Sequence[str] = (),
    *,
    space: Space = BUILT_IN,
    within: SearchFilter = EVERYTHING,
    variety: float = 0.0,
    unfinished: bool = False,
    settings: SearchSettings = DEFAULT,
) -> list[Passage]:
    """The owner's passages that fit `query` best, best first, with the places of its words.

    Args:
        vectors: row 0 is the query's embedding.
        space: the one that `vectors` lie in.
        source_ids: short for `within.source_ids`.
        within: which sources to look into. Ids that are no UUIDs match nothing.
        variety: 0 to 1, how much a passage is held back for repeating what better ones say.
        unfinished: look also into files of which only a part has been read; what they are called
            may not be known yet.
    """
    if source_ids:
        within = replace(within, source_ids=tuple(source_ids))
    wanted = _terms_asked(query)
    scope = scope_of(owner_id, within, unfinished=unfinished)
    pool = limit * _VARIETY_POOL if variety > 0 else limit
    parameters = _parameters(scope, wanted, vectors, pool, settings)
    rows = _last_rows(search_statement(scope, space, settings), parameters)
    found = [_as_passage(row, frozenset(wanted)) for row in rows]
    return varied(found, limit, variety) if variety > 0 else found


def candidates(
    owner_id: int, query: str, vectors: Vectors, limit: int, *, settings: SearchSettings = DEFAULT
) -> list[tuple[str, uuid.UUID, int, float]]:
    """What `search_passages` would fuse: rows of list ("meaning" or "words"), source, ordinal and
    value, more being better."""
    scope = scope_of(owner_id, EVERYTHING)
    parameters = _parameters(scope, _terms_asked(query), vectors, limit, settings)
    rows = _last_rows(lists_statement(scope, BUILT_IN, settings), parameters)
    return [(row[0], row[1], row[2], float(row[3])) for row in rows]


def nearness(
    owner_id: int,
    vectors: Vectors,
    within: SearchFilter = EVERYTHING,
    *,
    settings: SearchSettings = DEFAULT,
) -> float:
    """Cosine of row 0 of `vectors`, by the built-in embedder, and the nearest of the owner's
    passages, less `CHANCE` for every tenfold of passages beyond `FEW`; 0 with no passage."""
    scope = scope_of(owner_id, within)
    parameters = scope.parameters | {
        "kinds": _EVIDENCE,
        "vector": as_text(vectors[0]),
        "meaning": 1.0,
        "exact_passages": settings.exact_passages,
        "walk_cost": settings.walk_cost,
        "depth": 1,
    }
    ((passages, cosine),) = _last_rows(relevance_statement(scope, BUILT_IN, settings), parameters)
    if cosine is None:
        return 0.0
    return float(cosine) - CHANCE * log10(max(passages / FEW, 1.0))


def _terms_asked(query: str) -> list[str]:
    return list(dict.fromkeys(terms(query)))[:_QUERY_TERMS]


def _parameters(
    scope: Scope, wanted: list[str], vectors: Vectors, limit: int, settings: SearchSettings
) -> dict[str, Any]:
    return scope.parameters | {
        "kinds": _EVIDENCE,
        "terms": wanted if settings.words > 0 else [],
        "vector": as_text(vectors[0]),
        "k1": settings.k1,
        "b": settings.b,
        "meaning": settings.meaning,
        "words": settings.words,
        "exact_passages": settings.exact_passages,
        "walk_cost": settings.walk_cost,
        "depth": max(settings.depth, limit),
        "limit": limit,
    }


def _last_rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    # SET LOCAL needs a transaction; all statements travel in one message.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        while cursor.description is None and cursor.nextset():
            pass
        return list(cursor.fetchall())


def _as_passage(row: Sequence[Any], wanted: frozenset[str]) -> Passage:
    return Passage(
        id=str(row[0]),
        source_id=str(row[1]),
        text=row[2],
        page=row[3],
        char_start=row[4],
        char_end=row[5],
        heading=row[6],
        ordinal=row[7],
        score=float(row[8]),
        highlights=tuple(spans(row[2], wanted)),
    )
