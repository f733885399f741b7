"""What a text does most often, where more than one way is right: the rest is made to follow it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from autonomy.tools.prose.tables import BRITISH, ISE

_WORD = re.compile(r"[^\W\d_]+")
AMERICAN = {american: british for british, american in BRITISH.items()}
IZE = {american: british for british, american in ISE.items()}


@dataclass(frozen=True, slots=True)
class Habits:
    """None: there is nothing to decide by, or both are as frequent."""

    british: bool | None = None
    ise: bool | None = None
    curly: bool | None = None
    dash: str | None = None
    """` – ` or `—`, between clauses."""


def habits(texts: Iterable[str]) -> Habits:
    """The habits of a text, read from its own words (quotations and citations left out)."""
    british = american = ise = ize = curly = straight = spaced = em = 0
    for text in texts:
        for match in _WORD.finditer(text):
            word = match[0].lower()
            british += word in BRITISH
            american += word in AMERICAN
            ise += word in ISE
            ize += word in IZE
        curly += len(re.findall("[“”]", text)) + len(re.findall(r"\w’\w", text))
        straight += text.count('"') + len(re.findall(r"\w'\w", text))
        spaced += len(re.findall(r"\w – \w", text))
        em += len(re.findall(r"\w—\w", text))
    variety = _more(british, american)
    return Habits(
        british=variety,
        # American English has -ize alone; British presses have both.
        ise=False if variety is False else _more(ise, ize),
        curly=_more(curly, straight),
        dash=None if spaced == em else " – " if spaced > em else "—",
    )


def _more(one: int, other: int) -> bool | None:
    return None if one == other else one > other
