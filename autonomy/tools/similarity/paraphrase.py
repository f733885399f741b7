"""Sentences of a draft that say what a text's sentence says, in other words.

Two steps, because encoding is what costs: words in common choose a few sentences of the texts for
each of the draft's, rare words first; an encoder then says how near the chosen ones are in meaning.
Nearness alone would flag whatever is about the same thing, so what both have to share besides is
content: see `says_the_same`.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from autonomy.core.originality import Match, MatchGroup, MatchKind
from autonomy.core.words import STOP_WORDS, stem
from autonomy.library.sentences import sentences
from autonomy.tools.similarity.citing import Citations
from autonomy.tools.similarity.counting import Flags
from autonomy.tools.similarity.texts import ComparedText
from autonomy.tools.similarity.tokens import Tokens, key, words_of

Vectors = npt.NDArray[np.float32]
Encode = Callable[[list[str]], Any | Awaitable[Any]]
"""Sentences → one vector each (rows); their length does not matter."""

LEAST_STEMS = 5
"""A sentence with fewer different content words says too little to be told apart."""
MOST_SENTENCES = 2_000
"""Of a draft that are looked at, from its beginning."""
MOST_ENCODED = 1_200
"""Sentences, of the draft and the texts together, that are encoded for one comparison; those that
share most come first."""
CANDIDATES = 2
"""Sentences of the texts that are encoded for one of the draft."""
LEAST_SHARED = 0.15
"""Cosine of weighted words from which a pair is worth encoding."""
_BATCH = 2_000
_SENTENCE_CHARS = 1_000
_NAIVE_END = re.compile(r"(?<=[.!?…。！？])[\"”’»)\]]*\s+|\n[ \t]*\n|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class _Sentence:
    first: int
    last: int
    """Words of the draft, half-open."""
    start: int
    end: int
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Pair:
    shared: float
    mine: int
    text: int
    start: int
    end: int


def paraphrases(
    draft: Tokens,
    texts: Sequence[ComparedText],
    taken: Flags,
    citations: Citations,
    encode: Encode,
) -> list[Match]:
    """One match at most for each sentence of the draft that is not `taken` already. One that cites
    its text is as it should be and is left out."""
    mine = _sentences(draft, taken)
    if not mine:
        return []
    pairs = _affordable(_candidates(mine, texts))
    if not pairs:
        return []
    written = [draft.text[each.start : each.end] for each in mine]
    theirs = [texts[pair.text].text[pair.start : pair.end] for pair in pairs]
    cosines = _cosines([written[pair.mine] for pair in pairs], theirs, encode)
    best: dict[int, tuple[float, _Pair]] = {}
    for pair, cosine in zip(pairs, cosines, strict=True):
        sentence = mine[pair.mine]
        said = stems_of(texts[pair.text].text[pair.start : pair.end])
        if (
            says_the_same(cosine, sentence.stems, said)
            and cosine > best.get(pair.mine, (0.0, pair))[0]
        ):
            best[pair.mine] = cosine, pair
    return [
        Match(
            start=mine[number].start,
            end=mine[number].end,
            text_id=texts[pair.text].id,
            text_start=pair.start,
            text_end=pair.end,
            kind=MatchKind.PARAPHRASE,
            group=MatchGroup.NOT_CITED_OR_QUOTED,
            words=mine[number].last - mine[number].first,
            score=round(min(cosine, 1.0), 4),
        )
        for number, (cosine, pair) in sorted(best.items())
        if not citations.cite(texts[pair.text], mine[number].start, mine[number].end)
    ]


NEAR = 0.78
"""Cosine from which two sentences may say the same."""
SHARED_STEMS = 3
SHARED_PART = 0.3
"""So many content words, and such a part of the shorter sentence's, both must have."""


