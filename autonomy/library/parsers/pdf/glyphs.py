"""From PDFium's characters to words with their geometry."""

from __future__ import annotations

import ctypes
import math
import re
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as raw

from autonomy.library.parsers.pdf.lines import Word, right_to_left
from autonomy.library.parsers.pdf.marks import MARKS, is_mark, is_note_mark
from autonomy.library.pdf_text import characters

# PDFium writes the last two for a hyphen that ends a line.
_WORD = re.compile("([^\\x00\t\n\r \\xa0\\x02\ufffe]+)[\\x02\ufffe]?")
_BOLD_NAME = re.compile(r"bold|black|heavy|medi|semib|demi|-b$|cmbx|[,-]bd", re.I)
_ITALIC_NAME = re.compile(r"ital|obli|-it$|cmti|slant", re.I)
_FLAG_ITALIC, _FLAG_FORCE_BOLD = 1 << 6, 1 << 18
_HANGING = frozenset("√∑∏∫")
_SPECIAL = re.compile(rf"[\d{re.escape(MARKS)}{''.join(_HANGING)}]")
_text_object = ctypes.CFUNCTYPE(ctypes.c_void_p, raw.FPDF_TEXTPAGE, ctypes.c_int)(
    ctypes.cast(raw.FPDFText_GetTextObject, ctypes.c_void_p).value or 0
)
"""Address of the text object that a character belongs to: what is needed is only its identity."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What all characters of a text object share."""

    turn: int
    size: float
    bold: bool
    italic: bool


@dataclass(slots=True)
class _Glyph:
    char: str
    x: float
    y: float
    size: float


class WordReader:
    """Reads the words of text pages; one per document, since it remembers fonts."""

    def __init__(self) -> None:
        self._doubles = [ctypes.c_double() for _ in range(4)]
        self._name = ctypes.create_string_buffer(256)
        self._flags = ctypes.c_int()
        self._matrix = raw.FS_MATRIX()
        self._styles: dict[tuple[bytes, int], tuple[bool, bool]] = {}

    def words(self, text: Any, count: int) -> tuple[list[tuple[int, Word]], int]:
        """Words with the quarter turn of their direction; x and y already run along it. Also how
        many characters have a font that tells no Unicode for them.

        Asking PDFium about a character costs far more than reading it, so a plain word (one text
        object, no digits or note marks) is measured at its first and last character only.
        """
        string = characters(text, count)
        found: list[tuple[int, Word]] = []
        looks: dict[int, _Look] = {}
        for match in _WORD.finditer(string):
            start, end = match.start(1), match.end(1)
            split = match.end() > end
            plain = None if _SPECIAL.search(string, start, end) else self._plain(text, match, looks)
            if plain is not None:
                plain[1].split = split
                found.append(plain)
            else:
                self._slow(text, string, start, end, split, found)
        return found, sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" for char in string) if (
            not string.isascii()
        ) else 0

    def _plain(
        self, text: Any, match: re.Match[str], looks: dict[int, _Look]
    ) -> tuple[int, Word] | None:
        """The word, when its two ends tell all of it."""
        start, last = match.start(1), match.end(1) - 1
        key = _text_object(text, start)
        if not key or (last > start and _text_object(text, last) != key):
            return None
        look = looks.get(key)
        if look is None:
            look = looks[key] = self._look(text, start)
        raw.FPDFText_GetCharOrigin(text, start, self._doubles[0], self._doubles[1])
        y = _turned(self._doubles[0].value, self._doubles[1].value, look.turn)[1]
        x0, x1 = self._extent(text, start, last, look.turn)
        chars = last - start + 1
        if x1 - x0 > (0.7 * chars + 2) * look.size or (
            chars > 3 and x1 - x0 < 0.1 * chars * look.size
        ):
            return None
        return look.turn, Word(match[1], x0, x1, y, look.size, look.bold, look.italic)

    def _look(self, text: Any, index: int) -> _Look:
        turn = _turn(text, index)
        size = raw.FPDFText_GetFontSize(text, index) * self._scale(text, index)
        return _Look(turn, size, *self._style(text, index))

    def _slow(
        self,
        text: Any,
        string: str,
        begin: int,
        stop: int,
        split: bool,
        found: list[tuple[int, Word]],
    ) -> None:
        """Words of a stretch whose characters differ in height, size or place."""
        glyphs: list[_Glyph] = []
        start = begin
        turn = 0
        scale = size = 1.0
        x_value, y_value = self._doubles[0], self._doubles[1]

        def finish(end: int, split: bool = False) -> None:
            if glyphs:
                found.append((turn, self._word(text, glyphs, start, end, turn, split)))
                glyphs.clear()

        for index in range(begin, stop):
            char = string[index]
            raw.FPDFText_GetCharOrigin(text, index, x_value, y_value)
            if not glyphs:
                turn = _turn(text, index)
                scale = self._scale(text, index)
            x, y = _turned(x_value.value, y_value.value, turn)
            # Within a word the size only changes where the baseline does (raised marks).
            if not glyphs or y != glyphs[-1].y:
                size = raw.FPDFText_GetFontSize(text, index) * scale
            if glyphs:
                previous = glyphs[-1]
                reach = max(size, previous.size)
                backwards = x < previous.x - 0.5 * reach and not right_to_left(char)
                if x - previous.x > 3 * reach or abs(y - previous.y) > 0.8 * reach or backwards:
                    finish(index - 1)
            if not glyphs:
                start = index
            glyph = _Glyph(char, x, y, size)
            if glyphs and char.isdigit() and self._is_raised(text, index, turn, glyphs[-1], glyph):
                # A superscript glyph of the font itself: its size and baseline do not tell.
                glyph.size, glyph.y = 0.6 * size, y - 0.33 * size
            glyphs.append(glyph)
        finish(stop - 1, split)

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


def _turn(text: Any, index: int) -> int:
    """Quarter turns of a character, counterclockwise; PDFium tells the angle clockwise."""
    return int(-round(raw.FPDFText_GetCharAngle(text, index) / (math.pi / 2)) % 4)


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
