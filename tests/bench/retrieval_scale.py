"""Search among many people's passages: does each find what an exact search would, and how soon?

    [PASSAGES=100000] [SCALE_DATA=folder] python -m tests.bench retrieval_scale

One person holds half of all passages, one a tenth, forty a hundredth each. For each size of scope
the search by meaning is measured as the product does it and both ways that it chooses from: every
passage of the person compared, and the HNSW index, which has to pass by what belongs to others. The
bare bound is the least that PostgreSQL has to do: the person's nearest passages and the best sums
over the person's postings, ids only, in two statements. With `SCALE_DATA` the database stays, and a
second run only searches.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, percentile, table
from tests.bench.many_passages import Crowd, Matrix, populate
from tests.bench.servers import servers

SHARES = (0.5, 0.1, *[0.01] * 40)
QUERIES = {0.01: 100, 0.1: 40, 0.5: 40}
"""How many are asked for each size of scope."""
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


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what an exact search by meaning finds for it."""

    owner: int
    vector: Matrix
    question: str
    best: frozenset[str]


def bench() -> list[Figure]:
    """The figures."""
    passages = int(os.environ.get("PASSAGES", "100000"))
    kept = os.environ.get("SCALE_DATA")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
    with servers(Path(kept) if kept else None):
        crowd = populate(passages, SHARES, max(QUERIES.values()))
        figures = [Figure("passages", passages, f"of {len(SHARES)} people"), *_sizes(passages)]
        for share in sorted(QUERIES):
            figures += _measure(f"scope of {share:.0%}", _asked(crowd, share))
        return figures


def _sizes(passages: int) -> Iterator[Figure]:
    from django.db import connection

    with connection.cursor() as cursor:
        for name in ("autonomy_postings", "passage_embedding_hnsw", "autonomy_passages"):
            whole = "pg_total_relation_size" if name == "autonomy_postings" else "pg_table_size"
            cursor.execute(f"SELECT {whole}(%s)", [name])
            yield Figure(f"size of {name}", cursor.fetchone()[0] / passages, "bytes a passage")


def _asked(crowd: Crowd, share: float) -> list[Asked]:
    from autonomy.memory.passage_embedding import as_text

    people = [owner for owner, held in crowd.owners.items() if held == share]
    asked = []
    for n in range(QUERIES[share]):
        owner, vector = people[n % len(people)], crowd.queries[n]
        rows = _rows(_EXACT, owner=owner, vector=as_text(vector))
        asked.append(Asked(owner, vector, crowd.questions[n], frozenset(str(r[0]) for r in rows)))
    return asked


def _measure(scope: str, asked: list[Asked]) -> Iterator[Figure]:
    from autonomy.library.terms import terms
    from autonomy.memory.passage_embedding import as_text
    from autonomy.memory.passage_search import search_passages
    from autonomy.memory.search_settings import DEFAULT

    meaning = replace(DEFAULT, words=0.0)
    for way, settings in (
        ("as the product chooses", meaning),
        ("all compared", replace(meaning, exact_passages=10**9)),
        ("HNSW", replace(meaning, exact_passages=0, walk_cost=0.0)),
    ):
        recall, seconds = _nearest(asked, settings)
        must = way == "as the product chooses"
        yield Figure(
            f"{scope}: recall@{NEAREST}, {way}",
            recall,
            "",
            goal=f"≥ {GOAL_RECALL}" if must else "",
            ok=recall >= GOAL_RECALL if must else None,
        )
        yield from _times(f"{scope}: search by meaning, {way}", seconds)
    whole = [
        _timed(lambda a=a: search_passages(a.owner, a.question, a.vector[None], 8))[0]
        for a in asked
    ]
    bare = [
        _timed(lambda a=a: _rows(_EXACT, owner=a.owner, vector=as_text(a.vector)))[0]
        + _timed(lambda a=a: _rows(_SUMS, owner=a.owner, terms=terms(a.question)))[0]
        for a in asked
    ]
    yield from _times(f"{scope}: hybrid search", whole)
    bound = percentile(bare, 0.5)
    yield Figure(
        f"{scope}: hybrid search, ratio to bare SQL (p50)",
        percentile(whole, 0.5) / bound,
        "",
        baseline=f"{bound * 1e3:.1f} ms",
    )


def _nearest(asked: list[Asked], settings: Any) -> tuple[float, list[float]]:
    """Mean recall, and the seconds of each search."""
    from autonomy.memory.passage_search import search_passages

    found, seconds = 0.0, []
    for a in asked:
        took, passages = _timed(
            lambda a=a: search_passages(a.owner, "", a.vector[None], NEAREST, settings=settings)
        )
        seconds.append(took)
        found += len({passage.id for passage in passages} & a.best) / len(a.best)
    return found / len(asked), seconds


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
