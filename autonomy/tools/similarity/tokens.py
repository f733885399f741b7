"""A text as words with their places.

A word is a run of letters, marks and digits; what joins two of them (a hyphen, a dash, a stop)
separates, an apostrophe does not. Han, kana, Thai and other scripts that put no space between
words give one word for each sign. What is no running text is passed over: citation markers, targets
of links, addresses. Which words are the same `autonomy.core.word_key` tells.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from autonomy.core.markers import ANY_MARKER
from autonomy.core.word_key import APOSTROPHES, UNSEEN, key

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, kana and Han: no space between words."""

_SKIPPED = (
    rf"{ANY_MARKER}"
    r"|\]\([^()\[\]\s]{0,2000}\)"
    r"|\bhttps?://[^\s<>\"”»)\]]+"
)
_ASCII = re.compile(rf"{_SKIPPED}|([A-Za-z0-9]+(?:'[A-Za-z0-9]+)*)")


@cache
def _general() -> re.Pattern[str]:
    marks = _marks()
    letter = rf"(?:[^\W_{UNSPACED}]|[{marks}{UNSEEN}])"
    first = rf"[^\W_{UNSPACED}]"
    sign = rf"[{UNSPACED}](?<=\w)[{marks}{UNSEEN}]*"
    return re.compile(
        rf"{_SKIPPED}|({first}{letter}*(?:[{APOSTROPHES}]{first}{letter}*)*|{sign})", re.UNICODE
    )


def _marks() -> str:
    """All combining marks, as ranges of a character class."""
    ranges: list[list[int]] = []
    for code in (*range(0x300, 0x10000), *range(0x10000, 0x1F000), *range(0xE0100, 0xE01F0)):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in ranges)


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII if text.isascii() else _general()


@dataclass(frozen=True, slots=True)
class Tokens:
    """Words of a text, in order."""

    text: str
    keys: list[str]
    starts: array[int]
    ends: array[int]
    """Of each word in `text`, half-open."""

    def __len__(self) -> int:
        return len(self.keys)


def tokenise(text: str) -> Tokens:
    """The words of `text` with their places."""
    keys: list[str] = []
    starts, ends = array("q"), array("q")
    for found in _pattern(text).finditer(text):
        word = found[1]
        if word is not None:
            keys.append(key(word))
            starts.append(found.start(1))
            ends.append(found.end(1))
    return Tokens(text, keys, starts, ends)


def words_of(text: str) -> list[str]:
    """The words of `text` as they are written, the same ones as `tokenise` finds. Quicker."""
    return [word for word in _pattern(text).findall(text) if word]


class Vocabulary(dict[str, int]):
    """Written word → number of its key in one text, from 1; 0 for what that text has not. It
    remembers each spelling that it was asked for."""

    def __init__(self, keys: Iterable[str]) -> None:
        super().__init__()
        self.numbers: dict[str, int] = {}
        for each in keys:
            self.numbers.setdefault(each, len(self.numbers) + 1)

    def __missing__(self, word: str) -> int:
        number = self.numbers.get(key(word), 0)
        self[word] = number
        return number


_UNSPACED_SIGN = re.compile(f"[{UNSPACED}]")


def is_sign(word: str) -> bool:
    """Whether `word` is one sign of a script without spaces, so that it counts half a word."""
    return not word.isascii() and _UNSPACED_SIGN.match(word) is not None
