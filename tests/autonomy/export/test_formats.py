from __future__ import annotations

import pytest

from autonomy.export.formats import FORMATS, UnknownFormat, export, file_name
from autonomy.export.structure import DanglingCitation
from tests.autonomy.export.works import document

OPENINGS = {
    "docx": b"PK\x03\x04",
    "pdf": b"%PDF-",
    "md": b"# A study",
    "html": b"<!DOCTYPE html>",
    "tex": b"",
    "bib": b"@book{booth2008",
    "ris": b"TY  - BOOK",
    "csl-json": b"[",
}


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_makes_a_file_of_its_kind(name: str) -> None:
    exported = export(document("True [[p:book-4]]."), name)
    assert exported.data.startswith(OPENINGS[name])
    assert len(exported.data) > 100
    assert exported.file_name == f"a-study-of-reading.{'json' if name == 'csl-json' else name}"
    assert "/" in exported.media_type


@pytest.mark.parametrize("name", FORMATS)
def test_control_characters_stop_no_format(name: str) -> None:
    bad = "a\x00b\x0bc\ufffed\ud800e"
    text = (
        f"{bad} `{bad}` [[p:book-4]] $x_{{{bad}}}$\n\n```\n{bad}\n```\n\n[l](https://a.org/{bad})"
    )
    draft = document(text, title=bad, notice=bad, date=bad, language=bad)
    assert export(draft, name).data


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_refuses_dangling_citations(name: str) -> None:
    with pytest.raises(DanglingCitation):
        export(document("True [[p:nowhere]]."), name)


def test_the_formats_are_those_of_the_api() -> None:
    assert set(FORMATS) == {"docx", "pdf", "md", "html", "tex", "bib", "ris", "csl-json"}


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(UnknownFormat, match="odt"):
        export(document("Text."), "odt")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Attention & Evidence: a “Review”", "attention-evidence-a-review.docx"),
        ("../../etc/passwd", "etc-passwd.docx"),
        ("Čtení a psaní", "cteni-a-psani.docx"),
        ("源氏物語", "document.docx"),
        ("", "document.docx"),
        ('a"; filename="b.exe', "a-filename-b-exe.docx"),
    ],
)
def test_file_names_are_safe(title: str, name: str) -> None:
    assert file_name(title, "docx") == name


def test_file_names_are_short_and_end_on_a_word() -> None:
    name = file_name("wonderful " * 40, "docx")
    assert len(name) <= 80
    assert name.endswith("wonderful.docx")
    assert len(file_name("x" * 500, "docx")) <= 80
