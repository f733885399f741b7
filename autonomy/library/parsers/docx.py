"""Word documents, read from their XML: paragraphs, headings, tables and core properties.

The container is measured before and while it is unpacked, so that a small file cannot become a
huge one, and parts that declare entities are refused: Word never writes them.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from autonomy.library.bibliography import issued_from, people, sane_title, title_from_name
from autonomy.library.language import detect
from autonomy.library.normalise import clean, one_line
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import (
    Bibliography,
    BlockKind,
    ParsedDocument,
    ParseFailure,
    ParseLimits,
)
from autonomy.library.sections import classify, is_section_word
from autonomy.library.sniff import DOCX

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_CP = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
_DAMAGED = "This Word document is damaged and cannot be opened. Open it in Word, save it again and upload that."
_MAX_MEMBERS = 20_000
# XML rarely packs better than 1:100; bombs pack 1:1000 and more.
_MAX_RATIO = 400
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
# Word puts the name of whoever installed it here.
_JUNK_AUTHORS = re.compile(
    r"^(?:user|admin(?:istrator)?|author|microsoft.*|python-docx|windows.*|owner|unknown|student|\W*)$",
    re.I,
)


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """Accepted text only: deletions of tracked changes are left out, insertions kept.

    Raises:
        ParseFailure: `too_large`, `encrypted` or `damaged`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _measure(archive, limits)
            budget = _Budget(limits.max_unpacked_bytes)
            document = _xml(archive, "word/document.xml", budget)
            styles = _styles(_xml(archive, "word/styles.xml", budget, required=False))
            properties = _xml(archive, "docProps/core.xml", budget, required=False)
    except (
        zipfile.BadZipFile,
        EOFError,
        NotImplementedError,
        OSError,
        etree.XMLSyntaxError,
    ) as error:
        raise ParseFailure("damaged", _DAMAGED) from error
    except RuntimeError as error:
        raise ParseFailure(
            "encrypted", "This document is protected by a password. Remove it and upload it again."
        ) from error
    if document is None:
        raise ParseFailure("damaged", _DAMAGED)
    blocks = _blocks(document, styles)
    csl = _metadata(properties, blocks, file_name)
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
    )


class _Budget:
    """Bytes that may still be unpacked."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise _too_large()


def _too_large() -> ParseFailure:
    return ParseFailure(
        "too_large",
        "This Word document unpacks to far more data than a document holds, so it was not opened.",
    )


def _measure(archive: zipfile.ZipFile, limits: ParseLimits) -> None:
    """Refuse by what the container declares, before anything is unpacked."""
    members = archive.infolist()
    declared = sum(member.file_size for member in members)
    text = [m for m in members if m.filename.endswith((".xml", ".rels"))]
    bombs = [
        m
        for m in text
        if m.file_size > 10_000_000 and m.file_size > _MAX_RATIO * max(m.compress_size, 1)
    ]
    if len(members) > _MAX_MEMBERS or declared > limits.max_unpacked_bytes or bombs:
        raise _too_large()


def _xml(archive: zipfile.ZipFile, name: str, budget: _Budget, *, required: bool = True) -> Any:
    try:
        member = archive.open(name)
    except KeyError:
        if required:
            raise ParseFailure("damaged", _DAMAGED) from None
        return None
    pieces: list[bytes] = []
    with member:
        # The declared size can lie: count what really comes out.
        while piece := member.read(1 << 20):
            budget.spend(len(piece))
            pieces.append(piece)
    content = b"".join(pieces)
    wide = content[:4].startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in content[:4]
    head = content[: 1 << 16]
    if wide or b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise ParseFailure(
            "damaged",
            "This Word document holds parts that Word does not write (declared entities), "
            "so it was not opened. Save it again from Word and upload that.",
        )
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )
    return etree.fromstring(content, parser)


def _styles(root: Any) -> dict[str, str]:
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
            for row in element.iter(f"{_W}tr"):
                cells = [one_line(_text(cell)) for cell in row.iterfind(f"{_W}tc")]
                text = " | ".join(cell for cell in cells if cell)
                if text:
                    prose = len(text.split()) >= 12 and sum(map(str.isdigit, text)) < 0.2 * len(
                        text
                    )
                    blocks.append(RawBlock(text, BlockKind.BODY if prose else BlockKind.TABLE))
        elif element.tag in (
            f"{_W}sdt",
            f"{_W}sdtContent",
            f"{_W}ins",
            f"{_W}moveTo",
            f"{_W}customXml",
        ):
            stack.extend(reversed(element))
    return blocks


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


def _metadata(properties: Any, blocks: list[RawBlock], file_name: str) -> dict[str, Any]:
    csl: dict[str, Any] = {"type": "document"}
    shown = next((b.text for b in blocks if b.level == -1), None) or next(
        (b.text for b in blocks[:5] if b.kind is BlockKind.HEADING and b.level == 1), None
    )
    stated = author = date = ""
    if properties is not None:
        stated = properties.findtext(f"{_DC}title") or ""
        author = properties.findtext(f"{_DC}creator") or ""
        date = properties.findtext(f"{_DCTERMS}created") or ""
    csl["title"] = sane_title(stated) or sane_title(shown) or title_from_name(file_name)
    authors = (
        [name for name in people(author) if "given" in name]
        if not _JUNK_AUTHORS.match(author)
        else []
    )
    if authors:
        csl["author"] = authors
    created = issued_from(date)
    # The template that python-docx ships was made in 2013; its date says nothing of the document.
    if created and not date.startswith("2013-12-23T23:15"):
        csl["issued"] = created
    return csl
