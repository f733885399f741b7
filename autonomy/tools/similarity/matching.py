"""The passages of a draft that are in other texts word for word, or lightly edited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from autonomy.tools.similarity.alignment import Aligned, aligned
from autonomy.tools.similarity.fingerprints import Index
from autonomy.tools.similarity.runs import common_runs
from autonomy.tools.similarity.texts import ComparedText
from autonomy.tools.similarity.tokens import Tokens, Vocabulary, words_of

LIGHT_SCORE = 0.6
"""Least share of words in common of a passage that was edited."""
LEAST_WORDS = 5
"""Fewer words in common are no match at all."""
_STRIDE = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A passage of the draft that one text has; `text` is its place in the list of texts."""

    text: int
    passage: Aligned


def distinct(
    texts: Sequence[ComparedText],
) -> tuple[list[ComparedText], list[list[ComparedText]]]:
    """The texts, each wording once: what is the same word for word can be cited as any of them and
    goes by the first. Beside them, the further copies of each."""
    first: dict[str, int] = {}
    kept: list[ComparedText] = []
    copies: list[list[ComparedText]] = []
    for text in texts:
        at = first.setdefault(text.text, len(kept))
        if at == len(kept):
            kept.append(text)
            copies.append([])
        else:
            kept[at] = replace(kept[at], markers=kept[at].markers | text.markers)
            copies[at].append(text)
    return kept, copies


def find(
    draft: Tokens,
    texts: Sequence[ComparedText],
    on_progress: Callable[[float], None] = lambda share: None,
) -> list[Found]:
    """All passages in common with each text, also those that overlap."""
    vocabulary = Vocabulary(draft.keys)
    numbers = [vocabulary.numbers[each] for each in draft.keys]
    index = Index(np.asarray(numbers, np.int64))
    found: list[Found] = []
    for place, text in enumerate(texts):
        theirs = list(map(vocabulary.__getitem__, words_of(text.text)))
        runs = common_runs(numbers, theirs, index)
        if runs:
            found += [
                Found(place, passage)
                for passage in aligned(numbers, theirs, runs, least=LIGHT_SCORE)
                if passage.matched >= LEAST_WORDS
            ]
        on_progress((place + 1) / len(texts))
    return found


class Covering:
    """Which texts have a stretch of the draft, for many questions."""

    MOST = 64
    """Passages that are looked at for one stretch."""

    def __init__(self, found: Sequence[Found]) -> None:
        self._at: dict[int, list[Found]] = defaultdict(list)
        for each in found:
            for bucket in range(each.passage.start // _STRIDE, each.passage.end // _STRIDE + 1):
                if len(self._at[bucket]) < self.MOST:
                    self._at[bucket].append(each)

    def over(self, start: int, end: int) -> list[Found]:
        """Passages that have words of the draft from `start` to `end`, each once."""
        near = {
            id(each): each
            for bucket in range(start // _STRIDE, (end - 1) // _STRIDE + 1)
            for each in self._at.get(bucket, ())
        }
        return [e for e in near.values() if e.passage.start < end and start < e.passage.end]

    def texts(self, start: int, end: int, *, share: float = 0.8) -> set[int]:
        """Those that have at least `share` of the draft's words from `start` to `end`."""
        have: dict[int, int] = defaultdict(int)
        for each in self._at.get((start + end) // 2 // _STRIDE, ()):
            passage = each.passage
            if (both := min(end, passage.end) - max(start, passage.start)) > 0:
                have[each.text] = max(have[each.text], both)
        return {text for text, words in have.items() if words >= share * (end - start)}
