"""Postings: written with the passages they count, read by the search statement.

A hit is one integer: place within the part (19 bits), frequency (4 bits), length of the passage in
terms (8 bits). BM25 is flat long before either limit: the 15th repetition adds under one per cent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, transaction

from autonomy.library.terms import terms
from autonomy.models import Posting, Source

PLACE_BITS = 12
"""Below these stand frequency and length."""
FREQUENCY_BITS = 8
MOST_OFTEN = 15
LONGEST = 255

_DROP_PART = "DELETE FROM autonomy_postings WHERE source_id = %(source)s AND first = %(first)s"
_INSERT = """
INSERT INTO autonomy_postings (owner_id, term, source_id, first, hits)
SELECT %(owner)s, term, %(source)s, %(first)s, array_agg(hit)
FROM unnest(%(terms)s::text[], %(hits)s::int[]) AS given(term, hit)
GROUP BY term
"""


def store_postings(source: Source, passages: Sequence[tuple[int, str, str]]) -> None:
    """Count the words of `passages` (ordinal, heading, text), stored together. What was counted of
    the same part before is replaced.

    The heading path counts as part of the text: it often says what the passage itself takes as
    said.
    """
    if not passages:
        return
    first = min(ordinal for ordinal, _, _ in passages)
    found: list[str] = []
    hits: list[int] = []
    for ordinal, heading, text in passages:
        counted = Counter(terms(f"{heading}\n{text}"))
        length = min(counted.total(), LONGEST)
        for term, often in counted.items():
            found.append(term)
            hits.append(pack(ordinal - first, often, length))
    part: dict[str, Any] = {"owner": source.owner_id, "source": source.pk, "first": first}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DROP_PART, part)
        cursor.execute(_INSERT, part | {"terms": found, "hits": hits})


def pack(place: int, often: int, length: int) -> int:
    """A hit as it is stored."""
    return place << PLACE_BITS | min(often, MOST_OFTEN) << FREQUENCY_BITS | min(length, LONGEST)


def drop_postings(source_ids: Iterable[object]) -> None:
    """Forget the words of these sources; their passages are about to go."""
    Posting.objects.filter(source_id__in=list(source_ids)).delete()
