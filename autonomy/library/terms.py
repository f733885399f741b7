"""Text as search by words sees it: terms, for passages and queries alike.

English words become their Snowball stems, other words stay as they are, all without case and
accents. Greek letters go by their names (TGF-β is TGF-beta), a compound is found by its parts and
as a whole (IL-6, IL6), and scripts that put no space between words are cut into pairs of signs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from autonomy.core.words import stem

TERM_CHARS = 40
"""Longer terms are cut: what is longer is no word that anybody types."""

# English function words, and no more: what PostgreSQL's own list leaves out. Words such as "show"
# or "between" may tell passages apart, and how rare they are weighs them anyhow.
STOP_WORDS = frozenset(
    """a about above after again against all am an and any are as at be because been before being
    below between both but by can did do does doing don down during each few for from further had
    has have having he her here hers herself him himself his how i if in into is it its itself just
    me more most my myself no nor not now of off on once only or other our ours ourselves out over
    own s same she should so some such t than that the their theirs them themselves then there these
    they this those through to too under until up very was we were what when where which while who
    whom why will with you your yours yourself yourselves""".split()
)

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
        "sigma tau upsilon phi chi psi omega".split(),
        strict=True,
    )
) | {"ς": "sigma"}
# Han, kana, Hangul; Thai, Lao, Burmese and Khmer: no spaces between words, or endings stuck to them.
_PAIRED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_PAIRED_RUN = re.compile(f"[{_PAIRED}]+")
_WORD = re.compile(
    rf"[{_PAIRED}]+|(?:(?![{_PAIRED}])[^\W_])+(?:(?:[-‐‑'’./]|(?<=\d),(?=\d{{3}}))(?:(?![{_PAIRED}])[^\W_])+)*",
    re.UNICODE,
)
_PART = re.compile(r"[^\W_]+")
_DECIMAL = re.compile(r"\d+(?:[.,]\d+)*\Z")


def terms(text: str) -> list[str]:
    """The terms of `text` in order, each as often as it stands there."""
    return [term for word in _WORD.finditer(text) for term in _of_word(word.group())]


def spans(text: str, wanted: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where in `text` (character offsets) words stand that have one of the terms `wanted`."""
    for word in _WORD.finditer(text):
        if _PAIRED_RUN.fullmatch(word.group()):
            yield from _paired_spans(word, wanted)
        elif not wanted.isdisjoint(_of_word(word.group())):
            yield word.span()


def _paired_spans(run: re.Match[str], wanted: frozenset[str]) -> Iterator[tuple[int, int]]:
    start = end = -1
    for place, pair in enumerate(_pairs(run.group()), run.start()):
        if pair in wanted:
            if place > end:
                if end > start >= 0:
                    yield start, end
                start = place
            end = place + len(pair)
    if end > start >= 0:
        yield start, end


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(max(len(run) - 1, 1))]


@lru_cache(maxsize=100_000)
def _of_word(word: str) -> tuple[str, ...]:
    """The terms of one word as it is written."""
    if _PAIRED_RUN.fullmatch(word):
        return tuple(_pairs(unicodedata.normalize("NFKC", word)))
    plain = _plain(word)
    if _DECIMAL.match(plain):
        return (plain.replace(",", "")[:TERM_CHARS],)
    parts = _PART.findall(plain)
    found = [_term(part) for part in parts if part not in STOP_WORDS]
    if len(parts) > 1:
        whole = "".join(parts)
        # What is left of "patient's" is the word itself.
        found = found if parts[-1] == "s" and len(parts) == 2 else [*found, _term(whole)]
    return tuple(found)


def _plain(word: str) -> str:
    """Without case and accents, Greek letters by name."""
    folded = unicodedata.normalize("NFKD", word).casefold()
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    if any(c in _GREEK for c in bare) and not all(c in _GREEK for c in bare):
        # A letter among others or alone is a symbol; a word all of Greek letters is Greek.
        return "".join(_GREEK.get(c, c) for c in bare)
    return _GREEK.get(bare, bare)


def _term(part: str) -> str:
    return (stem(part) if part.isascii() and part.isalpha() else part)[:TERM_CHARS]
