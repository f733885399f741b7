"""Fingerprints by winnowing, and where two texts share them.

Schleimer, Wilkerson, Aiken: Winnowing: local algorithms for document fingerprinting, SIGMOD 2003.
Of every `window` neighbouring hashes of `k` words the least is kept, the last one of equals. So a
run of `window + k - 1` words in common leaves at least one fingerprint in common, and no run
shorter than `k` words leaves any.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from autonomy.tools.similarity.settings import KGRAM_WORDS, WINDOW_KGRAMS

Numbers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

NOWHERE = np.uint64(0xFFFFFFFFFFFFFFFF)
"""Hash of what holds a word that the other text has not: never chosen."""
_BASE = np.uint64(0x9E3779B97F4A7C15)
PLACES_PER_HASH = 8
"""Places of one text that one fingerprint leads to; those nearest to where the last match went on
are taken. A phrase that a text repeats a thousand times costs no more than eight."""


def kgram_hashes(words: Numbers, k: int = KGRAM_WORDS) -> Hashes:
    """One hash for each run of `k` words; `NOWHERE` for those that hold the number 0."""
    count = len(words) - k + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    with np.errstate(over="ignore"):
        mixed = _mix(words.astype(np.uint64))
        sums = np.zeros(count, np.uint64)
        for place in range(k):
            sums = sums * _BASE + mixed[place : place + count]
        hashes = _mix(sums)
    known = np.concatenate(([0], np.cumsum(words != 0)))
    hashes[known[k:] - known[:-k] < k] = NOWHERE
    return hashes


def _mix(values: Hashes) -> Hashes:
    """SplitMix64's finisher (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
    OOPSLA 2014): near numbers become far ones."""
    values = values ^ (values >> np.uint64(30))
    values = values * np.uint64(0xBF58476D1CE4E5B9)
    values = values ^ (values >> np.uint64(27))
    values = values * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def winnow(hashes: Hashes, window: int = WINDOW_KGRAMS) -> Numbers:
    """Places of the hashes that are kept, rising. Text shorter than a window keeps its least."""
    count = len(hashes)
    if count == 0:
        return np.empty(0, np.int64)
    width = min(window, count)
    windows = np.lib.stride_tricks.sliding_window_view(hashes, width)[:, ::-1]
    chosen = np.arange(count - width + 1) + (width - 1 - windows.argmin(axis=1))
    places: Numbers = np.unique(chosen)
    kept: Numbers = places[hashes[places] != NOWHERE]
    return kept


class Index:
    """Where in one text each fingerprint stands: the inverted index that texts are run against."""

    def __init__(self, words: Numbers) -> None:
        hashes = kgram_hashes(words)
        places = winnow(hashes)
        order = np.argsort(hashes[places], kind="stable")
        self._places = places[order]
        self._hashes = hashes[places][order]

    def __len__(self) -> int:
        return len(self._places)

    def shared(self, words: Numbers) -> tuple[Numbers, list[list[int]]]:
        """Fingerprints that `words` (numbered by the same vocabulary) has too: their places here,
        rising, and for each the places in `words`, rising."""
        hashes = kgram_hashes(words)
        places = winnow(hashes)
        if not len(places) or not len(self._hashes):
            return np.empty(0, np.int64), []
        theirs = hashes[places]
        at = np.searchsorted(self._hashes, theirs)
        at[at == len(self._hashes)] = 0
        known = self._hashes[at] == theirs
        where: dict[int, list[int]] = {}
        for value, place in zip(theirs[known].tolist(), places[known].tolist(), strict=True):
            where.setdefault(value, []).append(place)
        if not where:
            return np.empty(0, np.int64), []
        mine = np.isin(self._hashes, np.fromiter(where, np.uint64, len(where)))
        here, values = self._places[mine], self._hashes[mine]
        order = np.argsort(here, kind="stable")
        return here[order], [where[value] for value in values[order].tolist()]


def nearest(places: list[int], wanted: int) -> Iterator[int]:
    """At most `PLACES_PER_HASH` of `places` (rising), those around `wanted`."""
    if len(places) <= PLACES_PER_HASH:
        yield from places
        return
    at = bisect_left(places, wanted)
    low = max(0, min(at - PLACES_PER_HASH // 2, len(places) - PLACES_PER_HASH))
    yield from places[low : low + PLACES_PER_HASH]
