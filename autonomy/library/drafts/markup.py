"""The paragraphs of `word/document.xml` with the bytes that each piece of their text stands in.

Nothing is rebuilt: whoever writes a change replaces the bytes of the runs that it touches, and
every other byte of the part stays what it was. So the part is read by expat, which tells where each
tag stands, and not into a tree, which would be written anew as a whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from autonomy.library.drafts.draft import HeldKind, MarkKind

TRANSITIONAL = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
WORD = frozenset({TRANSITIONAL, STRICT})
MARKUP = "http://schemas.openxmlformats.org/markup-compatibility/2006"
MAX_DEPTH = 256
"""Of elements in one another; Word itself stays far below."""

# Within a run: what its text is made of, besides `w:t`.
_BREAKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "\u2011"}
_RUN_MARKS = {
    "footnoteReference": MarkKind.FOOTNOTE,
    "endnoteReference": MarkKind.ENDNOTE,
    "drawing": MarkKind.IMAGE,
    "pict": MarkKind.IMAGE,
    "object": MarkKind.IMAGE,
    "AlternateContent": MarkKind.IMAGE,
    "commentReference": MarkKind.COMMENT,
}
# Beside runs in a paragraph: what is shown, and is left alone.
_HELD = {
    "hyperlink": HeldKind.LINK,
    "fldSimple": HeldKind.FIELD,
    "ins": HeldKind.REVISION,
    "moveTo": HeldKind.REVISION,
    "sdt": HeldKind.CONTROL,
    "oMath": HeldKind.MATH,
    "oMathPara": HeldKind.MATH,
}
_GONE = frozenset({"del", "moveFrom"})
_CONTROLLED = frozenset(
    "docPartObj docPartList citation bibliography dataBinding date dropDownList comboBox picture".split()
)
"""Kinds of content control whose paragraphs a program fills in."""
_REFERENCE_MANAGER = re.compile(
    r"\bADDIN\s+(?:ZOTERO|CSL_CITATION|EN\.CITE|EN\.REFLIST|Mendeley|CitaviPlaceholder|RW\.CITE|PAPERS2)"
    r"|^\s*(?:CITATION|BIBLIOGRAPHY)\b",
    re.IGNORECASE,
)
_BOXES = frozenset({"txbxContent", "drawing", "pict", "object", "AlternateContent"})
_HIDDEN = re.compile(rb"<(?:\w+:)?vanish(?:\s*/?>|\s(?![^>]*val=[\"'](?:0|false|off)))")
_QUOTED = re.compile(rb"\"[^\"]*\"|'[^']*'|>")


class Unreadable(ValueError):
    """The part is no XML that a word processor writes."""


@dataclass(slots=True)
class Item:
    """A child of a run: a stretch of text, something that is shown otherwise, or a mark."""

    start: int
    end: int
    """Bytes of the part."""
    text: str = ""
    kind: HeldKind | MarkKind | None = None
    """None for plain text."""
    label: str = ""


@dataclass(slots=True)
class Piece:
    """What stands in a paragraph after one another: a run, or something else as a whole."""

    start: int
    end: int
    """Bytes of the part."""
    items: list[Item] = field(default_factory=list)
    open_tag: bytes = b""
    """Of a run whose text may be changed; empty for everything else."""
    properties: bytes = b""
    """The run's `w:rPr`, as it stands."""

    @property
    def plain(self) -> bool:
        return bool(self.open_tag)

    @property
    def text(self) -> str:
        return "".join(item.text for item in self.items)


@dataclass(slots=True)
class Paragraph:
    number: int
    """Among the paragraphs of the body, text boxes left out, from 0."""
    prefix: str
    """What the part calls the namespace of word processing here."""
    namespace: str
    style: str = ""
    outline: int | None = None
    numbering: tuple[int, int] | None = None
    """List and level."""
    right_to_left: bool = False
    controlled: bool = False
    """Filled in by a program: a table of contents, a bibliography, a control bound to data."""
    table: int | None = None
    row: int = 0
    column: int = 0
    pieces: list[Piece] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


def read_markup(part: bytes) -> list[Paragraph]:
    """The paragraphs of the document's body, in order.

    Raises:
        Unreadable: it is not well-formed, declares a document type, or is no document.
    """
    return _Reader(part).read()


def tag_end(part: bytes, start: int) -> int:
    """The offset behind the tag that begins at `start`."""
    at = start
    while True:
        match = _QUOTED.search(part, at)
        if match is None:
            raise Unreadable("a tag does not end")
        at = match.end()
        if match[0] == b">":
            return at


@dataclass(slots=True)
class _Open:
    """An element that has begun."""

    name: str
    namespace: str
    start: int


@dataclass(slots=True)
class _Field:
    """A complex field that has begun."""

    instruction: str = ""


