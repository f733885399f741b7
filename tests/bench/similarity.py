"""A draft against many sources: time, its growth, and how well reuse is found.

Texts for timing are made up: words drawn as often as Zipf's law has them, stock phrases among them,
and a fifth of the draft taken from the sources, half of that with every tenth word exchanged.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from math import log2
from pathlib import Path
from tempfile import gettempdir

from autonomy.core.originality import ComparedKind, MatchKind
from autonomy.library.embed import Embedder
from autonomy.tools.similarity import ComparedText, SimilaritySettings, compare
from autonomy.tools.similarity.stock_phrases import PHRASES
from tests.autonomy.tools.similarity.text_reuse import REPORTING, Pair, pairs, texts
from tests.bench.figures import Figure

DRAFT_WORDS = 10_000
SOURCES = 500
SOURCE_WORDS = 6_000
"""A paper of about twelve pages."""
VOCABULARY = 40_000
RUNS = 3
GOAL_SECONDS = 20.0
GOAL_GROWTH = 1.2
"""Exponent of the growth of time with the size: 1 is in proportion, 2 with its square."""
FOUND, FLAGGED = 0.95, 0.05


def bench() -> list[Figure]:
    return [*_speed(), *_reuse()]


# ------------------------------------------------------------------------------------------ time


def _speed() -> list[Figure]:
    sources = _sources()
    draft = _draft(sources, DRAFT_WORDS)
    seconds = _best(lambda: compare(draft, sources))
    shingles = _best(lambda: _shingled(draft, sources), runs=1)
    by_words = [
        _best(lambda d=each: compare(d, sources))  # type: ignore[misc]
        for each in (_draft(sources, DRAFT_WORDS // 4), _draft(sources, DRAFT_WORDS // 2))
    ]
    by_sources = [
        _best(lambda n=number: compare(draft, sources[:n]))  # type: ignore[misc]
        for number in (SOURCES // 4, SOURCES // 2)
    ]
    size = f"{DRAFT_WORDS:,} words, {SOURCES} sources of {SOURCE_WORDS:,}"
    return [
        Figure(
            f"{size}",
            seconds,
            "s",
            f"8-word shingles in sets of tuples, verbatim only: {shingles:.1f} s "
            f"(ratio {seconds / shingles:.2f})",
            f"<= {GOAL_SECONDS:g} s",
            seconds <= GOAL_SECONDS,
        ),
        *_growth("words of the draft", (2_500, 5_000, 10_000), [*by_words, seconds]),
        *_growth("sources", (125, 250, 500), [*by_sources, seconds]),
    ]


def _growth(what: str, sizes: Sequence[int], seconds: Sequence[float]) -> list[Figure]:
    exponent = log2(seconds[-1] / seconds[0]) / log2(sizes[-1] / sizes[0])
    told = ", ".join(f"{n:,}: {s:.2f} s" for n, s in zip(sizes, seconds, strict=True))
    return [
        Figure(
            f"growth with {what}",
            exponent,
            "exponent",
            told,
            f"<= {GOAL_GROWTH}",
            exponent <= GOAL_GROWTH,
        )
    ]


def _best(call: Callable[[], object], runs: int = RUNS) -> float:
    """Seconds of one processor, of the quickest run: other work on the machine only adds."""
    times = []
    for _ in range(runs):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return min(times)


def _shingled(draft: str, sources: Sequence[ComparedText], run: int = 8) -> float:
    """What the originality gate did before: every run of eight words of every source in a set."""
    shingles: set[tuple[str, ...]] = set()
    for source in sources:
        words = re.findall(r"[^\W_]+", source.text.lower())
        shingles.update(tuple(words[i : i + run]) for i in range(len(words) - run + 1))
    words = re.findall(r"[^\W_]+", draft.lower())
    hits = sum(tuple(words[i : i + run]) in shingles for i in range(len(words) - run + 1))
    return hits / max(len(words), 1)


class _Writer:
    """Sentences of made-up words with stock phrases among them."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        letters = random.Random(0)
        self._words = [
            "".join(letters.choices("etaoinshrdlucmfwypvbgkqjxz", k=letters.randint(2, 11)))
            for _ in range(VOCABULARY)
        ]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))

    def text(self, words: int) -> str:
        sentences: list[str] = []
        count = 0
        while count < words:
            said = self._rng.choices(
                self._words, cum_weights=self._weights, k=self._rng.randint(8, 24)
            )
            if self._rng.random() < 0.3:
                said[2:2] = self._rng.choice(PHRASES).split()
            count += len(said)
            sentences.append(" ".join(said).capitalize() + ".")
        return " ".join(sentences)


