"""Words and lines with their geometry, and how the ones become the others."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from autonomy.library.normalise import clean
from autonomy.library.parsers.pdf.marks import is_note_mark

HYPHENS = "-\u2010\u00ad"
_ENDING = re.compile(r"[.!?…;:。！？][\"'”’»)\]]*$")
_MAY_END = re.compile(r"[.!?…;:。！？][\"'”’»)\]]*\s")


@dataclass(slots=True)
class Word:
    text: str
    x0: float
    x1: float
    y: float
    """Baseline, downwards from the top."""
    size: float
    bold: bool
    italic: bool
    split: bool = False
    """PDFium saw a hyphen at the end of its line here."""


@dataclass(slots=True)
class Line:
    """Words on one baseline without a gap that could be a column's."""

    words: list[Word]
    x0: float = 0.0
    x1: float = 0.0
    y: float = 0.0
    size: float = 0.0
    bold: bool = False
    italic: bool = False
    text: str = ""
    split: bool = False
    """The line ends within a word."""
    region: int = 0
    """Which column or band of its page, set by the reading order."""

    def measure(self) -> Line:
        """Derive geometry, style and text from the words."""
        words = self.words
        self.x0 = min(w.x0 for w in words)
        self.x1 = max(w.x1 for w in words)
        weights: Counter[float] = Counter()
        bold = italic = total = 0
        for word in words:
            count = len(word.text)
            weights[round(word.size, 1)] += count
            total += count
            bold += count * word.bold
            italic += count * word.italic
        self.size = weights.most_common(1)[0][0]
        self.y = next(w.y for w in words if round(w.size, 1) == self.size)
        self.bold, self.italic = bold > total * 0.85, italic > total * 0.85
        self.text = clean(" ".join(_without_marks(words, self.size, self.y))).strip()
        self.split = words[-1].split or (
            len(self.text) > 1 and self.text[-1] in HYPHENS and self.text[-2].isalpha()
        )
        return self

    def pieces(self) -> list[tuple[int, int, float, float]]:
        """Stretches of `text` with their x0 and x1, cut where a sentence may end or begin."""
        whole = [(0, len(self.text), self.x0, self.x1)]
        if not _MAY_END.search(self.text):
            return whole
        found: list[tuple[int, int, float, float]] = []
        position = 0
        fresh = True
        for texts, members in _tokens(self.words, self.size, self.y):
            token = clean(texts).strip()
            if not token:
                continue
            start = position
            position += len(token) + 1
            x0, x1 = min(w.x0 for w in members), max(w.x1 for w in members)
            if fresh:
                found.append((start, start + len(token), x0, x1))
            else:
                begin, _, left, right = found[-1]
                found[-1] = (begin, start + len(token), min(left, x0), max(right, x1))
            fresh = bool(_ENDING.search(token))
        return found if position - 1 == len(self.text) else whole


def right_to_left(char: str) -> bool:
    return unicodedata.bidirectional(char) in ("R", "AL", "AN")


def _without_marks(words: list[Word], size: float, y: float) -> list[str]:
    """The words' texts; a raised note mark that stands as a word of its own is left out."""
    return [text for text, _ in _tokens(words, size, y)]


def _tokens(words: list[Word], size: float, y: float) -> list[tuple[str, list[Word]]]:
    """What stands between spaces, with the words that it is made of."""
    tokens: list[tuple[str, list[Word]]] = []
    for word in words:
        raised = word.size < size * 0.8 and y - word.y > size * 0.12
        if raised and tokens and is_note_mark(word.text, tokens[-1][0]):
            continue
        if tokens and word.text in (",", ".", ";"):
            text, members = tokens[-1]
            tokens[-1] = (text + word.text, [*members, word])
        else:
            tokens.append((word.text, [word]))
    return tokens


def stream_lines(words: list[Word]) -> list[Line]:
    lines: list[list[Word]] = []
    for word in words:
        if lines and not lines[-1][-1].split and _adjacent(lines[-1][-1], word, reach=1.5):
            lines[-1].append(word)
        else:
            lines.append([word])
    return [Line(group).measure() for group in lines]


def _adjacent(left: Word, right: Word, reach: float) -> bool:
    size = max(left.size, right.size)
    drift = 0.5 if min(left.size, right.size) < size * 0.85 else 0.25
    if abs(left.y - right.y) > drift * size:
        return False
    if right_to_left(left.text[0]) or right_to_left(right.text[0]):
        return right.x1 - left.x0 < reach * size + (left.x1 - left.x0) + (right.x1 - right.x0)
    return -0.6 * size < right.x0 - left.x1 < reach * size


def merge_rows(lines: list[Line]) -> list[Line]:
    """Join pieces of one row that the producer wrote out of order."""
    lines = [line for line in lines if line.text]
    order = sorted(range(len(lines)), key=lambda i: (lines[i].y, lines[i].x0))
    gone: set[int] = set()
    for at, first in enumerate(order):
        if first in gone:
            continue
        changed = True
        while changed:
            changed = False
            for second in order[at + 1 : at + 40]:
                if second in gone:
                    continue
                a, b = lines[first], lines[second]
                if b.y - a.y > 0.6 * max(a.size, b.size):
                    break
                pair = (a, b) if a.x0 <= b.x0 else (b, a)
                if not pair[0].split and _adjacent(pair[0].words[-1], pair[1].words[0], reach=0.9):
                    lines[first] = Line(pair[0].words + pair[1].words).measure()
                    gone.add(second)
                    changed = True
    return [line for index, line in enumerate(lines) if index not in gone and line.text]
