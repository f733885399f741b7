"""A small PDF writer: text at a place, filled boxes, pictures, highlight annotations, turned pages.

Written by hand because the tests need what typesetting programs never make: pages stored sideways,
letters set apart, letters without the space between words, and thousands of pages in a moment.
Places are those that a viewer shows: points from the left and from the top of the upright page.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from operator import itemgetter

Colour = tuple[float, float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
BLACK: Colour = (0.0, 0.0, 0.0)
GREY: Colour = (0.45, 0.45, 0.45)
WHITE: Colour = (1.0, 1.0, 1.0)
A4 = (595.0, 842.0)
LETTER = (612.0, 792.0)

# Advance widths of Helvetica in thousandths of its size, from the space on.
_WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 "
    "556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 "
    "667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 "
    "556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
).split()
_LIGATURES = {"ﬁ": 1, "ﬂ": 2}
_ACCENTED = str.maketrans(
    "ÀÁÂÃÄÅÈÉÊËÌÍÎÏÒÓÔÕÖÙÚÛÜÇÑàáâãäåèéêëìíîïòóôõöùúûüçñ",
    "AAAAAAEEEEIIIIOOOOOUUUUCNaaaaaaeeeeiiiiooooouuuucn",
)


@cache
def _advance(char: str) -> int:
    index = ord(char.translate(_ACCENTED)) - 32
    return int(_WIDTHS[index]) if 0 <= index < len(_WIDTHS) else 500


def width(text: str, size: float, spacing: float = 0.0) -> float:
    """Of a line of text in points."""
    return sum(map(_advance, text)) * size / 1000 + spacing * len(text)


@dataclass
class Page:
    width: float
    height: float
    turn: int = 0
    """Degrees clockwise by which a viewer turns the stored page."""
    corner: tuple[float, float] = (0.0, 0.0)
    """Where the stored page's lower left corner is."""
    operators: list[str] = field(default_factory=list)
    highlights: list[tuple[list[Box], Colour, str]] = field(default_factory=list)
    """Annotations: boxes of the lines, colour, note."""
    forms: list[tuple[Page, float, float, float]] = field(default_factory=list)
    """Pages that are shown in this one: scale, left, top."""

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 10.0,
        colour: Colour = BLACK,
        *,
        bold: bool = False,
        spacing: float = 0.0,
        right: bool = False,
    ) -> float:
        """Write `text` with its baseline at `y`; where it ends. `spacing` is set between letters;
        with `right`, `x` is where it ends."""
        if right:
            x -= width(text, size, spacing)
        red, green, blue = colour
        font = "B" if bold else "R"
        at = x
        for odd, piece in _pieces(text):
            name = "O" if odd else font
            self.operators.append(
                f"BT /{name} {size:g} Tf {spacing:g} Tc {red:g} {green:g} {blue:g} rg "
                f"1 0 0 1 {at:.2f} {self.height - y:.2f} Tm <{piece}> Tj ET"
            )
            at += width("x" * (len(piece) // 2), size, spacing) if odd else 0
        return x + width(text, size, spacing)

    def box(self, box: Box, colour: Colour) -> None:
        red, green, blue = colour
        left, top, right, bottom = box
        self.operators.append(
            f"{red:g} {green:g} {blue:g} rg {left:.2f} {self.height - bottom:.2f} "
            f"{right - left:.2f} {bottom - top:.2f} re f"
        )

    def round(self, box: Box, colour: Colour) -> None:
        """A filled rhombus with bent sides, as badges are drawn."""
        red, green, blue = colour
        left, top, right, bottom = box
        across, up = (left + right) / 2, self.height - (top + bottom) / 2
        low, high = self.height - bottom, self.height - top
        self.operators.append(
            f"{red:g} {green:g} {blue:g} rg {left:.2f} {up:.2f} m "
            f"{left:.2f} {high:.2f} {left:.2f} {high:.2f} {across:.2f} {high:.2f} c "
            f"{right:.2f} {high:.2f} {right:.2f} {high:.2f} {right:.2f} {up:.2f} c "
            f"{right:.2f} {low:.2f} {right:.2f} {low:.2f} {across:.2f} {low:.2f} c "
            f"{left:.2f} {low:.2f} {left:.2f} {low:.2f} {left:.2f} {up:.2f} c h f"
        )

    def picture(self, box: Box | None = None) -> None:
        """Grey stripes; of the whole page when no box is given."""
        left, top, right, bottom = box or (0.0, 0.0, self.width, self.height)
        self.operators.append(
            f"q {right - left:.2f} 0 0 {bottom - top:.2f} {left:.2f} {self.height - bottom:.2f} cm /I Do Q"
        )

    def highlight(self, boxes: list[Box], colour: Colour, note: str = "") -> None:
        """An annotation, as PDF viewers make them."""
        self.highlights.append((boxes, colour, note))

    def embed(self, scale: float, left: float, top: float) -> Page:
        """A page that is shown smaller inside this one, as reports show the document's own."""
        inner = Page(self.width, self.height)
        self.forms.append((inner, scale, left, top))
        return inner

    def matrix(self) -> tuple[float, float, float, float, float, float]:
        """From the upright page (y up) to the page as it is stored."""
        x, y = self.corner
        return {
            0: (1.0, 0.0, 0.0, 1.0, x, y),
            90: (0.0, 1.0, -1.0, 0.0, self.height + x, y),
            180: (-1.0, 0.0, 0.0, -1.0, self.width + x, self.height + y),
            270: (0.0, -1.0, 1.0, 0.0, x, self.width + y),
        }[self.turn]

    def stored(self, x: float, y: float) -> tuple[float, float]:
        a, b, c, d, e, f = self.matrix()
        up = self.height - y
        return a * x + c * up + e, b * x + d * up + f


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Hex strings of letters that the Latin fonts have, and of those that they have not."""
    return [
        (odd, "".join(code for _, code in run))
        for odd, run in groupby(map(_code, text), itemgetter(0))
    ]


@cache
def _code(char: str) -> tuple[bool, str]:
    """Whether only the font `O` has the letter, and its code."""
    try:
        return False, f"{_LIGATURES.get(char) or char.encode('cp1252')[0]:02x}"
    except UnicodeEncodeError:
        return True, f"{_ODD.setdefault(char, 33 + len(_ODD)):02x}"


_ODD: dict[str, int] = {}
"""Letters that no Latin font has, and the codes that the font `O` has for them."""


class Document:
    """Pages, and the bytes of the PDF that they make."""

    def __init__(self, size: tuple[float, float] = A4) -> None:
        self.size = size
        self.pages: list[Page] = []

    def page(
        self,
        size: tuple[float, float] | None = None,
        turn: int = 0,
        corner: tuple[float, float] = (0.0, 0.0),
    ) -> Page:
        self.pages.append(Page(*(size or self.size), turn, corner))
        return self.pages[-1]

    def bytes(self, *, metadata: dict[str, str] | None = None) -> bytes:
        objects: list[bytes] = [b""] * 8
        objects[2] = _font("Helvetica")
        objects[3] = _font("Helvetica-Bold")
        objects[4] = (
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 33 /LastChar 126 "
            b"/Widths [" + b"500 " * 94 + b"] /ToUnicode 6 0 R >>"
        )
        objects[5] = _stream(_unicode())
        objects[6] = _stream(
            bytes((row * 7 % 256) for row in range(64) for _ in range(8)),
            "/Type /XObject /Subtype /Image /Width 8 /Height 64 /BitsPerComponent 8 /ColorSpace /DeviceGray",
        )
        info = " ".join(f"/{key} {_string(value)}" for key, value in (metadata or {}).items())
        objects[7] = f"<< {info} >>".encode()
        kids: list[int] = []
        for page in self.pages:
            notes = []
            for boxes, colour, note in page.highlights:
                objects.append(_annotation(page, boxes, colour, note))
                notes.append(f"{len(objects)} 0 R")
            a, b, c, d, e, f = page.matrix()
            content = f"{a:g} {b:g} {c:g} {d:g} {e:g} {f:g} cm\n" + "\n".join(page.operators)
            named = ""
            for number, (inner, scale, left, top) in enumerate(page.forms):
                objects.append(
                    _stream(
                        "\n".join(inner.operators).encode("ascii"),
                        f"/Type /XObject /Subtype /Form /BBox [0 0 {inner.width:g} {inner.height:g}] "
                        "/Resources << /Font << /R 3 0 R /B 4 0 R /O 5 0 R >> >>",
                    )
                )
                named += f" /F{number} {len(objects)} 0 R"
                low = page.height - top - scale * inner.height
                content += f"\nq {scale:g} 0 0 {scale:g} {left:g} {low:g} cm /F{number} Do Q"
            objects.append(_stream(content.encode("ascii")))
            across, down = page.width, page.height
            if page.turn in (90, 270):
                across, down = down, across
            x, y = page.corner
            objects.append(
                (
                    f"<< /Type /Page /Parent 2 0 R /MediaBox [{x:g} {y:g} {x + across:g} {y + down:g}] "
                    f"/Rotate {page.turn} /Contents {len(objects)} 0 R /Resources << /Font "
                    f"<< /R 3 0 R /B 4 0 R /O 5 0 R >> /XObject << /I 7 0 R{named} >> >> "
                    f"/Annots [{' '.join(notes)}] >>"
                ).encode()
            )
            kids.append(len(objects))
        objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
        listed = " ".join(f"{kid} 0 R" for kid in kids)
        objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{listed}] >>".encode()
        return _file(objects)


def _font(name: str) -> bytes:
    return (
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding "
        "<< /BaseEncoding /WinAnsiEncoding /Differences [1 /fi /fl] >> >>"
    ).encode()


def _unicode() -> bytes:
    pairs = "\n".join(f"<{code:02x}> <{ord(char):04x}>" for char, code in _ODD.items())
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n"
        "1 begincodespacerange <00> <ff> endcodespacerange\n"
        f"{len(_ODD)} beginbfchar\n{pairs}\nendbfchar endcmap end end"
    ).encode()


def _string(text: str) -> str:
    return f"<feff{text.encode('utf-16-be').hex()}>"


def _stream(content: bytes, head: str = "") -> bytes:
    packed = zlib.compress(content, 1)
    start = f"<< {head} /Length {len(packed)} /Filter /FlateDecode >>\nstream\n"
    return start.encode() + packed + b"\nendstream"


def _annotation(page: Page, boxes: list[Box], colour: Colour, note: str) -> bytes:
    points: list[str] = []
    corners: list[tuple[float, float]] = []
    for left, top, right, bottom in boxes:
        quad = [
            page.stored(*p) for p in ((left, top), (right, top), (left, bottom), (right, bottom))
        ]
        corners += quad
        points += [f"{x:.2f} {y:.2f}" for x, y in quad]
    x0, x1 = min(x for x, _ in corners), max(x for x, _ in corners)
    y0, y1 = min(y for _, y in corners), max(y for _, y in corners)
    red, green, blue = colour
    return (
        f"<< /Type /Annot /Subtype /Highlight /Rect [{x0:.2f} {y0:.2f} {x1:.2f} {y1:.2f}] "
        f"/QuadPoints [{' '.join(points)}] /C [{red:g} {green:g} {blue:g}] "
        f"/Contents {_string(note)} >>"
    ).encode()


def _file(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 8 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)
