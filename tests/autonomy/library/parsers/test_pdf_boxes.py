"""Boxes hold the text of their passage and nothing else, as a viewer shows the page."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from pathlib import Path

import pypdf
import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest

from autonomy.library.chunk import Chunk, Rectangle, chunk
from autonomy.library.parse import parse
from tests.files.documents import two_column_paper, typeset

SHORT = "Rain fell. The mill stood. The river rose quickly over the lower fields of the valley. "


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def characters(page: pdfium.PdfPage) -> list[tuple[str, float, float]]:
    """The page's characters and where PDFium's own viewer draws their middles, as fractions."""
    text = page.get_textpage()
    edges = [ctypes.c_double() for _ in range(4)]
    x, y, scale = ctypes.c_int(), ctypes.c_int(), 100_000
    found: list[tuple[str, float, float]] = []
    for index in range(text.count_chars()):
        raw.FPDFText_GetCharBox(text, index, *edges)
        left, right, bottom, top = (edge.value for edge in edges)
        middle = ((left + right) / 2, (bottom + top) / 2)
        raw.FPDF_PageToDevice(page, 0, 0, scale, scale, 0, *middle, x, y)
        char = chr(raw.FPDFText_GetUnicode(text, index))
        found.append((char, x.value / scale, y.value / scale))
    return found


def inside(chars: list[tuple[str, float, float]], boxes: tuple[Rectangle, ...]) -> str:
    return "".join(
        char
        for char, x, y in chars
        if any(a <= x <= a + w and b <= y <= b + h for a, b, w, h in boxes)
    )


def passages(path: Path, max_tokens: int = 60) -> list[Chunk]:
    return chunk(parse(path, path.name), lambda text: len(text.split()), max_tokens)


def check(path: Path, max_tokens: int = 60) -> list[Chunk]:
    found = passages(path, max_tokens)
    document = pdfium.PdfDocument(path)
    pages = [characters(page) for page in document]
    document.close()
    for piece in found:
        assert piece.page is not None
        assert piece.boxes
        assert all(0 <= value <= 1 for box in piece.boxes for value in box)
        if piece.kind != "front":  # raised marks of affiliations are left out of the text
            within = letters(inside(pages[piece.page - 1], piece.boxes))
            assert sorted(within) == sorted(letters(piece.text)), piece.text
    return found


def test_boxes_of_hyphenated_columns_hold_their_passage_only(tmp_path: Path) -> None:
    assert len(check(two_column_paper(tmp_path / "p.pdf"))) > 10


def test_sentences_that_share_a_line_share_no_box(tmp_path: Path) -> None:
    found = check(typeset(tmp_path / "x.pdf", SHORT * 6), max_tokens=14)
    assert len(found) > 6


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_that_viewers_turn_upright(tmp_path: Path, turns: int) -> None:
    path = two_column_paper(tmp_path / "p.pdf")
    upright = passages(path)
    writer = pypdf.PdfWriter(clone_from=path)
    for page in writer.pages:
        page.rotate(-90 * turns)
        page.transfer_rotation_to_content()
        page.rotate(90 * turns)
    writer.write(path)
    turned = check(path)
    assert [piece.text for piece in turned] == [piece.text for piece in upright]
    for piece, same in zip(turned, upright, strict=True):
        assert len(piece.boxes) == len(same.boxes)
        for box, other in zip(piece.boxes, same.boxes, strict=True):
            assert box == pytest.approx(other, abs=2e-3)


def test_text_that_stands_sideways_for_the_viewer(tmp_path: Path) -> None:
    path = two_column_paper(tmp_path / "p.pdf")
    writer = pypdf.PdfWriter(clone_from=path)
    for page in writer.pages:
        page.rotate(90)
    writer.write(path)
    tall = [box for piece in check(path) for box in piece.boxes if box[3] > box[2]]
    assert len(tall) > 100


def test_a_page_whose_margins_are_cropped(tmp_path: Path) -> None:
    path = two_column_paper(tmp_path / "p.pdf")
    writer = pypdf.PdfWriter(clone_from=path)
    for page in writer.pages:
        box = page.mediabox
        page.cropbox = pypdf.generic.RectangleObject(
            (box.left + 40, box.bottom + 30, box.right - 20, box.top - 50)
        )
    writer.write(path)
    assert len(check(path)) > 10


def test_formats_without_geometry_have_no_boxes(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(SHORT * 4)
    assert passages(path)
    assert all(piece.boxes == () for piece in passages(path))
