"""Each word of a draft counted once: for the text that has the longest passage around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from autonomy.tools.similarity.matching import LEAST_WORDS, Found

Flags = NDArray[np.bool_]
SAME_WORDS = 4
"""A stretch of so few words, quoted or not, goes with what stands beside it."""


def attributed(
    found: Sequence[Found],
    preferred: Callable[[Found], bool],
    open_: Flags,
    *,
    least: int = LEAST_WORDS,
) -> list[Found]:
    """The passages without what overlaps, in the draft's order: the longest first, of equals the
    one that is `preferred`, then the text that was given first. What is left of an overlapped
    passage stays when it is long enough for a match.

    Args:
        open_: which of them may be matched.
        least: words in common of what is long enough.
    """
    free = open_.copy()
    kept: list[Found] = []
    order = sorted(found, key=lambda each: (-each.passage.matched, not preferred(each), each.text))
    for each in order:
        start, end = each.passage.start, each.passage.end
        for low, high in stretches(free[start:end]):
            part = each.passage.within(start + low, start + high)
            if part is not None and part.matched >= least:
                free[part.start : part.end] = False
                kept.append(Found(each.text, part))
    return sorted(kept, key=lambda each: each.passage.start)


def stretches(flags: Flags) -> list[tuple[int, int]]:
    """Half-open ranges in which the flags are set."""
    if flags.all():
        return [(0, len(flags))] if len(flags) else []
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    pairs: list[tuple[int, int]] = list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
    return pairs


def by_quotation(found: Found, quoted: Flags) -> list[tuple[Found, bool]]:
    """The passage cut where a quotation begins or ends within it, and whether each part is one."""
    start, end = found.passage.start, found.passage.end
    flags = quoted[start:end]
    if flags.all() or not flags.any():
        return [(found, bool(flags[0]))]
    parts: list[tuple[int, int, bool]] = []
    edges = [0, *(np.flatnonzero(np.diff(flags)) + 1).tolist(), end - start]
    for low, high in pairwise(edges):
        inside = bool(flags[low])
        if parts and (high - low < SAME_WORDS or parts[-1][2] == inside):
            parts[-1] = parts[-1][0], high, parts[-1][2]
        elif parts and parts[-1][1] - parts[-1][0] < SAME_WORDS:
            parts[-1] = parts[-1][0], high, inside
        else:
            parts.append((low, high, inside))
    cut = []
    for low, high, inside in parts:
        part = found.passage.within(start + low, start + high)
        if part is not None:
            cut.append((Found(found.text, part), inside))
    return cut
