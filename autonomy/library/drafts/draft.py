"""A draft as ordered blocks of text, each with its place in the file that it came from."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise

from pydantic import Field

from autonomy.core.value import Value


class DraftKind(StrEnum):
    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    LIST = "list"
    CELL = "cell"
    """A paragraph of a table."""
    CAPTION = "caption"
    QUOTE = "quote"
    """A quotation set apart."""
    REFERENCE = "reference"
    """Of the list of references."""
    CODE = "code"
    FIXED = "fixed"
    """What a program fills in: a table of contents, a field that goes over several paragraphs."""


PROSE_KINDS = frozenset({DraftKind.BODY, DraftKind.LIST, DraftKind.CELL})
"""Kinds whose text may be changed."""


class HeldKind(StrEnum):
    """Why a stretch stays letter for letter."""

    FIELD = "field"
    CITATION = "citation"
    """A field of a reference manager (Zotero, Mendeley, EndNote, Word's own)."""
    LINK = "link"
    REVISION = "revision"
    """Somebody's tracked insertion that nobody has decided on."""
    MATH = "math"
    CONTROL = "control"
    BREAK = "break"
    """A tab, a line break, a hyphen that does not break."""


class Held(Value):
    """`text[start:end]` of a block, which nobody may change."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    kind: HeldKind


class MarkKind(StrEnum):
    """Something in the text that has no letters of its own."""

    FOOTNOTE = "footnote"
    ENDNOTE = "endnote"
    IMAGE = "image"
    COMMENT = "comment"
    DELETION = "deletion"
    """Somebody's tracked deletion."""
    OTHER = "other"
    """A bookmark, the beginning or end of a comment, where a page ended, …"""


SHOWN_MARKS = frozenset({MarkKind.FOOTNOTE, MarkKind.ENDNOTE, MarkKind.IMAGE})
"""Marks that a reader would miss: words before and behind them stay in their order."""


class Mark(Value):
    at: int = Field(ge=0)
    """Characters of the block's text before it."""
    kind: MarkKind
    label: str = ""
    """A note's number as it is shown."""


class DraftBlock(Value):
    id: str
    """`p12`: the paragraph's number in the file. It stays the same for the same bytes."""
    kind: DraftKind
    text: str
    level: int = Field(default=0, ge=0, le=9)
    """Of a heading from 1; of a list item from 0."""
    numbered: bool = False
    """A list item that is counted."""
    row: int | None = None
    column: int | None = None
    table: int | None = None
    """Which table of the draft and where in it, each from 0."""
    held: tuple[Held, ...] = ()
    """In order, none overlapping another."""
    marks: tuple[Mark, ...] = ()
    right_to_left: bool = False

    @property
    def prose(self) -> bool:
        """Whether its words may be changed."""
        return self.kind in PROSE_KINDS and any(map(str.isalpha, self.free()))

    def free(self) -> str:
        """Its text without what is held."""
        parts: list[str] = []
        at = 0
        for held in self.held:
            parts.append(self.text[at : held.start])
            at = held.end
        return " ".join([*parts, self.text[at:]])

    def holds(self, start: int, end: int) -> bool:
        """Whether something that must stay lies within `text[start:end]`, or a note between its
        letters."""
        if any(held.start < end and start < held.end for held in self.held):
            return True
        return any(m.kind in SHOWN_MARKS and start < m.at < end for m in self.marks)


class Note(Value):
    """A footnote or endnote; its text is never changed."""

    label: str
    text: str


class Draft(Value):
    """What was read of one file."""

    title: str
    media_type: str
    language: str | None = None
    """ISO 639-1, when the text makes it plain."""
    blocks: tuple[DraftBlock, ...]
    notes: tuple[Note, ...] = ()
    images: int = 0
    tables: int = 0
    remarks: tuple[str, ...] = ()
    """What people should know of the reading, as sentences."""

    def words(self) -> int:
        return sum(len(block.text.split()) for block in self.blocks)

    def block(self, block_id: str) -> DraftBlock:
        """
        Raises:
            KeyError: there is none.
        """
        for block in self.blocks:
            if block.id == block_id:
                return block
        raise KeyError(block_id)


class TextChange(Value):
    """`text[start:end]` of a block becomes `after`."""

    block: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    after: str


class BadChange(ValueError):
    """A change that would touch what must stay, or that does not fit the draft."""


def changed(text: str, changes: list[TextChange]) -> str:
    """The text of a block with all of `changes` made.

    Raises:
        BadChange: they overlap, or go beyond the text.
    """
    ordered = sorted(changes, key=lambda change: (change.start, change.end))
    if any(one.end > other.start for one, other in pairwise(ordered)):
        raise BadChange("two changes of one paragraph overlap")
    for change in reversed(ordered):
        if not change.start <= change.end <= len(text):
            raise BadChange("a change goes beyond its paragraph")
        text = text[: change.start] + change.after + text[change.end :]
    return text
