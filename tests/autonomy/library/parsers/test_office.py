"""Presentations, workbooks, delimited tables, books and converted documents."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

from autonomy.library.chunk import Chunk, chunk
from autonomy.library.container import Container
from autonomy.library.number_format import shown
from autonomy.library.parse import parse
from autonomy.library.parsed import (
    MACROS_IGNORED,
    Block,
    BlockKind,
    ParsedDocument,
    ParseFailure,
    ParseLimits,
)
from tests.files import documents, office


def blocks(document: ParsedDocument) -> list[Block]:
    for page in document.pages:
        for block in page.blocks:
            assert page.text[block.char_start : block.char_end] == block.text
    return [block for page in document.pages for block in page.blocks]


def tables(document: ParsedDocument) -> list[str]:
    return [block.text for block in blocks(document) if block.kind is BlockKind.TABLE]


def passages(document: ParsedDocument) -> list[Chunk]:
    return chunk(document, lambda text: len(text.split()), 200)


def refusal(path: Path, limits: ParseLimits | None = None) -> ParseFailure:
    with pytest.raises(ParseFailure) as caught:
        parse(path, path.name, limits)
    assert caught.value.message.endswith(".")
    return caught.value


# ------------------------------------------------------------------------------------- PPTX


def test_a_slide_is_a_page_under_its_title_with_its_notes(tmp_path: Path) -> None:
    document = parse(office.presentation(tmp_path / "x.pptx"), "x.pptx")
    assert document.page_count == 3
    assert document.metadata.csl["title"] == "Wells of the Northern Plain"
    assert document.metadata.csl["author"] == [{"family": "Haddad", "given": "Noor"}]
    found = {(c.page, c.heading): c.text for c in passages(document)}
    title = "Where the water comes from"
    assert found[1, title] == "Rain of the eastern hills\nThirty years under way"
    assert found[1, f"{title} › Notes"] == "Mention that the oldest well was dug in 1874."
    assert found[2, "Depth of the wells"] == "Well | Depth in metres\nAlder | 31\nBirch | 44"
    assert found[3, "Slide 3"].startswith("Nobody has measured")


def test_more_slides_than_are_read_are_refused(tmp_path: Path) -> None:
    path = office.presentation(tmp_path / "x.pptx")
    assert "3 slides" in refusal(path, ParseLimits(max_pages=2)).message


# ------------------------------------------------------------------------------------- XLSX


def test_cells_read_as_they_are_shown(tmp_path: Path) -> None:
    document = parse(office.workbook(tmp_path / "x.xlsx"), "x.xlsx")
    first = tables(document)[0].split("\n")
    assert first[0] == "Well | Dug on | Share | Cost | Depth | Note"
    assert first[1] == "Alder | 1974-05-03 | 12.5% | 1,234,567.50 EUR | 31 | =HYPERLINK(0)"
    assert first[2] == "Birch | 20 Nov 1981 14:30 | 50.0% | -1,200.00 EUR | 44.25 | @SUM(A1)"
    headings = [b.text for b in blocks(document) if b.kind is BlockKind.HEADING]
    assert headings == ["Wells", "Rain, by year"]


def test_every_group_of_rows_carries_the_header_and_no_row_is_lost(tmp_path: Path) -> None:
    document = parse(office.workbook(tmp_path / "x.xlsx"), "x.xlsx")
    rain = [c for c in passages(document) if c.heading == "Rain, by year"]
    assert len(rain) > 1
    assert all(c.text.startswith("Year | Millimetres | Sum\n") for c in rain)
    years = [line.split(" | ")[0] for c in rain for line in c.text.split("\n")[1:]]
    assert years == [str(year) for year in range(1950, 2020)]


def test_a_formula_without_a_saved_result_is_not_evaluated(tmp_path: Path) -> None:
    document = parse(office.workbook(tmp_path / "x.xlsx"), "x.xlsx")
    assert "SUM(B2" not in document.pages[0].text
    assert any("results were not saved" in remark for remark in document.remarks)


def test_rows_past_the_limit_are_left_out_and_said_so(tmp_path: Path) -> None:
    path = office.workbook(tmp_path / "x.xlsx")
    document = parse(path, "x.xlsx", ParseLimits(max_table_rows=10))
    assert "1958" in document.pages[0].text
    assert "1959" not in document.pages[0].text
    assert "Only the first 10 rows of the sheet “Rain, by year” were read." in document.remarks


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1234.5, "General", "1234.5"),
        (1234.5, "#,##0", "1,234"),
        (0.125, "0%", "12%"),
        (-3.14159, "0.00;(0.00)", "(3.14)"),
        (7, "000", "007"),
        (1.5, "0.###", "1.5"),
        (12345678, '0.0,,"M"', "12.3M"),
        (1500, "[$€-407] #,##0.00", "€ 1,500.00"),
        (0.00012, "0.0E+00", "1.2E-04"),
        (43831, "d mmmm yyyy", "1 January 2020"),
        (43831.75, "yyyy-mm-dd hh:mm", "2020-01-01 18:00"),
        (0.5208333, "h:mm AM/PM", "12:30 PM"),
        (1.25, "[h]:mm", "30:00"),
        (59, "yyyy-mm-dd", "1900-02-28"),
        (-5, "yyyy-mm-dd", "-5"),
        (1e300, "yyyy", "1e+300"),
        (5, "# ?/?", "5"),
        (0, '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_)', "-"),
        (2.5, '"";;', ""),
    ],
)
def test_numbers_follow_their_format(value: float, code: str, text: str) -> None:
    assert shown(value, code) == (text or "2.5")


def test_days_are_counted_from_1904_where_the_book_says_so() -> None:
    assert shown(0, "yyyy-mm-dd", from_1904=True) == "1904-01-01"


# ---------------------------------------------------------------------------- CSV and tables


@pytest.mark.parametrize("name", ["x.csv", "x.txt", "x"])
def test_a_delimited_table_is_told_by_its_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / "f"
    path.write_text(office.TABLE)
    document = parse(path, name)
    assert document.media_type == "text/csv"
    assert tables(document) == [
        "Well | Depth | Remark\nAlder | 31 | =1+1\nBirch | 44 | two lines in one cell\nElm | 12 | +3"
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "Dear Ada,\n\nThe mills, as you know, stopped.\nThe river, they say, rises.\nYours, Bo\n",
        "First, water.\nSecond, wheat.\nThird, wood.\n",
        "One line, with one comma",
    ],
)
def test_prose_with_commas_is_no_table(tmp_path: Path, prose: str) -> None:
    path = tmp_path / "f.txt"
    path.write_text(prose)
    assert parse(path, "f.txt").media_type == "text/plain"


def test_tables_of_word_pages_and_markdown_are_evidence_with_their_header(tmp_path: Path) -> None:
    rows = "<tr><th>Well</th><th>Depth</th></tr><tr><td>Alder</td><td>31</td></tr>"
    page = f"<html><body><p>Depths.</p><table><caption>Wells</caption>{rows}</table></body></html>"
    (tmp_path / "x.html").write_text(page)
    (tmp_path / "x.md").write_text("# Wells\n\n| Well | Depth |\n|---|---:|\n| Alder | **31** |\n")
    documents.word_document(tmp_path / "x.docx")
    for name, row in (("x.html", "Alder"), ("x.md", "Alder"), ("x.docx", "A")):
        document = parse(tmp_path / name, name)
        assert tables(document) == [f"Well | Depth\n{row} | 31"]
        assert [c.text for c in passages(document) if c.kind is BlockKind.TABLE] == tables(document)


def test_a_table_that_only_places_text_is_text(tmp_path: Path) -> None:
    prose = "<p>The mills along the lower valley stop when the river rises. </p>" * 12
    (tmp_path / "x.html").write_text(
        f"<html><body><table><tr><td>{prose}</td></tr></table></body></html>"
    )
    document = parse(tmp_path / "x.html", "x.html")
    assert tables(document) == []
    assert {block.kind for block in blocks(document)} == {BlockKind.BODY}


# ------------------------------------------------------------------------ EPUB, RTF and ODT


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    document = parse(office.book(tmp_path / "x.epub"), "x.epub")
    assert [b.text for b in blocks(document) if b.kind is BlockKind.HEADING] == ["Walls", "Roofs"]
    assert "INJECTED" not in document.pages[0].text
    assert "page one" not in document.pages[0].text
    csl = document.metadata.csl
    assert (csl["type"], csl["title"], csl["publisher"]) == (
        "book",
        "The Lichen Atlas",
        "Harbour Press",
    )
    assert [name["family"] for name in csl["author"]] == ["Berg", "Kwan"]
    assert csl["ISBN"] == "9780000000002"


def test_a_book_with_copy_protection_says_so(tmp_path: Path) -> None:
    rights = (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<EncryptedData xmlns="http://www.w3.org/2001/04/xmlenc#">'
        '<EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>'
        "</EncryptedData></encryption>"
    )
    path = office.book(tmp_path / "x.epub", {"META-INF/encryption.xml": rights})
    assert refusal(path).code == "encrypted"


def test_rich_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text(office.RTF)
    document = parse(path, "letter.doc")
    assert document.media_type == "application/rtf"
    assert document.metadata.csl["title"] == "Mills of the Lower Valley"
    assert "Café owners below the bridge lose a day’s trade" in document.pages[0].text


def test_an_open_document_is_read(tmp_path: Path) -> None:
    document = parse(office.open_document(tmp_path / "x.odt"), "x.odt")
    assert document.metadata.csl["title"] == "Mills of the Lower Valley"
    assert document.metadata.csl["author"] == [{"family": "Lindqvist", "given": "Sara"}]
    assert tables(document) == ["Mill | Wheels\nAlder | 2\nBirch | 3"]
    mills = next(b for b in blocks(document) if b.text.startswith("The mills"))
    assert mills.heading_path == ("Water",)


# ------------------------------------------------------------------------- hostile containers


def test_macros_are_ignored_and_said_so(tmp_path: Path) -> None:
    made = {
        "x.docx": (documents.word_document, "word/vbaProject.bin"),
        "x.pptx": (office.presentation, "ppt/vbaProject.bin"),
        "x.xlsx": (office.workbook, "xl/vbaProject.bin"),
    }
    for name, (make, member) in made.items():
        path = documents.repack(make(tmp_path / name), {member: b"Sub AutoOpen()"})
        document = parse(path, name)
        assert MACROS_IGNORED in document.remarks
        assert "AutoOpen" not in document.pages[0].text


@pytest.mark.parametrize(
    ("make", "member"),
    [
        (office.presentation, "ppt/slides/slide1.xml"),
        (office.workbook, "xl/worksheets/sheet1.xml"),
        (office.book, "OEBPS/book.opf"),
        (office.open_document, "content.xml"),
    ],
)
def test_declared_entities_are_never_opened(tmp_path: Path, make: object, member: str) -> None:
    assert callable(make)
    path = make(tmp_path / "x")
    with zipfile.ZipFile(path) as archive:
        root = archive.read(member)
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    declared = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "{secret.as_uri()}">]>'
    body = root[root.index(b"?>") + 2 :] if root.startswith(b"<?xml") else root
    failure = refusal(documents.repack(path, {member: declared.encode() + body}))
    assert failure.code == "damaged"
    assert "SECRET" not in failure.message


def test_a_relation_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    path = office.workbook(tmp_path / "x.xlsx")
    member = "xl/_rels/workbook.xml.rels"
    with zipfile.ZipFile(path) as archive:
        relations = archive.read(member).decode()
    leading = relations.replace("/xl/worksheets/sheet1.xml", "../../../etc/passwd").replace(
        'Target="worksheets/sheet1.xml"', 'Target="file:///etc/passwd" TargetMode="External"'
    )
    assert leading != relations
    document = parse(documents.repack(path, {member: leading.encode()}), "x.xlsx")
    assert "root:" not in document.pages[0].text
    assert "Rain, by year" in document.pages[0].text


def test_a_member_that_lies_about_its_size_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.bin", b"0" * 3_000_000)
    limits = ParseLimits(max_unpacked_bytes=4_000_000)
    with Container(path, limits, "thing") as container:
        assert container.read("a.bin")
        with pytest.raises(ParseFailure) as caught:
            container.read("a.bin")
    assert caught.value.code == "too_large"


def test_a_sheet_with_wild_references_does_no_harm(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "Well"
    sheet["XFD1048576"] = "far away"
    path = tmp_path / "x.xlsx"
    book.save(path)
    document = parse(path, "x.xlsx")
    assert document.pages[0].text == "Sheet\n\nWell"
    assert any("columns" in remark for remark in document.remarks)