@dataclass(slots=True)
class _Table:
    number: int
    row: int = -1
    column: int = -1


class _Reader:
    """Expat's handlers, and what they have open."""

    def __init__(self, part: bytes) -> None:
        self._part = part
        self._stack: list[_Open] = []
        self._paragraphs: list[Paragraph] = []
        self._paragraph: Paragraph | None = None
        self._depth = 0
        """Of the open paragraph in the stack; what has more is inside it."""
        self._piece: Piece | None = None
        self._held: HeldKind | None = None
        """What the open piece is held as, where it is no plain run."""
        self._item: Item | None = None
        self._fields: list[_Field] = []
        self._tables: list[_Table] = []
        self._table_count = 0
        self._controls: list[bool] = []
        self._notes = {MarkKind.FOOTNOTE: 0, MarkKind.ENDNOTE: 0}
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.namespace_prefixes = True
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._begin
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse

    def read(self) -> list[Paragraph]:
        try:
            self._parser.Parse(self._part, True)
        except expat.ExpatError as error:
            raise Unreadable(str(error)) from error
        return self._paragraphs

    def _refuse(self, *_: object) -> None:
        raise Unreadable("it declares a document type")

    # ------------------------------------------------------------------ what begins

    def _begin(self, given: str, attributes: dict[str, str]) -> None:
        namespace, name, prefix = _split(given)
        start = self._parser.CurrentByteIndex
        self._stack.append(_Open(name, namespace, start))
        if len(self._stack) > MAX_DEPTH:
            raise Unreadable("its elements stand too deep in one another")
        word = namespace in WORD
        if self._paragraph is None:
            if word:
                self._outside(name, prefix, namespace, attributes)
            return
        inside = len(self._stack) - self._depth
        if word and name == "fldChar" and not self._boxed():
            self._field_sign(_value(attributes, "fldCharType"))
        if inside == 1:
            if name != "pPr":
                self._begin_piece(name, start, word)
        elif inside == 2 and self._piece is not None and self._stack[-2].name == "r":
            self._begin_item(name, namespace, start)
        elif word:
            self._within(name, attributes)

    def _outside(self, name: str, prefix: str, namespace: str, attributes: dict[str, str]) -> None:
        """An element that is no part of a paragraph."""
        if name == "p":
            table = self._tables[-1] if self._tables else None
            self._paragraph = Paragraph(
                number=len(self._paragraphs),
                prefix=prefix,
                namespace=namespace,
                controlled=any(self._controls) or bool(self._fields),
                table=table.number if table else None,
                row=table.row if table else 0,
                column=table.column if table else 0,
            )
            self._depth = len(self._stack)
        elif name == "tbl":
            self._tables.append(_Table(self._table_count))
            self._table_count += 1
        elif name == "tr" and self._tables:
            self._tables[-1].row += 1
            self._tables[-1].column = -1
        elif name == "tc" and self._tables:
            self._tables[-1].column += 1
        elif name == "sdt":
            self._controls.append(False)
        elif self._controls and _filled_in(name, _value(attributes)):
            self._controls[-1] = True

    def _begin_piece(self, name: str, start: int, word: bool) -> None:
        self._piece = Piece(start, start)
        self._held = None
        if word and name == "r":
            self._piece.open_tag = self._part[start : tag_end(self._part, start)]
            if self._fields:
                self._hold_field()
            return
        held = _HELD.get(name)
        kind = held or (MarkKind.DELETION if word and name in _GONE else MarkKind.OTHER)
        self._piece.items.append(Item(start, start, kind=kind))

    def _begin_item(self, name: str, namespace: str, start: int) -> None:
        item = Item(start, start)
        word = namespace in WORD
        if word and name in _BREAKS:
            item.text, item.kind = _BREAKS[name], HeldKind.BREAK
        elif name in _RUN_MARKS and (word or namespace == MARKUP):
            item.kind = mark = _RUN_MARKS[name]
            if mark in self._notes:
                self._notes[mark] += 1
                item.label = str(self._notes[mark])
        elif word and name == "sym":
            item.text, item.kind = "\u25a1", HeldKind.BREAK
        elif not (word and name in ("t", "rPr")):
            item.kind = MarkKind.OTHER
        self._item = item

    def _within(self, name: str, attributes: dict[str, str]) -> None:
        """Something deeper in the paragraph: its properties, or the content of what is held."""
        if self._stack[self._depth].name == "pPr":
            self._property([element.name for element in self._stack[self._depth + 1 :]], attributes)
        elif self._piece is not None and not self._boxed():
            if name in ("footnoteReference", "endnoteReference"):
                self._notes[_RUN_MARKS[name]] += 1
            if name in _BREAKS and self._piece.items and not self._removed():
                self._piece.items[-1].text += _BREAKS[name]

    def _property(self, path: list[str], attributes: dict[str, str]) -> None:
        paragraph = self._paragraph
        assert paragraph is not None  # noqa: S101 - properties stand in a paragraph
        value = _value(attributes)
        number = int(value) if value.isdigit() and len(value) < 9 else None
        if path == ["pStyle"]:
            paragraph.style = value
        elif path == ["outlineLvl"]:
            paragraph.outline = number
        elif path == ["numPr", "numId"] and number is not None:
            paragraph.numbering = (number, paragraph.numbering[1] if paragraph.numbering else 0)
        elif path == ["numPr", "ilvl"] and number is not None:
            paragraph.numbering = (
                paragraph.numbering[0] if paragraph.numbering else 0,
                min(number, 8),
            )
        elif path == ["bidi"]:
            paragraph.right_to_left = value not in ("0", "false", "off")

    # ------------------------------------------------------------------ text, and what ends

    def _characters(self, text: str) -> None:
        if self._paragraph is None or self._piece is None:
            return
        name = self._stack[-1].name
        if name == "instrText" and self._fields and not self._boxed():
            self._fields[-1].instruction += text
        elif name == "t" and not self._boxed() and not self._removed():
            if self._item is not None:
                self._item.text += text
            elif self._piece.items:
                self._piece.items[-1].text += text

    def _end(self, given: str) -> None:
        _, name, _ = _split(given)
        element = self._stack.pop()
        word = element.namespace in WORD
        if self._paragraph is None:
            if word and name == "tbl":
                self._tables.pop()
            elif word and name == "sdt":
                self._controls.pop()
            return
        inside = len(self._stack) - self._depth
        if inside == -1:
            self._paragraphs.append(self._paragraph)
            self._paragraph = None
        elif inside == 1 and self._item is not None and self._piece is not None:
            self._end_item(self._item, self._piece, properties=word and name == "rPr")
        elif inside == 0 and self._piece is not None:
            self._end_piece(self._piece, self._paragraph)

    def _end_item(self, item: Item, piece: Piece, *, properties: bool) -> None:
        item.end = self._behind(item.start)
        if properties:
            piece.properties = self._part[item.start : item.end]
        else:
            piece.items.append(item)
        self._item = None

    def _end_piece(self, piece: Piece, paragraph: Paragraph) -> None:
        piece.end = self._behind(piece.start)
        hidden = _HIDDEN.search(piece.properties) is not None
        if hidden or self._held is not None:
            piece.open_tag = b""
        if not piece.plain:
            shown = "" if hidden else piece.text
            kinds = [item.kind for item in piece.items if item.kind is not None]
            kind = self._held or next(iter(kinds), MarkKind.OTHER)
            if shown and not isinstance(kind, HeldKind):
                kind = HeldKind.CONTROL
            elif not shown and isinstance(kind, HeldKind):
                kind = MarkKind.OTHER
            label = next((item.label for item in piece.items if item.label), "")
            piece.items = [Item(piece.start, piece.end, shown, kind, label)]
        paragraph.pieces.append(piece)
        self._piece = None

    def _behind(self, start: int) -> int:
        """The offset behind the element that began at `start` and ends now."""
        end = tag_end(self._part, start)
        if self._part[end - 2 : end] == b"/>":
            return end
        return tag_end(self._part, self._parser.CurrentByteIndex)

    # ------------------------------------------------------------------ state

    def _field_sign(self, kind: str) -> None:
        if kind == "begin":
            self._fields.append(_Field())
        if self._fields:
            self._hold_field()
        if kind == "end" and self._fields:
            self._fields.pop()

    def _hold_field(self) -> None:
        cited = any(_REFERENCE_MANAGER.search(one.instruction) for one in self._fields)
        self._held = HeldKind.CITATION if cited else HeldKind.FIELD

    def _boxed(self) -> bool:
        """Whether this is inside a text box or a drawing, which hold paragraphs of their own."""
        return any(element.name in _BOXES for element in self._stack[self._depth :])

    def _removed(self) -> bool:
        return any(element.name in _GONE for element in self._stack[self._depth :])


def _split(given: str) -> tuple[str, str, str]:
    """Namespace, local name and prefix of a name as expat gives it."""
    parts = given.split(" ")
    if len(parts) == 1:
        return "", parts[0], ""
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ""


def _value(attributes: dict[str, str], name: str = "val") -> str:
    for key, value in attributes.items():
        namespace, local, _ = _split(key)
        if local == name and namespace in WORD:
            return value
    return ""


def _filled_in(name: str, value: str) -> bool:
    """Whether a property of a content control says that a program or a form fills it in."""
    if name == "lock":
        return value in ("contentLocked", "sdtContentLocked")
    return name in _CONTROLLED or (name == "tag" and value.startswith("MENDELEY"))
