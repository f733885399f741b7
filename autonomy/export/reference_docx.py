"""The styles of our Word documents, built in code: what pandoc copies into every DOCX."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Mm, Pt, RGBColor

BODY_FONT = "Times New Roman"
HEADING_FONT = "Arial"
CODE_FONT = "Courier New"
_INK = RGBColor(0x1A, 0x1A, 0x1A)
_SOFT = RGBColor(0x55, 0x55, 0x55)
_PAGES = {"a4": (Mm(210), Mm(297)), "letter": (Mm(215.9), Mm(279.4))}
_LETTER_REGIONS = frozenset({"en-us", "en-ca", "fr-ca", "es-mx"})


def paper_of(language: str) -> str:
    """`letter` where people print on it, else `a4`."""
    return "letter" if language.lower() in _LETTER_REGIONS else "a4"


@cache
def reference_docx(paper: str = "a4") -> bytes:
    """A document without content whose styles, page set-up and footer pandoc takes over."""
    document = docx.Document()
    _set_page(document, paper)
    styles = document.styles
    normal = styles["Normal"]
    _font(normal, BODY_FONT, 12)
    _spacing(normal, after=0, line=1.0)
    _headings(styles)
    _title(styles)
    body = styles["Body Text"]
    _font(body, BODY_FONT, 12)
    _spacing(body, after=8, line=1.4)
    body.paragraph_format.widow_control = True
    _derived(styles, body)
    _lists(styles)
    _tables(styles)
    _characters(styles)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


# ------------------------------------------------------------------------------- page


def _set_page(document: Any, paper: str) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = _PAGES[paper]
    section.left_margin = section.right_margin = Cm(2.54)
    section.top_margin = section.bottom_margin = Cm(2.54)
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, words in (("begin", ""), ("", "PAGE"), ("separate", ""), ("text", "1"), ("end", "")):
        run = paragraph.add_run()
        _font(run, HEADING_FONT, 9)
        run.font.color.rgb = _SOFT
        if kind == "text":
            run.text = words
        elif kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        else:
            field = OxmlElement("w:instrText")
            field.text = words
            run._r.append(field)


# ----------------------------------------------------------------------------- styles


def _font(style: Any, name: str, size: float | None, *, bold: bool | None = None) -> None:
    style.font.name = name
    if size is not None:
        style.font.size = Pt(size)
    if bold is not None:
        style.font.bold = bold
    fonts = style._element.get_or_add_rPr().get_or_add_rFonts()
    # The template's theme fonts would win over the names.
    for attribute in list(fonts.attrib):
        if "Theme" in attribute or attribute == qn("w:eastAsia"):
            del fonts.attrib[attribute]
    fonts.set(qn("w:cs"), name)
    fonts.set(qn("w:hAnsi"), name)


def _spacing(style: Any, *, before: float = 0, after: float, line: float) -> None:
    form = style.paragraph_format
    form.space_before, form.space_after = Pt(before), Pt(after)
    form.line_spacing_rule = WD_LINE_SPACING.MULTIPLE
    form.line_spacing = line


def _headings(styles: Any) -> None:
    sizes = {1: 15, 2: 13, 3: 11.5, 4: 11, 5: 11, 6: 11}
    for level, size in sizes.items():
        style = styles[f"Heading {level}"]
        _font(style, HEADING_FONT, size, bold=True)
        style.font.italic = level > 3
        style.font.color.rgb = _INK
        _spacing(style, before=20 if level == 1 else 14, after=6, line=1.15)
        style.paragraph_format.keep_with_next = True
        style.paragraph_format.keep_together = True


def _title(styles: Any) -> None:
    title = styles["Title"]
    _font(title, HEADING_FONT, 22, bold=True)
    title.font.color.rgb = _INK
    _spacing(title, after=8, line=1.1)
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT
    title.paragraph_format.keep_with_next = True
    for border in title._element.findall(".//" + qn("w:pBdr")):
        border.getparent().remove(border)
    for spacing in title._element.findall(".//" + qn("w:rPr") + "/" + qn("w:spacing")):
        spacing.getparent().remove(spacing)
    date = _paragraph(styles, "Date", styles["Normal"])
    _font(date, HEADING_FONT, 10)
    date.font.color.rgb = _SOFT
    _spacing(date, after=14, line=1.2)
    notice = _paragraph(styles, "Notice", styles["Normal"])
    _font(notice, HEADING_FONT, 9.5)
    _spacing(notice, before=2, after=18, line=1.25)
    notice.paragraph_format.left_indent = notice.paragraph_format.right_indent = Cm(0.3)
    notice._element.get_or_add_pPr().append(
        parse_xml(
            f"<w:pBdr {nsdecls('w')}>"
            '<w:top w:val="single" w:sz="4" w:space="5" w:color="F1F3F6"/>'
            '<w:left w:val="single" w:sz="24" w:space="8" w:color="7A8699"/>'
            '<w:bottom w:val="single" w:sz="4" w:space="5" w:color="F1F3F6"/></w:pBdr>'
        )
    )
    notice._element.get_or_add_pPr().append(
        parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:color="auto" w:fill="F1F3F6"/>')
    )


def _paragraph(styles: Any, name: str, base: Any) -> Any:
    known = {style.name for style in styles}
    style = styles[name] if name in known else styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = base
    style.hidden = False
    style.quick_style = True
    return style


def _derived(styles: Any, body: Any) -> None:
    """Names that pandoc gives to paragraphs."""
    _paragraph(styles, "First Paragraph", body)
    compact = _paragraph(styles, "Compact", body)
    _spacing(compact, after=3, line=1.25)
    quote = _paragraph(styles, "Block Text", body)
    _spacing(quote, before=2, after=10, line=1.2)
    _font(quote, BODY_FONT, 11.5)
    quote.paragraph_format.left_indent = quote.paragraph_format.right_indent = Cm(1.27)
    for name, before, after in (("Table Caption", 10, 4), ("Image Caption", 4, 12)):
        caption = _paragraph(styles, name, styles["Normal"])
        _font(caption, HEADING_FONT, 9.5)
        caption.font.italic = False
        _spacing(caption, before=before, after=after, line=1.2)
        caption.paragraph_format.keep_with_next = name == "Table Caption"
        caption.paragraph_format.keep_together = True
    figure = _paragraph(styles, "Captioned Figure", styles["Normal"])
    _spacing(figure, before=10, after=2, line=1.0)
    figure.paragraph_format.keep_with_next = True
    bibliography = _paragraph(styles, "Bibliography", styles["Normal"])
    _font(bibliography, BODY_FONT, 12)
    _spacing(bibliography, after=8, line=1.2)
    bibliography.paragraph_format.left_indent = Cm(1.27)
    bibliography.paragraph_format.first_line_indent = Cm(-1.27)
    bibliography.paragraph_format.keep_together = True
    code = _paragraph(styles, "Source Code", styles["Normal"])
    _font(code, CODE_FONT, 9.5)
    _spacing(code, before=4, after=10, line=1.15)
    code.paragraph_format.left_indent = Cm(0.6)
    note = _paragraph(styles, "Footnote Text", styles["Normal"])
    _font(note, BODY_FONT, 10)
    _spacing(note, after=2, line=1.1)


def _lists(styles: Any) -> None:
    for name in ("List Bullet", "List Number"):
        _font(styles[name], BODY_FONT, 12)


def _tables(styles: Any) -> None:
    style = styles.add_style("Table", WD_STYLE_TYPE.TABLE)
    style.base_style = styles["Normal Table"]
    rule = 'w:val="single" w:space="0" w:color="1A1A1A"'
    for piece in (
        f'<w:pPr {nsdecls("w")}><w:spacing w:before="40" w:after="40"/></w:pPr>',
        f'<w:tblPr {nsdecls("w")}><w:tblBorders><w:top {rule} w:sz="10"/>'
        f'<w:bottom {rule} w:sz="10"/></w:tblBorders><w:tblCellMar>'
        '<w:left w:w="90" w:type="dxa"/><w:right w:w="90" w:type="dxa"/></w:tblCellMar></w:tblPr>',
        f'<w:tblStylePr {nsdecls("w")} w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr>'
        f'<w:tcBorders><w:bottom {rule} w:sz="6"/></w:tcBorders></w:tcPr></w:tblStylePr>',
    ):
        style._element.append(parse_xml(piece))


def _characters(styles: Any) -> None:
    verbatim = styles.add_style("Verbatim Char", WD_STYLE_TYPE.CHARACTER)
    _font(verbatim, CODE_FONT, 10.5)
    reference = styles.add_style("Footnote Reference", WD_STYLE_TYPE.CHARACTER)
    reference.font.superscript = True
    hyperlink = styles.add_style("Hyperlink", WD_STYLE_TYPE.CHARACTER)
    # In print a blue underlined address is noise; it stays a link.
    hyperlink.font.color.rgb = _INK
