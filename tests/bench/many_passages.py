"""A made-up library at scale: many people, each with a small part of all passages.

Vectors lie in clusters as embeddings do, words follow Zipf's law. Rows are made inside PostgreSQL
where that can be, because the time to make them is not what is measured.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

DIMENSIONS = 384
SOURCE_PASSAGES = 50
_CLUSTERS = 2_000
_WORDS = 70
"""Different words of a passage."""
_RARENESS = 4
"""The share of a passage's words that are among the n commonest falls with this power."""
_VOCABULARY = 30_000
_BATCH = 5_000
_INDEX = "passage_embedding_hnsw"

Matrix = npt.NDArray[np.float32]

_PASSAGES = """
INSERT INTO autonomy_passages
    (id, source_id, ordinal, kind, text, char_start, char_end, heading, boxes, embedding)
SELECT gen_random_uuid(), g.source, g.ordinal, 'body', repeat('Text of a passage. ', 50), 0, 950, '',
    '[]', g.vector::vector
FROM unnest(%(sources)s::uuid[], %(ordinals)s::int[], %(vectors)s::text[])
    g(source, ordinal, vector)
"""
_POSTINGS = """
INSERT INTO autonomy_postings (owner_id, term, source_id, first, hits)
SELECT owner_id, term, id, 0, array_agg(DISTINCT ordinal << 12 | 1 << 8 | %(words)s)
FROM (
    SELECT s.owner_id, s.id, ordinal,
           'w' || (power(random(), %(rareness)s) * %(vocabulary)s)::int AS term
    FROM autonomy_sources s, generate_series(0, %(each)s - 1) ordinal,
         generate_series(1, %(words)s)
    WHERE s.owner_id = %(owner)s
) drawn
GROUP BY owner_id, term, id
"""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who is there, and what they ask."""

    owners: dict[int, float]
    """Each person's share of all passages."""
    queries: Matrix
    questions: list[str]


def populate(passages: int, shares: Sequence[float], queries: int, seed: int = 7) -> Crowd:
    """Fill the tables for people with these shares of all passages, unless that was done before;
    then build the index as the migrations define it. The same seed asks the same again."""
    from django.contrib.auth.models import User
    from django.db import connection

    chance = np.random.default_rng(seed)
    centres = _unit(chance.standard_normal((_CLUSTERS, DIMENSIONS)).astype(np.float32))
    words = (chance.random((queries, 10)) ** _RARENESS * _VOCABULARY).astype(int)
    asked = _near(centres, queries, chance)
    names = [f"person-{n}" for n in range(len(shares))]
    for name in names:
        User.objects.get_or_create(username=name)
    people = [User.objects.get(username=name).pk for name in names]
    crowd = Crowd(
        dict(zip(people, shares, strict=True)),
        asked,
        [" ".join(f"w{word}" for word in row) for row in words],
    )
    if not _filled(passages):
        _fill_up(passages, crowd, centres, chance)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE autonomy_passages, autonomy_postings, autonomy_sources")
    return crowd


def _filled(passages: int) -> bool:
    """Whether all of it is there, the index too."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM autonomy_passages),"
            " (SELECT count(*) FROM pg_indexes WHERE indexname = %s)",
            [_INDEX],
        )
        return bool(cursor.fetchone() == (passages, 1))


def _fill_up(passages: int, crowd: Crowd, centres: Matrix, chance: np.random.Generator) -> None:
    from django.db import connection

    from autonomy.models import Source

    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [_INDEX])
        definition = cursor.fetchone()[0]
        cursor.execute(f"DROP INDEX {_INDEX}")
        Source.objects.bulk_create(
            Source(
                owner_id=owner,
                file_name=f"{n}.pdf",
                status="ready",
                passage_count=SOURCE_PASSAGES,
                embedded_count=SOURCE_PASSAGES,
            )
            for owner, share in crowd.owners.items()
            for n in range(round(passages * share) // SOURCE_PASSAGES)
        )
        _fill(cursor, centres, chance)
        _say("passages stored", began)
        for owner in crowd.owners:
            cursor.execute(
                _POSTINGS,
                {
                    "owner": owner,
                    "each": SOURCE_PASSAGES,
                    "words": _WORDS,
                    "rareness": _RARENESS,
                    "vocabulary": _VOCABULARY,
                },
            )
        _say("postings stored", began)
        cursor.execute("SET maintenance_work_mem = '1GB'")
        cursor.execute(definition)
        _say("index built", began)


def _fill(cursor: Any, centres: Matrix, chance: np.random.Generator) -> None:
    from autonomy.memory.passage_embedding import as_text

    cursor.execute("SELECT id FROM autonomy_sources ORDER BY id")
    places = [(key, n) for (key,) in cursor.fetchall() for n in range(SOURCE_PASSAGES)]
    for start in range(0, len(places), _BATCH):
        batch = places[start : start + _BATCH]
        vectors = [as_text(vector) for vector in _near(centres, len(batch), chance)]
        keys, ordinals = zip(*batch, strict=True)
        cursor.execute(
            _PASSAGES, {"sources": list(keys), "ordinals": list(ordinals), "vectors": vectors}
        )


def _near(centres: Matrix, count: int, chance: np.random.Generator) -> Matrix:
    picked = centres[chance.integers(0, len(centres), count)]
    noise = chance.standard_normal(picked.shape).astype(np.float32) / np.sqrt(DIMENSIONS)
    return _unit(picked + 0.8 * noise)


def _unit(rows: Matrix) -> Matrix:
    unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def _say(what: str, began: float) -> None:
    sys.stderr.write(f"{what} after {time.monotonic() - began:.0f} s\n")
