"""Word documents: real styles, real paragraphs, citations as text."""

from __future__ import annotations

import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, Twips
from docx.text.paragraph import Paragraph

from autonomy.export import nodes
from autonomy.export.dates import long_date, parse_date
from autonomy.export.document import Document
from autonomy.export.exhibits import addressed, data_uri
from autonomy.export.pandoc import Node, write_tree
from autonomy.export.reference_docx import paper_of, reference_docx
from autonomy.export.render import Rendered, render

# Pandoc drops tab characters; this one lands on the hanging indent behind a reference's number.
_TAB: Node = {"t": "RawInline", "c": ["openxml", "<w:r><w:tab/></w:r>"]}

_NEW_PAGE: Node = {
    "t": "RawBlock",
    "c": ["openxml", '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'],
}
_CONTENTS: Node = {
    "t": "RawBlock",
    "c": [
        "openxml",
        '<w:p><w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
        '<w:r><w:instrText xml:space="preserve">TOC \\o "1-3" \\h \\z \\u</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        "<w:r><w:t>Update this field for the table of contents.</w:t></w:r>"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>',
    ],
}
"""A field that Word fills in when the document is opened."""

_MANY_COLUMNS, _VERY_MANY_COLUMNS = 5, 7
_ROWS_MEASURED = 60
_TABLE_KEPT_WHOLE = 12
"""Tables of up to so many rows are not broken across pages."""


def write_docx(document: Document) -> bytes:
    """The document as DOCX.

    Title, headings, quotations and references carry Word's own styles (Title, Heading 1–4,
    Block Text, Bibliography); the notice stands on the first page in the style Notice.

    Raises:
        DanglingCitation, UnknownStyle, PandocError: as `render`.
    """
    rendered = render(document)
    with tempfile.TemporaryDirectory(prefix="hw-docx-") as folder:
        reference = Path(folder) / "reference.docx"
        reference.write_bytes(reference_docx(paper_of(rendered.language)))
        data = write_tree(
            _blocks(rendered, document),
            {"lang": {"t": "MetaString", "c": rendered.language}},
            ["-t", "docx", "--reference-doc", str(reference), "--syntax-highlighting=none"],
        )
    return _with_properties(data, rendered, _line(document.author))


def _blocks(rendered: Rendered, document: Document) -> list[Node]:
    cover = [words for line in (document.author, document.course) if (words := _line(line))]
    blocks = [_in_style("Title", nodes.text(rendered.title))]
    blocks.extend(_in_style("Date", nodes.text(words)) for words in cover)
    if rendered.date:
        blocks.append(_in_style("Date", nodes.text(long_date(rendered.date, rendered.language))))
    # The notice belongs to the first page, whichever that is.
    if rendered.notice:
        blocks.append(_in_style("Notice", nodes.text(rendered.notice)))
    if document.contents:
        blocks.append(_CONTENTS)
    if cover or document.contents:
        blocks.append(_NEW_PAGE)
    pictures = {figure.id: data_uri(figure.png) for figure in rendered.figures}
    blocks.extend(addressed(rendered.body, lambda name: pictures[name]))
    if rendered.entries:
        blocks.append(nodes.header(1, nodes.text(rendered.references_heading)))
    for entry in rendered.entries:
        label = [*entry.label, _TAB] if entry.label else []
        blocks.append(_in_style("Bibliography", [*label, *entry.inlines]))
    blocks.extend(rendered.appendix)
    return blocks


def _line(words: str) -> str:
    return " ".join(nodes.printable(words).split())[:200]


def _in_style(name: str, inlines: list[Node]) -> Node:
    return nodes.div(nodes.attr(custom_style=name), [nodes.para(inlines)])


def _with_properties(data: bytes, rendered: Rendered, author: str) -> bytes:
    """Fill in the properties that file managers and screen readers show."""
    document = docx.Document(io.BytesIO(data))
    _set_tables(document)
    _name_pictures(document)
    properties = document.core_properties
    properties.title = rendered.title[:255]
    properties.language = rendered.language
    properties.author = author
    properties.last_modified_by = ""
    properties.comments = ""
    when = _moment(rendered.date)
    properties.created = properties.modified = when
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _set_tables(document: Any) -> None:
    """Tables as wide as the text, short ones on one page, with air behind them."""
    for table in document.tables:
        table.autofit = True
        width = table._tbl.tblPr.find(qn("w:tblW"))
        if width is not None:
            width.set(qn("w:type"), "pct")
            width.set(qn("w:w"), "5000")
        if len(table.columns) >= _MANY_COLUMNS:
            _fit_columns(table)
        for row in table.rows:
            # A row that goes on overleaf is hard to read, and its header would stand there alone.
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        if len(table.rows) <= _TABLE_KEPT_WHOLE:
            for row in table.rows[:-1]:
                for paragraph in (p for cell in row.cells for p in cell.paragraphs):
                    paragraph.paragraph_format.keep_with_next = True
        following = table._tbl.getnext()
        if following is not None and following.tag == qn("w:p"):
            Paragraph(following, document).paragraph_format.space_before = Pt(12)


def _fit_columns(table: Any) -> None:
    """Columns as wide as what stands in them, in a smaller letter: equal ones would break words."""
    texts = [[cell.text for cell in row.cells] for row in table.rows[:_ROWS_MEASURED]]
    weights = [
        min(max((len(row[column]) for row in texts), default=0), 28) + 3
        for column in range(len(table.columns))
    ]
    width = 9_000  # twentieths of a point: about the width of the text
    shares = [round(width * weight / sum(weights)) for weight in weights]
    for grid, share in zip(table._tbl.tblGrid.findall(qn("w:gridCol")), shares, strict=False):
        grid.set(qn("w:w"), str(share))
    size = Pt(9 if len(table.columns) >= _VERY_MANY_COLUMNS else 10)
    for row in table.rows:
        for cell, share in zip(row.cells, shares, strict=False):
            cell.width = Twips(share)
            for run in (run for paragraph in cell.paragraphs for run in paragraph.runs):
                run.font.size = size


def _name_pictures(document: Any) -> None:
    """Pictures with the description that screen readers read, and no copy of their address."""
    for properties in document.element.body.iter(qn("wp:docPr")):
        described = properties.get("descr", "")
        for inner in properties.getparent().iter(qn("pic:cNvPr")):
            inner.set("descr", described)
    for paragraph in document.paragraphs:
        if paragraph.style.name == "Captioned Figure":
            paragraph.paragraph_format.keep_with_next = True


def _moment(date: str) -> datetime:
    # A document without a date must still come out the same every time.
    day = parse_date(date)
    return (
        datetime(day.year, day.month, day.day, tzinfo=UTC)
        if day
        else datetime(2000, 1, 1, tzinfo=UTC)
    )
