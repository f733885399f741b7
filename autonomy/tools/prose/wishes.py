"""What somebody wants improved of a draft, chosen or said in words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from autonomy.core.types import Wish

DEFAULT = frozenset({Wish.GRAMMAR, Wish.CLARITY, Wish.CONCISION})
"""What is improved where nothing is named."""

_SAID: tuple[tuple[Wish, re.Pattern[str]], ...] = tuple(
    (wish, re.compile(pattern, re.IGNORECASE))
    for wish, pattern in (
        (
            Wish.GRAMMAR,
            r"\b(?:proof-?read\w*|grammar|grammatical\w*|spelling|typos?|punctuation|copy-?edit\w*|"
            r"correct (?:the |my )?(?:english|language|mistakes|errors)|"
            r"language (?:and|or|&) (?:flow|style|grammar|spelling|tone|clarity)|"
            r"(?:flow|style|tone|clarity|structure),? (?:and|or|&) language)\b",
        ),
        (
            Wish.CLARITY,
            r"\b(?:clear(?:er|ly)?|clarity|readab\w+|easier to read|plain(?:er)?|flows?|fluency|polish)\b",
        ),
        (
            Wish.CONCISION,
            r"\b(?:concis\w+|short(?:er|en)|tight(?:er|en)|wordy|wordiness|cut (?:it )?down|trim|less verbose)\b",
        ),
        (Wish.TONE, r"\b(?:tone|formal|academic(?:ally)?|scholarly|professional|register)\b"),
        (
            Wish.STRUCTURE,
            r"\b(?:structur\w+|organi[sz]ation|paragraphs?|order of|headings?|signpost\w*)\b",
        ),
        (
            Wish.CITATIONS,
            r"\b(?:cite|cited|citing|citations?|references?|referencing|bibliography|quot\w+)\b",
        ),
    )
)
_EVERYTHING = re.compile(r"\b(?:everything|in every way|all (?:of )?it|overall|thoroughly)\b", re.I)


def wishes_of(
    goal: str, chosen: Iterable[Wish] = (), *, default: frozenset[Wish] = DEFAULT
) -> frozenset[Wish]:
    """What is to be improved: as chosen, else as the words say, else the usual."""
    picked = frozenset(chosen)
    if picked:
        return picked
    said = frozenset(wish for wish, pattern in _SAID if pattern.search(goal))
    if _EVERYTHING.search(goal):
        return frozenset(Wish)
    return said or default


__all__ = ["DEFAULT", "Wish", "wishes_of"]
