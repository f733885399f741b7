"""Sentences as statements: what of them carries meaning, and which of a text come near one of the
draft by the words that they share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from autonomy.core.word_key import key
from autonomy.core.words import STOP_WORDS, stem
from autonomy.library.sentences import sentences
from autonomy.tools.similarity.counting import Flags
from autonomy.tools.similarity.scope import says_scope
from autonomy.tools.similarity.texts import ComparedText
from autonomy.tools.similarity.tokens import Tokens, words_of

Matrix = npt.NDArray[np.float32]

LEAST_STEMS = 6
"""A sentence with fewer different content words says too little to be told apart."""
SHARED_STEMS = 3
"""Content words that two sentences must share to say the same."""
MOST_SENTENCES = 2_000
"""Of a draft that are looked at, from its beginning."""
CANDIDATES = 2
"""Stretches of the texts that are encoded for one sentence of the draft."""
_LOOKED_AT = 6
_BATCH = 2_000
SENTENCE_CHARS = 1_000
"""A longer sentence is read as far as this."""
_ROUGH_CHARS = 20
_NAIVE_END = re.compile(r"(?<=[.!?…])[\"”’»)\]]*\s+|(?<=[。！？])[”’」』）]*|\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the draft: words `first` to `last`, characters `start` to `end`, half-open."""

    first: int
    last: int
    start: int
    end: int
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence, or two neighbours, of a text that shares words with a statement (its number)."""

    statement: int
    text: int
    start: int
    end: int
    shared: float
    """Cosine of the words, rare ones weighing more; only for ranking."""


def stems_of(text: str) -> frozenset[str]:
    """Content words of a sentence as stems, and its numbers."""
    return frozenset(found for word in words_of(text) if (found := _stem_of(word)))


def numbers_of(stems: frozenset[str]) -> frozenset[str]:
    return frozenset(each for each in stems if each[0].isdigit())


def _stem_of(word: str) -> str:
    plain = key(word)
    if plain in STOP_WORDS or (len(plain) < 3 and plain.isascii() and not plain[:1].isdigit()):
        return ""
    return stem(plain)


def statements(draft: Tokens, taken: Flags) -> tuple[list[Statement], int]:
    """The draft's sentences that say something and are for the most part not `taken`: the first
    `MOST_SENTENCES`, and how many there are. One that says what the draft does says nothing that
    another text could have said before it."""
    found: list[Statement] = []
    count = 0
    starts = np.frombuffer(draft.starts, np.int64) if len(draft) else np.empty(0, np.int64)
    for start, end in sentences(draft.text):
        low, high = (int(each) for each in np.searchsorted(starts, (start, end)))
        if high - low < LEAST_STEMS or taken[low:high].mean() > 0.5:
            continue
        written = draft.text[start : min(end, start + SENTENCE_CHARS)]
        stems = stems_of(written)
        if len(stems) < LEAST_STEMS or says_scope(written):
            continue
        count += 1
        if count <= MOST_SENTENCES:
            found.append(Statement(low, high, draft.starts[low], draft.ends[high - 1], stems))
    return found, count


def stretches_of(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Sentences, and pairs of neighbours that a paraphrase may have joined; quickly: an
    abbreviation may cut one short."""
    begins, before = start, -1
    for ends, after in _ends(text, start, len(text) if end is None else end):
        if ends - begins < _ROUGH_CHARS:
            continue
        yield begins, min(ends, begins + SENTENCE_CHARS)
        if before >= 0 and ends - before <= SENTENCE_CHARS:
            yield before, ends
        begins, before = after, begins


def _ends(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in _NAIVE_END.finditer(text, start, end):
        yield found.span()
    yield end, end


class _Columns(dict[str, int]):
    """Written word → column of its stem among the draft's; -1 for what the draft has not."""

    def __init__(self, columns: dict[str, int]) -> None:
        super().__init__()
        self._columns = columns

    def __missing__(self, word: str) -> int:
        column = self._columns.get(_stem_of(word), -1)
        self[word] = column
        return column


def candidates(mine: Sequence[Statement], texts: Sequence[ComparedText]) -> list[Candidate]:
    """For each statement the stretches of the texts that share most of its rare words."""
    columns: dict[str, int] = {}
    for each in mine:
        for one in each.stems:
            columns.setdefault(one, len(columns))
    present = np.zeros((len(columns), len(mine)), np.float32)
    for number, each in enumerate(mine):
        present[[columns[one] for one in each.stems], number] = 1
    rarity = np.log1p(len(mine) / present.sum(axis=1)).astype(np.float32)
    weights = present * rarity[:, None]
    weights /= np.linalg.norm(weights, axis=0)
    best = _Best(mine, texts)
    known = _Columns(columns)
    batch: list[tuple[int, int, int]] = []
    rows: list[list[int]] = []
    lengths: list[int] = []
    for number, text in enumerate(texts):
        for start, end in stretches_of(text.text):
            words = words_of(text.text[start:end])
            found = {column for word in words if (column := known[word]) >= 0}
            if len(found) >= 2:
                batch.append((number, start, end))
                rows.append(list(found))
                lengths.append(len(words))
            if len(batch) >= _BATCH:
                best.take(batch, _scores(rows, lengths, weights, rarity))
                batch, rows, lengths = [], [], []
    if batch:
        best.take(batch, _scores(rows, lengths, weights, rarity))
    return best.candidates()


def _scores(
    rows: Sequence[Sequence[int]], lengths: Sequence[int], weights: Matrix, rarity: Matrix
) -> Matrix:
    """How much of each statement's weight (columns) a stretch has (rows: columns of the stems that
    it shares with the draft), less for long stretches."""
    flat = np.concatenate([np.asarray(row) for row in rows])
    edges = np.concatenate(([0], np.cumsum([len(row) for row in rows])[:-1]))
    sums = np.add.reduceat(weights[flat] * rarity[flat][:, None], edges, axis=0)
    scores: Matrix = (sums / np.sqrt(np.asarray(lengths))[:, None]).astype(np.float32)
    return scores


class _Best:
    """The best few stretches so far for each statement."""

    def __init__(self, mine: Sequence[Statement], texts: Sequence[ComparedText]) -> None:
        self._mine = mine
        self._texts = texts
        self._scores = np.zeros((_LOOKED_AT, len(mine)), np.float32)
        self._which = np.full((_LOOKED_AT, len(mine)), -1, np.int64)
        self._places: list[tuple[int, int, int]] = []

    def take(self, places: Sequence[tuple[int, int, int]], scores: Matrix) -> None:
        numbers = np.arange(len(self._places), len(self._places) + len(places))
        self._places += places
        every = np.concatenate((self._scores, scores))
        which = np.concatenate((self._which, np.broadcast_to(numbers[:, None], scores.shape)))
        order = np.argpartition(-every, _LOOKED_AT - 1, axis=0)[:_LOOKED_AT]
        self._scores = np.take_along_axis(every, order, axis=0)
        self._which = np.take_along_axis(which, order, axis=0)

    def candidates(self) -> list[Candidate]:
        """At most `CANDIDATES` each, of those that share enough content words."""
        found: list[Candidate] = []
        for number, statement in enumerate(self._mine):
            kept = 0
            for row in np.argsort(-self._scores[:, number]):
                if self._which[row, number] < 0 or kept == CANDIDATES:
                    break
                text, start, end = self._places[self._which[row, number]]
                theirs = stems_of(self._texts[text].text[start:end])
                if len(theirs & statement.stems) >= 2:
                    score = float(self._scores[row, number])
                    found.append(Candidate(number, text, start, end, score))
                    kept += 1
        return found
