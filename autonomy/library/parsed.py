"""What parsing yields: pages of clean text, their blocks with exact offsets, and the work's metadata.

Offsets are the promise everything downstream rests on: `page.text[block.char_start:block.char_end]`
is `block.text`, so a quotation can be cut, shown on its page and checked again later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from pydantic import Field

from autonomy.core.value import Value

HEADING_SEPARATOR = " › "


class BlockKind(StrEnum):
    """What a stretch of text is; only `EVIDENCE_KINDS` may support a claim."""

    BODY = "body"
    ABSTRACT = "abstract"
    REFERENCES = "references"
    FRONT = "front"
    """Title, authors, affiliations, licence notices, acknowledgements: about the work, not in it."""
    CAPTION = "caption"
    NOTE = "note"
    """Footnote."""
    HEADING = "heading"
    TABLE = "table"
    """Rows of a table that the file marks as one, each group under the table's header row."""
    FIGURE = "figure"
    """Labels inside a drawing, a formula on lines of its own, cells that a page only shows as
    scattered text, program code: words without sentences."""


EVIDENCE_KINDS = frozenset({BlockKind.BODY, BlockKind.ABSTRACT, BlockKind.CAPTION, BlockKind.TABLE})
MACROS_IGNORED = "This file holds macros. They were ignored; only its text was read."

FailureCode = Literal[
    "empty",
    "encrypted",
    "scanned",
    "truncated",
    "damaged",
    "mislabelled",
    "unsupported",
    "too_large",
    "timeout",
]


class ParseFailure(Exception):
    """The file cannot become text; `message` is one or two sentences for the person who sent it."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code: FailureCode = code
        self.message = message


class ParseLimits(Value):
    """What one file may cost. Reaching a limit is a `too_large` or `timeout` failure."""

    max_pages: int = Field(default=2_000, gt=0)
    max_chars: int = Field(default=10_000_000, gt=0)
    max_table_rows: int = Field(default=20_000, gt=0)
    """Of one sheet; the rows after them are left out, and the document remarks so."""
    max_unpacked_bytes: int = Field(default=300 * 1024 * 1024, gt=0)
    """Sum of the real sizes of a zip container's members."""
    max_highlights: int = Field(default=500, gt=0)
    """Marked passages and comments of one document."""
    ocr_languages: str = "eng"
    """Tesseract's names of the languages of scans, joined by "+"; empty for no OCR."""
    ocr_page_seconds: float = Field(default=30.0, gt=0)
    ocr_seconds: float = Field(default=240.0, ge=0)
    """For all pages of a file together; what is left unread then is named."""
    ocr_max_pages: int = Field(default=300, ge=0)
    timeout_seconds: float = Field(default=300.0, gt=0)
    """Wall time, and CPU time, of the parsing process."""
    max_output_bytes: int = Field(default=512 * 1024**2, gt=0)
    """What may come out of one file, and the size of any file that its process writes."""
    memory_bytes: int = Field(default=2 * 1024**3, gt=0)
    """Address space of the parsing process."""


class Block(Value):
    """A paragraph, heading, caption or list item."""

    text: str
    kind: BlockKind = BlockKind.BODY
    heading_path: tuple[str, ...] = ()
    char_start: int
    char_end: int


class LineBox(NamedTuple):
    """Where one line stands: `page.text[char_start:char_end]` is inside the rectangle.

    Left, top, width and height are fractions (0 to 1) of the page as a viewer shows it (cropped
    and rotated), from its top left corner.
    """

    char_start: int
    char_end: int
    left: float
    top: float
    width: float
    height: float


class ParsedPage(Value):
    number: int | None
    """1-based physical page (or slide); None for formats without pages."""
    text: str
    blocks: tuple[Block, ...]
    boxes: tuple[LineBox, ...] = ()
    """In the order of the text; empty where the format has no geometry."""


OnPages = Callable[[Sequence[ParsedPage], int | None], None]
"""Takes the next pages, final and in order, and how many the document has (None without pages)."""


class Bibliography(Value):
    """CSL-JSON as far as the file states it. Absent authors or year are absent, never guessed."""

    csl: dict[str, Any]


class Reference(Value):
    """An entry of a paper's list of references. What is not certain is absent."""

    text: str
    """The entry as it stands, on one line, without its number."""
    page: int | None = None
    """Page on which it begins."""
    label: str | None = None
    """Its number or key in a numbered list."""
    authors: tuple[dict[str, str], ...] = ()
    """CSL names, as many as are listed."""
    year: int | None = None
    title: str | None = None
    doi: str | None = None
    """Bare and in lower case."""
    arxiv: str | None = None
    """Identifier without its version."""


class ParsedDocument(Value):
    media_type: str
    pages: tuple[ParsedPage, ...]
    metadata: Bibliography
    page_count: int | None
    """Physical pages; None for formats without pages."""
    language: str | None = None
    """ISO 639-1, when the text makes it plain."""
    references: tuple[Reference, ...] = ()
    remarks: tuple[str, ...] = ()
    """What people should know of the reading, as sentences: pages read by OCR, rows left out, …"""
