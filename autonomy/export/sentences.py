"""Where sentences end, well enough for academic prose."""

from __future__ import annotations

import re

_WORDS = """
    al approx art bd bspw c ca cf ch chap col cp dept dr ed eds eg e.g etc et esp ex fig figs
    ff ibid ie i.e inc ltd max min mr mrs ms nb no nos nr op p para pp prof ref refs resp s sec sect
    seq st suppl tab trans v viz vol vols vs z.b d.h u.a e.a n.d eq eqs eqn dipl jr sr
"""
ABBREVIATIONS = frozenset(_WORDS.split())
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s+[\"'“‘«(\[]*[^\sa-z.,;:!?]|\s*$)")
_LAST_WORD = re.compile(r"([\w.]+)$")


def ends_with_abbreviation(text: str) -> bool:
    """Whether the last word of `text` (without its final period) is an abbreviation or initial."""
    match = _LAST_WORD.search(text.rstrip())
    if match is None:
        return False
    word = match[1].strip(".")
    return word.lower() in ABBREVIATIONS or (len(word) == 1 and word.isalpha() and word.isupper())


def sentence_ends(text: str) -> list[int]:
    """Offsets just behind each sentence of `text`; the last one is the length of the text."""
    ends: list[int] = []
    for match in _END.finditer(text):
        single_period = match[0].startswith(".") and not match[0].startswith("..")
        if (
            single_period
            and match.end() < len(text)
            and ends_with_abbreviation(text[: match.start()])
        ):
            continue
        ends.append(match.end())
    if not ends or text[ends[-1] :].strip():
        ends.append(len(text))
    else:
        ends[-1] = len(text)
    return ends
