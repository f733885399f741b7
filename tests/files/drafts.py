"""Drafts as students bring them: Word documents with everything that must survive a rewriting.

All of their text was written for these tests.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Inches

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

PLACES = (
    "Alder Bay,Birch Sound,Cedar Reach,Dune Point,Elm Haven,Fern Creek,Gull Rock,Holm Ness".split(
        ","
    )
)
PEOPLE = "Okafor,Lindqvist,Marchetti,Tanaka,Berg,Haddad,Novak,Oyelaran".split(",")

_SENTENCES = (
    "In order to measure the the recovery, {n} plots at {place} were surveyed between {y1} and {y2} ({who}, {year}).",
    "It is important to note that seagrass did not return at {place}, where the water was {deg} °C warmer.",
    "{who} ({year}) found that {pct} % of the shoots survived , although the sample was not large.",
    "Due to the fact that storms moved the sediment, a large number of markers were lost in {y2}.",
    "The organisation of the survey followed {who} et al. ({year}), and the behavior of grazing fish was recorded.",
    "As one ranger put it, “the bay looked like a ploughed field”, and nobody disagreed.",
    "No significant difference was seen at {place} (p = 0.{n}), and the effect may have been small.",
    "The plots were mapped with a drone at a height of {n} m, and the images were compared by two readers.",
    "Recovery was was slower below {deg} m than in the shallows [{ref}], which earlier work had not reported.",
    "Boats anchored in the meadow for the purpose of fishing, and their chains cut {n} scars into it.",
)
"""Wordy, doubled, spaced and spelled as drafts are, with facts that have to survive."""


def sentence(number: int) -> str:
    who = PEOPLE[number * 3 % len(PEOPLE)]
    return _SENTENCES[number % len(_SENTENCES)].format(
        n=12 + number % 77,
        place=PLACES[number * 5 % len(PLACES)],
        y1=1998 + number % 9,
        y2=2009 + number % 11,
        who=who,
        year=2001 + number * 7 % 22,
        deg=f"{1 + number % 6}.{number % 10}",
        pct=f"{3 + number % 90}.{number % 10}",
        ref=1 + number % 24,
    )


def png() -> bytes:
    """A small picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\x00" + bytes((40 * y % 256, 90, 120)) * 8 for y in range(8))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


# ------------------------------------------------------------------------------ parts of Word


def field(paragraph: Any, instruction: str, result: str) -> None:
    """A complex field, as Word and reference managers write it."""
    for kind in ("begin", "instr", "separate", "result", "end"):
        run = paragraph.add_run()
        if kind == "instr":
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = f" {instruction} "
            run._r.append(element)
        elif kind == "result":
            run.text = result
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
            run._r.append(element)


def link(document: Any, paragraph: Any, words: str, url: str) -> None:
    relation = document.part.relate_to(url, f"{_REL}/hyperlink", is_external=True)
    element = OxmlElement("w:hyperlink")
    element.set(qn("r:id"), relation)
    run = paragraph.add_run(words)
    run._r.addprevious(element)
    element.append(run._r)


def note(paragraph: Any, number: int) -> None:
    run = paragraph.add_run()
    element = OxmlElement("w:footnoteReference")
    element.set(qn("w:id"), str(number))
    run._r.append(element)


def revision(paragraph: Any, kind: str, words: str) -> None:
    """Somebody's tracked insertion or deletion."""
    run = paragraph.add_run(words)
    change = OxmlElement(f"w:{kind}")
    for name, value in (("id", "901"), ("author", "Carol"), ("date", "2026-01-05T10:00:00Z")):
        change.set(qn(f"w:{name}"), value)
    if kind == "del":
        run._r.find(qn("w:t")).tag = qn("w:delText")
    run._r.addprevious(change)
    change.append(run._r)


def bookmark(paragraph: Any, number: int, words: str) -> None:
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), str(number))
    start.set(qn("w:name"), f"place{number}")
    paragraph._p.append(start)
    paragraph.add_run(words)
    paragraph._p.append(end)


def text_box(paragraph: Any, words: str) -> None:
    paragraph.add_run()._r.append(
        parse_xml(
            f'<w:pict {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><v:shape '
            f'style="width:120pt;height:40pt"><v:textbox><w:txbxContent><w:p><w:r><w:t>{words}</w:t>'
            "</w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict>"
        )
    )


_NOTES = (
    f'<w:footnotes xmlns:w="{_W}">'
    '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
    "{}</w:footnotes>"
)


def footnotes(texts: list[str]) -> bytes:
    body = "".join(
        f'<w:footnote w:id="{number}"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve">'
        f" {text}</w:t></w:r></w:p></w:footnote>"
        for number, text in enumerate(texts, 1)
    )
    return _NOTES.format(body).encode()


