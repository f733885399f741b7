"""A file becomes a `Draft`. Runs in the confined process: see `library.readers`."""

from __future__ import annotations

from pathlib import Path

from autonomy.library.drafts.draft import Draft
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.library.sniff import CSV, DOCX, MARKDOWN, PPTX, XLSX, sniff

NO_PROSE = frozenset({CSV, PPTX, XLSX})
"""Formats that hold no running text."""


def read_draft(path: Path, file_name: str, limits: ParseLimits) -> Draft:
    """The blocks of a draft. A Word document keeps its own file's paragraphs; Markdown and plain
    text keep their lines; of anything else the text is taken.

    Raises:
        ParseFailure: as the parsers' of sources, and `unsupported` for tables and slides.
    """
    media_type = sniff(path, file_name)
    if media_type in NO_PROSE:
        raise ParseFailure(
            "unsupported",
            "Tables and slides hold no running text to improve. Upload the draft as a Word "
            "document, Markdown, plain text or PDF.",
        )
    # By name, so that reading a text does not load what reads PDF.
    if media_type == DOCX:
        from autonomy.library.drafts.word import read_word

        draft = read_word(path, file_name, limits)
    elif media_type == MARKDOWN:
        from autonomy.library.drafts.text import read_markdown

        draft = read_markdown(path, file_name)
    else:
        from autonomy.library.drafts.text import read_parsed

        draft = read_parsed(path, file_name, limits)
    size = sum(len(block.text) for block in draft.blocks)
    if size > limits.max_chars:
        raise ParseFailure(
            "too_large",
            f"This draft holds {size:,} characters of text; at most {limits.max_chars:,} are read. "
            "Split it and upload the parts you need.",
        )
    if not any(map(str.isalnum, "".join(block.text for block in draft.blocks))):
        raise ParseFailure(
            "empty", "This draft holds no text. Please check the file and upload it again."
        )
    return draft
