"""What a printed label means, in any of five languages."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml
from rapidfuzz import fuzz

KINDS = ("internet", "publication", "student_paper")
"""Of sources; names of labels, too."""
_FILE = Path(__file__).with_name("labels.yaml")
_NEAR = 88.0
"""Least likeness, per cent, of a label that is worded a little differently."""
_APART = 4.0
"""By how much it must be nearer to its label than to any other, per cent."""
_SHORT = 6
"""Labels of fewer letters are only taken as they are."""
_LONGEST = 160
"""Characters of a label, with what stands in brackets behind it."""
_PLAIN = re.compile(r"[^0-9a-z]+")
_IN_BRACKETS = re.compile(r"\s*[(（].*$", re.S)


class Label(NamedTuple):
    name: str
    languages: frozenset[str]


def fold(text: str) -> str:
    """`text` as labels are compared: letters and digits only, without case and accents. Spaces go
    too, since letters that are set apart fall into words of their own."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return _PLAIN.sub("", parts)


@cache
def _known() -> dict[str, dict[str, frozenset[str]]]:
    """Name → folded label → languages."""
    found: dict[str, dict[str, set[str]]] = {}
    for name, languages in yaml.safe_load(_FILE.read_text(encoding="utf-8")).items():
        for language, labels in languages.items():
            for label in labels:
                found.setdefault(name, {}).setdefault(fold(label), set()).add(language)
    return {
        name: {label: frozenset(said) for label, said in labels.items()}
        for name, labels in found.items()
    }


def meaning(text: str, names: Iterable[str], *, near: bool = True) -> Label | None:
    """Which of the labels called `names` `text` is; what stands in brackets behind it is not
    needed. With `near`, also one that is worded a little differently. None when it is none of
    them, or as near to one as to another."""
    if len(text) > _LONGEST:
        return None
    return _meaning(text, tuple(names), near)


@lru_cache(maxsize=4_096)
def _meaning(text: str, wanted: tuple[str, ...], near: bool) -> Label | None:
    said = fold(text)
    if not said:
        return None
    for form in dict.fromkeys((said, fold(_IN_BRACKETS.sub("", text)))):
        for name in wanted:
            languages = _known()[name].get(form)
            if languages is not None:
                return Label(name, languages)
    if not near:
        return None
    return _nearest(said, wanted) or _nearest(fold(_IN_BRACKETS.sub("", text)), wanted)


def _nearest(said: str, names: tuple[str, ...]) -> Label | None:
    if len(said) < _SHORT:
        return None
    best: dict[str, tuple[float, frozenset[str]]] = {}
    for name in names:
        for label, languages in _known()[name].items():
            if len(label) < _SHORT:
                continue
            likeness = fuzz.ratio(said, label, score_cutoff=_NEAR - _APART)
            if likeness > best.get(name, (0.0, frozenset()))[0]:
                best[name] = (likeness, languages)
    ranked = sorted(best.items(), key=lambda item: -item[1][0])
    if not ranked or ranked[0][1][0] < _NEAR:
        return None
    if len(ranked) > 1 and ranked[0][1][0] - ranked[1][1][0] < _APART:
        return None
    return Label(ranked[0][0], ranked[0][1][1])


def holds(folded: str, names: Iterable[str]) -> bool:
    """Whether one of the labels called `names` stands somewhere in text that is folded already."""
    return any(label in folded for name in names for label in _known()[name])


class Voices:
    """Which language the labels that were found speak."""

    def __init__(self) -> None:
        self._votes: Counter[str] = Counter()

    def hear(self, label: Label | None) -> str:
        """The label's name, empty without one; its languages get a vote between them."""
        if label is None:
            return ""
        for language in label.languages:
            self._votes[language] += 60 // len(label.languages)
        return label.name

    @property
    def language(self) -> str:
        """Empty when no language, or more than one, has most votes."""
        ranked = self._votes.most_common(2)
        if not ranked or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
            return ""
        return ranked[0][0]
