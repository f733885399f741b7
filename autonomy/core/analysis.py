"""Analysing a table that a person brought: what the table is like, what was computed, and how.

A result states numbers only as cells of its tables. Titles, alternative texts, notes and findings
are held against those cells (`autonomy.tools.analysis.contract`), and so is the text of the document.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from pydantic import Field

from autonomy.core.value import Value

# ------------------------------------------------------------------------------ the table


class ColumnKind(StrEnum):
    NUMBER = "number"
    DATE = "date"
    CATEGORY = "category"
    """Few values that recur."""
    TEXT = "text"
    """Words that are different from row to row; names and identifiers among them."""
    EMPTY = "empty"


def label_of(name: str) -> str:
    """The name of a column as it stands in a text: `years_at_company` is “years at company”. Braces
    are those of slots in a text."""
    plain = name.replace("_", " ").replace("{", "(").replace("}", ")")
    return " ".join(plain.split()) or name


class Column(Value):
    """One column as its cells show it."""

    name: str
    """Unique in its table; as the header has it, or made up where that is empty or repeated."""
    kind: ColumnKind
    unit: str = ""
    """As the header or the cells say: %, €, kg."""
    filled: int = 0
    missing: int = 0
    distinct: int = 0
    """Different values, counted up to a limit."""
    decimals: int = 0
    """Most places behind the point, for numbers."""
    minimum: float | None = None
    maximum: float | None = None
    first: str = ""
    last: str = ""
    """Earliest and latest day, ISO 8601."""
    common: tuple[tuple[str, int], ...] = ()
    """The commonest values of a category, with how often they stand there."""
    unread: int = 0
    """Cells that do not fit the kind, and count as missing."""
    identifier: bool = False
    """Numbers that name rows: their mean says nothing."""

    @property
    def label(self) -> str:
        """The name as it stands in a text."""
        return label_of(self.name)


PARTLY = "Only the first "
"""How remarks on what was not read begin."""


class TableProfile(Value):
    """What a table is like. Names and values are text from outside."""

    file_name: str
    sheet: str = ""
    rows: int
    columns: tuple[Column, ...]
    remarks: tuple[str, ...] = ()
    """What people should know of the reading, as sentences."""

    @property
    def partial(self) -> tuple[str, ...]:
        """Remarks that a part of the file was not read: what is computed is of the rest."""
        return tuple(remark for remark in self.remarks if remark.startswith(PARTLY))

    @property
    def names(self) -> list[str]:
        """What may be spoken of whatever figures are in it: the file and its columns, the longest
        first, so that none is taken for a piece of another."""
        columns = {name for c in self.columns for name in (c.name, c.label)}
        return sorted((self.file_name, *columns), key=lambda name: (-len(name), name))

    def named(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


class TableRead(Value):
    """A table made ready for computing."""

    profile: TableProfile
    csv: str
    """The cleaned table: UTF-8 text, commas, one header row with the names of the profile, plain
    numbers, ISO dates, missing cells empty."""
    source_sha256: str = ""
    """Of the bytes that were uploaded."""


class TableLimits(Value):
    """How much of a table is read."""

    rows: int = 200_000
    columns: int = 200
    cell_chars: int = 500


# ------------------------------------------------------------------------------ the result


class Cell(Value):
    value: float | int | str | None = None
    shown: str = Field(default="", max_length=300)
    """As it stands in the document."""


class ResultColumn(Value):
    name: str = Field(max_length=200)
    unit: str = Field(default="", max_length=40)
    numeric: bool = False


class ResultTable(Value):
    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    title: str = Field(max_length=300)
    columns: tuple[ResultColumn, ...] = Field(min_length=1, max_length=40)
    rows: tuple[tuple[Cell, ...], ...] = Field(max_length=2_000)
    note: str = Field(default="", max_length=600)
    display: bool = True
    """False: the data behind a figure or a sentence, kept with the document and not printed."""


class ResultFigure(Value):
    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    title: str = Field(max_length=300)
    alt: str = Field(min_length=1, max_length=1_000)
    note: str = Field(default="", max_length=600)
    png: str = Field(max_length=80)
    """Name of the file that the program left."""
    svg: str = Field(default="", max_length=80)
    table: str = Field(default="", max_length=40)
    """The table whose numbers it draws."""


class Place(Value):
    """Where a number of a finding stands; row -1 is the heads of the columns."""

    table: str
    row: int = Field(ge=-1)
    column: int = Field(ge=0)


class Finding(Value):
    """One sentence. `{name}` in it stands for the cell that `values` has under that name."""

    text: str = Field(max_length=1_000)
    values: dict[str, Place] = {}


class ResultPart(Value):
    """What belongs together: the tables and figures of one question, and what they show."""

    heading: str = Field(max_length=200)
    lead: str = Field(max_length=300)
    """What they show, as it goes on after "Table 1 shows"."""
    exhibits: tuple[str, ...] = Field(default=(), max_length=6)
    findings: tuple[Finding, ...] = Field(default=(), max_length=20)


class AnalysisResult(Value):
    """What the program left in `out/result.json`."""

    tables: tuple[ResultTable, ...] = Field(default=(), max_length=40)
    figures: tuple[ResultFigure, ...] = Field(default=(), max_length=20)
    parts: tuple[ResultPart, ...] = Field(default=(), max_length=20)
    versions: dict[str, str] = Field(default={}, max_length=12)
    """Of Python and the libraries."""

    def table(self, table_id: str) -> ResultTable | None:
        return next((table for table in self.tables if table.id == table_id), None)

    def figure(self, figure_id: str) -> ResultFigure | None:
        return next((figure for figure in self.figures if figure.id == figure_id), None)


class Provenance(Value):
    """How a result was computed, so that anybody can compute it again."""

    program: str
    """Whole Python program; it reads `data.csv` and writes below `out/`."""
    author: str
    """rule or model."""
    simulated: bool = False
    file_name: str
    sheet: str = ""
    source_sha256: str
    """Of the uploaded file."""
    data_sha256: str
    """Of the cleaned `data.csv` that the program read."""
    program_sha256: str
    versions: dict[str, str] = {}
    tier: str
    """How the code was held."""
    seconds: float
    """Run time of the program."""


# ------------------------------------------------------------------------------ ports


class TableUnreadable(Exception):
    """The file holds no table that can be computed with; the message says why, to the person."""


class Tables(Protocol):
    """Tables of the person's own files."""

    async def read(self, source_id: str) -> TableRead:
        """The table of an uploaded CSV or Excel file, the fullest sheet of a workbook.

        Raises:
            TableUnreadable: there is none, or it is too large.
        """
        ...


class AnalysisLimits(Value):
    """How far one analysis may go."""

    files: int = 3
    """Data files of one document."""
    parts: int = 6
    """Questions that are asked of one file."""
    figure_bytes: int = 2_000_000
    result_bytes: int = 2_000_000
    program_chars: int = 30_000
