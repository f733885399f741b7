"""Presentations, workbooks, books and other documents beside Word's."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pptx
from pptx.util import Inches


def presentation(path: Path) -> Path:
    """Three slides: a title with bullets and notes, a table, and one without a title."""
    deck = pptx.Presentation()
    deck.core_properties.title = "Wells of the Northern Plain"
    deck.core_properties.author = "Noor Haddad"
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = "Where the water comes from"
    slide.placeholders[1].text = "Rain of the eastern hills\nThirty years under way"
    slide.notes_slide.notes_text_frame.text = "Mention that the oldest well was dug in 1874."
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Depth of the wells"
    shape = slide.shapes.add_table(3, 2, Inches(1), Inches(2), Inches(4), Inches(2))
    for row, cells in enumerate((("Well", "Depth in metres"), ("Alder", "31"), ("Birch", "44"))):
        for column, text in enumerate(cells):
            shape.table.cell(row, column).text = text
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1))
    box.text_frame.text = "Nobody has measured the southern wells since the flood."
    deck.save(str(path))
    return path


def workbook(path: Path) -> Path:
    """Two sheets; dates, percentages, money, and cells that look like formulas."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Wells"
    sheet.append(["Well", "Dug on", "Share", "Cost", "Depth", "Note"])
    sheet.append(["Alder", date(1974, 5, 3), 0.125, 1234567.5, 31, "=HYPERLINK(0)"])
    sheet.append(["Birch", datetime(1981, 11, 20, 14, 30), 0.5, -1200, 44.25, "@SUM(A1)"])
    for row in (2, 3):
        sheet.cell(row, 2).number_format = "yyyy-mm-dd" if row == 2 else "d mmm yyyy h:mm"
        sheet.cell(row, 3).number_format = "0.0%"
        sheet.cell(row, 4).number_format = '#,##0.00 "EUR"'
        sheet.cell(row, 6).data_type = "s"
    other = book.create_sheet("Rain, by year")
    other.append(["Year", "Millimetres"])
    for year in range(1950, 2020):
        other.append([year, 400 + year % 97])
    other["C1"] = "Sum"
    other["C2"] = "=SUM(B2:B71)"
    book.create_sheet("Empty")
    book.save(path)
    return path


TABLE = 'Well;Depth;Remark\nAlder;31;=1+1\nBirch;44;"two lines\nin one cell"\nElm;12;+3\n'

_OPF = """<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The Lichen Atlas</dc:title>
<dc:creator>Tove Berg</dc:creator><dc:creator>Kwan, Iris</dc:creator><dc:date>2020-05-01</dc:date>
<dc:publisher>Harbour Press</dc:publisher><dc:language>en-GB</dc:language>
<dc:identifier>urn:isbn:9780000000002</dc:identifier></metadata>
<manifest><item id="n" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="text/two%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="n"/><itemref idref="a"/><itemref idref="b"/></spine></package>"""
_ROOT = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
version="1.0"><rootfiles><rootfile full-path="OEBPS/book.opf"
media-type="application/oebps-package+xml"/></rootfiles></container>"""
_CHAPTER = """<html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title></head><body>
<script>alert("INJECTED")</script><h1>{}</h1><p>{}</p></body></html>"""


def book(path: Path, extra: dict[str, str] | None = None) -> Path:
    """An EPUB of two chapters whose order only the spine tells."""
    members = {
        "META-INF/container.xml": _ROOT,
        "OEBPS/book.opf": _OPF,
        "OEBPS/nav.xhtml": _CHAPTER.format("Contents", "Walls, page one. Roofs, page two."),
        "OEBPS/text/two b.xhtml": _CHAPTER.format(
            "Roofs", "Slate carries more lichens than tile does, and they are older there."
        ),
        "OEBPS/text/one.xhtml": _CHAPTER.format(
            "Walls", "Some colonies are older than the walls that they grow on."
        ),
    } | (extra or {})
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, content in members.items():
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return path


RTF = (
    r"{\rtf1\ansi{\info{\title Mills of the Lower Valley}{\author Sara Lindqvist}}"
    r"{\b Water}\par The mills along the lower valley stop when the river rises.\par"
    r" Caf\'e9 owners below the bridge lose a day\u8217\'92s trade each time.\par}"
)


def open_document(path: Path) -> Path:
    """An ODT with a heading, prose and a table, made by pandoc."""
    import pypandoc

    pypandoc.convert_text(
        "---\ntitle: Mills of the Lower Valley\nauthor: Sara Lindqvist\n---\n# Water\n\n"
        "The mills along the lower valley stop when the river rises.\n\n"
        "| Mill | Wheels |\n|---|---|\n| Alder | 2 |\n| Birch | 3 |\n",
        "odt",
        format="markdown",
        outputfile=str(path),
    )
    return path
