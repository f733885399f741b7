"""Uploaded tables for computing: CSV and its kin, and Excel workbooks."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from autonomy.core.analysis import TableLimits, TableRead, TableUnreadable
from autonomy.library.delimiter import cell_sign
from autonomy.library.encoding import decode
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.library.parsers.xlsx import sheets_of_values
from autonomy.library.sniff import CSV, PLAIN, XLSX, sniff
from autonomy.tools.analysis.table import make_table

DELIMITED = (".csv", ".tsv", ".tab")
ENDINGS = (*DELIMITED, ".xlsx", ".xlsm")
"""Of the names of files that hold a table."""


def holds_table(file_name: str) -> bool:
    """Whether a file of that name is one to compute with."""
    return file_name.lower().endswith(ENDINGS)


def read_table(path: Path, file_name: str, limits: ParseLimits) -> TableRead:
    """The table of the file, of a workbook its fullest sheet.

    Raises:
        ParseFailure: `damaged`, `encrypted`, `too_large`; `unsupported` when there is no table in
            it, with a message for the person.
    """
    kind = sniff(path, file_name)
    try:
        if kind == XLSX:
            return _workbook(path, file_name, limits)
        if kind == CSV or (kind == PLAIN and file_name.lower().endswith(DELIMITED)):
            return _delimited(path, file_name, limits)
    except TableUnreadable as error:
        raise ParseFailure("unsupported", str(error)) from error
    raise ParseFailure("unsupported", f"“{file_name}” is not a table.")


def _bounds(limits: ParseLimits) -> TableLimits:
    return TableLimits(rows=limits.max_table_rows)


def _delimited(path: Path, file_name: str, limits: ParseLimits) -> TableRead:
    text = decode(path.read_bytes(), tabs=True)
    delimiter = cell_sign(text)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) > limits.max_table_rows + 50:
                break
    except csv.Error as error:
        raise ParseFailure(
            "damaged",
            "The rows of this table cannot be told apart: a cell has no end. Save it again as CSV "
            "from the program that made it and upload that.",
        ) from error
    return make_table(rows, file_name, limits=_bounds(limits), comma_hint=delimiter == ";")


def _workbook(path: Path, file_name: str, limits: ParseLimits) -> TableRead:
    best: tuple[str, list[list[str]], tuple[str, ...]] | None = None
    filled = others = 0
    for name, rows, remarks in sheets_of_values(path, limits):
        cells = sum(1 for row in rows for cell in row if cell)
        others += cells > 0
        if best is None or cells > filled:
            best, filled = (name, rows, remarks), cells
    if best is None or not filled:
        raise TableUnreadable(f"“{file_name}” is empty.")
    name, rows, remarks = best
    said = list(remarks)
    if others > 1:
        said.append(f"Of {others} sheets, the fullest was read: “{name}”.")
    return make_table(rows, file_name, sheet=name, limits=_bounds(limits), remarks=said)
