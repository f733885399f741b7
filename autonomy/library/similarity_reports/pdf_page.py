"""A page of a PDF report as words and coloured shapes, each with its place.

Places are points from the left and from the top of the page as its text is read, whatever way the
page is stored: a report that was saved sideways looks like any other.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pypdfium2.raw as raw

from autonomy.library.normalise import clean
from autonomy.library.pdf_text import characters

_WORD = re.compile("[^\\x00\t\n\r \\xa0\\x02\ufffe\u2009\u202f]+[\\x02\ufffe]?")
_HYPHENS = "\x02\ufffe"
"""What PDFium writes for a hyphen that ends a line."""
_SAMPLE = 64
_DEPTH = 6
"""Most forms within forms."""

Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Box(NamedTuple):
    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def middle(self) -> float:
        """Halfway down."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Halfway across."""
        return (self.x0 + self.x1) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    def around(self, x: float, y: float) -> bool:
        return self.x0 <= x <= self.x1 and self.top <= y <= self.bottom


class Word(NamedTuple):
    text: str
    box: Box
    start: int
    """Index of its first character in the page's text."""
    end: int
    split: bool
    """It goes on in the next line: a hyphen stood behind it."""


class Shape(NamedTuple):
    """Something filled with a colour."""

    box: Box
    colour: tuple[float, float, float]
    """Red, green, blue, from 0 to 1, as seen on white paper."""
    note: str = ""
    """What an annotation says."""
    annotation: bool = False


