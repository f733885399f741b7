"""A file becomes a `ParsedDocument`, whatever its name claims."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from autonomy.library.normalise import one_line
from autonomy.library.parsed import (
    Bibliography,
    OnPages,
    ParsedDocument,
    ParseFailure,
    ParseLimits,
)
from autonomy.library.reference_list import references_of
from autonomy.library.sniff import (
    CSV,
    DOCX,
    EPUB,
    HTML,
    MARKDOWN,
    ODT,
    PDF,
    PLAIN,
    PPTX,
    RTF,
    XLSX,
    sniff,
)

# By name, so that reading a text file does not load PDFium.
PARSERS = {
    PDF: "pdf:parse",
    DOCX: "docx:parse",
    PPTX: "pptx:parse",
    XLSX: "xlsx:parse",
    CSV: "delimited:parse",
    EPUB: "epub:parse",
    ODT: "converted:parse_odt",
    RTF: "converted:parse_rtf",
    HTML: "html:parse",
    MARKDOWN: "markdown:parse",
    PLAIN: "plain:parse",
}


def parse(
    path: Path,
    file_name: str,
    limits: ParseLimits | None = None,
    on_pages: OnPages | None = None,
    first_page: int = 1,
) -> ParsedDocument:
    """Text, blocks and metadata of the file at `path`; `file_name` is what its owner calls it.

    Runs in this process: for files from outside use `isolated.parse_in_subprocess`, whose
    `on_pages` and `first_page` these are.

    Raises:
        ParseFailure: with a code and a sentence for people.
    """
    limits = limits or ParseLimits()
    media_type = sniff(path, file_name)
    module, function = PARSERS[media_type].split(":")
    parser = getattr(import_module(f"autonomy.library.parsers.{module}"), function)
    document: ParsedDocument
    if media_type == PDF:
        document = parser(path, file_name, limits, on_pages, first_page)
    else:
        document = _whole(parser(path, file_name, limits), limits, on_pages, first_page)
    return document.model_copy(
        update={
            "metadata": Bibliography(csl=_cleaned(document.metadata.csl)),
            "references": document.references or references_of(document.pages),
        }
    )


def _whole(
    document: ParsedDocument, limits: ParseLimits, on_pages: OnPages | None, first_page: int
) -> ParsedDocument:
    """A document that was read in one go, checked and handed out."""
    chars = sum(len(page.text) for page in document.pages)
    if not any(any(map(str.isalnum, page.text)) for page in document.pages):
        raise ParseFailure("empty", "This file holds no text. Please check it and upload it again.")
    if chars > limits.max_chars:
        raise ParseFailure(
            "too_large",
            f"This file holds {chars:,} characters of text; at most {limits.max_chars:,} are read. "
            "Split it and upload the parts you need.",
        )
    if document.page_count is not None and first_page > 1:
        document = document.model_copy(update={"pages": document.pages[first_page - 1 :]})
    if on_pages is not None and document.pages:
        on_pages(document.pages, document.page_count)
    return document


def _cleaned(value: Any) -> Any:
    """Metadata comes from places of its own; hold it to the same characters as the text."""
    if isinstance(value, str):
        return one_line(value)[:2_000]
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    return [_cleaned(item) for item in value] if isinstance(value, list) else value
