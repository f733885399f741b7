"""Negation and direction: signs that a claim turns its passage round. Warnings, never verdicts."""

from __future__ import annotations

import re

from autonomy.core.words import overlap, stems
from autonomy.library.sentences import sentences

LIKE = 0.5
"""Share of the claim's content words that a sentence must have to be compared with it."""

_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|without|lacks?|lacking|fail(?:s|ed)? to|unable|"
    r"absence|independent of|rather than)\b|n't\b",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\b(?:increas\w*|ris(?:e|es|en|ing)|rose|grew|grow(?:s|n|th)?|higher|greater|more|larger|"
    r"elevat\w*|enhanc\w*|improv\w*|up-?regulat\w*|gain(?:s|ed)?|better|faster|longer|promot\w*|activat\w*)\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:decreas\w*|declin\w*|fall(?:s|en|ing)?|fell|drop(?:s|ped)?|lower(?:s|ed)?|less|fewer|"
    r"smaller|reduc\w*|diminish\w*|impair\w*|worsen\w*|down-?regulat\w*|loss(?:es)?|lost|worse|"
    r"slower|shorter|inhibit\w*|suppress\w*|prevent\w*)\b",
    re.IGNORECASE,
)


def nearest(claim: str, passage: str) -> str:
    """The sentence of the passage that shares most content words with the claim; empty when none
    has half of them."""
    wanted = stems(claim)
    if not wanted:
        return ""
    best, share = "", 0.0
    for start, end in sentences(passage):
        here = overlap(wanted, stems(passage[start:end]))
        if here > share:
            best, share = passage[start:end], here
    return best if share >= LIKE else ""


def negation_differs(claim: str, sentence: str) -> bool:
    return bool(_NEGATION.search(claim)) != bool(_NEGATION.search(sentence))


def direction_differs(claim: str, sentence: str) -> bool:
    """Whether one only speaks of more and the other only of less."""
    ways = [(bool(_UP.search(t)), bool(_DOWN.search(t))) for t in (claim, sentence)]
    return ways in ([(True, False), (False, True)], [(False, True), (True, False)])
