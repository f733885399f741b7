"""Themes: quotations that share a term, above all quotations of different sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from autonomy.agents.quotable import Quote, select
from autonomy.core.words import REQUEST_WORDS, STOP_WORDS, WORD, stem

LOOKED_AT = 60
"""Of the best quotations, among which shared terms are sought."""
THEME_WORDS = 100
"""Words quoted for one theme: a paragraph."""
PER_SOURCE = 2
"""Quotations that one source gives to a theme of several sources."""
SHARED_BESIDES = 2
"""Words that two sentences share besides a single-word theme."""
_WIDESPREAD = 0.35
"""A single word that stands in more of the quotations than this sets nothing apart."""
_GENERIC = frozenset(
    stem(word)
    for word in """
    according accuracy achieve additional analysis approach approaches article available average
    based baseline benchmark better called case cases compared comparison conclude condition
    conducted consider consists contribute current data dataset demonstrate describe design detail
    develop different effect effects effective evaluate evaluation evidence examine example
    experiment experiments explore factor figure findings first following function future general
    generate group groups higher however important improve improvement include increase
    individual information introduce investigate large level likely limitation limited literature
    lower measure method methods model models novel number observe observed obtain order overall
    paper performance perform period possible potential present presented previous problem process
    produce propose proposed provide question recent reduce related relevant report reported require
    research respectively result results sample scores second section several significant
    significantly similar simple single small specific state strong studies study suggest system
    table task tasks technique test tested themselves third training total toward treatment type
    typically together taken back hold metre metres degree degrees minute minutes centimetre centimetres percent
    version understand value values various whether within without work years
    """.split()
)

_POSSESSIVE = re.compile(r"['’]s$")
_GOVERNING = frozenset(
    "including using regarding concerning containing involving following".split()
)
"""Participles that stand before any noun ("including Google"): no part of a term."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A paragraph's worth of quotations."""

    term: str
    """What they share, as the first of them spells it; empty when they share only their source."""
    quotes: tuple[Quote, ...]

    @property
    def sources(self) -> int:
        return len({quote.passage.source_id for quote in self.quotes})


