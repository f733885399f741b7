"""Runs of the same words in a draft and a text, grown from shared fingerprints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from autonomy.tools.similarity.fingerprints import Index, nearest
from autonomy.tools.similarity.settings import KGRAM_WORDS

LONG_WORDS = 24
"""A run so long is not looked at again: places inside it begin no other run. That, and that a run
grows backwards no further than so many words into the one before, keeps the work proportional to
the length of the texts however often they repeat themselves."""


class Run(NamedTuple):
    """`draft[draft : draft + words]` is `text[text : text + words]`, counted in words."""

    draft: int
    text: int
    words: int


def common_runs(draft: Sequence[int], text: Sequence[int], index: Index) -> list[Run]:
    """The runs of at least `KGRAM_WORDS` words in common that hold a shared fingerprint, by where
    they begin in the draft. Word numbers are those of one vocabulary; 0 is never the same.

    Args:
        index: of `draft`.
    """
    places, theirs = index.shared(np.asarray(text, np.int64))
    runs: list[Run] = []
    done: dict[int, int] = {}
    """Diagonal → the end in the draft of the last run on it."""
    covered = 0
    diagonal = 0
    for here, candidates in zip(places.tolist(), theirs, strict=True):
        for there in nearest(candidates, here + diagonal):
            if here < covered:
                break
            way = there - here
            if here < done.get(way, 0):
                continue
            run = _grown(draft, text, here, there, floor=covered - LONG_WORDS)
            if run is None:
                continue
            end = run.draft + run.words
            done[way] = end
            diagonal = way
            runs.append(run)
            if run.words >= LONG_WORDS:
                covered = max(covered, end)
    return sorted(set(runs))


def _grown(
    draft: Sequence[int], text: Sequence[int], here: int, there: int, *, floor: int
) -> Run | None:
    """The longest run around two places; None when the words there differ (a hash in common)."""
    low = here
    first = max(floor, here - there, 0)
    while low > first and draft[low - 1] == text[low - 1 + there - here]:
        low -= 1
    high = here
    last = min(len(draft), len(text) + here - there)
    while high < last and draft[high] == text[high + there - here]:
        high += 1
    if high - here < KGRAM_WORDS:
        return None
    return Run(low, low + there - here, high - low)
