"""PDF: text in reading order with headings and pages, by PDFium; messages for what has no text."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from autonomy.library.bibliography import title_from_name
from autonomy.library.language import detect
from autonomy.library.normalise import one_line
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import (
    Bibliography,
    BlockKind,
    ParsedDocument,
    ParseFailure,
    ParseLimits,
)
from autonomy.library.parsers.pdf.blocks import TextBlock, Typography, group
from autonomy.library.parsers.pdf.boxes import line_boxes
from autonomy.library.parsers.pdf.frame import Frame
from autonomy.library.parsers.pdf.furniture import remove_furniture
from autonomy.library.parsers.pdf.order import reading_order
from autonomy.library.parsers.pdf.page_text import PageReader, PageText
from autonomy.library.parsers.pdf.title_page import read_title_page
from autonomy.library.sections import classify, is_abstract_heading, is_section_word
from autonomy.library.sniff import PDF

_ENCRYPTED = "This PDF is protected by a password. Remove the password and upload it again."
_TRUNCATED = "This PDF is incomplete: its end is missing. Please upload it again."
_DAMAGED = (
    "This PDF is damaged and cannot be opened. Try saving it again from the program that made it."
)
_SCANNED = (
    "This PDF has no text, only pictures of pages (a scan). Run text recognition (OCR) on it and "
    "upload the result."
)
_UNMAPPED = (
    "The letters of this PDF cannot be read as text: its fonts do not say which characters they "
    "draw. Run text recognition (OCR) on it and upload the result."
)


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """The text and metadata of a PDF.

    Raises:
        ParseFailure: `encrypted`, `truncated`, `damaged`, `scanned`, `empty` or `too_large`.
    """
    document = _open(path)
    try:
        if len(document) > limits.max_pages:
            raise ParseFailure(
                "too_large",
                f"This PDF has {len(document):,} pages; at most {limits.max_pages:,} are read. "
                "Split it and upload the parts you need.",
            )
        pages, pictures = _read_pages(document, path, limits)
        info = {
            key: one_line(value)
            for key, value in document.get_metadata_dict(skip_empty=True).items()
        }
    finally:
        document.close()
    _refuse_without_text(pages, pictures)
    return _compose(pages, info, file_name)


def _open(path: Path) -> Any:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
            raise ParseFailure("encrypted", _ENCRYPTED) from error
        if not _has_end(path):
            raise ParseFailure("truncated", _TRUNCATED) from error
        raise ParseFailure("damaged", _DAMAGED) from error


def _has_end(path: Path) -> bool:
    """Whether the closing mark that every PDF writer puts last is there."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65_536))
        return b"%%EOF" in file.read()


def _read_pages(document: Any, path: Path, limits: ParseLimits) -> tuple[list[PageText], int]:
    reader = PageReader()
    pages: list[PageText] = []
    pictures = chars = 0
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError as error:
            if not _has_end(path):
                raise ParseFailure("truncated", _TRUNCATED) from error
            raise ParseFailure(
                "damaged", f"Page {index + 1} of this PDF is damaged. {_DAMAGED}"
            ) from error
        try:
            text = reader.read(page)
            if text.chars < 20:
                pictures += any(
                    True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)
                )
        finally:
            page.close()
        pages.append(text)
        chars += text.chars
        if chars > limits.max_chars:
            raise ParseFailure(
                "too_large",
                f"This PDF holds more than {limits.max_chars:,} characters of text. "
                "Split it and upload the parts you need.",
            )
    if not _has_end(path):
        raise ParseFailure("truncated", _TRUNCATED)
    return pages, pictures


def _refuse_without_text(pages: list[PageText], pictures: int) -> None:
    chars = sum(page.chars for page in pages)
    if chars < 10 * len(pages) and chars < 2_000:
        if pictures:
            raise ParseFailure("scanned", _SCANNED)
        if chars < 10:
            raise ParseFailure(
                "empty", "This PDF has no text: its pages are blank or hold only drawings."
            )
    if sum(page.unmapped for page in pages) > 0.3 * chars:
        raise ParseFailure("scanned", _UNMAPPED)


