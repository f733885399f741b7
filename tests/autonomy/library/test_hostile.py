"""Files made to do harm, parsed as uploads are: each is read or refused with a sentence."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pypdf
import pytest
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from autonomy.library.isolated import parse_in_subprocess
from autonomy.library.parsed import ParsedDocument, ParseFailure, ParseLimits
from tests.files import documents, hostile


def refusal(path: Path, limits: ParseLimits | None = None) -> ParseFailure:
    with pytest.raises(ParseFailure) as caught:
        parse_in_subprocess(path, path.name, limits)
    assert caught.value.message.endswith(".")
    return caught.value


def text_of(document: ParsedDocument) -> str:
    return "\n".join(page.text for page in document.pages)


def test_a_pdf_without_pages_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    pypdf.PdfWriter().write(path)
    assert refusal(path).code in ("damaged", "empty")


def test_ten_thousand_pages_are_counted_and_refused(tmp_path: Path) -> None:
    writer = pypdf.PdfWriter()
    for _ in range(10_000):
        writer.add_blank_page(100, 100)
    path = tmp_path / "x.pdf"
    writer.write(path)
    assert "10,000 pages" in refusal(path).message


def test_scripts_and_attachments_of_a_pdf_do_nothing(tmp_path: Path) -> None:
    path = hostile.simple_pdf(tmp_path / "x.pdf")
    writer = pypdf.PdfWriter(clone_from=path)
    script = "app.alert('INJECTED'); this.submitForm('http://127.0.0.1:1/');"
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
        {
            NameObject("/S"): NameObject("/JavaScript"),
            NameObject("/JS"): TextStringObject(script),
        }
    )
    writer.add_attachment("evil.exe", b"MZ INJECTED")
    writer.write(path)
    document = parse_in_subprocess(path, "x.pdf")
    assert "harbour was quiet" in text_of(document)
    assert "INJECTED" not in document.model_dump_json()


def test_a_page_tree_that_bites_its_tail_ends(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    path.write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 1000000000>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )
    assert refusal(path).code in ("damaged", "empty", "too_large")


def test_arrays_a_hundred_thousand_deep_do_not_crash(tmp_path: Path) -> None:
    path = tmp_path / "x.pdf"
    deep = b"[" * 100_000 + b"]" * 100_000
    path.write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R/X " + deep + b">>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )
    refusal(path)


@pytest.mark.parametrize("owner_only", [True, False])
def test_only_a_password_for_opening_keeps_us_out(tmp_path: Path, owner_only: bool) -> None:
    path = hostile.encrypted_pdf(tmp_path / "x.pdf", owner_only=owner_only)
    if owner_only:
        assert "harbour was quiet" in text_of(parse_in_subprocess(path, "x.pdf"))
    else:
        assert refusal(path).code == "encrypted"


def test_ten_thousand_nested_elements_in_word_are_refused_or_read(tmp_path: Path) -> None:
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    deep = "<w:sdt><w:sdtContent>" * 10_000 + "</w:sdtContent></w:sdt>" * 10_000
    xml = f'<w:document xmlns:w="{name}"><w:body>{deep}</w:body></w:document>'
    path = documents.word_document(tmp_path / "x.docx")
    documents.repack(path, {"word/document.xml": xml.encode()})
    assert refusal(path).code in ("damaged", "empty")


@pytest.mark.parametrize(
    "words",
    [
        "تتوقف الطواحين عندما يرتفع النهر. لا أحد يعرف متى يعود الماء إلى مجراه القديم.",
        "苔藓长得很慢。有些群落比它们所在的墙还要古老。没有人知道它们的年龄。",
        "Le\u0301a a mange\u0301 un pa\u0302te\u0301 a\u0300 Zu\u0308rich, et personne ne l\u2019a su.",
        "הטחנות עוצרות כאשר הנהר עולה. איש אינו יודע מתי יחזרו המים.",
    ],
)
def test_any_script_keeps_its_characters(tmp_path: Path, words: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(f"{words} " * 5, encoding="utf-8")
    text = text_of(parse_in_subprocess(path, "x.txt"))
    assert unicodedata.normalize("NFC", words) in text


def test_a_lying_bomb_is_stopped_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = hostile.lying_zip_bomb(tmp_path / "x.docx")
    limits = ParseLimits(max_unpacked_bytes=20_000_000, memory_bytes=600 * 1024**2)
    assert refusal(path, limits).code in ("too_large", "damaged")
