"""The pages of a PDF as text, one by one; what cannot be read says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from autonomy.core.phrases import series
from autonomy.library.normalise import one_line
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.library.parsers.pdf.ocr import Recogniser
from autonomy.library.parsers.pdf.page_text import PageReader, PageText

_ENCRYPTED = "This PDF is protected by a password. Remove the password and upload it again."
_TRUNCATED = "This PDF is incomplete: its end is missing. Please upload it again."
_DAMAGED = (
    "This PDF is damaged and cannot be opened. Try saving it again from the program that made it."
)
_UNMAPPED = (
    "The letters of this PDF cannot be read as text: its fonts do not say which characters they "
    "draw. Run text recognition (OCR) on it and upload the result."
)
_NO_LETTERS = 20
"""A page with fewer characters may be a picture of one."""
_FIRST_PICTURES = 3
"""So many pages at the front are read even where they are pictures, to tell the title."""


class PageSource:
    """An open PDF. Pages are read once; those that are pictures are read by OCR where it is there."""

    def __init__(self, path: Path, limits: ParseLimits, first_page: int) -> None:
        """
        Raises:
            ParseFailure: `encrypted`, `truncated`, `damaged` or `too_large`.
        """
        self._limits = limits
        self._first_page = first_page
        self._document = _open(path)
        self._reader = PageReader()
        self._recogniser = Recogniser(limits)
        self._kept: dict[int, PageText] = {}
        self.chars = self.unmapped = 0
        self.pictures: list[int] = []
        """Numbers of pages that are pictures and were not read."""
        self.count = len(self._document)
        if self.count > limits.max_pages:
            self.close()
            raise ParseFailure(
                "too_large",
                f"This PDF has {self.count:,} pages; at most {limits.max_pages:,} are read. "
                "Split it and upload the parts you need.",
            )
        if not _has_end(path):
            self.close()
            raise ParseFailure("truncated", _TRUNCATED)

    def close(self) -> None:
        self._document.close()

    @property
    def info(self) -> dict[str, str]:
        """The PDF's own dictionary."""
        found = self._document.get_metadata_dict(skip_empty=True)
        return {key: one_line(value) for key, value in found.items()}

    @property
    def remarks(self) -> list[str]:
        """What people should know of the pages that were read so far."""
        found = self._recogniser.remarks
        if self.pictures:
            found.append(f"{_named(self.pictures)} pictures without text and could not be read.")
        return found

    def peek(self, index: int) -> PageText | None:
        """The page at `index` (from 0), held until it is read; None for a picture that is read
        when its turn comes.

        Raises:
            ParseFailure: `damaged` or `too_large`.
        """
        if index not in self._kept:
            text = self._read(index, may_wait=index >= _FIRST_PICTURES)
            if text is None:
                return None
            self._kept[index] = text
        return self._kept[index]

    def read(self, index: int) -> PageText:
        """The page at `index` (from 0), once.

        Raises:
            ParseFailure: `damaged` or `too_large`.
        """
        return self._kept.pop(index, None) or self._read(index) or PageText(1.0, 1.0)

    def _read(self, index: int, *, may_wait: bool = False) -> PageText | None:
        try:
            page = self._document[index]
            try:
                text = self._seen(page, index + 1, may_wait)
            finally:
                page.close()
        except pdfium.PdfiumError as error:
            raise ParseFailure(
                "damaged", f"Page {index + 1} of this PDF is damaged. {_DAMAGED}"
            ) from error
        if text is not None:
            self.chars += text.chars
            self.unmapped += text.unmapped
        if self.chars > self._limits.max_chars:
            raise ParseFailure(
                "too_large",
                f"This PDF holds more than {self._limits.max_chars:,} characters of text. "
                "Split it and upload the parts you need.",
            )
        return text

    def _seen(self, page: Any, number: int, may_wait: bool) -> PageText | None:
        text = self._reader.read(page)
        unreadable = text.unmapped > 0.5 * text.chars
        if not unreadable and (text.chars >= _NO_LETTERS or not _has_picture(page)):
            return text
        if may_wait:
            return None
        found = self._recogniser.read(page, number) if number >= self._first_page else None
        if found is None and not unreadable and number >= self._first_page:
            self.pictures.append(number)
        return found or text

    def refuse_without_text(self, pages: int) -> None:
        """
        Raises:
            ParseFailure: `scanned` or `empty`, when the `pages` read so far hold next to no text.
        """
        if self.chars < 10 * pages and self.chars < 2_000:
            if self.pictures:
                raise ParseFailure("scanned", self._recogniser.refusal)
            if self.chars < 10:
                raise ParseFailure(
                    "empty", "This PDF has no text: its pages are blank or hold only drawings."
                )
        self.refuse_unmapped()

    def refuse_unmapped(self) -> None:
        """
        Raises:
            ParseFailure: `scanned`, when too many of the letters read so far tell no character.
        """
        if self.unmapped > 0.3 * self.chars:
            raise ParseFailure("scanned", _UNMAPPED)


def _has_picture(page: Any) -> bool:
    return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))


def _named(pages: list[int]) -> str:
    """As in "Page 3 holds only" or "Pages 3, 5 and 7–9 hold only"."""
    runs: list[list[int]] = []
    for page in sorted(pages):
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    shown = [str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs]
    if len(pages) == 1:
        return f"Page {shown[0]} holds only"
    if len(shown) > 12:
        return f"{len(pages)} pages hold only"
    return f"Pages {series(shown)} hold only"


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
