"""RTF and OpenDocument texts, converted to a web page by pandoc and read as one.

Pandoc runs inside the parsing process's own limits, with `--sandbox`: it reads its standard input
and no file.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pypandoc
from selectolax.lexbor import LexborHTMLParser

from autonomy.library.bibliography import issued_from, people, sane_title
from autonomy.library.container import Container
from autonomy.library.parsed import (
    MACROS_IGNORED,
    ParsedDocument,
    ParseFailure,
    ParseLimits,
)
from autonomy.library.parsers.html import markup_blocks
from autonomy.library.parsers.unpaged import unpaged
from autonomy.library.sniff import ODT, RTF

_DC = "{http://purl.org/dc/elements/1.1/}"
_META = "{urn:oasis:names:tc:opendocument:xmlns:meta:1.0}"
_MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_NOUNS = {"rtf": "RTF document", "odt": "OpenDocument text"}
_HEAP = "-M800M"


def parse_rtf(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """
    Raises:
        ParseFailure: `damaged`, `too_large` or `timeout`.
    """
    markup = _to_html(path, "rtf", limits)
    return _compose(RTF, markup, {"type": "document"}, file_name, ())


def parse_odt(path: Path, file_name: str, limits: ParseLimits) -> ParsedDocument:
    """
    Raises:
        ParseFailure: `damaged`, `encrypted`, `too_large` or `timeout`.
    """
    with Container(path, limits, _NOUNS["odt"]) as archive:
        manifest = archive.xml("META-INF/manifest.xml")
        if (
            manifest is not None
            and next(manifest.iter(f"{_MANIFEST}encryption-data"), None) is not None
        ):
            raise archive.failure(
                "encrypted", "is protected by a password. Remove the password and upload it again."
            )
        if archive.xml("content.xml") is None:
            raise archive.damaged()
        csl = _odt_metadata(archive.xml("meta.xml"))
        macros = any(name.startswith(("Basic/", "Scripts/")) for name in archive.names)
    markup = _to_html(path, "odt", limits)
    return _compose(ODT, markup, csl, file_name, (MACROS_IGNORED,) if macros else ())


def _to_html(path: Path, source: str, limits: ParseLimits) -> str:
    """What pandoc makes of the file at `path`."""
    command = [
        str(pypandoc.get_pandoc_path()), "--sandbox", "--standalone", "--wrap=none",
        "--from", source, "--to", "html", "+RTS", _HEAP, "-RTS",
    ]  # fmt: skip
    with path.open("rb") as file:
        try:
            done = subprocess.run(
                command,
                stdin=file,
                capture_output=True,
                timeout=limits.timeout_seconds,
                env={"LANG": "C.UTF-8", "HOME": "/nonexistent", "PATH": os.defpath},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ParseFailure(
                "timeout",
                f"Reading this {_NOUNS[source]} took longer than {limits.timeout_seconds:,.0f} "
                "seconds, so it was stopped. Split it and upload the parts you need.",
            ) from error
    if done.returncode == 251:  # the heap's limit
        raise ParseFailure(
            "too_large",
            f"Reading this {_NOUNS[source]} needs more memory than one file may use. "
            "Split it and upload the parts you need.",
        )
    if done.returncode != 0:
        raise ParseFailure(
            "damaged",
            f"This {_NOUNS[source]} is damaged and cannot be opened. Open it in the program that "
            "made it, save it again and upload that.",
        )
    return done.stdout.decode("utf-8", "replace")


def _compose(
    media_type: str, markup: str, csl: dict[str, Any], file_name: str, remarks: tuple[str, ...]
) -> ParsedDocument:
    tree = LexborHTMLParser(markup)
    declared = tree.css_first("title")
    stated = sane_title(declared.text()) if declared is not None else None
    names = [node.attributes.get("content") or "" for node in tree.css("meta[name=author]")]
    authors = [name for listed in names for name in people(listed) if "given" in name]
    if authors:
        csl.setdefault("author", authors)
    # Pandoc writes the metadata out above the text.
    for node in tree.css("#title-block-header"):
        node.decompose()
    blocks = markup_blocks(tree.html or "")
    if stated:
        csl.setdefault("title", stated)
    return unpaged(media_type, blocks, csl, file_name).model_copy(update={"remarks": remarks})


def _odt_metadata(root: Any) -> dict[str, Any]:
    csl: dict[str, Any] = {"type": "document"}
    if root is None:
        return csl

    def first(name: str) -> str:
        return next((node.text or "" for node in root.iter(name)), "")

    title = sane_title(first(f"{_DC}title"))
    if title:
        csl["title"] = title
    author = first(f"{_META}initial-creator") or first(f"{_DC}creator")
    authors = [name for name in people(author) if "given" in name]
    if authors:
        csl["author"] = authors
    date = issued_from(first(f"{_META}creation-date"))
    if date:
        csl["issued"] = date
    return csl