def choose(
    pool: Sequence[Quote],
    words: int,
    *,
    taken: Sequence[frozenset[str]] = (),
    exclude: frozenset[str] = frozenset(),
) -> list[Theme]:
    """Quotations of about `words` words, grouped by what they share: themes of several sources
    first, then themes of one, then what is left by source. Terms made of `exclude` (the topic's
    own stems) are no themes."""
    shared = _shared_terms(pool[:LOOKED_AT], exclude)
    themes: list[Theme] = []
    used: list[Quote] = []
    left = words
    while left >= 40 and len(themes) < max(1, words // 110):
        theme = _best_theme(shared, used, left, taken, exclude)
        if theme is None:
            break
        themes.append(theme)
        used += theme.quotes
        left -= sum(quote.words for quote in theme.quotes)
        term = {stem(word) for word in theme.term.lower().split()}
        shared = {key: value for key, value in shared.items() if not term & set(key)}
    themes.sort(key=lambda theme: -theme.sources)
    rest = [quote for quote in pool if quote not in used]
    known = [*taken, *(quote.stems for quote in used)]
    return themes + by_source(select(rest, left, taken=known))


def _best_theme(
    shared: dict[tuple[str, ...], tuple[str, list[Quote]]],
    used: Sequence[Quote],
    left: int,
    taken: Sequence[frozenset[str]],
    exclude: frozenset[str],
) -> Theme | None:
    best: Theme | None = None
    best_value = 0.0
    known = [*taken, *(quote.stems for quote in used)]
    for key, (spelling, quotes) in shared.items():
        fresh = [quote for quote in quotes if quote not in used]
        sources = {quote.passage.source_id for quote in fresh}
        if len(fresh) < 2:
            continue
        value = sum(sorted((q.score for q in fresh), reverse=True)[:3]) + 0.4 * (len(key) - 1)
        value += 1.2 * min(len(sources) - 1, 2)
        if value <= best_value:
            continue
        picked = _few_per_source(select(fresh, min(left, THEME_WORDS), taken=known), len(sources))
        if len(picked) >= 2 and (len(key) == 2 or _same_matter(picked, key[0], exclude)):
            best, best_value = Theme(spelling, tuple(_in_order(picked))), value
    return best


def _same_matter(quotes: Sequence[Quote], term: str, exclude: frozenset[str]) -> bool:
    """Whether one word in common means the same thing: quotations of two sources share more telling
    words besides ("citation networks" and "neural networks" share none)."""
    return any(
        a.passage.source_id != b.passage.source_id
        and len((a.stems & b.stems) - exclude - _GENERIC - {term}) >= SHARED_BESIDES
        for a, b in combinations(quotes, 2)
    )


def _few_per_source(quotes: Sequence[Quote], sources: int) -> list[Quote]:
    if sources == 1:
        return list(quotes[:3])
    kept: list[Quote] = []
    for quote in quotes:
        if sum(q.passage.source_id == quote.passage.source_id for q in kept) < PER_SOURCE:
            kept.append(quote)
    return kept[:4]


def _in_order(quotes: Sequence[Quote]) -> list[Quote]:
    """Sources in the order of their best quotation, each source's words in its own order."""
    ranked = list(dict.fromkeys(q.passage.source_id for q in quotes))
    return sorted(
        quotes,
        key=lambda q: (
            ranked.index(q.passage.source_id),
            q.passage.ordinal,
            q.passage.text.find(q.text[:40]),
        ),
    )


def by_source(quotes: Sequence[Quote]) -> list[Theme]:
    """Paragraphs of at most three quotations of one source, sources with the most first."""
    groups: dict[str, list[Quote]] = {}
    for quote in quotes:
        groups.setdefault(quote.passage.source_id, []).append(quote)
    ordered = sorted(groups.values(), key=lambda own: (-len(own), -max(q.score for q in own)))
    return [
        Theme("", tuple(_in_order(own)[start : start + 3]))
        for own in ordered
        for start in range(0, len(own), 3)
    ]


def _shared_terms(
    quotes: Sequence[Quote], exclude: frozenset[str]
) -> dict[tuple[str, ...], tuple[str, list[Quote]]]:
    """Stems of a term to its spelling and the quotations that have it."""
    found: dict[tuple[str, ...], tuple[str, list[Quote]]] = {}
    for quote in quotes:
        for key, spelling in _terms(quote.text, exclude).items():
            found.setdefault(key, (spelling, []))[1].append(quote)
    most = max(3, round(_WIDESPREAD * len(quotes)))
    return {
        key: (spelling, having)
        for key, (spelling, having) in found.items()
        if len(having) >= 2 and (len(key) == 2 or len(having) <= most)
    }


def _terms(text: str, exclude: frozenset[str]) -> dict[tuple[str, ...], str]:
    terms: dict[tuple[str, ...], str] = {}
    words = [(m.group().strip("'’-"), m.start(), m.end()) for m in WORD.finditer(text)]
    for word, start, _ in words:
        own = stem(word)
        if len(word) >= 6 and _telling(word) and own not in exclude:
            terms.setdefault((own,), _spelled(word, start))
    for (first, begin, end), (second, start, _) in pairwise(words):
        if not re.fullmatch(r"\s", text[end:start]) or not (_telling(first) or _telling(second)):
            continue
        if any(len(w) < 4 or w.lower() in STOP_WORDS | REQUEST_WORDS for w in (first, second)):
            continue
        if _POSSESSIVE.search(first):
            continue  # whose it is belongs to its sentence: "user's query"
        if re.search(r"(?:ly|ed|ing)$", second) or first.endswith("ly"):
            continue  # a term ends in a noun
        if first.lower() in _GOVERNING:
            continue
        key = (stem(first), stem(second))
        if key[0] != key[1] and not set(key) <= exclude:
            terms.setdefault(key, f"{_spelled(first, begin)} {_spelled(second, start)}")
    return terms


def _telling(word: str) -> bool:
    lower = word.lower()
    return (
        len(word) >= 4
        and not _POSSESSIVE.search(lower)
        and lower not in STOP_WORDS
        and lower not in REQUEST_WORDS
        and stem(word) not in _GENERIC
        and not re.search(r"(?:ly|ed|ing)$", lower)
    )


def _spelled(word: str, at: int) -> str:
    """As within a sentence: a capital that only begins one is not the word's own."""
    return word.lower() if at == 0 and word[1:].islower() else word
