"""Scans: read by Tesseract where it is, and said to be scans where it is not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from autonomy.library.chunk import chunk
from autonomy.library.parse import parse
from autonomy.library.parsed import ParseFailure, ParseLimits
from tests.files import hostile

HARBOUR = (
    "The harbour was quiet that winter. Nobody had seen ice in the bay before, and few people "
    "believed it when the first boats came home with frozen nets."
)
MILL = (
    "The mills along the lower valley stop when the river rises. Their wheels need a steady stream, "
    "and the water must not stand too high below them."
)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page 2 of 3 is a picture."""
    path = tmp_path_factory.mktemp("ocr") / "mixed.pdf"
    return hostile.photographed_pdf(path, [MILL, HARBOUR, MILL], {2})


def test_a_picture_of_a_page_is_read_with_its_place_and_said_so(mixed: Path) -> None:
    document = parse(mixed, "mixed.pdf")
    assert [page.number for page in document.pages] == [1, 2, 3]
    assert document.pages[1].text == HARBOUR
    assert any("Read by OCR (eng): 1 page" in remark for remark in document.remarks)
    passage = next(c for c in chunk(document, lambda t: len(t.split())) if c.page == 2)
    assert len(passage.boxes) >= 3
    for left, top, width, height in passage.boxes:
        assert 0.05 < left < 0.3
        assert 0.05 < top < 0.6
        assert left + width < 0.95
        assert 0.02 < height < 0.1


def test_without_tesseract_the_pages_are_named(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    document = parse(mixed, "mixed.pdf")
    assert document.pages[1].text == ""
    assert "Page 2 holds only pictures without text and could not be read." in document.remarks


def test_a_scan_without_tesseract_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ParseFailure) as caught:
        parse(hostile.scanned_pdf(tmp_path / "x.pdf"), "x.pdf")
    assert caught.value.code == "scanned"
    assert "install Tesseract" in caught.value.message


def test_pages_past_the_limits_of_ocr_are_named(tmp_path: Path) -> None:
    path = hostile.photographed_pdf(tmp_path / "x.pdf", [HARBOUR, MILL], {1, 2})
    document = parse(path, "x.pdf", ParseLimits(ocr_max_pages=1))
    assert document.pages[0].text == HARBOUR
    assert any(remark.startswith("Page 2 holds only pictures") for remark in document.remarks)
    assert any("took too long" in remark for remark in document.remarks)


def test_a_recogniser_that_hangs_costs_its_page_only(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    document = parse(mixed, "mixed.pdf", ParseLimits(ocr_page_seconds=0.2))
    assert MILL in document.pages[0].text
    assert any("Page 2" in remark for remark in document.remarks)


def test_pages_before_the_one_to_resume_at_are_not_read_again(mixed: Path) -> None:
    document = parse(mixed, "mixed.pdf", first_page=3)
    assert [page.number for page in document.pages] == [3]
    assert document.remarks == ()
