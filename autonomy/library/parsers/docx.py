"""Word documents, read from their XML: paragraphs, headings, tables and core properties."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from autonomy.library.bibliography import sane_title, title_from_name
from autonomy.library.container import Container
from autonomy.library.language import detect
from autonomy.library.normalise import clean, one_line
from autonomy.library.office import core_properties
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import (
    MACROS_IGNORED,
    Bibliography,
    BlockKind,
    ParsedDocument,
    ParseLimits,
)
from autonomy.library.sections import classify, is_section_word
from autonomy.library.sniff import DOCX
from autonomy.library.tables import MAX_COLUMNS, table_blocks

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_SKIP = frozenset(
    {
        f"{_W}del",
        f"{_W}moveFrom",
        f"{_W}instrText",
        f"{_W}delText",
        f"{_MC}Fallback",
        f"{_W}pict",
        f"{_W}object",
    }
)
_HEADING_STYLE = re.compile(r"^(?:heading|überschrift|titre|título|titolo|kop)\s*(\d)$", re.I)
_CAPTION = re.compile(r"^(?:Figure|Fig\.?|Table|Tab\.)\s*\d+", re.I)


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """Accepted text only: deletions of tracked changes are left out, insertions kept.

    Raises:
        ParseFailure: `too_large`, `encrypted` or `damaged`.
    """
    with Container(path, limits, "Word document") as archive:
        document = archive.xml("word/document.xml")
        if document is None:
            raise archive.damaged()
        styles = style_names(archive.xml("word/styles.xml"))
        csl = core_properties(archive)
        macros = "word/vbaProject.bin" in archive.names
    blocks = _blocks(document, styles)
    csl.setdefault("title", sane_title(_title(blocks)) or title_from_name(file_name))
    plain = [
        RawBlock(b.text, b.kind, b.level) if b.level >= 0 else RawBlock(b.text, BlockKind.FRONT)
        for b in blocks
    ]
    page = lay_out(None, classify(plain), HeadingTrail())
    language = detect(page.text)
    if language:
        csl.setdefault("language", language)
    return ParsedDocument(
        media_type=DOCX,
        pages=(page,),
        metadata=Bibliography(csl=csl),
        page_count=None,
        language=language,
        remarks=(MACROS_IGNORED,) if macros else (),
    )


def style_names(root: Any) -> dict[str, str]:
    """Style id to its name, lower case, following what each is based on up to a heading."""
    if root is None:
        return {}
    names: dict[str, str] = {}
    based: dict[str, str] = {}
    for style in root.iter(f"{_W}style"):
        key = style.get(f"{_W}styleId", "")
        name = style.find(f"{_W}name")
        parent = style.find(f"{_W}basedOn")
        names[key] = (name.get(f"{_W}val", "") if name is not None else "").lower()
        if parent is not None:
            based[key] = parent.get(f"{_W}val", "")
    resolved: dict[str, str] = {}
    for key, name in names.items():
        at, steps = key, 0
        while not _HEADING_STYLE.match(names.get(at, "")) and at in based and steps < 10:
            at, steps = based[at], steps + 1
        resolved[key] = names[at] if _HEADING_STYLE.match(names.get(at, "")) else name
    return resolved


def _blocks(document: Any, styles: dict[str, str]) -> list[RawBlock]:
    """Blocks in document order; a level of -1 marks the document's own title."""
    blocks: list[RawBlock] = []
    body = document.find(f"{_W}body")
    stack: list[Any] = list(reversed(body)) if body is not None else []
    while stack:
        element = stack.pop()
        if element.tag == f"{_W}p":
            block = _paragraph(element, styles)
            if block is not None:
                blocks.append(block)
        elif element.tag == f"{_W}tbl":
            blocks.extend(_table(element))
        elif element.tag in (
            f"{_W}sdt",
            f"{_W}sdtContent",
            f"{_W}ins",
            f"{_W}moveTo",
            f"{_W}customXml",
        ):
            stack.extend(reversed(element))
    return blocks


