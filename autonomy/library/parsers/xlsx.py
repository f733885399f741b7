"""Excel workbooks: each sheet a heading and its rows as a table, with values as the cells show them.

Formulas are never evaluated: what a cell showed when it was saved is read. A cell that begins with
=, +, - or @ is text like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from autonomy.library.bibliography import title_from_name
from autonomy.library.container import Container, relation_id
from autonomy.library.language import detect
from autonomy.library.normalise import one_line
from autonomy.library.number_format import BUILT_IN, is_date, shown
from autonomy.library.office import core_properties
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import (
    MACROS_IGNORED,
    Bibliography,
    BlockKind,
    ParsedDocument,
    ParseLimits,
)
from autonomy.library.sniff import XLSX
from autonomy.library.tables import MAX_COLUMNS, table_blocks

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_BOOK = "xl/workbook.xml"
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})$")
_UNCOMPUTED = (
    "Some cells hold formulas whose results were not saved with the file, so they were left empty. "
    "Open it in a spreadsheet program, save it and upload it again to have them read."
)


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """All sheets that hold something, hidden ones too.

    Raises:
        ParseFailure: `too_large`, `encrypted` or `damaged`.
    """
    with Container(path, limits, "Excel workbook") as archive:
        book = archive.xml(_BOOK)
        if book is None:
            raise archive.damaged()
        reader = _Reader(archive, book, limits)
        blocks = [block for sheet in book.iter(f"{_S}sheet") for block in reader.sheet(sheet)]
        csl = core_properties(archive)
        macros = "xl/vbaProject.bin" in archive.names
    csl.setdefault("title", title_from_name(file_name))
    csl["type"] = "dataset"
    page = lay_out(None, blocks, HeadingTrail())
    language = detect(page.text)
    remarks = [MACROS_IGNORED] if macros else []
    return ParsedDocument(
        media_type=XLSX,
        pages=(page,),
        metadata=Bibliography(csl=csl),
        page_count=None,
        language=language,
        remarks=tuple(remarks + reader.remarks),
    )


def sheets_of_values(
    path: Path, limits: ParseLimits
) -> Iterator[tuple[str, list[list[str]], tuple[str, ...]]]:
    """(name, rows, remarks) of each sheet, with numbers as they are stored and not as they are
    shown: days as ISO 8601, shares as per cent.

    Raises:
        ParseFailure: `too_large`, `encrypted` or `damaged`.
    """
    with Container(path, limits, "Excel workbook") as archive:
        book = archive.xml(_BOOK)
        if book is None:
            raise archive.damaged()
        for sheet in book.iter(f"{_S}sheet"):
            reader = _ValueReader(archive, book, limits)
            yield reader.values(sheet)


class _Reader:
    """The parts of a workbook that its sheets share."""

    def __init__(self, archive: Container, book: Any, limits: ParseLimits) -> None:
        self.remarks: list[str] = []
        self._archive = archive
        self._max_rows = limits.max_table_rows
        self._relations = archive.relations(_BOOK)
        settings = book.find(f"{_S}workbookPr")
        self._from_1904 = settings is not None and settings.get("date1904") in ("1", "true")
        self._strings = self._shared_strings()
        self._formats = self._cell_formats()

    def sheet(self, entry: Any) -> Iterator[RawBlock]:
        """A heading and the rows below it; nothing for a sheet without text."""
        name = one_line(entry.get("name", ""))[:100] or "Sheet"
        kind, part = self._relations.get(relation_id(entry), ("", ""))
        root = self._archive.xml(part) if kind == "worksheet" else None
        if root is None:
            return
        blocks = list(table_blocks(self._rows(root, name)))
        if blocks:
            yield RawBlock(name, BlockKind.HEADING, 1)
            yield from blocks

    def _rows(self, root: Any, name: str) -> Iterator[list[str]]:
        for number, row in enumerate(root.iterfind(f"{_S}sheetData/{_S}row")):
            if number >= self._max_rows:
                self.remarks.append(
                    f"Only the first {self._max_rows:,} rows of the sheet “{name}” were read."
                )
                return
            cells: list[str] = []
            for cell in row.iterfind(f"{_S}c"):
                place = _CELL.match(cell.get("r", ""))
                column = _column(place[1]) if place else len(cells)
                if column >= MAX_COLUMNS:
                    self._remark(
                        f"Only the first {MAX_COLUMNS} columns of the sheet “{name}” were read."
                    )
                    break
                cells.extend([""] * (column - len(cells)))
                cells.append(self._shown(cell))
            yield cells

    def _shown(self, cell: Any) -> str:
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            return _rich_text(cell.find(f"{_S}is"))
        value: str | None = cell.findtext(f"{_S}v")
        if not value:
            if cell.find(f"{_S}f") is not None:
                self._remark(_UNCOMPUTED)
            return ""
        if kind == "s":
            return (
                self._strings[int(value)]
                if value.isdigit() and int(value) < len(self._strings)
                else ""
            )
        if kind == "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        if kind != "n":
            return value
        style = cell.get("s", "0")
        code = self._formats.get(int(style), "General") if style.isdigit() else "General"
        try:
            return self._number(float(value), code)
        except (ValueError, OverflowError):
            return value

    def _number(self, value: float, code: str) -> str:
        return shown(value, code, from_1904=self._from_1904)

    def _remark(self, text: str) -> None:
        if text not in self.remarks:
            self.remarks.append(text)

    def _shared_strings(self) -> list[str]:
        part = next((p for kind, p in self._relations.values() if kind == "sharedStrings"), "")
        root = self._archive.xml(part)
        return [] if root is None else [_rich_text(item) for item in root.iterfind(f"{_S}si")]

    def _cell_formats(self) -> dict[int, str]:
        """Style number of a cell to its format code."""
        part = next((p for kind, p in self._relations.values() if kind == "styles"), "")
        root = self._archive.xml(part)
        if root is None:
            return {}
        codes = dict(BUILT_IN)
        for item in root.iterfind(f"{_S}numFmts/{_S}numFmt"):
            if item.get("numFmtId", "").isdigit():
                codes[int(item.get("numFmtId"))] = item.get("formatCode", "General")
        used = (item.get("numFmtId", "0") for item in root.iterfind(f"{_S}cellXfs/{_S}xf"))
        return {
            number: codes.get(int(key), "General") if key.isdigit() else "General"
            for number, key in enumerate(used)
        }


class _ValueReader(_Reader):
    """Sheets for computing: what a cell holds, not how it is rounded for the eye."""

    def values(self, entry: Any) -> tuple[str, list[list[str]], tuple[str, ...]]:
        name = one_line(entry.get("name", ""))[:100] or "Sheet"
        kind, part = self._relations.get(relation_id(entry), ("", ""))
        root = self._archive.xml(part) if kind == "worksheet" else None
        rows = [] if root is None else list(self._rows(root, name))
        return name, rows, tuple(self.remarks)

    def _number(self, value: float, code: str) -> str:
        if is_date(code):
            return shown(value, "yyyy-mm-dd", from_1904=self._from_1904)
        # Through the shortest text that gives the same number: 0.07 × 100 is not 7 otherwise.
        if "%" in code:
            return f"{Decimal(repr(value)) * 100:f}%"
        return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _rich_text(element: Any) -> str:
    """The words of a string item; phonetic guides are left out."""
    if element is None:
        return ""
    parts = [node.text or "" for node in element.iterfind(f"{_S}t")]
    parts += [node.text or "" for node in element.iterfind(f"{_S}r/{_S}t")]
    return "".join(parts)


def _column(letters: str) -> int:
    """0 for A, 25 for Z, 26 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
