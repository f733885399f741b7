"""Search among many people's passages: does each find what an exact search would, and how soon?

    [PASSAGES=100000] python -m tests.bench retrieval_scale

A person holds one per cent. Both ways of the search by meaning are measured: every passage of the
person compared (what the product does for a scope of this size), and the HNSW index, which has to
pass by what belongs to others. The bare bound is the least that PostgreSQL has to do: the person's
nearest passages and the best sums over the person's postings, ids only, in two statements.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.bench.figures import Figure, percentile, table
from tests.bench.many_passages import Crowd, populate
from tests.bench.servers import servers

OWNERS = 100
QUERIES = 200
NEAREST = 10
GOAL_RECALL = 0.98

_EXACT = """
SELECT p.id FROM autonomy_passages p
WHERE p.source_id = ANY(ARRAY(SELECT id FROM autonomy_sources WHERE owner_id = %(owner)s))
ORDER BY (p.embedding <=> %(vector)s::vector) + 0 LIMIT 10
"""
_SUMS = """
SELECT source_id, first + (hit >> 12), sum((hit >> 8 & 15)::float8 / (hit & 255))
FROM autonomy_postings, unnest(hits) hit
WHERE owner_id = %(owner)s AND term = ANY(%(terms)s)
GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 10
"""


def bench() -> list[Figure]:
    """The figures."""
    passages = int(os.environ.get("PASSAGES", "100000"))
    with servers():
        crowd = populate(passages, OWNERS, QUERIES)
        return [
            Figure("passages", passages, f"of {OWNERS} people"),
            *_sizes(passages),
            *_measure(crowd),
        ]


def _sizes(passages: int) -> Iterator[Figure]:
    from django.db import connection

    with connection.cursor() as cursor:
        for name in ("autonomy_postings", "passage_embedding_hnsw", "autonomy_passages"):
            whole = "pg_total_relation_size" if name == "autonomy_postings" else "pg_table_size"
            cursor.execute(f"SELECT {whole}(%s)", [name])
            yield Figure(f"size of {name}", cursor.fetchone()[0] / passages, "bytes a passage")


def _measure(crowd: Crowd) -> list[Figure]:
    from autonomy.library.terms import terms
    from autonomy.memory.passage_embedding import as_text
    from autonomy.memory.passage_search import search_passages
    from autonomy.memory.search_settings import DEFAULT

    asked = [
        (crowd.owners[n % len(crowd.owners)], crowd.queries[n], crowd.questions[n])
        for n in range(len(crowd.questions))
    ]
    exact = [
        [str(row[0]) for row in _rows(_EXACT, owner=owner, vector=as_text(vector))]
        for owner, vector, _ in asked
    ]

    def nearest(settings: Any) -> tuple[float, list[float]]:
        found, seconds = 0.0, []
        for (owner, vector, _), best in zip(asked, exact, strict=True):
            took, passages = _timed(
                lambda o=owner, v=vector: search_passages(
                    o, "", v[None], NEAREST, settings=settings
                )
            )
            seconds.append(took)
            found += len({passage.id for passage in passages} & set(best)) / len(best)
        return found / len(asked), seconds

    figures = []
    meaning = replace(DEFAULT, words=0.0)
    for name, settings in (
        ("as the product chooses", meaning),
        ("HNSW", replace(meaning, exact_passages=0)),
        ("HNSW, strict order", replace(meaning, exact_passages=0, scan="strict_order")),
        ("HNSW, ef 100", replace(meaning, exact_passages=0, ef_search=100)),
    ):
        recall, seconds = nearest(settings)
        ok = recall >= GOAL_RECALL if name in ("as the product chooses", "HNSW") else None
        goal = f"≥ {GOAL_RECALL}" if ok is not None else ""
        figures.append(Figure(f"recall@{NEAREST}, {name}", recall, "", goal=goal, ok=ok))
        figures += _times(f"search by meaning, {name}", seconds)
    whole = [
        _timed(lambda o=o, v=v, q=q: search_passages(o, q, v[None], 8))[0] for o, v, q in asked
    ]
    bare = [
        _timed(lambda o=o, v=v: _rows(_EXACT, owner=o, vector=as_text(v)))[0]
        + _timed(lambda o=o, q=q: _rows(_SUMS, owner=o, terms=terms(q)))[0]
        for o, v, q in asked
    ]
    figures += _times("hybrid search", whole)
    bound = percentile(bare, 0.5)
    figures.append(
        Figure(
            "hybrid search, ratio to bare SQL (p50)",
            percentile(whole, 0.5) / bound,
            "",
            baseline=f"{bound * 1e3:.1f} ms",
        )
    )
    return figures


def _rows(statement: str, **parameters: Any) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = call()
    return time.perf_counter() - began, result


def _times(name: str, seconds: list[float]) -> list[Figure]:
    return [
        Figure(f"{name}, {label}", percentile(seconds, share) * 1e3, "ms")
        for label, share in (("p50", 0.5), ("p95", 0.95))
    ]


if __name__ == "__main__":
    sys.stdout.write(table(bench()))
