"""Where sentences begin and end, minding abbreviations, initials, decimals and citations."""

from __future__ import annotations

import re

_ABBREVIATIONS = frozenset(
    "al approx art assoc bd bspw ca cf ch chap col cp d.h def dept dipl dr e.a e.g ed eds eq eqn "
    "eqs esp est et ex ff fig figs gen i.e ibid ie incl jr lit max min mr mrs ms n.d nb no nos nr op "
    "p par para phd pl pp prof pt ref refs resp rev sec sect seq ser sr st suppl tab thm trans u.a "
    "univ viz vol vols vs z.b b.c a.d ph.d m.sc b.sc".split()
)
# These may close a sentence too; what follows decides.
_SOFT_ABBREVIATIONS = frozenset(
    {"etc", "inc", "ltd", "co", "corp", "a.m", "p.m", "u.s", "u.k", "e.u"}
)
_STARTERS = frozenset(
    "The This These Those That In We It However A An Our Their They There But And Also For If When "
    "While Since As At On To By He She His Her Its Moreover Furthermore Thus Therefore Hence "
    "Finally First Second Third Then Although Despite Each Both Such Some Most Many No".split()
)
_END = re.compile(
    r"""(?P<stop>[.!?…]+)(?P<close>["'”’»)\]]*)(?=\s)|(?P<cjk>[。！？．]["”’」』）]*)|(?P<gap>\n[ \t]*\n)"""
)
_LAST_WORD = re.compile(r"[^\s(\[“\"'‘/—–]+$")
_INITIAL = re.compile(r"^(?:[^\W\d_]\.)*[^\W\d_]$")
_OPENERS = "“\"'‘«([{¿¡"


def sentences(text: str) -> list[tuple[int, int]]:
    """Half-open spans of the sentences of `text`, in order, without the white space between.

    Blank lines always end a sentence. A stop inside round or square brackets does not, so an
    inline citation such as "(cf. Lee et al., 2020)" is never cut.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    depth_at = _BracketDepth(text)
    for match in _END.finditer(text):
        if match.start() < start:
            continue
        if match["gap"] is not None:
            _add(spans, text, start, match.start())
            start = match.end()
            continue
        if depth_at(match.start()) > 0 and not (match["close"] and depth_at(match.end()) == 0):
            continue
        if match["cjk"] is None and not _is_end(text, match, start):
            continue
        _add(spans, text, start, match.end())
        start = match.end()
    _add(spans, text, start, len(text))
    return spans


def sentence_ends(text: str) -> list[int]:
    """Offsets just behind each sentence of `text`; the last one is the length of the text."""
    ends = [end for _, end in sentences(text)]
    return [*ends[:-1], len(text)]


def ends_with_abbreviation(text: str) -> bool:
    """Whether the last word of `text` (without its final period) is an abbreviation or initial."""
    found = _LAST_WORD.search(text.rstrip(". "))
    if found is None:
        return False
    word = found.group()
    known = word.lower() in _ABBREVIATIONS | _SOFT_ABBREVIATIONS
    return known or (_INITIAL.match(word) is not None and word[-1].isupper())


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))


def _is_end(text: str, match: re.Match[str], start: int) -> bool:
    following = _next_visible(text, match.end())
    if following is None:
        return True
    first = text[following]
    opener = first in _OPENERS
    letter = text[following + 1 : following + 2] if opener else first
    if letter.islower():
        return False
    if match["stop"] not in (".", "…"):
        return True
    found = _LAST_WORD.search(text, start, match.start())
    if found is None:
        return text[start : match.start()].strip() != ""
    word = found.group()
    next_word = re.match(r"\w+", text[following + opener :])
    # In "J. A. Lee" the second initial is no article.
    initial = next_word is not None and text[following + opener :].startswith("A.")
    starter = next_word is not None and next_word.group() in _STARTERS and not initial
    lowered = word.lower()
    if lowered in _SOFT_ABBREVIATIONS:
        return starter or bool(match["close"])
    if lowered in _ABBREVIATIONS:
        # "et al. The …" may end a sentence, "Fig. The" never occurs.
        return lowered in ("al", "p", "no") and starter and not match["close"]
    if _INITIAL.match(word):
        return starter
    if word.isdigit() and text[start : match.start()].strip() == word:
        return False  # "1. First item": the number belongs to its item
    return not (opener and first in "([" and letter.isdigit() and lowered == "al")


def _next_visible(text: str, position: int) -> int | None:
    for index in range(position, min(position + 2_000, len(text))):
        if not text[index].isspace():
            return index
    return None


class _BracketDepth:
    """How many brackets that really close nearby are open at a position. Positions must not fall."""

    REACH = 400

    def __init__(self, text: str) -> None:
        spans: list[tuple[int, int]] = []
        stack: list[tuple[str, int]] = []
        for match in re.finditer(r"[()\[\]]|\n[ \t]*\n", text):
            mark = match.group()
            if mark in "([":
                stack.append((mark, match.start()))
            elif mark in ")]":
                opener = "(" if mark == ")" else "["
                while stack and stack[-1][0] != opener:
                    stack.pop()
                if stack:
                    begin = stack.pop()[1]
                    if not stack and match.start() - begin <= self.REACH:
                        spans.append((begin, match.start()))
            else:
                stack.clear()
        self._spans = spans
        self._at = 0

    def __call__(self, position: int) -> int:
        spans = self._spans
        while self._at < len(spans) and spans[self._at][1] < position:
            self._at += 1
        return int(self._at < len(spans) and spans[self._at][0] < position <= spans[self._at][1])