def _sources() -> list[ComparedText]:
    writer = _Writer(1)
    return [
        ComparedText(str(n), f"Source {n}", ComparedKind.LIBRARY, writer.text(SOURCE_WORDS))
        for n in range(SOURCES)
    ]


def _draft(sources: Sequence[ComparedText], words: int) -> str:
    """A fifth of it is taken from the sources, forty words at a time."""
    rng = random.Random(2)
    writer = _Writer(3)
    pieces: list[str] = []
    for number in range(words // 200):
        source = rng.choice(sources).text.split()
        at = rng.randrange(len(source) - 40)
        taken = source[at : at + 40]
        if number % 2:
            taken = [word if place % 10 else "otherwise" for place, word in enumerate(taken)]
        pieces += [writer.text(150), " ".join(taken) + "."]
    return " ".join(pieces)


# ------------------------------------------------------------------------------------- text reuse


def _reuse() -> list[Figure]:
    embedder = Embedder(Path(gettempdir()) / "hw-bench-models", threads=2)
    embedder.warm_up()
    began = time.perf_counter()
    told = Counter[str]()
    right = Counter[str]()
    flagged = 0
    for pair in pairs(REPORTING):
        hint = pair.kind == "heavy" or pair.kind == "non"
        share, matched, hinted = _seen(pair, embedder if hint else None)
        told[pair.kind] += 1
        if pair.kind == "non":
            right[pair.kind] += matched
        else:
            right[pair.kind] += share > 0 if pair.kind == "heavy" else share >= 0.5
        flagged += pair.kind == "non" and hinted
    figures = []
    for kind in ("verbatim", "light", "heavy"):
        value = right[kind] / told[kind]
        goal = "" if kind == "heavy" else f">= {FOUND}"
        ok = None if kind == "heavy" else value >= FOUND
        figures.append(
            Figure(f"{kind} found", value, "", f"{right[kind]} of {told[kind]} pairs", goal, ok)
        )
    value = right["non"] / told["non"]
    return [
        *figures,
        Figure(
            "non-copies counted as copied",
            value,
            "",
            f"{right['non']} of {told['non']} pairs",
            f"<= {FLAGGED}",
            value <= FLAGGED,
        ),
        Figure(
            "non-copies hinted at as paraphrases",
            flagged / told["non"],
            "",
            f"{flagged} of {told['non']} pairs; {time.perf_counter() - began:.0f} s for all pairs",
        ),
    ]


def _seen(pair: Pair, embedder: Embedder | None) -> tuple[float, bool, bool]:
    """Which share of the pair's own text is matched with its source, whether anything counts as
    copied, and whether anything is hinted at."""
    against = [t for t in texts() if not (pair.without_source and t.id == pair.of)]
    encode = embedder.encode if embedder else None
    found = compare(pair.draft, against, SimilaritySettings(), encode)
    start, end = pair.words
    mine = [m for m in found.matches if not m.excluded]
    own = sum(max(0, min(m.end, end) - max(m.start, start)) for m in mine if m.text_id == pair.of)
    hints = [m for m in mine if m.kind is MatchKind.PARAPHRASE]
    return own / (end - start), len(mine) > len(hints), bool(hints)
