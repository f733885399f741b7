"""How the made-up registries find works: by counting words, as little as a test needs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.registries.world import Entry, world

_SMALL = frozenset("a an and are as at by for from in is of on or that the to with does do".split())


def words(text: str) -> list[str]:
    found = re.findall(r"\w+", re.sub(r"<[^>]*>", "", text).lower())
    return [word for word in found if word not in _SMALL]


def stem(word: str) -> str:
    return re.sub(r"(?:ings?|ed|es|s)$", "", word) if len(word) > 4 else word


def known_to(registry: str) -> list[Entry]:
    return [entry for entry in world() if registry in entry.knows]


def search(registry: str, query: str, *, every: bool = False, titles: bool = False) -> list[Entry]:
    """Works with words of `query`, those with most of them first.

    Args:
        every: only works that have all of the words.
        titles: only words of titles count.
    """
    asked = {stem(word) for word in words(query)}
    scored = []
    for entry in known_to(registry):
        title = {stem(word) for word in words(entry.title)}
        people = {stem(w) for given, family in entry.authors for w in words(family)}
        rest = {stem(word) for word in words(entry.abstract)} | people | {str(entry.year)}
        hits = asked & (title if titles else title | rest)
        if not hits or (every and hits != asked):
            continue
        scored.append((2 * len(asked & title) + len(asked & rest), entry))
    scored.sort(key=lambda pair: (-pair[0], pair[1].key))
    best = scored[0][0] if scored else 0
    return [entry for score, entry in scored if score >= 0.34 * best]


def between(entries: Iterable[Entry], first: int | None, last: int | None) -> list[Entry]:
    return [
        entry
        for entry in entries
        if (first is None or entry.year >= first) and (last is None or entry.year <= last)
    ]
