"""Raised note marks: which small signs beside a word belong to a note and not to the text."""

from __future__ import annotations

import re

MARKS = "∗*†‡§¶‖#⋆★◦✉"
_WORD_END = re.compile(r"(?:[^\W\d_]{3}|[.,;:)\]”’\"])$")
_RAISED_MARK = re.compile(rf"^[\d,\-–{re.escape(MARKS)}a-e]{{1,12}}$")


def is_note_mark(mark: str, stem: str) -> bool:
    """Whether the raised `mark` after `stem` points to a note.

    "models" with a raised 3 is a word and its mark; in "m" with a raised 2, or "10" with a raised
    -9, the raised part carries meaning.
    """
    if not _RAISED_MARK.match(mark):
        return False
    word = bool(_WORD_END.search(stem)) or sum(map(str.isalpha, stem)) > 3
    return word or any(sign in mark for sign in MARKS)


def is_mark(text: str) -> bool:
    """Whether `text` could be a mark at all: digits, signs, a few letters."""
    return bool(_RAISED_MARK.match(text))