def says_the_same(cosine: float, mine: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether nearness in meaning is more than one topic: the sentences share content words, and
    neither has a number that the other lacks while it has others."""
    if cosine < NEAR:
        return False
    shared = mine & theirs
    if len(shared) < SHARED_STEMS or len(shared) < SHARED_PART * min(len(mine), len(theirs)):
        return False
    numbers, others = _numbers(mine), _numbers(theirs)
    return not (numbers and others and not numbers & others)


def _numbers(stems: frozenset[str]) -> frozenset[str]:
    return frozenset(each for each in stems if each[0].isdigit())


def stems_of(text: str) -> frozenset[str]:
    """Content words of a sentence as stems, and its numbers."""
    return frozenset(found for word in words_of(text) if (found := _stem_of(word)))


def _stem_of(word: str) -> str:
    plain = key(word)
    if plain in STOP_WORDS or (len(plain) < 3 and not plain[:1].isdigit()):
        return ""
    return stem(plain)


def _sentences(draft: Tokens, taken: Flags) -> list[_Sentence]:
    found: list[_Sentence] = []
    starts = np.frombuffer(draft.starts, np.int64) if len(draft) else np.empty(0, np.int64)
    for start, end in sentences(draft.text):
        low, high = (int(each) for each in np.searchsorted(starts, (start, end)))
        if high - low < LEAST_STEMS or taken[low:high].mean() > 0.5:
            continue
        stems = stems_of(draft.text[start:end][:_SENTENCE_CHARS])
        if len(stems) >= LEAST_STEMS:
            found.append(_Sentence(low, high, draft.starts[low], draft.ends[high - 1], stems))
        if len(found) == MOST_SENTENCES:
            break
    return found


class _Stems(dict[str, int]):
    """Written word → column of its stem among the draft's; -1 for what the draft has not."""

    def __init__(self, columns: dict[str, int]) -> None:
        super().__init__()
        self._columns = columns

    def __missing__(self, word: str) -> int:
        column = self._columns.get(_stem_of(word), -1)
        self[word] = column
        return column


def _candidates(mine: Sequence[_Sentence], texts: Sequence[ComparedText]) -> list[_Pair]:
    """For each sentence of the draft those of the texts that share most weighted words."""
    columns: dict[str, int] = {}
    for each in mine:
        for one in each.stems:
            columns.setdefault(one, len(columns))
    weights = np.zeros((len(columns), len(mine)), np.float32)
    for number, each in enumerate(mine):
        weights[[columns[one] for one in each.stems], number] = 1
    rarity = np.log1p(len(mine) / weights.sum(axis=1)).astype(np.float32)
    weights *= rarity[:, None]
    weights /= np.linalg.norm(weights, axis=0).astype(np.float32)
    best = _Best(len(mine))
    known = _Stems(columns)
    batch: list[tuple[int, int, int]] = []
    rows: list[list[int]] = []
    for number, text in enumerate(texts):
        for start, end in _rough_sentences(text.text):
            words = words_of(text.text[start:end])
            found = {column for word in words if (column := known[word]) >= 0}
            if len(found) >= 2:
                batch.append((number, start, end))
                rows.append(list(found))
            if len(batch) >= _BATCH:
                best.take(batch, _scores(rows, weights, rarity))
                batch, rows = [], []
    if batch:
        best.take(batch, _scores(rows, weights, rarity))
    return best.pairs()


def _scores(rows: Sequence[Sequence[int]], weights: Vectors, rarity: Vectors) -> Vectors:
    """Cosine of each row (stems of a text's sentence that the draft has) with each sentence of the
    draft. Words that the draft has not would only lower all of one row alike."""
    flat = np.concatenate([np.asarray(row) for row in rows])
    edges = np.concatenate(([0], np.cumsum([len(row) for row in rows])[:-1]))
    norms = np.sqrt(np.add.reduceat(rarity[flat] ** 2, edges))
    sums = np.add.reduceat(weights[flat] * rarity[flat][:, None], edges, axis=0)
    scores: Vectors = (sums / norms[:, None]).astype(np.float32)
    return scores


class _Best:
    """The `CANDIDATES` best so far for each sentence of the draft."""

    def __init__(self, sentences: int) -> None:
        self._scores = np.zeros((CANDIDATES, sentences), np.float32)
        self._which = np.full((CANDIDATES, sentences), -1, np.int64)
        self._places: list[tuple[int, int, int]] = []

    def take(self, places: Sequence[tuple[int, int, int]], scores: Vectors) -> None:
        numbers = np.arange(len(self._places), len(self._places) + len(places))
        self._places += places
        all_scores = np.concatenate((self._scores, scores))
        which = np.concatenate(
            (self._which, np.broadcast_to(numbers[:, None], scores.shape)), axis=0
        )
        order = np.argpartition(-all_scores, CANDIDATES - 1, axis=0)[:CANDIDATES]
        self._scores = np.take_along_axis(all_scores, order, axis=0)
        self._which = np.take_along_axis(which, order, axis=0)

    def pairs(self) -> list[_Pair]:
        return [
            _Pair(float(self._scores[row, mine]), mine, *self._places[self._which[row, mine]])
            for row, mine in np.ndindex(self._scores.shape)
            if self._scores[row, mine] >= LEAST_SHARED
        ]


def _rough_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Sentences, quickly: an abbreviation may cut one short."""
    start = 0
    for found in _NAIVE_END.finditer(text):
        if found.start() - start >= 20:
            yield start, min(found.start(), start + _SENTENCE_CHARS)
            start = found.end()
    if len(text) - start >= 20:
        yield start, min(len(text), start + _SENTENCE_CHARS)


def _affordable(pairs: list[_Pair]) -> list[_Pair]:
    """The pairs that share most, as many as may be encoded."""
    pairs.sort(key=lambda pair: -pair.shared)
    seen: set[tuple[int, ...]] = set()
    kept = []
    for pair in pairs:
        seen |= {(pair.mine,), (pair.text, pair.start)}
        if len(seen) > MOST_ENCODED:
            break
        kept.append(pair)
    return kept


def _cosines(mine: Sequence[str], theirs: Sequence[str], encode: Encode) -> list[float]:
    """Of each pair; every sentence is encoded once."""
    numbers: dict[str, int] = {}
    for each in (*mine, *theirs):
        numbers.setdefault(each, len(numbers))
    given = encode(list(numbers))
    vectors = np.asarray(asyncio.run(_awaited(given)) if inspect.isawaitable(given) else given)
    if vectors.ndim != 2 or len(vectors) != len(numbers):
        raise ValueError(f"the encoder gave {vectors.shape} for {len(numbers)} sentences")
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    left = unit[[numbers[each] for each in mine]]
    right = unit[[numbers[each] for each in theirs]]
    cosines: list[float] = np.einsum("ij,ij->i", left, right).tolist()
    return cosines


async def _awaited(given: Awaitable[Any]) -> Any:
    return await given
