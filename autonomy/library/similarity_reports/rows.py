"""Words side by side make a row; rows under one another make what a report lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autonomy.library.similarity_reports.pdf_page import Box, Word

_COLUMN_GAP = 1.8
"""Between parts of a row that do not read on, in heights of its words."""


@dataclass(frozen=True, slots=True)
class Row:
    words: tuple[Word, ...]
    box: Box
    page: int

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def size(self) -> float:
        """Height of its tallest word."""
        return max(word.box.height for word in self.words)

    def without(self, left_out: Iterable[Word]) -> Row | None:
        """The row without some of its words; None when nothing is left."""
        gone = {word.start for word in left_out}
        kept = [word for word in self.words if word.start not in gone]
        return row_of(kept, self.page) if kept else None

    def parts(self, gap: float = _COLUMN_GAP) -> list[Row]:
        """What stands apart in it, from left to right."""
        found: list[list[Word]] = []
        for word in self.words:
            if found:
                before = found[-1][-1].box
                if word.box.x0 - before.x1 > gap * max(before.height, word.box.height):
                    found.append([word])
                    continue
                found[-1].append(word)
            else:
                found.append([word])
        return [row_of(words, self.page) for words in found]


def row_of(words: Sequence[Word], page: int) -> Row:
    return Row(
        tuple(words),
        Box(
            min(word.box.x0 for word in words),
            min(word.box.top for word in words),
            max(word.box.x1 for word in words),
            max(word.box.bottom for word in words),
        ),
        page,
    )


def rows_of(words: Iterable[Word], page: int) -> list[Row]:
    """Rows from the top down, their words from left to right. A word belongs to the row that the
    middle of its height falls into, or whose words' middles fall into it."""
    found: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.box.middle, w.box.x0)):
        if found and _beside(found[-1], word):
            found[-1].append(word)
        else:
            found.append([word])
    return [row_of(sorted(row, key=lambda w: w.box.x0), page) for row in found]


def _beside(row: list[Word], word: Word) -> bool:
    middle = sum(w.box.middle for w in row) / len(row)
    least = min(word.box.height, *(w.box.height for w in row))
    return abs(word.box.middle - middle) < 0.6 * least


def joined(rows: Sequence[Row]) -> str:
    """Rows as one text: words broken by a hyphen are whole again, and so are addresses."""
    text = ""
    for row in rows:
        line = row.text
        if not text:
            text = line
        elif text.endswith("-") and line[:1].islower() and text[-2:-1].isalpha():
            text = text[:-1] + line if _was_split(rows, text) else text + line
        elif " " not in text and " " not in line and ("/" in text or "www." in text):
            text += line
        else:
            text += f" {line}"
    return text


def _was_split(rows: Sequence[Row], text: str) -> bool:
    """Whether the hyphen that `text` ends with is one that only breaking a line brought."""
    return any(row.words[-1].split for row in rows if text.endswith(row.words[-1].text))