def _table(element: Any) -> list[RawBlock]:
    """The rows of a table; of one that only places text on the page, its text."""
    rows: list[list[str]] = []
    for row in (*element.iterfind(f"{_W}tr"), *element.iterfind(f"{_W}sdt/{_W}sdtContent/{_W}tr")):
        cells: list[str] = []
        for cell in row.iterfind(f"{_W}tc"):
            cells.append(one_line(_text(cell)))
            span = cell.find(f"{_W}tcPr/{_W}gridSpan")
            width = span.get(f"{_W}val", "1") if span is not None else "1"
            cells.extend([""] * (min(int(width), MAX_COLUMNS) - 1 if width.isdigit() else 0))
        rows.append(cells)
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return [RawBlock(text) for row in rows for text in row if text]
    return list(table_blocks(rows))


def _paragraph(element: Any, styles: dict[str, str]) -> RawBlock | None:
    text = re.sub(r"[ ]*\n[ ]*", "\n", clean(_text(element))).strip()
    if not text:
        return None
    properties = element.find(f"{_W}pPr")
    style = outline = ""
    if properties is not None:
        found = properties.find(f"{_W}pStyle")
        style = (
            styles.get(found.get(f"{_W}val", ""), found.get(f"{_W}val", "").lower())
            if found is not None
            else ""
        )
        level = properties.find(f"{_W}outlineLvl")
        outline = level.get(f"{_W}val", "") if level is not None else ""
    if style in ("title", "titel", "titre", "título"):
        return RawBlock(text, BlockKind.FRONT, -1)
    if style.startswith(("toc ", "table of")):
        return None
    heading = _HEADING_STYLE.match(style)
    if heading:
        return RawBlock(text, BlockKind.HEADING, int(heading[1]) or 1)
    if outline.isdigit() and int(outline) < 6 and len(text) < 200:
        return RawBlock(text, BlockKind.HEADING, int(outline) + 1)
    if is_section_word(text) or (
        len(text) < 100 and not text.endswith((".", ":", ",", ";")) and _all_bold(element)
    ):
        return RawBlock(text, BlockKind.HEADING, 1 if is_section_word(text) else 2)
    if style == "caption" or (_CAPTION.match(text) and len(text) < 400):
        return RawBlock(text, BlockKind.CAPTION)
    if style == "bibliography":
        return RawBlock(text, BlockKind.REFERENCES)
    return RawBlock(text)


def _all_bold(paragraph: Any) -> bool:
    runs = [run for run in paragraph.iterfind(f"{_W}r") if run.find(f"{_W}t") is not None]
    return bool(runs) and all(
        (bold := run.find(f"{_W}rPr/{_W}b")) is not None
        and bold.get(f"{_W}val", "1") not in ("0", "false")
        for run in runs
    )


def _text(element: Any) -> str:
    """The visible text under `element`, walked without recursion."""
    parts: list[str] = []
    stack: list[Any] = [element]
    while stack:
        node = stack.pop()
        tag = node.tag
        if tag in _SKIP or not isinstance(tag, str):
            continue
        if tag == f"{_W}t":
            parts.append(node.text or "")
        elif tag in (f"{_W}tab", f"{_W}ptab"):
            parts.append(" ")
        elif tag in (f"{_W}br", f"{_W}cr"):
            parts.append("\n")
        elif tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif tag == f"{_W}p" and parts:
            parts.append("\n")
        if tag not in (f"{_W}pPr", f"{_W}rPr", f"{_W}t"):
            stack.extend(reversed(node))
    return "".join(parts)


def _title(blocks: list[RawBlock]) -> str | None:
    """The title as the document shows it."""
    named = (b.text for b in blocks if b.level == -1)
    headed = (b.text for b in blocks[:5] if b.kind is BlockKind.HEADING and b.level == 1)
    return next(named, None) or next(headed, None)
