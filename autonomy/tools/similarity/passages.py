"""A stretch of a text with what stands around it."""

from __future__ import annotations

from typing import NamedTuple

AROUND_CHARS = 400


class TextPassage(NamedTuple):
    before: str
    text: str
    after: str


def cut(text: str, start: int, end: int, around: int) -> TextPassage:
    """`text[start:end]` with up to `around` characters on each side, from and to whole words.

    >>> cut("one two three four five", 8, 13, 5)
    TextPassage(before='two ', text='three', after=' four')
    """
    low, high = max(start - around, 0), min(end + around, len(text))
    while 0 < low < start and not text[low - 1].isspace():
        low += 1
    while end < high < len(text) and not text[high].isspace():
        high -= 1
    return TextPassage(text[low:start], text[start:end], text[end:high])
