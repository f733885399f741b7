"""The statement of the hybrid search.

Meaning: cosine over the embeddings, every passage compared where that is less work than walking the
HNSW index until `depth` passages of the scope have been met, else that walk, with iterative scans. Words: BM25 (Robertson and
Zaragoza, 2009) over the postings, with how rare a term is counted within the scope; PostgreSQL's
own ranking is not used because it ignores that. Both lists are scaled to 0..1, best to last, and
added with weights (the convex combination of Bruch, Gai and Ingber, 2023): on SciFact that beats
reciprocal rank fusion, which throws away how far apart passages are.
"""

from __future__ import annotations

from autonomy.memory.search_scope import Scope
from autonomy.memory.search_settings import SearchSettings
from autonomy.memory.spaces import Space, dense_select, exact_select

# Read inside out:
#   scope    the sources searched
#   measure  how many passages they hold, and up to how many each one is compared. A walk that meets
#            `depth` of n among N passages looks at about depth * N / n
#   nearest  passages by meaning. One of the two branches runs: the other's condition is false
#            before it starts
#   counted  every posting hit of the query's terms, unpacked as memory.postings packs them
#   listed   both lists, scaled and weighted
_NEAREST = """
SET LOCAL hnsw.iterative_scan = {scan};
SET LOCAL hnsw.ef_search = {ef_search};
SET LOCAL hnsw.max_scan_tuples = {max_scan_tuples};
WITH scope AS MATERIALIZED (
    SELECT s.id, s.passage_count FROM autonomy_sources s WHERE {condition}
), measure AS MATERIALIZED (
    SELECT coalesce(sum(passage_count), 0)::float8 AS passages,
           greatest(%(exact_passages)s, sqrt(%(walk_cost)s * %(depth)s * (
               SELECT greatest(reltuples, 0) FROM pg_class
               WHERE oid = 'autonomy_passages'::regclass))) AS compared
    FROM scope
), nearest AS MATERIALIZED (
    SELECT p.source_id, p.ordinal, near.distance
    FROM (
        SELECT id, distance FROM ({exact}) compared
        WHERE %(meaning)s > 0 AND (SELECT passages <= compared FROM measure)
        UNION ALL
        SELECT id, distance FROM ({indexed}) walked
        WHERE %(meaning)s > 0 AND (SELECT passages > compared FROM measure)
    ) near JOIN autonomy_passages p ON p.id = near.id
)
"""
_FITTING = """, counted AS MATERIALIZED (
    SELECT w.term, p.source_id, p.first + (hit >> 12) AS ordinal,
           (hit >> 8 & 15)::float8 AS often, (hit & 255)::float8 AS length
    FROM unnest(%(terms)s::text[]) w(term) CROSS JOIN LATERAL (
        SELECT source_id, first, hits FROM autonomy_postings
        WHERE owner_id = %(owner)s AND term = w.term
        OFFSET 0
    ) p CROSS JOIN LATERAL unnest(p.hits) hit
    WHERE p.source_id IN (SELECT id FROM scope)
), rarity AS MATERIALIZED (
    SELECT term, ln(1 + (greatest((SELECT passages FROM measure), count(*)) - count(*) + 0.5)
                        / (count(*) + 0.5)) AS idf
    FROM counted GROUP BY term
), fitting AS MATERIALIZED (
    SELECT c.source_id, c.ordinal,
           sum(r.idf * c.often / (c.often + %(k1)s * (1 - %(b)s + %(b)s * c.length
               / (SELECT avg(length) FROM counted)))) AS score
    FROM counted c JOIN rarity r USING (term)
    GROUP BY c.source_id, c.ordinal ORDER BY score DESC LIMIT %(depth)s
)
"""
_FUSED = """, listed AS (
    SELECT source_id, ordinal,
           %(meaning)s * coalesce((max(distance) OVER () - distance)
               / nullif(max(distance) OVER () - min(distance) OVER (), 0), 1) AS gain
    FROM nearest
    UNION ALL
    SELECT source_id, ordinal,
           %(words)s * coalesce((score - min(score) OVER ())
               / nullif(max(score) OVER () - min(score) OVER (), 0), 1)
    FROM fitting
), fused AS (
    SELECT source_id, ordinal, sum(gain) AS score FROM listed
    GROUP BY source_id, ordinal ORDER BY score DESC, source_id, ordinal LIMIT %(limit)s
)
SELECT p.id, p.source_id, p.text, p.page, p.char_start, p.char_end, p.heading, p.ordinal, f.score
FROM fused f JOIN autonomy_passages p USING (source_id, ordinal)
ORDER BY f.score DESC, p.source_id, p.ordinal
"""
_LISTS = """
SELECT 'meaning', source_id, ordinal, -distance FROM nearest
UNION ALL
SELECT 'words', source_id, ordinal, score FROM fitting
"""
_COSINE = """
SELECT (SELECT passages FROM measure), 1 - min(distance) FROM nearest
"""


def search_statement(scope: Scope, space: Space, settings: SearchSettings) -> str:
    """One message of several statements, to run inside a transaction; its last returns the rows."""
    return _filled(_FITTING + _FUSED, scope, space, settings)


def lists_statement(scope: Scope, space: Space, settings: SearchSettings) -> str:
    """Likewise; its rows are both lists as they are before fusion: the list's name, source, ordinal
    and value, more being better. For those who try out weights."""
    return _filled(_FITTING + _LISTS, scope, space, settings)


def relevance_statement(scope: Scope, space: Space, settings: SearchSettings) -> str:
    """Likewise; its row has the passages in the scope and the cosine of the nearest."""
    return _filled(_COSINE, scope, space, settings)


def _filled(rest: str, scope: Scope, space: Space, settings: SearchSettings) -> str:
    return (_NEAREST + rest).format(
        condition=scope.condition,
        exact=exact_select(space),
        indexed=dense_select(space),
        ef_search=settings.ef_search,
        max_scan_tuples=settings.max_scan_tuples,
        scan=settings.scan,
    )
