"""Passages that say different things (maximal marginal relevance; Carbonell and Goldstein, 1998)."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.core.types import Passage
from autonomy.core.words import likeness
from autonomy.library.terms import terms


def varied(found: Sequence[Passage], limit: int, variety: float) -> list[Passage]:
    """`limit` of the passages, the next always the one that is best after what it repeats of those
    before it has been taken off. Scores stay as they were, so they need not fall.

    Args:
        found: best first.
        variety: 0 keeps the order, 1 looks at nothing but how new a passage is.
    """
    if not found:
        return []
    best = found[0].score or 1.0
    words = {passage.id: frozenset(terms(passage.text)) for passage in found}
    repeats = dict.fromkeys(words, 0.0)
    left = list(found)
    chosen: list[Passage] = []
    while left and len(chosen) < limit:
        pick = max(left, key=lambda p: (1 - variety) * p.score / best - variety * repeats[p.id])
        left.remove(pick)
        chosen.append(pick)
        for other in left:
            like = likeness(words[pick.id], words[other.id])
            repeats[other.id] = max(repeats[other.id], like)
    return chosen
