"""From PDFium's characters to lines of words with their geometry.

Coordinates are turned so that x runs along the reading direction and y down the page, whatever
the page's rotation. Text that runs in another direction than most of the page (arXiv's side stamp,
axis labels) is set aside.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as raw

from autonomy.library.parsers.pdf.lines import Line, Word, merge_rows, right_to_left, stream_lines
from autonomy.library.parsers.pdf.marks import is_mark, is_note_mark

_PDFIUM_HYPHENS = (0x02, 0xFFFE)
_BREAKS = frozenset({0x09, 0x0A, 0x0D, 0x20, 0xA0})
_BOLD_NAME = re.compile(r"bold|black|heavy|medi|semib|demi|-b$|cmbx|[,-]bd", re.I)
_ITALIC_NAME = re.compile(r"ital|obli|-it$|cmti|slant", re.I)
_FLAG_ITALIC, _FLAG_FORCE_BOLD = 1 << 6, 1 << 18
_HANGING = frozenset("√∑∏∫")


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


@dataclass(slots=True)
class _Glyph:
    char: str
    x: float
    y: float
    size: float


class PageReader:
    """Reads the characters of pages; one per document, since it remembers fonts."""

    def __init__(self) -> None:
        self._doubles = [ctypes.c_double() for _ in range(4)]
        self._name = ctypes.create_string_buffer(256)
        self._flags = ctypes.c_int()
        self._matrix = raw.FS_MATRIX()
        self._styles: dict[tuple[bytes, int], tuple[bool, bool]] = {}

    def read(self, page: Any) -> PageText:
        """The lines of a pypdfium2 page, in stream order."""
        left, bottom, right, top = (
            page.get_bbox() if hasattr(page, "get_bbox") else (0, 0, *page.get_size())
        )
        textpage = page.get_textpage()
        try:
            words, unmapped = self._words(textpage.raw, textpage.count_chars())
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
        )

    def _words(self, text: Any, count: int) -> tuple[list[tuple[int, Word]], int]:
        """Words with the quarter turn of their direction; x and y already run along it."""
        found: list[tuple[int, Word]] = []
        glyphs: list[_Glyph] = []
        start = unmapped = turn = 0
        scale = size = 1.0
        x_ref, y_ref = ctypes.byref(self._doubles[0]), ctypes.byref(self._doubles[1])
        x_value, y_value = self._doubles[0], self._doubles[1]
        get_unicode, get_origin, get_size = (
            raw.FPDFText_GetUnicode,
            raw.FPDFText_GetCharOrigin,
            raw.FPDFText_GetFontSize,
        )

        def finish(end: int, split: bool = False) -> None:
            if glyphs:
                found.append((turn, self._word(text, glyphs, start, end, turn, split)))
                glyphs.clear()

        last = -1
        for index in range(count):
            code = get_unicode(text, index)
            if code in _BREAKS or code == 0:
                finish(last)
                continue
            if code in _PDFIUM_HYPHENS:
                finish(last, split=True)
                continue
            get_origin(text, index, x_ref, y_ref)
            char = chr(code) if code < 0x110000 else "\ufffd"
            if not glyphs:
                angle = raw.FPDFText_GetCharAngle(text, index)
                turn = round(angle / (math.pi / 2)) % 4
                scale = self._scale(text, index)
            x, y = _turned(x_value.value, y_value.value, turn)
            # Within a word the size only changes where the baseline does (raised marks).
            if not glyphs or y != glyphs[-1].y:
                size = get_size(text, index) * scale
            if glyphs:
                previous = glyphs[-1]
                reach = max(size, previous.size)
                backwards = x < previous.x - 0.5 * reach and not right_to_left(char)
                if x - previous.x > 3 * reach or abs(y - previous.y) > 0.8 * reach or backwards:
                    finish(last)
            if not glyphs:
                start = index
            if code == 0xFFFD or 0xE000 <= code <= 0xF8FF:
                unmapped += 1
            glyph = _Glyph(char, x, y, size)
            if glyphs and char.isdigit() and self._is_raised(text, index, turn, glyphs[-1], glyph):
                # A superscript glyph of the font itself: its size and baseline do not tell.
                glyph.size, glyph.y = 0.6 * size, y - 0.33 * size
            glyphs.append(glyph)
            last = index
        finish(last)
        return found, unmapped

    def _word(
        self, text: Any, glyphs: list[_Glyph], start: int, end: int, turn: int, split: bool
    ) -> Word:
        size = max(g.size for g in glyphs)
        y = next(g.y for g in glyphs if g.size == size)
        x0, x1 = self._extent(text, start, end, turn)
        bold, italic = self._style(text, start)
        if glyphs[0].char in _HANGING:
            y = self._foot(text, start, turn)
        glyphs = _without_raised_head(glyphs, size, y)
        return Word(_without_raised_tail(glyphs, size, y), x0, x1, y, size, bold, italic, split)

    def _extent(self, text: Any, start: int, end: int, turn: int) -> tuple[float, float]:
        left, right, bottom, top = self._doubles
        edges: list[float] = []
        for index in (start, end):
            raw.FPDFText_GetCharBox(text, index, left, right, bottom, top)
            for x, y in ((left.value, bottom.value), (right.value, top.value)):
                edges.append(_turned(x, y, turn)[0])
        return min(edges), max(edges)

    def _foot(self, text: Any, index: int, turn: int) -> float:
        """The lower edge of a sign that TeX hangs from its origin instead of standing it there."""
        left, right, bottom, top = self._doubles
        raw.FPDFText_GetCharBox(text, index, left, right, bottom, top)
        return max(
            _turned(left.value, bottom.value, turn)[1], _turned(right.value, top.value, turn)[1]
        )

    def _is_raised(self, text: Any, index: int, turn: int, before: _Glyph, glyph: _Glyph) -> bool:
        """Whether a digit hangs above the baseline; only asked where a note mark can begin."""
        if before.char.isdigit() and before.size == glyph.size:
            return False
        return glyph.y - self._foot(text, index, turn) > 0.2 * glyph.size

    def _style(self, text: Any, index: int) -> tuple[bool, bool]:
        raw.FPDFText_GetFontInfo(text, index, self._name, 256, self._flags)
        key = (self._name.value, self._flags.value)
        if key not in self._styles:
            name = key[0].decode("utf-8", "replace")
            self._styles[key] = (
                bool(_BOLD_NAME.search(name)) or bool(key[1] & _FLAG_FORCE_BOLD),
                bool(_ITALIC_NAME.search(name)) or bool(key[1] & _FLAG_ITALIC),
            )
        bold, italic = self._styles[key]
        # Fonts without a telling name still carry a weight.
        return bold or raw.FPDFText_GetFontWeight(text, index) >= 600, italic

    def _scale(self, text: Any, index: int) -> float:
        """How much the text matrix enlarges the font's nominal size."""
        if not raw.FPDFText_GetMatrix(text, index, self._matrix):
            return 1.0
        return math.hypot(self._matrix.c, self._matrix.d) or 1.0


