"""Whatever is uploaded: told by its bytes, and refused with a reason when it cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from autonomy.library.parse import parse
from autonomy.library.parsed import ParsedDocument, ParseFailure, ParseLimits
from tests.files import documents, hostile


def refusal(path: Path, name: str, limits: ParseLimits | None = None) -> ParseFailure:
    with pytest.raises(ParseFailure) as caught:
        parse(path, name, limits)
    assert caught.value.message[0].isupper()
    assert caught.value.message.endswith(".")
    return caught.value


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def text_of(document: ParsedDocument) -> str:
    for page in document.pages:
        for block in page.blocks:
            assert page.text[block.char_start : block.char_end] == block.text
    return "\n".join(page.text for page in document.pages)


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.txt", "a.html", "a.md", "a"])
def test_zero_bytes_are_empty_whatever_the_name(tmp_path: Path, name: str) -> None:
    assert refusal(write(tmp_path / "f", b""), name).code == "empty"


@pytest.mark.parametrize(
    "content", [b"   \n\t \n", b"\x00\x00", b"\xef\xbb\xbf", b"<html><body></body></html>"]
)
def test_text_without_text_is_empty(tmp_path: Path, content: bytes) -> None:
    assert refusal(write(tmp_path / "f", content), "a.txt").code in ("empty", "mislabelled")


def test_a_password_is_asked_for_only_when_needed(tmp_path: Path) -> None:
    assert refusal(hostile.encrypted_pdf(tmp_path / "a.pdf"), "a.pdf").code == "encrypted"
    readable = parse(hostile.encrypted_pdf(tmp_path / "b.pdf", owner_only=True), "b.pdf")
    assert "harbour was quiet" in text_of(readable)


def test_an_encrypted_word_file_is_told_from_an_old_one(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    locked = write(tmp_path / "a", ole + "EncryptedPackage".encode("utf-16-le"))
    assert refusal(locked, "thesis.docx").code == "encrypted"
    failure = refusal(write(tmp_path / "b", ole), "thesis.docx")
    assert failure.code == "mislabelled"
    assert "old Office file" in failure.message


def test_a_scan_asks_for_text_recognition(tmp_path: Path) -> None:
    failure = refusal(hostile.scanned_pdf(tmp_path / "scan.pdf"), "scan.pdf")
    assert failure.code == "scanned"
    assert "OCR" in failure.message


def test_blank_pages_are_empty_not_scanned(tmp_path: Path) -> None:
    assert refusal(hostile.blank_pdf(tmp_path / "blank.pdf"), "blank.pdf").code == "empty"


def test_a_truncated_pdf_is_named_as_such(tmp_path: Path) -> None:
    assert refusal(hostile.truncated_pdf(tmp_path / "cut.pdf"), "cut.pdf").code == "truncated"


def test_a_garbled_pdf_is_damaged(tmp_path: Path) -> None:
    garbled = write(tmp_path / "g.pdf", b"%PDF-1.7\n" + b"garbage " * 500 + b"\n%%EOF\n")
    assert refusal(garbled, "g.pdf").code == "damaged"


@pytest.mark.parametrize(
    ("content", "name", "code", "says"),
    [
        (hostile.png(), "paper.pdf", "mislabelled", "PNG image"),
        (hostile.png(), "photo.png", "unsupported", "PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "scan.docx", "mislabelled", "JPEG image"),
        (b"\x7fELF" + bytes(100), "notes.txt", "mislabelled", "program"),
        (bytes(range(256)) * 20, "notes.txt", "mislabelled", "binary"),
        (b"\x1f\x8b" + bytes(50), "a.md", "mislabelled", "gzip"),
    ],
)
def test_what_it_really_is_is_said(
    tmp_path: Path, content: bytes, name: str, code: str, says: str
) -> None:
    failure = refusal(write(tmp_path / "f", content), name)
    assert failure.code == code
    assert says in failure.message


def test_a_pdf_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = hostile.simple_pdf(tmp_path / "x")
    assert parse(path, "notes.txt").media_type == "application/pdf"


def test_a_web_page_named_as_text_is_a_web_page(tmp_path: Path) -> None:
    path = write(tmp_path / "x", documents.PAGE)
    assert parse(path, "page.txt").media_type == "text/html"


@pytest.mark.parametrize("make", [hostile.zip_bomb, hostile.lying_zip_bomb])
def test_zip_bombs_are_not_unpacked(tmp_path: Path, make: object) -> None:
    assert callable(make)
    path = make(tmp_path / "bomb.docx")
    assert path.stat().st_size < 2_000_000
    assert refusal(path, "bomb.docx", ParseLimits(max_unpacked_bytes=20_000_000)).code in (
        "too_large",
        "damaged",
    )


def test_a_declared_entity_is_never_fetched(tmp_path: Path) -> None:
    secret = write(tmp_path / "secret.txt", "TOP SECRET")
    path = hostile.docx_with_entity(tmp_path / "x.docx", secret.as_uri())
    failure = refusal(path, "x.docx")
    assert failure.code == "damaged"
    assert "SECRET" not in failure.message


def test_a_word_file_cut_short_is_damaged(tmp_path: Path) -> None:
    content = documents.word_document(tmp_path / "w.docx").read_bytes()
    assert refusal(write(tmp_path / "cut.docx", content[:-200]), "cut.docx").code == "damaged"


def test_other_zip_containers_are_named(tmp_path: Path) -> None:
    path = documents.word_document(tmp_path / "w.docx")
    content = path.read_bytes().replace(b"word/", b"xlxl/").replace(b"xlxl/", b"xl/xx/")
    assert refusal(write(tmp_path / "f", content), "book.docx").code in ("mislabelled", "damaged")


def test_too_many_pages_and_too_much_text_are_refused(tmp_path: Path) -> None:
    path = hostile.simple_pdf(tmp_path / "x.pdf")
    assert "2 pages" in refusal(path, "x.pdf", ParseLimits(max_pages=1)).message
    assert refusal(path, "x.pdf", ParseLimits(max_chars=50)).code == "too_large"
    long = write(tmp_path / "long.txt", "word " * 100)
    assert refusal(long, "long.txt", ParseLimits(max_chars=50)).code == "too_large"


@pytest.mark.parametrize(
    ("encoding", "sample"),
    [
        ("utf-8", "Émile naïvely paid 5 € for the “last” café crème in Århus."),
        ("utf-8-sig", "Émile paid 5 € for a café crème."),
        ("utf-16", "Émile paid 5 € for a café crème."),
        ("utf-16-le", "Plain words without any byte order mark in front of them."),
        ("latin-1", "Émile paid too much for a café crème at the hôtel, as he often did before."),
        ("utf-8", "苔藓长得很慢。有些群落比它们所在的墙还要古老。"),
        ("utf-8", "تنمو الأشنات ببطء شديد. بعضها أقدم من الجدران."),
    ],
)
def test_text_in_many_encodings_reads_the_same(tmp_path: Path, encoding: str, sample: str) -> None:
    path = write(tmp_path / "x.txt", sample.encode(encoding))
    assert text_of(parse(path, "x.txt")) == sample


def test_nuls_and_control_characters_are_removed(tmp_path: Path) -> None:
    content = b"The first\x00 sentence is\x07 whole. " + b"The next one is whole too. " * 10
    text = text_of(parse(write(tmp_path / "x.txt", content), "x.txt"))
    assert text.startswith("The first sentence is whole. The next")
    assert "\x00" not in text


def test_ten_megabytes_on_one_line_are_read(tmp_path: Path) -> None:
    line = "All work and no play makes the reader tired of it. " * 200_000
    path = write(tmp_path / "x.txt", line)
    document = parse(path, "x.txt", ParseLimits(max_chars=20_000_000))
    assert len(text_of(document)) == len(line.strip())


def test_deeply_nested_html_does_not_exhaust_the_stack(tmp_path: Path) -> None:
    page = "<html><body>" + "<div>" * 50_000 + "<p>Found at the bottom of it all.</p>"
    assert "bottom of it all" in text_of(parse(write(tmp_path / "x.html", page), "x.html"))
