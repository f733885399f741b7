"""Word documents as drafts: each paragraph of the body is a block, under its own number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autonomy.library.bibliography import sane_title, title_from_name
from autonomy.library.container import Container
from autonomy.library.drafts.draft import (
    Draft,
    DraftBlock,
    DraftKind,
    Held,
    HeldKind,
    Mark,
    MarkKind,
    Note,
)
from autonomy.library.drafts.markup import Paragraph, Unreadable, read_markup
from autonomy.library.language import detect
from autonomy.library.normalise import one_line
from autonomy.library.parsed import MACROS_IGNORED, ParseLimits
from autonomy.library.parsers.docx import style_names
from autonomy.library.reference_headings import is_references_heading
from autonomy.library.sections import is_section_word
from autonomy.library.sniff import DOCX

PART = "word/document.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"^(?:heading|überschrift|titre|título|titolo|kop)\s*(\d)$")
_TITLES = frozenset(("title", "subtitle", "titel", "untertitel", "titre", "título"))
_QUOTES = re.compile(r"quot|block text|zitat|citation|cita\b")
_CODE = re.compile(r"code|source|verbatim|preformatted|macro text|listing")
_CAPTION = re.compile(r"^(?:Figure|Fig\.?|Table|Tab\.|Abbildung|Tabelle)\s*\d+", re.IGNORECASE)
_SENTENCE = re.compile(r"\w[.!?…。！？][\"'”’)\]]*\s*$")
LEAST_CELL_WORDS = 8
"""Of a table's cell that ends like a sentence, from which it is prose and no entry."""
NO_TEXT_BOXES = "Text boxes, headers and footers were left as they are."
REVISIONS_KEPT = "Tracked changes that the draft holds already were left for you to decide."
NOTES_KEPT = "The text of footnotes and endnotes was left as it is."


def read_word(path: Path, file_name: str, limits: ParseLimits) -> Draft:
    """
    Raises:
        ParseFailure: `too_large`, `encrypted` or `damaged`.
    """
    with Container(path, limits, "Word document") as archive:
        part = archive.read(PART)
        if part is None:
            raise archive.damaged()
        archive.xml(PART)  # refuses what declares entities, or is no XML, in the usual words
        styles = style_names(archive.xml("word/styles.xml"))
        counted = _counted(archive.xml("word/numbering.xml"))
        notes = _notes(archive)
        macros = "word/vbaProject.bin" in archive.names
    try:
        paragraphs = read_markup(part)
    except Unreadable as error:
        raise archive.damaged() from error
    blocks = _settled(paragraphs, styles, counted)
    text = "\n".join(block.text for block in blocks)
    remarks = [MACROS_IGNORED] if macros else []
    if b"txbxContent" in part:
        remarks.append(NO_TEXT_BOXES)
    if any(_revised(block) for block in blocks):
        remarks.append(REVISIONS_KEPT)
    if notes:
        remarks.append(NOTES_KEPT)
    return Draft(
        title=_title(blocks) or title_from_name(file_name),
        media_type=DOCX,
        language=detect(text),
        blocks=tuple(blocks),
        notes=tuple(notes),
        images=sum(m.kind is MarkKind.IMAGE for b in blocks for m in b.marks),
        tables=len({p.table for p in paragraphs if p.table is not None}),
        remarks=tuple(remarks),
    )


def _revised(block: DraftBlock) -> bool:
    return any(h.kind is HeldKind.REVISION for h in block.held) or any(
        m.kind is MarkKind.DELETION for m in block.marks
    )


def _title(blocks: Sequence[DraftBlock]) -> str | None:
    named = (b.text for b in blocks if b.kind is DraftKind.TITLE)
    headed = (b.text for b in blocks[:5] if b.kind is DraftKind.HEADING and b.level == 1)
    found = next(named, None) or next(headed, None)
    return sane_title(one_line(found)) if found else None


def _counted(root: Any) -> frozenset[int]:
    """Numbers of the lists whose items are counted, not only marked."""
    if root is None:
        return frozenset()
    abstract = {
        element.get(f"{_W}abstractNumId", ""): fmt.get(f"{_W}val", "")
        for element in root.iter(f"{_W}abstractNum")
        if (fmt := element.find(f"{_W}lvl/{_W}numFmt")) is not None
    }
    counted = set()
    for element in root.iter(f"{_W}num"):
        of = element.find(f"{_W}abstractNumId")
        number = element.get(f"{_W}numId", "")
        if of is None or not number.isdigit():
            continue
        if abstract.get(of.get(f"{_W}val", ""), "bullet") not in ("bullet", "none"):
            counted.add(int(number))
    return frozenset(counted)


