"""The one door to every export format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from autonomy.export import bibliography
from autonomy.export.bundle import bundle
from autonomy.export.document import Document
from autonomy.export.docx import write_docx
from autonomy.export.html import page
from autonomy.export.latex import write_latex
from autonomy.export.markdown import write_markdown
from autonomy.export.pdf import write_pdf
from autonomy.export.render import render
from autonomy.tools.csl.reference import ascii_words


def _references(format: str) -> Callable[[Document], str]:
    """A writer of the works cited, in the order of the list of references."""
    return lambda document: bibliography.write(format, render(document).references)


_WRITERS: dict[str, tuple[Callable[[Document], bytes | str], str]] = {
    "docx": (
        write_docx,
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    "pdf": (write_pdf, "application/pdf"),
    "md": (write_markdown, "text/markdown; charset=utf-8"),
    "html": (page, "text/html; charset=utf-8"),
    "tex": (write_latex, "application/x-tex; charset=utf-8"),
    "bib": (_references("bib"), bibliography.media_type("bib")),
    "ris": (_references("ris"), bibliography.media_type("ris")),
    "csl-json": (_references("csl-json"), bibliography.media_type("csl-json")),
}
FORMATS = tuple(_WRITERS)
_ENDINGS = {"csl-json": bibliography.ending("csl-json")}
_WITH_FILES = frozenset({"md", "tex"})
"""Text formats that refer to pictures beside them: with any, the download is a ZIP archive."""
_MAX_NAME = 80


class UnknownFormat(ValueError):
    """A format that no writer makes."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no format “{name}”. Choose one of {', '.join(FORMATS)}.")
        self.name = name


@dataclass(frozen=True, slots=True)
class Exported:
    """A file ready to be handed over."""

    data: bytes
    media_type: str
    file_name: str
    """Safe ASCII, at most 80 characters, with the format's ending."""


def export(document: Document, format: str) -> Exported:
    """`document` as a file of `format`, one of `FORMATS`.

    It takes a tenth of a second to a second and blocks: call it in a thread from async code.

    Raises:
        UnknownFormat: there is no such format.
        DanglingCitation: the text cites passages that the document does not hold.
        UnknownStyle: the document's style names no bundled style.
        PandocError, PdfError: the writer failed.
    """
    if format not in _WRITERS:
        raise UnknownFormat(format)
    write, media_type = _WRITERS[format]
    data = write(document)
    if format in _WITH_FILES and any(exhibit.png for exhibit in document.exhibits):
        name = file_name(document.title, format)
        return Exported(
            data=bundle(document, name, data if isinstance(data, bytes) else data.encode()),
            media_type="application/zip",
            file_name=file_name(document.title, "zip"),
        )
    return Exported(
        data=data.encode() if isinstance(data, str) else data,
        media_type=media_type,
        file_name=file_name(document.title, _ENDINGS.get(format, format)),
    )


def file_name(title: str, format: str) -> str:
    """`Attention & Evidence: a “Review”` → `attention-evidence-a-review.docx`."""
    room = _MAX_NAME - len(format) - 1
    stem = "-".join(ascii_words(title))
    if len(stem) > room:
        stem = stem[: room + 1].rpartition("-")[0] or stem[:room]
    return f"{stem or 'document'}.{format}"
