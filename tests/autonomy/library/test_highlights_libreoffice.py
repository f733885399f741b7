"""Marks in Word documents that LibreOffice wrote: from its own format, and after a round trip."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from autonomy.library.highlights import Highlights, read_highlights
from autonomy.library.parsed import ParseLimits
from tests.files import marked

pytestmark = pytest.mark.timeout(600)

FLAT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"
 office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.text">
<office:automatic-styles>
 <style:style style:name="Y" style:family="text"><style:text-properties fo:background-color="#ffff00"/></style:style>
 <style:style style:name="P" style:family="text"><style:text-properties fo:background-color="#f4cccc"/></style:style>
 <style:style style:name="B" style:family="text"><style:text-properties fo:background-color="#ffff00" fo:font-weight="bold"/></style:style>
</office:automatic-styles>
<office:body><office:text>
<text:p>The harbour was <text:span text:style-name="Y">quiet </text:span><text:span text:style-name="B">before dawn</text:span>, and the boats lay still.</text:p>
<text:p>Pilots say that <text:span text:style-name="P">the moon pulls the water</text:span> twice a day.<text:note text:id="n1" text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>See the <text:span text:style-name="Y">old tide tables</text:span>.</text:p></text:note-body></text:note></text:p>
<text:p>Gulls watch <office:annotation office:name="c1"><dc:creator>Carol</dc:creator><text:p>Whose words are these?</text:p></office:annotation>the boats come home<office:annotation-end office:name="c1"/> at noon.</text:p>
<table:table><table:table-column/><table:table-row><table:table-cell><text:p><text:span text:style-name="Y">Alder haven</text:span> has the lowest tide.</text:p></table:table-cell></table:table-row></table:table>
<text:p>Nothing is marked in this one.</text:p>
</office:text></office:body></office:document>
"""


def converted(path: Path, ending: str, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    subprocess.run(
        [
            "soffice", "--headless", f"-env:UserInstallation=file://{folder}/profile",
            "--convert-to", ending, "--outdir", str(folder), str(path),
        ],
        check=True, capture_output=True, timeout=280,
    )  # fmt: skip
    made = folder / f"{path.stem}.{ending}"
    assert made.exists()
    return made


def read(path: Path) -> Highlights:
    return read_highlights(path, path.name, ParseLimits())


def marks_of(path: Path) -> dict[str, tuple[str, str, str]]:
    found = read(path).passages
    return {one.text: (one.colour, one.part, one.note) for one in found}


def test_what_is_highlighted_in_libreoffice_is_read_from_its_word_file_and_after_a_round_trip(
    tmp_path: Path,
) -> None:
    flat = tmp_path / "tides.fodt"
    flat.write_text(FLAT, encoding="utf-8")
    word = converted(flat, "docx", tmp_path / "out")
    back = converted(converted(word, "odt", tmp_path / "odt"), "docx", tmp_path / "back")

    assert marks_of(word) == {
        "quiet before dawn": ("yellow", "body", ""),
        "the moon pulls the water": ("#f4cccc", "body", ""),
        "the boats come home": ("", "body", "Whose words are these?"),
        "Alder haven": ("yellow", "table", ""),
        "old tide tables": ("yellow", "footnote", ""),
    }
    assert marks_of(back) == marks_of(word)


def test_marks_of_word_survive_libreoffice_as_word_and_as_its_own_format(tmp_path: Path) -> None:
    original = marked.marked_document(tmp_path / "x.docx")
    saved = converted(original, "docx", tmp_path / "saved")
    there = converted(original, "odt", tmp_path / "odt")
    back = converted(there, "docx", tmp_path / "docx")

    # No text refers to its footnote, which LibreOffice therefore drops.
    before = {text: mark for text, mark in marks_of(original).items() if mark[1] != "footnote"}
    assert len(before) == 9
    assert marks_of(saved) == before
    assert marks_of(back) == before
