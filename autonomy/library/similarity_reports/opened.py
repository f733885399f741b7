"""An open PDF report; what cannot be opened says why."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from autonomy.library.pdf_text import characters
from autonomy.library.similarity_reports.errors import (
    ReportDamaged,
    ReportEncrypted,
    ReportTooLarge,
)
from autonomy.library.similarity_reports.limits import ReportLimits
from autonomy.library.similarity_reports.pdf_page import ReportPage
from autonomy.library.similarity_reports.rows import Row, rows_of

_END = b"%%EOF"
_END_BYTES = 65_536
_KEPT_CHARS = 200_000
"""Of one page's text; no page of a report has more."""


class OpenedPdf:
    def __init__(self, data: bytes, limits: ReportLimits) -> None:
        """
        Raises:
            ReportEncrypted, ReportDamaged: it cannot be opened.
            ReportTooLarge: it has more pages than are read.
        """
        self._limits = limits
        try:
            self._document = pdfium.PdfDocument(data)
        except pdfium.PdfiumError as error:
            code = getattr(error, "err_code", None)
            if code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
                raise ReportEncrypted from error
            if _END not in data[-_END_BYTES:]:
                raise ReportDamaged("its end is missing") from error
            raise ReportDamaged from error
        self._pages: dict[int, ReportPage] = {}
        self._rows: dict[int, list[Row]] = {}
        self.count = len(self._document)
        if self.count == 0:
            self.close()
            raise ReportDamaged("it has no pages")
        if self.count > limits.max_pages:
            self.close()
            raise ReportTooLarge(
                f"it has {self.count:,} pages, and at most {limits.max_pages:,} are read"
            )
        if _END not in data[-_END_BYTES:]:
            self.close()
            raise ReportDamaged("its end is missing")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        for page in getattr(self, "_pages", {}).values():
            page.close()
        self._pages = {}
        self._document.close()

    def text(self, index: int) -> str:
        """What the page at `index` (from 0) says; nothing for one that is damaged."""
        if index in self._pages:
            return self._pages[index].string
        try:
            page = self._document[index]
            try:
                text = page.get_textpage()
                try:
                    return characters(text.raw, min(text.count_chars(), _KEPT_CHARS))
                finally:
                    text.close()
            finally:
                page.close()
        except pdfium.PdfiumError:
            return ""

    def page(self, index: int) -> ReportPage:
        """
        Raises:
            ReportDamaged: the page cannot be opened.
        """
        if index not in self._pages:
            try:
                self._pages[index] = ReportPage(
                    self._document[index], index + 1, self._limits.max_shapes
                )
            except pdfium.PdfiumError as error:
                raise ReportDamaged(f"its page {index + 1} cannot be opened") from error
        return self._pages[index]

    def rows(self, index: int) -> list[Row]:
        """The rows of the page at `index`, from the top down."""
        if index not in self._rows:
            self._rows[index] = rows_of(self.page(index).words, index + 1)
        return self._rows[index]

    def drop(self, index: int) -> None:
        """Let go of a page that is not asked about again."""
        self._rows.pop(index, None)
        page = self._pages.pop(index, None)
        if page is not None:
            page.close()