def with_footnotes(data: bytes, texts: list[str]) -> bytes:
    """The document with a part of footnotes, declared and related."""
    held = members(data)
    held["word/footnotes.xml"] = footnotes(texts)
    held["[Content_Types].xml"] = held["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.wordprocessingml.footnotes+xml"/></Types>',
    )
    held["word/_rels/document.xml.rels"] = held["word/_rels/document.xml.rels"].replace(
        b"</Relationships>",
        f'<Relationship Id="rIdNotes" Type="{_REL}/footnotes" Target="footnotes.xml"/>'
        "</Relationships>".encode(),
    )
    return packed(held)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(held: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in held.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def saved(document: Any) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


# ------------------------------------------------------------------------------- whole drafts


def rich_draft(words: int = 3_000) -> bytes:
    """A draft of about so many words with all that a rewriting must leave alone."""
    document = docx.Document()
    document.core_properties.title = "Recovery of seagrass after anchoring"
    document.add_heading("Recovery of seagrass after anchoring", 0)
    contents = document.add_paragraph()
    field(contents, 'TOC \\o "1-2" \\h', "Introduction 1, Methods 2, Results 4")
    number = 0
    count = 0
    for chapter, heading in enumerate(("Introduction", "Methods", "Results", "Discussion"), 1):
        document.add_heading(heading, 1)
        while count < words * chapter / 4:
            paragraph = document.add_paragraph()
            for _ in range(4):
                text = sentence(number)
                run = paragraph.add_run(f"{text} ")
                run.italic = number % 7 == 3
                count += len(text.split())
                number += 1
            _extra(document, paragraph, number)
        if heading == "Methods":
            _table(document)
        if heading == "Results":
            document.add_heading("What the readers agreed on", 2)
            for text in ("Two readers counted every scar.", "A third reader decided in 14 cases."):
                document.add_paragraph(text, style="List Bullet")
            document.add_paragraph(
                "The chains were measured in order to size the scars.", style="List Number"
            )
            document.add_picture(io.BytesIO(png()), width=Inches(1))
            document.add_paragraph("Figure 1. Scars at Alder Bay in 2014.", style="Caption")
            document.add_paragraph(
                "We walked the the meadow at low tide and saw the scars with our own eyes.",
                style="Intense Quote",
            )
    document.add_heading("References", 1)
    for index, who in enumerate(PEOPLE):
        document.add_paragraph(
            f"{who}, A. ({2001 + index * 21 % 22}) ‘Seagrass at {PLACES[index]}’, Journal of Bays, {index + 3}(2), pp. 1–9."
        )
    return with_footnotes(
        saved(document),
        ["The the tide tables are those of 2009.", "Measured at 7.5 m.", "See Appendix B."],
    )


def _extra(document: Any, paragraph: Any, number: int) -> None:
    """Something that must survive, at the end of every paragraph another."""
    kind = number // 4 % 8
    if kind == 0:
        paragraph.add_run("Meadows recover slowly ")
        field(
            paragraph,
            'ADDIN ZOTERO_ITEM CSL_CITATION {"citationID":"x1","properties":{"plainCitation":"(Berg 2008)"}}',
            "(Berg 2008)",
        )
        paragraph.add_run(" in cold water.")
    elif kind == 1:
        paragraph.add_run("Details are given below")
        note(paragraph, 1 + number // 32 % 3)
        paragraph.add_run(", and the the maps are online at ")
        link(document, paragraph, "the harbour office", "https://harbour.example/maps")
        paragraph.add_run(".")
    elif kind == 2:
        run = paragraph.add_run("The survey was was checked twice.")
        document.add_comment(run, text="Say by whom.", author="Carol")
    elif kind == 3:
        paragraph.add_run("The chains were ")
        revision(paragraph, "del", "very long")
        revision(paragraph, "ins", "12 m long")
        paragraph.add_run(", in order to hold in a storm.")
    elif kind == 4:
        bookmark(paragraph, 300 + number, "Scars of this kind")
        paragraph.add_run(" heal in about 7 years (see ")
        field(paragraph, f"REF place{300 + number} \\h", "Scars of this kind")
        paragraph.add_run(").")
    elif kind == 5:
        run = paragraph.add_run("Depth\t4 m")
        run.add_break()
        paragraph.add_run("The the second line stands alone.")
    elif kind == 6:
        text_box(paragraph, "The the box stays.")
        paragraph.add_run("A box stands beside this sentence due to the fact that it matters.")
    else:
        field(paragraph, "ADDIN EN.CITE <EndNote><Cite/></EndNote>", "[7]")
        paragraph.add_run(" had shown the same for the purpose of comparison.")


def _table(document: Any) -> None:
    table = document.add_table(3, 3)
    table.style = "Table Grid"
    for row, cells in enumerate(
        (("Place", "Plots", "Remark"), ("Alder Bay", "14", "lost"), ("Elm Haven", "22", ""))
    ):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(
        2, 2
    ).text = "The plots were moved in order to avoid the the ferry, which comes each hour."
    inner = table.cell(1, 2).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "1.5", "2.5"


def simple(*paragraphs: str, change: Callable[[Any], None] | None = None) -> bytes:
    """A document of these paragraphs; `change` does more to it."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if change is not None:
        change(document)
    return saved(document)


def raw(body: str, *, declaration: str = f'xmlns:w="{_W}"', root: str = "w:document") -> bytes:
    """A document whose `word/document.xml` is this body, for what no library writes."""
    prefix = root.partition(":")[0] + ":" if ":" in root else ""
    part = f"<?xml version='1.0' encoding='UTF-8'?><{root} {declaration}><{prefix}body>{body}</{prefix}body></{root}>"
    held = members(simple())
    held["word/document.xml"] = part.encode()
    return packed(held)


def written(data: bytes, path: Path) -> Path:
    path.write_bytes(data)
    return path
