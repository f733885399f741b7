"""What a file really is, told by its bytes; names and declared types only label what is refused."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autonomy.library.delimiter import delimiter_of
from autonomy.library.encoding import decode
from autonomy.library.parsed import ParseFailure

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EPUB = "application/epub+zip"
ODT = "application/vnd.oasis.opendocument.text"
RTF = "application/rtf"
CSV = "text/csv"
HTML = "text/html"
MARKDOWN = "text/markdown"
PLAIN = "text/plain"

READABLE = (
    "PDF, Word (.docx), PowerPoint (.pptx), Excel (.xlsx), CSV, EPUB, OpenDocument text (.odt), "
    "RTF, HTML, Markdown and plain text files can be read"
)
_CLAIMS = {
    ".pdf": "a PDF",
    ".docx": "a Word document",
    ".pptx": "a PowerPoint presentation",
    ".xlsx": "an Excel workbook",
    ".csv": "a table (CSV)",
    ".tsv": "a table (TSV)",
    ".epub": "an EPUB book",
    ".odt": "an OpenDocument text",
    ".rtf": "an RTF document",
    ".txt": "a text file",
    ".md": "a Markdown file",
    ".markdown": "a Markdown file",
    ".html": "a web page",
    ".htm": "a web page",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"BM", "a bitmap image"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"%!PS", "a PostScript file"),
    (b"ID3", "an audio file"),
    (b"OggS", "an audio file"),
    (b"SQLite format 3", "a database"),
)
# Two letters are too few to condemn a text that happens to begin with them.
_WEAK = (b"BM", b"MZ")
_HTML_START = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
_HTML_HINT = re.compile(rb"<(?:html|head|body|article|main|p|div|h[1-6])[\s>]", re.I)


@dataclass(frozen=True, slots=True)
class Kind:
    """The outcome of sniffing: a media type that can be parsed, or only a name for people."""

    media_type: str | None
    looks_like: str


def sniff(path: Path, file_name: str) -> str:
    """The media type to parse `path` as.

    Raises:
        ParseFailure: `empty`, `encrypted`, `damaged` (a zip without its directory), or
            `mislabelled`/`unsupported` naming what the file looks like.
    """
    if path.stat().st_size == 0:
        raise ParseFailure("empty", "This file is empty (0 bytes). Please upload it again.")
    with path.open("rb") as file:
        head = file.read(65_536)
    kind = _look(head, path, PurePosixPath(file_name).suffix.lower())
    if kind.media_type is not None:
        return kind.media_type
    claim = _CLAIMS.get(PurePosixPath(file_name).suffix.lower())
    if claim:
        raise ParseFailure(
            "mislabelled",
            f"The name says this is {claim}, but it is {kind.looks_like}. {READABLE}.",
        )
    raise ParseFailure(
        "unsupported", f"This is {kind.looks_like}, which cannot be read. {READABLE}."
    )


def _look(head: bytes, path: Path, suffix: str) -> Kind:
    if b"%PDF-" in head[:1024]:
        return Kind(PDF, "a PDF")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _look_into_zip(path)
    if head.startswith(_OLE):
        return _look_into_ole(path)
    if head.startswith(b"{\\rtf"):
        return Kind(RTF, "an RTF document")
    if head[:4] == b"RIFF":
        return Kind(None, "a WebP image" if head[8:12] == b"WEBP" else "an audio or video file")
    if head[4:8] == b"ftyp":
        return Kind(None, "a video or photo file")
    for signature, looks_like in _SIGNATURES:
        if head.startswith(signature) and (signature not in _WEAK or b"\x00" in head[:512]):
            return Kind(None, looks_like)
    if _is_binary(head):
        return Kind(None, "binary data, not text")
    if _HTML_START.match(head) or (suffix in (".html", ".htm") and _HTML_HINT.search(head)):
        return Kind(HTML, "a web page")
    if suffix in (".md", ".markdown"):
        return Kind(MARKDOWN, "text")
    if delimiter_of(decode(head, tabs=True), named=suffix in (".csv", ".tsv")):
        return Kind(CSV, "a table of delimited cells")
    return Kind(PLAIN, "text")


def _is_binary(head: bytes) -> bool:
    """Whether bytes that are no known format are not text either (UTF-16 without mark is text)."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    nuls = head.count(0)
    if nuls > len(head) * 0.25:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        return min(even, odd) > max(even, odd) * 0.1
    controls = sum(head.count(code) for code in range(1, 32) if code not in (9, 10, 11, 12, 13, 27))
    return nuls + controls > len(head) * 0.05


def _look_into_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            marker = (
                archive.read("mimetype")[:100]
                if "mimetype" in names and (archive.getinfo("mimetype").file_size < 200)
                else b""
            )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise ParseFailure(
            "damaged",
            "This file is damaged or its upload was cut off: its end is missing. "
            "Please upload it again.",
        ) from error
    if "word/document.xml" in names:
        return Kind(DOCX, "a Word document")
    if "ppt/presentation.xml" in names:
        return Kind(PPTX, "a PowerPoint presentation")
    if "xl/workbook.xml" in names:
        return Kind(XLSX, "an Excel workbook")
    if "xl/workbook.bin" in names:
        return Kind(None, "a binary Excel workbook (.xlsb)")
    if marker.startswith(b"application/vnd.oasis.opendocument.text"):
        return Kind(ODT, "an OpenDocument text")
    if b"opendocument" in marker:
        return Kind(None, "an OpenDocument file that is no text")
    if b"epub" in marker or "META-INF/container.xml" in names:
        return Kind(EPUB, "an EPUB book")
    return Kind(None, "a ZIP archive")


def _look_into_ole(path: Path) -> Kind:
    """Office wraps password-protected documents in the old container, beside `.doc` itself."""
    with path.open("rb") as file:
        content = file.read(8 * 1024 * 1024)
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise ParseFailure(
            "encrypted",
            "This document is protected by a password. Remove the password and upload it again.",
        )
    return Kind(None, "an old Office file (.doc, .xls or .ppt)")