def _turned(x: float, y: float, turn: int) -> tuple[float, float]:
    """PDF user space (y up) to reading space (x along the text, y down the lines)."""
    if turn == 0:
        return x, -y
    if turn == 1:
        return y, x
    if turn == 2:
        return -x, y
    return -y, -x


def _without_raised_head(glyphs: list[_Glyph], size: float, y: float) -> list[_Glyph]:
    """The word without the mark that a note or an affiliation begins with."""
    at = 0
    while at < len(glyphs) and glyphs[at].size < size * 0.8 and y - glyphs[at].y > size * 0.12:
        at += 1
    mark = "".join(g.char for g in glyphs[:at])
    return glyphs[at:] if at < len(glyphs) and is_mark(mark) else glyphs


def _without_raised_tail(glyphs: list[_Glyph], size: float, y: float) -> str:
    """The word without a trailing note mark: small, raised, and after a real word.

    "models.3" loses its mark; "m2" and "10-9" keep their exponents, which carry meaning.
    """
    last = len(glyphs)
    while last > 1 and glyphs[last - 1].char in ",;.:" and glyphs[last - 1].size >= size * 0.8:
        last -= 1
    closing = "".join(g.char for g in glyphs[last:])
    end = last
    while end and glyphs[end - 1].size < size * 0.8 and y - glyphs[end - 1].y > size * 0.12:
        end -= 1
    tail = "".join(g.char for g in glyphs[end:last])
    stem = "".join(g.char for g in glyphs[:end])
    return stem + closing if stem and tail and is_note_mark(tail, stem) else stem + tail + closing
