from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest

from autonomy.export.docx import write_docx
from autonomy.export.reference_docx import reference_docx
from tests.autonomy.export.works import WORKS, document

EVERY_WORK = " ".join(f"Claim [[p:{name.replace('_', 'X')}-4]]." for name in WORKS)


def opened(data: bytes) -> Any:
    return docx.Document(io.BytesIO(data))


def in_style(data: bytes, style: str) -> list[str]:
    return [p.text for p in opened(data).paragraphs if p.style.name == style]


def test_parts_of_the_document_carry_words_own_styles() -> None:
    data = write_docx(
        document(
            "Body text.\n\n## Deeper\n\n> Quoted. [[p:book-7]]\n\n```\ncode\n```",
            notice="Composed without a language model.",
            date="2026-11-22",
        )
    )
    assert in_style(data, "Title") == ["A study of reading"]
    assert in_style(data, "Date") == ["22 November 2026"]
    assert in_style(data, "Notice") == ["Composed without a language model."]
    assert in_style(data, "Heading 1") == ["Part 1", "References"]
    assert in_style(data, "Heading 2") == ["Deeper"]
    assert in_style(data, "Block Text") == ["Quoted. (Booth, Colomb and Williams, 2008, p. 7)"]
    assert in_style(data, "Source Code") == ["code"]


@pytest.mark.parametrize("style", ["harvard", "apa", "mla", "chicago", "vancouver"])
def test_there_is_one_bibliography_paragraph_for_each_work_cited(style: str) -> None:
    references = in_style(write_docx(document(EVERY_WORK, style=style)), "Bibliography")
    assert len(references) == len(WORKS)
    assert len(set(references)) == len(WORKS)


def test_citations_are_text_that_can_be_edited() -> None:
    data = write_docx(document("True [[p:chapter-4]]."))
    assert "True (Okafor, 2020, p. 4)." in [p.text for p in opened(data).paragraphs]


def test_numbered_references_have_their_number_on_the_hanging_indent() -> None:
    reference = in_style(
        write_docx(document("True [[p:chapter-4]].", style="vancouver")), "Bibliography"
    )
    assert reference[0].startswith("1.\tOkafor A.")


def test_references_hang_and_pages_are_numbered() -> None:
    data = write_docx(document("True [[p:book-4]]."))
    bibliography = opened(data).styles["Bibliography"].paragraph_format
    assert bibliography.first_line_indent == -bibliography.left_indent
    footer = opened(data).sections[0].footer._element.xml
    assert "PAGE" in footer


def test_note_styles_make_real_footnotes() -> None:
    data = write_docx(document("True [[p:book-4]].", style="chicago-notes-bibliography"))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        notes = package.read("word/footnotes.xml").decode()
    assert "Booth" in notes


def test_properties_name_title_and_language() -> None:
    properties = opened(write_docx(document("Text.", language="en-GB", date="2026-11-22")))
    assert properties.core_properties.title == "A study of reading"
    assert properties.core_properties.language == "en-GB"
    assert properties.core_properties.created.year == 2026


def test_tables_are_as_wide_as_the_text() -> None:
    data = write_docx(document("|a|b|\n|-|-|\n|1|2|\n\nAfter."))
    table = opened(data).tables[0]
    assert [cell.text for cell in table.rows[0].cells] == ["a", "b"]
    assert 'w:type="pct"' in table._tbl.tblPr.xml


def test_short_tables_stay_on_one_page() -> None:
    table = opened(write_docx(document("|a|\n|-|\n|1|\n|2|"))).tables[0]
    kept = [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in table.rows]
    assert kept == [True, True, None]


def test_americans_get_letter_paper() -> None:
    assert round(opened(reference_docx("letter")).sections[0].page_width.inches, 2) == 8.5
    assert round(opened(reference_docx("a4")).sections[0].page_width.mm) == 210


def test_hostile_text_reaches_word_as_text() -> None:
    hostile = (
        "![](file:///etc/passwd) \\input{/etc/passwd} `<w:br/>`{=openxml}\n\n"
        "```{=openxml}\n<w:p/>\n```\n\n[x](file:///etc/passwd)"
    )
    data = write_docx(document(hostile))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert not [name for name in package.namelist() if "media" in name]
        assert b"file://" not in package.read("word/_rels/document.xml.rels")
        assert b"root:" not in b"".join(package.read(name) for name in package.namelist())
    assert "\\input{/etc/passwd}" in "\n".join(p.text for p in opened(data).paragraphs)


def test_libreoffice_opens_it(tmp_path: Path) -> None:
    text = "Claims need evidence [[p:book-4]].\n\n- one\n- two\n\n|a|b|\n|-|-|\n|1|2|"
    (tmp_path / "x.docx").write_bytes(write_docx(document(text, notice="No language model.")))
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(tmp_path),
            str(tmp_path / "x.docx"),
        ],
        check=True,
        capture_output=True,
        timeout=150,
    )
    pdf = pypdfium2.PdfDocument(tmp_path / "x.pdf")
    printed = " ".join(pdf[0].get_textpage().get_text_range().split())
    for words in (
        "A study of reading",
        "No language model.",
        "Part 1",
        "Claims need evidence (Booth, Colomb and Williams, 2008, p. 4).",
        "References",
        "The craft of inquiry. 3rd edn.",
    ):
        assert words in printed


def test_a_title_page_and_contents_are_made_where_they_are_wanted() -> None:
    wanted = document("True [[p:book-4]].").model_copy(
        update={"author": "Ada Lovelace", "course": "HIST 101", "contents": True}
    )
    made = docx.Document(io.BytesIO(write_docx(wanted)))
    texts = [paragraph.text for paragraph in made.paragraphs]
    assert texts[1:3] == ["Ada Lovelace", "HIST 101"]
    assert made.core_properties.author == "Ada Lovelace"
    xml = made.element.xml
    assert 'w:type="page"' in xml
    assert "TOC \\o" in xml
    assert "author" not in wanted.model_dump()
