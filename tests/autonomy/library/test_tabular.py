"""Uploaded tables for computing: what a file holds, not how it looks."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from autonomy.core.analysis import ColumnKind, TableRead
from autonomy.library.isolated import read_in_subprocess
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.library.tabular import holds_table, read_table

LIMITS = ParseLimits()


def book(
    path: Path, sheets: dict[str, list[list[Any]]], formats: dict[str, str] | None = None
) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for column, code in (formats or {}).items():
            for cell in sheet[column]:
                cell.number_format = code
    made.save(path)
    return path


def cells(read: TableRead) -> list[list[str]]:
    return list(csv.reader(io.StringIO(read.csv)))


def test_numbers_of_a_workbook_are_taken_as_stored_and_days_as_days(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Day", "Rate", "Amount", "Town"]]
    rows += [
        [datetime.date(2021, 1, day), day / 300, 1234.56789 + day, "Ulm" if day % 2 else "Bonn"]
        for day in range(1, 21)
    ]
    path = book(
        tmp_path / "b.xlsx",
        {"Notes": [["read me"]], "Data": rows},
        {"A": "dd/mm/yyyy", "B": "0%", "C": "#,##0"},
    )

    read = read_table(path, "b.xlsx", LIMITS)

    assert read.profile.sheet == "Data"
    assert any("2 sheets" in remark for remark in read.profile.remarks)
    kinds = {c.name: (c.kind, c.unit) for c in read.profile.columns}
    assert kinds["Day"] == (ColumnKind.DATE, "")
    assert kinds["Rate"] == (ColumnKind.NUMBER, "%")
    assert kinds["Town"] == (ColumnKind.CATEGORY, "")
    first = cells(read)[1]
    assert first[0] == "2021-01-01"
    assert float(first[1]) == pytest.approx(100 / 300)
    assert float(first[2]) == pytest.approx(1235.56789), "not the rounded number that is shown"


def test_a_table_is_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Stadt;Preis\nUlm;1.234,50\nBonn;99,00\nKiel;7,25\n")

    read = read_in_subprocess("table", TableRead, path, "t.csv", LIMITS)

    assert cells(read) == [
        ["Stadt", "Preis"],
        ["Ulm", "1234.50"],
        ["Bonn", "99.00"],
        ["Kiel", "7.25"],
    ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", b""),
        ("t.csv", b"a,b\n"),
        ("t.xlsx", b"PK\x03\x04 not really"),
        ("t.csv", b'a,b\n"never ends' + b"x" * 200_000),
        ("t.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        ("t.pdf", b"%PDF-1.7 x"),
    ],
)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ParseFailure) as refused:
        read_table(path, name, LIMITS)

    assert len(refused.value.message) > 15


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParseFailure, match="empty"):
        read_table(book(tmp_path / "e.xlsx", {"A": []}), "e.xlsx", LIMITS)


@pytest.mark.parametrize(
    ("name", "table"),
    [("a.csv", True), ("A.TSV", True), ("a.xlsx", True), ("a.pdf", False), ("csv", False)],
)
def test_files_are_told_by_their_names(name: str, table: bool) -> None:
    assert holds_table(name) is table


@pytest.mark.parametrize("name", ["t.tsv", "t.tab", "t.csv"])
def test_tabs_stand_between_cells_also_of_numbers_with_decimal_commas(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_text("Town\tPrice\n" + "Ulm\t1,5\nBonn am Rhein\t2,75\n" * 4)
    read = read_table(path, name, LIMITS)
    assert cells(read)[:3] == [["Town", "Price"], ["Ulm", "1.5"], ["Bonn am Rhein", "2.75"]]


def test_one_column_of_amounts_with_decimal_commas_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("Price\n" + "1 234,5\n12,1\n0,75\n" * 3)
    read = read_table(path, "t.csv", LIMITS)
    assert [c.name for c in read.profile.columns] == ["Price"]
    assert cells(read)[1:4] == [["1234.5"], ["12.1"], ["0.75"]]
