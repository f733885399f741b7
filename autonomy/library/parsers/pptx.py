"""PowerPoint presentations: a slide is a page; its title is a heading, its notes follow its text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autonomy.library.bibliography import sane_title, title_from_name
from autonomy.library.container import Container, relation_id
from autonomy.library.language import detect
from autonomy.library.normalise import clean, one_line
from autonomy.library.office import core_properties
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import (
    MACROS_IGNORED,
    Bibliography,
    BlockKind,
    ParsedDocument,
    ParseFailure,
    ParseLimits,
)
from autonomy.library.sections import classify
from autonomy.library.sniff import PPTX
from autonomy.library.tables import table_blocks

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_MAIN = "ppt/presentation.xml"
_TITLES = ("title", "ctrTitle")
_FURNITURE = ("sldNum", "dt", "ftr", "hdr", "sldImg")
_PARTS = frozenset({f"{_P}sp", f"{_P}graphicFrame", f"{_P}grpSp", f"{_P}cxnSp", f"{_P}pic"})


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """Every slide in the order of the presentation, hidden ones too; pictures and charts are not
    read.

    Raises:
        ParseFailure: `too_large`, `encrypted` or `damaged`.
    """
    with Container(path, limits, "PowerPoint presentation") as archive:
        main = archive.xml(_MAIN)
        if main is None:
            raise archive.damaged()
        relations = archive.relations(_MAIN)
        parts = [relations.get(relation_id(item), ("", ""))[1] for item in main.iter(f"{_P}sldId")]
        if len(parts) > limits.max_pages:
            raise ParseFailure(
                "too_large",
                f"This presentation has {len(parts):,} slides; at most {limits.max_pages:,} are "
                "read. Split it and upload the parts you need.",
            )
        slides = [_slide(archive, part, number) for number, part in enumerate(parts, 1)]
        csl = core_properties(archive)
        macros = "ppt/vbaProject.bin" in archive.names
    shown = next((b.text for b in slides[0] if b.level == 1), None) if slides else None
    csl.setdefault("title", sane_title(shown) or title_from_name(file_name))
    trail = HeadingTrail()
    pages = tuple(
        lay_out(number, classify(blocks), trail) for number, blocks in enumerate(slides, 1)
    )
    language = detect("\n".join(page.text for page in pages))
    if language:
        csl.setdefault("language", language)
    return ParsedDocument(
        media_type=PPTX,
        pages=pages,
        metadata=Bibliography(csl=csl),
        page_count=len(pages),
        language=language,
        remarks=(MACROS_IGNORED,) if macros else (),
    )


def _slide(archive: Container, part: str, number: int) -> list[RawBlock]:
    root = archive.xml(part)
    if root is None:
        return []
    blocks: list[RawBlock] = []
    for shape in _shapes(root):
        role = _role(shape)
        if role in _FURNITURE:
            continue
        if role in _TITLES:
            title = one_line(" ".join(_paragraphs(shape)))
            if title:
                blocks.insert(0, RawBlock(title, BlockKind.HEADING, 1))
            continue
        for table in shape.iter(f"{_A}tbl"):
            blocks.extend(table_blocks(_row(row) for row in table.iterfind(f"{_A}tr")))
        text = "\n".join(_paragraphs(shape)) if shape.tag == f"{_P}sp" else ""
        if text:
            blocks.append(RawBlock(text))
    for kind, name in archive.relations(part).values():
        spoken = _notes(archive, name) if kind == "notesSlide" else []
        if spoken:
            blocks += [RawBlock("Notes", BlockKind.HEADING, 2), *map(RawBlock, spoken)]
    if blocks and blocks[0].level != 1:
        # What stands on a slide without a title does not belong to the slide before.
        blocks.insert(0, RawBlock(f"Slide {number}", BlockKind.HEADING, 1))
    return blocks


def _notes(archive: Container, part: str) -> list[str]:
    root = archive.xml(part)
    if root is None:
        return []
    bodies = (shape for shape in _shapes(root) if _role(shape) == "body")
    return [text for shape in bodies for text in _paragraphs(shape)]


def _shapes(root: Any) -> Iterator[Any]:
    """Shapes in the order of the slide; groups are opened, without recursion."""
    tree = root.find(f"{_P}cSld/{_P}spTree")
    stack = list(reversed(tree)) if tree is not None else []
    while stack:
        element = stack.pop()
        if element.tag == f"{_P}grpSp":
            stack.extend(reversed(element))
        elif element.tag in _PARTS:
            yield element
        elif isinstance(element.tag, str) and element.tag.endswith("}AlternateContent"):
            choice = next(iter(element), None)
            stack.extend(reversed(choice) if choice is not None else ())


def _role(shape: Any) -> str:
    """The placeholder that a shape fills; empty for free text."""
    holder = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return str(holder.get("type", "body")) if holder is not None else ""


def _paragraphs(shape: Any) -> list[str]:
    return [
        text
        for paragraph in shape.iterfind(f"{_P}txBody/{_A}p")
        if (text := " ".join(_runs(paragraph).split()))
    ]


def _runs(paragraph: Any) -> str:
    parts: list[str] = []
    for element in paragraph.iter(f"{_A}t", f"{_A}br", f"{_A}tab"):
        parts.append(element.text or "" if element.tag == f"{_A}t" else " ")
    return clean("".join(parts))


def _row(row: Any) -> list[str]:
    return [
        one_line(" ".join(_runs(paragraph) for paragraph in cell.iter(f"{_A}p")))
        for cell in row.iterfind(f"{_A}tc")
    ]