def _notes(archive: Container) -> list[Note]:
    """Footnotes, then endnotes, in the order of their part, counted as Word counts them."""
    found: list[Note] = []
    for part, name, prefix in (
        ("word/footnotes.xml", "footnote", ""),
        ("word/endnotes.xml", "endnote", "e"),
    ):
        root = archive.xml(part)
        number = 0
        for note in root.iter(f"{_W}{name}") if root is not None else ():
            if note.get(f"{_W}type") in (
                "separator",
                "continuationSeparator",
                "continuationNotice",
            ):
                continue
            number += 1
            text = "".join(t.text or "" for t in note.iter(f"{_W}t"))
            found.append(Note(label=f"{prefix}{number}", text=one_line(text)[:4_000]))
    return found


# ------------------------------------------------------------------------------- blocks


def _settled(
    paragraphs: Sequence[Paragraph], styles: dict[str, str], counted: frozenset[int]
) -> list[DraftBlock]:
    """The paragraphs that have text or an image, with what each is for."""
    blocks: list[DraftBlock] = []
    references = False
    for paragraph in paragraphs:
        kind, level = _kind(paragraph, styles)
        text = paragraph.text
        if kind is DraftKind.HEADING:
            references = is_references_heading(one_line(text))
        elif references and kind in (DraftKind.BODY, DraftKind.LIST, DraftKind.CELL):
            kind = DraftKind.REFERENCE
        block = _block(paragraph, kind, level, counted)
        if block.text.strip() or any(m.kind is MarkKind.IMAGE for m in block.marks):
            blocks.append(block)
    return blocks


def _kind(paragraph: Paragraph, styles: dict[str, str]) -> tuple[DraftKind, int]:
    text = paragraph.text.strip()
    style = styles.get(paragraph.style, paragraph.style.lower())
    if style in _TITLES:
        return DraftKind.TITLE, 0
    heading = _HEADING.match(style)
    if heading:
        return DraftKind.HEADING, int(heading[1]) or 1
    if style.startswith(("toc ", "table of")):
        return DraftKind.FIXED, 0
    if style == "bibliography":
        return DraftKind.REFERENCE, 0
    if paragraph.controlled:
        return DraftKind.FIXED, 0
    if paragraph.outline is not None and paragraph.outline < 9 and len(text) < 200:
        return DraftKind.HEADING, paragraph.outline + 1
    if paragraph.table is None and is_section_word(one_line(text)):
        return DraftKind.HEADING, 1
    if style == "caption" or (_CAPTION.match(text) and len(text) < 400):
        return DraftKind.CAPTION, 0
    if _QUOTES.search(style):
        return DraftKind.QUOTE, 0
    if _CODE.search(style):
        return DraftKind.CODE, 0
    if paragraph.table is not None:
        long = len(text.split()) >= LEAST_CELL_WORDS and _SENTENCE.search(text)
        return (DraftKind.CELL if long else DraftKind.FIXED), 0
    if (paragraph.numbering is not None and paragraph.numbering[0]) or style.startswith("list"):
        return DraftKind.LIST, paragraph.numbering[1] if paragraph.numbering else 0
    return DraftKind.BODY, 0


def _block(
    paragraph: Paragraph, kind: DraftKind, level: int, counted: frozenset[int]
) -> DraftBlock:
    held: list[Held] = []
    marks: list[Mark] = []
    at = 0
    for piece in paragraph.pieces:
        for item in piece.items:
            if isinstance(item.kind, HeldKind):
                held.append(Held(start=at, end=at + len(item.text), kind=item.kind))
            elif item.kind is not None:
                marks.append(Mark(at=at, kind=item.kind, label=item.label))
            at += len(item.text)
    number = paragraph.numbering[0] if paragraph.numbering else 0
    return DraftBlock(
        id=f"p{paragraph.number}",
        kind=kind,
        text=paragraph.text,
        level=level,
        numbered=number in counted,
        table=paragraph.table,
        row=paragraph.row if paragraph.table is not None else None,
        column=paragraph.column if paragraph.table is not None else None,
        held=tuple(one for one in held if one.end > one.start),
        marks=tuple(marks),
        right_to_left=paragraph.right_to_left,
    )
