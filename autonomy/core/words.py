"""Words as evidence is matched on: content words, their stems, and the terms that stand out."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from itertools import pairwise

WORD = re.compile(r"[^\W\d_][\w'’-]*", re.UNICODE)

STOP_WORDS = frozenset(
    """a about above after again against all also although am an and any are as at based be because
    been before being between both but by can could did do does doing done down during each either
    et al etc few for found from further given had has have having he her here hers him his how
    however i if in into is it its itself just kind let like made make many may me might more most
    much must my no nor not now of off on once one only or other our ours out over own paper per
    rather same several shall she should show shown shows since so some such than that the their
    theirs them then there therefore these they this those through thus to too two under until up
    upon us use used using very via was we well were what when where whether which while who whom
    whose why will with within without would yet you your yours""".split()
)

# What people write around the topic when they ask for a document.
REQUEST_WORDS = frozenset(
    """answer article bibliography brief chapter cite citation citations compare comparison compose
    create describe discuss discussion document draft essay evaluate examine explain file files
    give harvard apa mla chicago vancouver help literature need overview page pages paper papers
    paragraph pdf pdfs please prepare provide question reference references report review section
    source sources style summarise summarize summary synthesis thesis topic uploaded want word words
    write written""".split()
)


class _Stemmer(threading.local):
    """One for each thread: it keeps the word that it is at in itself."""

    def __init__(self) -> None:
        # Imported on first use: the package loads every language it knows, 0.6 s of a start.
        import snowballstemmer

        self.stem: Callable[[str], str] = snowballstemmer.stemmer("english").stemWord


@cache
def _stemmer() -> _Stemmer:
    return _Stemmer()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The English Snowball stem of one lower-cased word."""
    return _stemmer().stem(word.lower())


def legible(text: str) -> str:
    """The text's lines without blank ones, their words one space apart.

    Rules that read what a person typed read this: a run of blanks is what patterns backtrack over.
    """
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def content_words(text: str) -> list[str]:
    """Words that carry meaning, lower-cased, in order: no stop words, nothing under three letters."""
    words = (match.group().lower().strip("'’-") for match in WORD.finditer(text))
    return [word for word in words if len(word) > 2 and word not in STOP_WORDS]


def stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in content_words(text))


def overlap(query: frozenset[str], text: frozenset[str]) -> float:
    """The share of the query's stems that the text has, 0 to 1."""
    return len(query & text) / len(query) if query else 0.0


def likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Jaccard likeness of two stem sets, 0 to 1."""
    return len(a & b) / len(a | b) if a or b else 0.0


def under_cue(heading: str, cues: Iterable[str]) -> bool:
    """Whether a word of the heading path is one of `cues`, compared by stem."""
    return bool(stems(heading) & {stem(cue) for cue in cues})


def key_terms(
    texts: Iterable[str], *, limit: int = 6, minimum: int = 2, exclude: frozenset[str] = frozenset()
) -> list[str]:
    """Two-word terms that recur across `texts`, most widespread first.

    A term counts once per text and must stand in `minimum` of them, so one long passage cannot set the theme alone. Terms whose stems
    all lie in `exclude` (the topic itself) are left out, as are terms that share a stem with a
    better one.
    """
    spread: Counter[tuple[str, str]] = Counter()
    spelling: dict[tuple[str, str], str] = {}
    for text in texts:
        seen: set[tuple[str, str]] = set()
        tokens = [m.group().lower().strip("'’-") for m in WORD.finditer(text)]
        for first, second in pairwise(tokens):
            if any(
                len(w) < 4 or any(c.isdigit() for c in w) or w in STOP_WORDS or w in REQUEST_WORDS
                for w in (first, second)
            ):
                continue
            pair = (stem(first), stem(second))
            if pair[0] == pair[1] or set(pair) <= exclude:
                continue
            seen.add(pair)
            spelling.setdefault(pair, f"{first} {second}")
        spread.update(seen)
    chosen: list[str] = []
    used: set[str] = set()
    for pair, count in sorted(spread.items(), key=lambda item: (-item[1], item[0])):
        if count < minimum or len(chosen) == limit:
            break
        if used & set(pair):
            continue
        used.update(pair)
        chosen.append(spelling[pair])
    return chosen