class _View:
    """From the page as it is stored to the page as it is read."""

    def __init__(self, turn: int, left: float, bottom: float, right: float, top: float) -> None:
        """`turn` in quarter turns clockwise."""
        across, down = right - left, top - bottom
        self.size = (across, down) if turn % 2 == 0 else (down, across)
        self._turn = turn
        self._edges = left, bottom, right, top

    def place(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """The box between two corners, the lower left one first."""
        left, bottom, right, top = self._edges
        if self._turn == 0:
            return Box(x0 - left, top - y1, x1 - left, top - y0)
        if self._turn == 1:
            return Box(y0 - bottom, x0 - left, y1 - bottom, x1 - left)
        if self._turn == 2:
            return Box(right - x1, y0 - bottom, right - x0, y1 - bottom)
        return Box(top - y1, right - x1, top - y0, right - x0)


class ReportPage:
    """One page, read as far as it is asked about."""

    def __init__(self, page: Any, number: int, max_shapes: int) -> None:
        self._page = page
        self.number = number
        self._max_shapes = max_shapes
        self._text = page.get_textpage()
        count = self._text.count_chars()
        self.string = characters(self._text.raw, count)
        """Its characters, one for each of PDFium's indices."""
        self._view = _View(self._turn(), *page.get_bbox())
        self.width, self.height = self._view.size
        self._places: list[Box | None] | None = None
        self._words: list[Word] | None = None
        self._shapes: list[Shape] | None = None

    def close(self) -> None:
        self._text.close()
        self._page.close()

    @property
    def words(self) -> list[Word]:
        if self._words is None:
            self._words = list(self._read_words())
        return self._words

    @property
    def shapes(self) -> list[Shape]:
        """Filled paths, also those inside forms, and highlight annotations."""
        if self._shapes is None:
            found: list[Shape] = []
            for shape in (*self._paths(), *self._annotations()):
                found.append(shape)
                if len(found) >= self._max_shapes:
                    break
            self._shapes = found
        return self._shapes

    @property
    def places(self) -> list[Box | None]:
        """Where each character stands; None for one without a place of its own."""
        if self._places is None:
            text, place = self._text.raw, self._view.place
            rectangle = raw.FS_RECTF()
            reference = ctypes.byref(rectangle)
            self._places = [
                place(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
                if not char.isspace() and raw.FPDFText_GetLooseCharBox(text, index, reference)
                else None
                for index, char in enumerate(self.string)
            ]
        return self._places

    def _turn(self) -> int:
        """How the page must be turned for its text to be upright."""
        text = self._text.raw
        step = max(1, len(self.string) // _SAMPLE)
        seen: Counter[int] = Counter()
        for index in range(0, len(self.string), step):
            if self.string[index].isalnum():
                angle = raw.FPDFText_GetCharAngle(text, index)
                # PDFium tells the angle clockwise.
                seen[int(-round(angle / (math.pi / 2)) % 4)] += 1
        return seen.most_common(1)[0][0] if seen else int(self._page.get_rotation() // 90) % 4

    def _read_words(self) -> Iterator[Word]:
        for match in _WORD.finditer(self.string):
            start, end = match.span()
            split = match[0][-1] in _HYPHENS
            if split:
                end -= 1
            run: list[tuple[int, Box]] = []
            for index in range(start, end):
                box = self.places[index]
                if box is None:
                    continue
                if run and _apart(run[-1][1], box):
                    yield self._word(run, index, split=False)
                    run = []
                run.append((index, box))
            if run:
                yield self._word(run, end, split)

    def _word(self, run: list[tuple[int, Box]], end: int, split: bool) -> Word:
        boxes = [box for _, box in run]
        start = run[0][0]
        text = clean(self.string[start:end]) + ("-" if split else "")
        return Word(
            text,
            Box(
                min(b.x0 for b in boxes),
                min(b.top for b in boxes),
                max(b.x1 for b in boxes),
                max(b.bottom for b in boxes),
            ),
            start,
            end,
            split,
        )

    def _paths(self) -> Iterator[Shape]:
        page = self._page.raw
        objects = (
            raw.FPDFPage_GetObject(page, index) for index in range(raw.FPDFPage_CountObjects(page))
        )
        yield from self._inside(objects, _IDENTITY, 0)

    def _inside(self, objects: Iterator[Any], matrix: Matrix, depth: int) -> Iterator[Shape]:
        for item in objects:
            kind = raw.FPDFPageObj_GetType(item)
            if kind == raw.FPDF_PAGEOBJ_PATH:
                shape = self._path(item, matrix)
                if shape is not None:
                    yield shape
            elif kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEPTH:
                own = raw.FS_MATRIX()
                raw.FPDFPageObj_GetMatrix(item, own)
                inner = _times((own.a, own.b, own.c, own.d, own.e, own.f), matrix)
                parts = (
                    raw.FPDFFormObj_GetObject(item, index)
                    for index in range(raw.FPDFFormObj_CountObjects(item))
                )
                yield from self._inside(parts, inner, depth + 1)

    def _path(self, item: Any, matrix: Matrix) -> Shape | None:
        mode, stroke = ctypes.c_int(), ctypes.c_int()
        if not raw.FPDFPath_GetDrawMode(item, mode, stroke) or mode.value == raw.FPDF_FILLMODE_NONE:
            return None
        parts = [ctypes.c_uint() for _ in range(4)]
        if not raw.FPDFPageObj_GetFillColor(item, *parts):
            return None
        edges = [ctypes.c_float() for _ in range(4)]
        if not raw.FPDFPageObj_GetBounds(item, *edges):
            return None
        x0, y0, x1, y1 = (edge.value for edge in edges)
        corners = [_moved(x, y, matrix) for x in (x0, x1) for y in (y0, y1)]
        box = self._view.place(
            min(x for x, _ in corners),
            min(y for _, y in corners),
            max(x for x, _ in corners),
            max(y for _, y in corners),
        )
        red, green, blue, alpha = (part.value / 255 for part in parts)
        return Shape(box, _on_white((red, green, blue), alpha))

    def _annotations(self) -> Iterator[Shape]:
        page = self._page.raw
        for index in range(min(raw.FPDFPage_GetAnnotCount(page), self._max_shapes)):
            annotation = raw.FPDFPage_GetAnnot(page, index)
            if not annotation:
                continue
            try:
                if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_HIGHLIGHT:
                    yield from self._highlight(annotation)
            finally:
                raw.FPDFPage_CloseAnnot(annotation)

    def _highlight(self, annotation: Any) -> Iterator[Shape]:
        parts = [ctypes.c_uint() for _ in range(4)]
        raw.FPDFAnnot_GetColor(annotation, raw.FPDFANNOT_COLORTYPE_Color, *parts)
        red, green, blue = (part.value / 255 for part in parts[:3])
        note = _contents(annotation)
        quad = raw.FS_QUADPOINTSF()
        count = min(raw.FPDFAnnot_CountAttachmentPoints(annotation), self._max_shapes)
        for index in range(count):
            if raw.FPDFAnnot_GetAttachmentPoints(annotation, index, quad):
                xs = (quad.x1, quad.x2, quad.x3, quad.x4)
                ys = (quad.y1, quad.y2, quad.y3, quad.y4)
                box = self._view.place(min(xs), min(ys), max(xs), max(ys))
                yield Shape(box, (red, green, blue), note if index == 0 else "", annotation=True)


def _apart(before: Box, after: Box) -> bool:
    """Whether a character cannot belong to the word of the one before."""
    reach = max(before.height, after.height, 1.0)
    return (
        after.x0 - before.x1 > reach
        or after.x0 < before.x0 - 0.6 * reach
        or abs(after.middle - before.middle) > 0.6 * reach
    )


def _contents(annotation: Any) -> str:
    length = raw.FPDFAnnot_GetStringValue(annotation, b"Contents", None, 0)
    if not 2 < length <= 2_000:
        return ""
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFAnnot_GetStringValue(
        annotation, b"Contents", ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length
    )
    return buffer.raw[: length - 2].decode("utf-16-le", "replace").strip()


def _on_white(colour: tuple[float, float, float], alpha: float) -> tuple[float, float, float]:
    red, green, blue = (1 - (1 - part) * alpha for part in colour)
    return red, green, blue


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def _moved(x: float, y: float, matrix: Matrix) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f
