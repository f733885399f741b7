"""Answers that stand on a scale, which are shown in its order and not by how often they were given."""

from __future__ import annotations

from collections.abc import Iterable

_SCALES: tuple[tuple[str, ...], ...] = (
    (
        "strongly disagree",
        "disagree",
        "somewhat disagree | slightly disagree",
        "neither agree nor disagree | neutral | undecided | neither",
        "somewhat agree | slightly agree",
        "agree",
        "strongly agree",
    ),
    (
        "very dissatisfied",
        "dissatisfied",
        "neither satisfied nor dissatisfied | neutral | neither",
        "satisfied",
        "very satisfied",
    ),
    (
        "very unlikely",
        "unlikely",
        "neither likely nor unlikely | neutral | neither",
        "likely",
        "very likely",
    ),
    ("never", "rarely | seldom", "sometimes", "often | usually", "very often", "always"),
    ("very poor", "poor", "fair | average | satisfactory", "good", "very good", "excellent"),
    ("not at all", "slightly | a little", "moderately | somewhat", "very | a lot", "extremely"),
    ("none", "very low", "low", "medium | moderate", "high", "very high"),
    ("primary", "secondary", "bachelor", "master", "doctorate"),
)
"""From the lowest answer to the highest; some places have more than one wording."""
_LEAST_ANSWERS = 3
_YES = frozenset("yes y true ja oui sí si sim".split())
_NO = frozenset("no n false nein non não nao".split())
_UNDECIDED = frozenset(
    (
        "unsure",
        "not sure",
        "maybe",
        "undecided",
        "don't know",
        "don’t know",
        "do not know",
        "partly",
    )
)


def in_order(values: Iterable[str]) -> list[str]:
    """The values from the lowest answer of their scale to the highest; empty when they are none."""
    found = list(values)
    for scale in _SCALES:
        places = {word: n for n, place in enumerate(scale) for word in place.split(" | ")}
        known = [places.get(" ".join(value.lower().split())) for value in found]
        if len(found) >= _LEAST_ANSWERS and None not in known:
            return [value for _, value in sorted(zip(known, found, strict=True), key=_place)]
    return []


def answers(values: Iterable[str]) -> list[str]:
    """The values when they are answers, as to a question of a survey, from the lowest to the highest
    (no, unsure, yes); empty when they are none."""
    found = list(values)
    if scale := in_order(found):
        return scale
    said = {" ".join(value.lower().split()): value for value in found}
    ranks = {word: _rank(word) for word in said}
    if len(said) == len(found) and {0, 2} <= set(ranks.values()) <= {0, 1, 2}:
        return [said[word] for word in sorted(said, key=lambda word: (ranks[word], word))]
    return []


def _rank(word: str) -> int:
    """Of an answer: no 0, undecided 1, yes 2, anything else -1."""
    return 0 if word in _NO else 1 if word in _UNDECIDED else 2 if word in _YES else -1


def _place(one: tuple[int | None, str]) -> int:
    return one[0] or 0
