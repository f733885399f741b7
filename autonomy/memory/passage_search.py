"""The search statement: one round trip for a hybrid search by meaning and by words.

Meaning: cosine over the HNSW index, with iterative scans so that the filter by owner cannot starve
the result. Words: BM25 over the stored lexemes, counted within the searched sources; PostgreSQL's
own ranking is not used because it ignores how rare a word is. Both lists are joined by reciprocal
rank fusion (Cormack et al., 2009).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from autonomy.core.types import Passage
from autonomy.library.embed import Vectors
from autonomy.library.parsed import EVIDENCE_KINDS
from autonomy.memory.ids import uuids
from autonomy.memory.spaces import BUILT_IN, Space, dense_select

_EVIDENCE = sorted(kind.value for kind in EVIDENCE_KINDS)
_CANDIDATES = 60
"""How deep each list goes into the fusion."""
_RRF_K = 10

# OFFSET 0 keeps the planner from turning the lookups inside out: word by word through the GIN
# index, and one pass over each shortlisted passage's lexemes, which are costly to unpack.
_SEARCH = """
SET LOCAL hnsw.iterative_scan = strict_order;
SET LOCAL hnsw.ef_search = 100;
WITH scope AS MATERIALIZED (
    SELECT id, passage_count FROM autonomy_sources
    WHERE owner_id = %(owner)s AND status = ANY(%(statuses)s)
      AND (%(everything)s OR id = ANY(%(sources)s::uuid[]))
), dense AS (
    SELECT id, row_number() OVER (ORDER BY distance, id) AS rank
    FROM (
        <the nearest>
    ) nearest
), words AS MATERIALIZED (
    SELECT lexeme, quote_literal(lexeme)::tsquery AS wanted
    FROM unnest(to_tsvector('english', %(query)s))
), hits AS MATERIALIZED (
    SELECT w.lexeme, p.id
    FROM words w CROSS JOIN LATERAL (
        SELECT id FROM autonomy_passages
        WHERE search @@ w.wanted AND source_id = ANY(ARRAY(SELECT id FROM scope))
          AND kind = ANY(%(kinds)s)
        OFFSET 0
    ) p
), rarity AS (
    SELECT lexeme,
           ln(1 + (greatest((SELECT sum(passage_count) FROM scope), count(*)) - count(*) + 0.5)
                  / (count(*) + 0.5)) AS idf
    FROM hits GROUP BY lexeme
), shortlist AS MATERIALIZED (
    SELECT h.id FROM hits h JOIN rarity r USING (lexeme)
    GROUP BY h.id ORDER BY sum(r.idf) DESC, h.id LIMIT 150
), counted AS MATERIALIZED (
    SELECT p.id, l.lexeme, coalesce(array_length(l.positions, 1), 1) AS tf,
           length(p.text) AS size
    FROM shortlist s JOIN autonomy_passages p USING (id) CROSS JOIN LATERAL (
        SELECT lexeme, positions FROM unnest(p.search)
        WHERE lexeme = ANY(ARRAY(SELECT lexeme FROM words))
        OFFSET 0
    ) l
), lexical AS (
    SELECT id, row_number() OVER (ORDER BY score DESC, id) AS rank
    FROM (
        SELECT c.id,
               sum(r.idf * c.tf * 2.2 / (c.tf + 1.2 * (0.25 + 0.75 * c.size
                   / (SELECT avg(size) FROM counted)))) AS score
        FROM counted c JOIN rarity r USING (lexeme)
        GROUP BY c.id ORDER BY score DESC, c.id LIMIT %(candidates)s
    ) best
)
SELECT p.id, p.source_id, p.text, p.page, p.char_start, p.char_end, p.heading, p.ordinal,
       coalesce(1.0 / (%(k)s + d.rank), 0) + coalesce(1.0 / (%(k)s + w.rank), 0) AS score
FROM dense d FULL JOIN lexical w USING (id) JOIN autonomy_passages p USING (id)
ORDER BY score DESC, p.id
LIMIT %(limit)s
"""


def search_passages(
    owner_id: int,
    query: str,
    vectors: Vectors,
    limit: int,
    source_ids: Sequence[str] = (),
    *,
    space: Space = BUILT_IN,
    unfinished: bool = False,
) -> list[Passage]:
    """The hybrid search itself; `vectors[0]` is the query's embedding. Ids that are no UUIDs match
    nothing, and naming only such ids finds nothing.

    Args:
        space: the one that `vectors` lie in.
        unfinished: look also into files of which only a part has been read; what they are called
            may not be known yet.
    """
    parameters: dict[str, Any] = {
        "owner": owner_id,
        "statuses": ["ready", "embedding", "parsing"] if unfinished else ["ready"],
        "everything": not source_ids,
        "sources": [str(key) for key in uuids(source_ids)],
        "kinds": _EVIDENCE,
        "query": query,
        "vector": "[" + ",".join(f"{value:.7g}" for value in vectors[0]) + "]",
        "candidates": max(_CANDIDATES, limit),
        "k": _RRF_K,
        "limit": limit,
    }
    # SET LOCAL needs a transaction; all statements travel in one message.
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SEARCH.replace("<the nearest>", dense_select(space)), parameters)
        while cursor.description is None and cursor.nextset():
            pass
        rows = cursor.fetchall()
    return [
        Passage(
            id=str(row[0]),
            source_id=str(row[1]),
            text=row[2],
            page=row[3],
            char_start=row[4],
            char_end=row[5],
            heading=row[6],
            ordinal=row[7],
            score=float(row[8]),
        )
        for row in rows
    ]