def _compose(pages: list[PageText], info: dict[str, str], file_name: str) -> ParsedDocument:
    opening = replace(pages[0], lines=list(pages[0].lines))
    remove_furniture(pages)
    for page in pages:
        page.lines = reading_order(page.lines)
    style = Typography.of([page.lines for page in pages])
    csl = read_title_page(opening, style.body, info)
    csl.setdefault("title", title_from_name(file_name))
    blocks = [group(page.lines, style) for page in pages]
    sections = _sections(blocks, [page.frame for page in pages], str(csl["title"]))
    trail = HeadingTrail()
    laid_out = tuple(lay_out(number, items, trail) for number, items in enumerate(sections, 1))
    language = detect(" ".join(page.text for page in laid_out)[:40_000])
    if language:
        csl["language"] = language
    return ParsedDocument(
        media_type=PDF,
        pages=laid_out,
        metadata=Bibliography(csl=csl),
        page_count=len(pages),
        language=language,
    )


def _sections(
    pages: list[list[TextBlock]], frames: list[Frame], title: str
) -> list[list[RawBlock]]:
    """The pages' blocks with their kinds settled across page borders."""
    _demote_title(pages, title)
    _demote_stray_numbers(pages)
    flat = [
        RawBlock(block.text, block.kind, block.level, line_boxes(block, frame))
        for page, frame in zip(pages, frames, strict=True)
        for block in page
    ]
    prose = sum(len(b.text) for b in flat if b.kind is BlockKind.BODY)
    labels = sum(len(b.text) for b in flat if b.kind is BlockKind.FIGURE)
    if labels > prose:
        # Slides and forms: short lines are what they say, not debris of drawings.
        flat = [replace(b, kind=BlockKind.BODY) if b.kind is BlockKind.FIGURE else b for b in flat]
    # Figures in rows that only their place on the page tells apart: no table to quote from.
    flat = [replace(b, kind=BlockKind.FIGURE) if b.kind is BlockKind.TABLE else b for b in flat]
    settled = iter(classify(flat, front_end=_front_end(pages)))
    result = [[next(settled) for _ in page] for page in pages]
    if result:
        # Notes under the first page tell of the authors and the venue.
        result[0] = [
            replace(b, kind=BlockKind.FRONT) if b.kind is BlockKind.NOTE else b for b in result[0]
        ]
    return result


def _demote_title(pages: list[list[TextBlock]], title: str) -> None:
    """The title is front matter, not a heading that every passage hangs under."""
    wanted = "".join(title.split()).lower()
    for block in pages[0] if pages else []:
        text = "".join(block.text.split()).lower()
        if block.kind is BlockKind.HEADING and text and (text in wanted or wanted in text):
            block.kind, block.level = BlockKind.BODY, 0


def _demote_stray_numbers(pages: list[list[TextBlock]]) -> None:
    """Sections count up; a line such as "16 GPUs" that does not is no heading."""
    reached = 0
    for block in (b for page in pages for b in page if b.kind is BlockKind.HEADING):
        match = re.match(r"\d+", block.text)
        if match is None:
            continue
        number = int(match[0])
        if number > reached + 2:
            block.kind, block.level = BlockKind.FIGURE, 0
        else:
            reached = max(reached, number)


def _is_text(block: TextBlock) -> bool:
    return block.kind in (BlockKind.BODY, BlockKind.NOTE) and len(block.text) > 200


def _front_end(pages: list[list[TextBlock]]) -> int:
    """How many blocks of the first page come before its first section heading."""
    first = pages[0] if pages else []
    for index, block in enumerate(first):
        if is_abstract_heading(block.text):
            return index
        if block.kind is BlockKind.HEADING and block.level == 1:
            # Names set large read as headings; a real one has text of its own below.
            below = first[index + 1 : index + 3]
            if is_section_word(block.text) or any(_is_text(b) for b in below):
                return index
    return 0
