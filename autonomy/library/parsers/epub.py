"""EPUB books: the pages of the spine in order, read as web pages; chapters are headings."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from autonomy.library.bibliography import (
    find_doi,
    issued_from,
    people,
    person,
    sane_title,
    title_from_name,
)
from autonomy.library.container import Container
from autonomy.library.encoding import decode
from autonomy.library.language import detect
from autonomy.library.normalise import one_line
from autonomy.library.paging import HeadingTrail, RawBlock, lay_out
from autonomy.library.parsed import Bibliography, ParsedDocument, ParseLimits
from autonomy.library.parsers.html import markup_blocks
from autonomy.library.sections import classify
from autonomy.library.sniff import EPUB

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_ENCRYPTION = "{http://www.w3.org/2001/04/xmlenc#}"
_PAGES = ("application/xhtml+xml", "text/html")
# Fonts are scrambled in books without any protection.
_FONT_SCRAMBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_CONTENTS = frozenset({"nav", "toc"})


def parse(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """The book's own text; its table of contents and pages outside the spine are left out.

    Raises:
        ParseFailure: `too_large`, `encrypted` (a protected book) or `damaged`.
    """
    with Container(path, limits, "EPUB book") as archive:
        _refuse_protected(archive)
        root = archive.xml("META-INF/container.xml")
        entry = root.find(f".//{_CONTAINER}rootfile") if root is not None else None
        part = entry.get("full-path", "") if entry is not None else ""
        package = archive.xml(part)
        if package is None:
            raise archive.damaged()
        blocks: list[RawBlock] = []
        for name in _spine(package, posixpath.dirname(part)):
            content = archive.read(name)
            if content is not None:
                blocks += markup_blocks(decode(content, html=True))
    csl = _metadata(package)
    csl.setdefault("title", title_from_name(file_name))
    page = lay_out(None, classify(blocks), HeadingTrail())
    language = str(csl.get("language", ""))[:2] or detect(page.text)
    return ParsedDocument(
        media_type=EPUB,
        pages=(page,),
        metadata=Bibliography(csl=csl),
        page_count=None,
        language=language,
    )


def _refuse_protected(archive: Container) -> None:
    rights = archive.xml("META-INF/encryption.xml")
    if rights is None:
        return
    methods = {item.get("Algorithm", "") for item in rights.iter(f"{_ENCRYPTION}EncryptionMethod")}
    if methods - set(_FONT_SCRAMBLING):
        raise archive.failure(
            "encrypted",
            "is protected against copying, so it cannot be read. Upload a copy without protection.",
        )


def _spine(package: Any, folder: str) -> list[str]:
    """Member names of the book's pages in reading order."""
    items = {
        item.get("id", ""): item
        for item in package.iterfind(f"{_OPF}manifest/{_OPF}item")
        if item.get("media-type") in _PAGES
        and not _CONTENTS & set(item.get("properties", "").split())
    }
    wanted = (ref.get("idref", "") for ref in package.iterfind(f"{_OPF}spine/{_OPF}itemref"))
    names = (unquote(items[key].get("href", "").split("#")[0]) for key in wanted if key in items)
    return [posixpath.normpath(posixpath.join(folder, name)) for name in names]


def _metadata(package: Any) -> dict[str, Any]:
    def all_of(name: str) -> list[str]:
        found = (one_line(item.text or "") for item in package.iter(f"{_DC}{name}"))
        return [value for value in found if value]

    csl: dict[str, Any] = {"type": "book"}
    title = sane_title(next(iter(all_of("title")), None))
    if title:
        csl["title"] = title
    authors = [
        name
        for creator in all_of("creator")
        for name in (people(creator) if ";" in creator else [person(creator)])
        if name
    ]
    if authors:
        csl["author"] = authors
    date = issued_from(next(iter(all_of("date")), ""))
    if date:
        csl["issued"] = date
    publisher = next(iter(all_of("publisher")), "")
    if publisher:
        csl["publisher"] = publisher
    language = next(iter(all_of("language")), "").lower()
    if language[:2].isalpha():
        csl["language"] = language[:2]
    for identifier in all_of("identifier"):
        doi = find_doi(identifier)
        digits = identifier.lower().removeprefix("urn:isbn:").removeprefix("isbn").strip(" :")
        if doi:
            csl["DOI"] = doi
        elif len(digits.replace("-", "")) in (10, 13) and digits.replace("-", "")[:-1].isdigit():
            csl["ISBN"] = digits
    return csl
