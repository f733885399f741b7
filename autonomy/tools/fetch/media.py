"""What kind of file came back: the bytes decide, the header helps where they could be two."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

PDF = "application/pdf"
HTML = "text/html"
XML = "application/xml"
TEXT = "text/plain"
_OFFICE = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/epub+zip": ".epub",
}
_PLAIN = {TEXT: ".txt", "text/markdown": ".md", "text/csv": ".csv"}
ENDINGS = {PDF: ".pdf", HTML: ".html", XML: ".xml", **_OFFICE, **_PLAIN}
"""Media types that are read, and what their files are called."""
_MARKUP = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml|!--|head|body|[a-z])", re.I)
_XML_HEAD = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml|<!doctype\s+article|<article[\s>])", re.I)
_XHTML = re.compile(rb"<html[\s>]|<!doctype\s+html", re.I)


def kind_of(told: str, body: bytes) -> str:
    """The media type of `body` that came with the Content-Type `told`; empty for what is not read."""
    told = told.partition(";")[0].strip().lower()
    head = body[:2_048]
    if b"%PDF-" in head[:1_024]:
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return told if told in _OFFICE else ""
    if _XML_HEAD.match(head) and not _XHTML.search(head):
        return XML
    if _MARKUP.match(head) and told not in _PLAIN:
        return HTML
    if told in ("text/html", "application/xhtml+xml"):
        return HTML if not _binary(head) else ""
    if told in _PLAIN or not told:
        return "" if _binary(head) else told or TEXT
    return ""


def _binary(head: bytes) -> bool:
    return b"\x00" in head or sum(byte < 9 or 13 < byte < 32 for byte in head) > len(head) / 20


_NAME = re.compile(r"filename\*?=(?:UTF-8'[^']*')?\"?([^\";]+)", re.I)


def file_name(url: str, disposition: str, media_type: str) -> str:
    """A plain file name without a folder, that ends as `media_type` does."""
    said = _NAME.search(disposition)
    parts = urlsplit(url)
    raw = unquote(said[1]) if said else unquote(parts.path.rstrip("/").rpartition("/")[2])
    name = unicodedata.normalize("NFC", raw).replace("\\", "/").rpartition("/")[2]
    name = re.sub(r"[^\w.()+ -]", "_", name).strip(" ._")[:120] or (parts.hostname or "page")
    ending = ENDINGS.get(media_type, "")
    return name if not ending or name.lower().endswith(ending) else name + ending
