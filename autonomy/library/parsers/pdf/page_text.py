"""The text of one page: its lines along the main reading direction, and where the page's edges are.

Coordinates are turned so that x runs along the reading direction and y down the page, whatever
the page's rotation. Text that runs in another direction than most of the page (arXiv's side stamp,
axis labels) is set aside.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from autonomy.library.parsers.pdf.frame import Frame
from autonomy.library.parsers.pdf.glyphs import WordReader
from autonomy.library.parsers.pdf.lines import Line, Word, merge_rows, stream_lines


@dataclass(slots=True)
class PageText:
    width: float
    height: float
    lines: list[Line] = field(default_factory=list)
    stray: str = ""
    """Text in another direction, in stream order."""
    chars: int = 0
    unmapped: int = 0
    """Characters whose font tells no Unicode for them."""
    frame: Frame = field(default_factory=lambda: Frame(1.0, 1.0, 0, 0))
    """How the coordinates lie on the page that a viewer shows."""
    ocr: bool = False
    """Read from a picture."""


class PageReader:
    """Reads the text of pages; one per document, since it remembers fonts."""

    def __init__(self) -> None:
        self._reader = WordReader()

    def read(self, page: Any) -> PageText:
        """The lines of a pypdfium2 page, in stream order."""
        left, bottom, right, top = (
            page.get_bbox() if hasattr(page, "get_bbox") else (0, 0, *page.get_size())
        )
        textpage = page.get_textpage()
        try:
            words, unmapped = self._reader.words(textpage.raw, textpage.count_chars())
        finally:
            textpage.close()
        turns: Counter[int] = Counter()
        for turn, word in words:
            turns[turn] += len(word.text)
        main = turns.most_common(1)[0][0] if turns else 0
        width, height = (
            (right - left, top - bottom) if main % 2 == 0 else (top - bottom, right - left)
        )
        origin = {0: (left, -top), 1: (bottom, left), 2: (-right, bottom), 3: (-top, -right)}[main]
        kept: list[Word] = []
        stray: list[str] = []
        for turn, word in words:
            if turn != main:
                stray.append(word.text)
                continue
            word.x0, word.x1, word.y = word.x0 - origin[0], word.x1 - origin[0], word.y - origin[1]
            kept.append(word)
        return PageText(
            width=width,
            height=height,
            lines=merge_rows(stream_lines(kept)),
            stray=" ".join(stray),
            chars=sum(turns.values()),
            unmapped=unmapped,
            frame=Frame(width, height, main, page.get_rotation() // 90),
        )
