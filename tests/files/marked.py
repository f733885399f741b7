"""Word documents in which somebody marked passages, as Word, LibreOffice and Google Docs write them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.run import Run

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NOTES = (
    f'<w:footnotes xmlns:w="{_W}"><w:footnote w:id="2"><w:p><w:r><w:t xml:space="preserve">See the '
    '</w:t></w:r><w:r><w:rPr><w:highlight w:val="green"/></w:rPr><w:t>old tide tables</w:t></w:r>'
    "<w:r><w:t>.</w:t></w:r></w:p></w:footnote></w:footnotes>"
)


def shade(run: Run, fill: str) -> None:
    """Shade as Google Docs does."""
    element = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        element.set(qn(f"w:{name}"), value)
    run._r.get_or_add_rPr().append(element)


def mark(data: bytes, words: str, colour: WD_COLOR_INDEX = WD_COLOR_INDEX.YELLOW) -> bytes:
    """`words`, which stand in one paragraph of the document, highlighted as a person would."""
    document = docx.Document(io.BytesIO(data))
    tables = [cell for table in document.tables for row in table.rows for cell in row.cells]
    for paragraph in [*document.paragraphs, *(p for cell in tables for p in cell.paragraphs)]:
        at = paragraph.text.find(words)
        if at < 0:
            continue
        for run in paragraph.runs:
            _split(run, at, at + len(words), colour)
            at -= len(run.text)
        # The runs changed: what is marked is looked up by its place again.
        buffer = io.BytesIO()
        document.save(buffer)
        return buffer.getvalue()
    raise AssertionError(f"{words!r} is in no paragraph")


def comment_on_nothing(data: bytes, text: str) -> bytes:
    """The document with a comment whose words were deleted."""
    document = docx.Document(io.BytesIO(data))
    document.add_comment(document.paragraphs[-1].add_run("x"), text=text, author="Carol")
    for name in ("commentRangeStart", "commentRangeEnd"):
        for element in list(document.element.body.iter(qn(f"w:{name}"))):
            element.getparent().remove(element)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _split(run: Run, start: int, end: int, colour: WD_COLOR_INDEX) -> None:
    """Highlight the characters `start` to `end` of the run's text, which may lie outside it."""
    text = run.text
    first, last = max(start, 0), min(end, len(text))
    if first >= last:
        return
    from copy import deepcopy

    for piece, marked in ((text[:first], False), (text[first:last], True), (text[last:], False)):
        if not piece:
            continue
        copy = Run(deepcopy(run._r), run._parent)
        copy.text = piece
        if marked:
            copy.font.highlight_color = colour
        run._r.addprevious(copy._r)
    # Kept, empty, so that the caller's offsets still count it.
    run._r.getparent().remove(run._r)


def marked_document(path: Path) -> Path:
    """A document with every kind of mark that is read, and some that are not."""
    document = docx.Document()
    document.add_heading("Tides", 1)
    paragraph = document.add_paragraph("The harbour was ")
    for words, bold in (("quiet", True), (" before", False), (" dawn", False)):
        run = paragraph.add_run(words)
        run.bold = bold
        run.font.highlight_color = WD_COLOR_INDEX.YELLOW
    paragraph.add_run(" and the boats lay still. ")
    shade(paragraph.add_run("Gulls slept on the masts"), "ffff00")
    paragraph.add_run(", then ")
    shade(paragraph.add_run("woke all at once"), "F4CCCC")
    paragraph.add_run(".")
    shade(paragraph.add_run(" Nothing stands out here."), "auto")

    commented = document.add_paragraph()
    commented.add_run("Fishermen say that ")
    highlighted = commented.add_run("the moon pulls the water")
    highlighted.font.highlight_color = WD_COLOR_INDEX.TURQUOISE
    commented.add_run(", and ")
    plain = commented.add_run("the water pulls the boats")
    commented.add_run(".")
    document.add_comment(highlighted, text="Whose words are these?", author="Carol")
    document.add_comment(plain, text="Cite the almanac.", author="Carol")

    for text in ("Low water comes first", "High water comes last"):
        run = document.add_paragraph().add_run(text)
        run.font.highlight_color = WD_COLOR_INDEX.PINK

    table = document.add_table(2, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Port", "Range"
    table.cell(1, 0).paragraphs[0].add_run(
        "Alder haven"
    ).font.highlight_color = WD_COLOR_INDEX.YELLOW
    table.cell(1, 1).text = "4 m"

    deleted = document.add_paragraph("Spring tides ")
    for kind, words in (("del", "are the greatest"), ("ins", "can be great")):
        change = OxmlElement(f"w:{kind}")
        run = deleted.add_run(words)
        run.font.highlight_color = WD_COLOR_INDEX.RED
        if kind == "del":
            run._r.find(qn("w:t")).tag = qn("w:delText")
        run._r.addprevious(change)
        change.append(run._r)
    document.save(str(path))
    return with_parts(path, {"word/footnotes.xml": _NOTES.encode()})


def with_parts(path: Path, parts: dict[str, bytes | Callable[[bytes], bytes]]) -> Path:
    """The document with members added, or changed by a function."""
    with zipfile.ZipFile(path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    for name, content in parts.items():
        held[name] = content if isinstance(content, bytes) else content(held[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return path


def runs_of(data: bytes) -> list[Any]:
    """All runs of the document's paragraphs."""
    document = docx.Document(io.BytesIO(data))
    return [run for paragraph in document.paragraphs for run in paragraph.runs]
