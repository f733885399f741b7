"""Marks in a Word document: what is highlighted, shaded or commented on, and nothing else."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest

from autonomy.library.highlights import Highlights, read_highlights
from autonomy.library.isolated import read_in_subprocess
from autonomy.library.parsed import ParseFailure, ParseLimits
from tests.files import hostile, marked


def read(path: Path, limits: ParseLimits | None = None) -> Highlights:
    return read_highlights(path, path.name, limits or ParseLimits())


@pytest.fixture
def found(tmp_path: Path) -> Highlights:
    return read(marked.marked_document(tmp_path / "x.docx"))


def test_marks_are_read_across_runs_paragraphs_tables_and_footnotes(found: Highlights) -> None:
    assert [(one.text, one.colour, one.part) for one in found.passages] == [
        ("quiet before dawn", "yellow", "body"),
        ("Gulls slept on the masts", "yellow", "body"),
        ("woke all at once", "#f4cccc", "body"),
        ("the moon pulls the water", "cyan", "body"),
        ("the water pulls the boats", "", "body"),
        ("Low water comes first", "magenta", "body"),
        ("High water comes last", "magenta", "body"),
        ("Alder haven", "yellow", "table"),
        ("are the greatest", "red", "body"),
        ("old tide tables", "green", "footnote"),
    ]


def test_comments_are_notes_on_the_words_they_stand_at(found: Highlights) -> None:
    notes = {one.text: one.note for one in found.passages if one.note}
    assert notes == {
        "the moon pulls the water": "Whose words are these?",
        "the water pulls the boats": "Cite the almanac.",
    }
    assert found.notes == ()


def test_what_stands_beside_a_passage_is_told(found: Highlights) -> None:
    first = found.passages[0]
    assert (first.before, first.after[:13]) == ("The harbour was", "and the boats")


def test_half_a_word_means_the_word(tmp_path: Path) -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The har")
    paragraph.add_run("bour was qui").font.highlight_color = 7
    paragraph.add_run("et.")
    document.save(str(tmp_path / "x.docx"))
    assert [one.text for one in read(tmp_path / "x.docx").passages] == ["harbour was quiet"]


def test_a_comment_at_no_words_and_one_whose_range_never_ends_mark_nothing(tmp_path: Path) -> None:
    document = docx.Document()
    run = document.add_paragraph("Still water.").runs[0]
    document.add_paragraph("Deep water.")
    document.add_comment(run, text="Good.", author="Carol")
    document.save(str(tmp_path / "x.docx"))
    marked.with_parts(
        tmp_path / "x.docx",
        {"word/document.xml": lambda xml: xml.replace(b"<w:commentRangeEnd", b"<w:proofErr")},
    )
    found = read(tmp_path / "x.docx")
    assert (found.passages, found.notes) == ((), ("Good.",))


def test_too_many_marks_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = marked.marked_document(tmp_path / "x.docx")
    with pytest.raises(ParseFailure, match="More than 9 passages") as refused:
        read(path, ParseLimits(max_highlights=9))
    assert refused.value.code == "too_large"
    assert len(read(path, ParseLimits(max_highlights=10)).passages) == 10


def test_the_confined_process_reads_the_same(tmp_path: Path) -> None:
    path = marked.marked_document(tmp_path / "x.docx")
    assert read_in_subprocess("highlights", Highlights, path, "x.docx") == read(path)


def test_macros_entities_and_other_files_are_refused(tmp_path: Path) -> None:
    path = marked.marked_document(tmp_path / "x.docx")
    cases = {
        "macros": marked.with_parts(
            marked.marked_document(tmp_path / "m.docx"), {"word/vbaProject.bin": b"\x00"}
        ),
        "entities": marked.with_parts(
            marked.marked_document(tmp_path / "e.docx"),
            {
                "word/comments.xml": b'<?xml version="1.0"?><!DOCTYPE c [<!ENTITY a "b">]>'
                b'<w:comments xmlns:w="urn:x">&a;</w:comments>'
            },
        ),
        "Word document": hostile.simple_pdf(tmp_path / "x.pdf"),
    }
    for words, file in cases.items():
        with pytest.raises(ParseFailure, match=words) as refused:
            read_in_subprocess("highlights", Highlights, file, file.name)
        assert refused.value.message.endswith(".")
    assert read(path).passages
