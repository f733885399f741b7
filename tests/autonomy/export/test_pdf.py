from __future__ import annotations

import pypdfium2
import pytest

from autonomy.export import pdf
from autonomy.export.pdf import PdfError, typst_source, write_pdf
from autonomy.export.render import render
from tests.autonomy.export.works import WORKS, document

EVERY_WORK = " ".join(f"Claim [[p:{name.replace('_', 'X')}-4]]." for name in WORKS)


def printed(data: bytes) -> str:
    pages = pypdfium2.PdfDocument(data)
    text = " ".join(page.get_textpage().get_text_range() for page in pages)
    return " ".join(text.replace("\ufffe", "").replace("-\r\n", "-").split())


def test_the_pdf_has_title_notice_sections_citations_and_references() -> None:
    data = write_pdf(
        document(
            "Claims need evidence [[p:book-4]].\n\n## Deeper\n\nMore.",
            notice="Composed without a language model.",
            date="2026-11-22",
        )
    )
    text = printed(data)
    for words in (
        "A study of reading",
        "22 November 2026",
        "Composed without a language model.",
        "Part 1",
        "Deeper",
        "(Booth, Colomb and Williams, 2008, p. 4)",
        "References",
        "Booth, W.C., Colomb, G.G. and Williams, J.M. (2008) The craft of inquiry.",
        "1 / 1",
    ):
        assert words in text
    assert pypdfium2.PdfDocument(data).get_metadata_dict()["Title"] == "A study of reading"


@pytest.mark.parametrize("style", ["harvard", "apa", "mla", "chicago", "vancouver"])
def test_each_work_is_listed_in_every_style(style: str) -> None:
    text = printed(write_pdf(document(EVERY_WORK, style=style)))
    for words in ("The craft of inquiry", "Notes on method", "Čtení a psaní", "Dvořák"):
        assert words.casefold() in text.casefold()


def test_long_documents_number_their_pages() -> None:
    text = printed(write_pdf(document(*["Words go on and on. " * 300] * 4)))
    assert "1 / " in text
    assert "2 / " in text


@pytest.mark.parametrize(
    "text",
    [
        '#read("/etc/passwd")',
        '#image("/etc/passwd") #include "x.typ" #import "@preview/x:1.0.0"',
        "`#panic()`{=typst}",
        "$ #panic() $ and $\\text{#panic()}$",
        '"); #panic("x',
        "<label> @ref #let x = 1 ] } ) \\",
        "= Not a heading\n/ Not: a term\n+ not a list",
        "// not a comment /* nor this */",
        "# \n\n- \n\n> \n\n|a|\n|-|\n||",
        "*call*.field **call**.body [call](https://a.org).x",
        "```\n``` #panic()\n```",
    ],
)
def test_typst_in_the_text_is_only_text(text: str) -> None:
    assert b"%PDF" in write_pdf(document(text))[:8]
    assert "root:" not in printed(write_pdf(document(text, title=text, notice=text)))


def test_the_title_cannot_leave_its_string() -> None:
    title = 'x" ) #panic("y") \\" {'
    assert printed(write_pdf(document("Text.", title=title))).startswith('x" ) #panic("y") \\" {')


def test_mathematics_and_tables_are_set() -> None:
    text = "$\\mathrm{softmax}(QK^T/\\sqrt{d_k})$\n\n|a|b|\n|-|-:|\n|left|right|\n\n$$\\sum_{i=1}^n x_i$$"
    assert "softmax" in printed(write_pdf(document(text)))


def test_other_scripts_are_printed() -> None:
    assert "Ελληνικά" in printed(write_pdf(document("Ελληνικά and кириллица.", language="el")))


def test_an_odd_language_does_not_stop_the_compiler() -> None:
    assert write_pdf(document("Text.", language='x"#-Latn'))


def test_a_compiler_error_is_told_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_TEMPLATE", '#panic("out of ink")')
    with pytest.raises(PdfError, match="out of ink"):
        write_pdf(document("Text."))


def test_a_runaway_document_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = "#for i in range(100000) { for j in range(100000) { let x = i * j } }"
    monkeypatch.setattr(pdf, "_TEMPLATE", endless)
    monkeypatch.setattr(pdf, "TIMEOUT_SECONDS", 1.0)
    with pytest.raises(PdfError, match="longer than 1 seconds"):
        write_pdf(document("Text."))


def test_the_source_holds_no_raw_markers() -> None:
    assert "[[" not in typst_source(render(document("True [[p:book-4]].")))
