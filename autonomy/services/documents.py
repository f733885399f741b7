"""A document as a file."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pydantic import ValidationError

from autonomy.models import Artifact, ArtifactKind
from autonomy.services.citation_checks import appendix_of
from autonomy.services.computed import provenance_of, with_pictures
from autonomy.services.errors import Invalid, ServiceError
from autonomy.services.rewriting import Changes, export_draft
from autonomy.services.styles import check_style, styled

if TYPE_CHECKING:
    from autonomy.export.document import Document
    from autonomy.export.formats import Exported

logger = logging.getLogger(__name__)

FRAGMENT = "html-fragment"


def export_document(
    artifact: Artifact,
    format: str,
    style: str | None = None,
    *,
    appendix: bool | None = None,
    author: str = "",
    course: str = "",
    contents: bool = False,
    changes: Changes | None = None,
    embedded: bool = False,
) -> Exported:
    """The document in a format (`docx pdf md html tex bib ris csl-json`, or `html-fragment` for the
    part that is shown inside another page), cited in `style` or its own. The list of what is in
    doubt ends it if `appendix` says so, or, left open, the task's settings. `author` and `course`
    make a title page of a DOCX, `contents` a table of contents. A version of a draft that somebody
    brought is their own Word file, or Markdown, with the `changes` that are wanted in it.

    Args:
        embedded: the fragment carries its pictures, for readers who may not load its owner's.

    Raises:
        Invalid: not a document, or no such format or style.
        ServiceError: the writer failed; the document itself is safe.
    """
    if artifact.kind != ArtifactKind.DOCUMENT:
        raise Invalid("Only documents can be exported.", code="not_a_document")
    draft = artifact.body.get("draft") if isinstance(artifact.body, dict) else None
    if draft and format in ("docx", "md"):
        usual: Changes = "tracked" if draft.get("proposed") else "all"
        return export_draft(artifact, "docx" if format == "docx" else "md", changes or usual)
    # Imported on first use: writers of office files would slow the start of every process.
    from autonomy.export.document import Document
    from autonomy.export.formats import Exported, UnknownFormat, export, file_name
    from autonomy.export.html import render_html
    from autonomy.export.pandoc import PandocError
    from autonomy.export.pdf import PdfError
    from autonomy.export.structure import DanglingCitation
    from autonomy.tools.csl.styles import UnknownStyle

    try:
        document = Document.model_validate(artifact.body)
        owner = artifact.run.owner
        if style:
            document = document.model_copy(update={"style": check_style(owner, style)})
        document = styled(document, owner.pk)
        cover = {"author": author, "course": course, "contents": contents}
        document = document.model_copy(update=cover)
        document = with_pictures(document, owner.pk, addresses=format == FRAGMENT and not embedded)
        if format == FRAGMENT:
            html = render_html(document)
            return Exported(
                html.encode(), "text/html; charset=utf-8", file_name(document.title, "html")
            )
        return export(_with_appendix(document, artifact, appendix), format)
    except (UnknownFormat, UnknownStyle) as error:
        raise Invalid(str(error), code="unknown_format") from error
    except (PandocError, PdfError, DanglingCitation, ValidationError) as error:
        logger.exception("artifact %s could not be exported as %s", artifact.pk, format)
        raise ServiceError(
            "export_failed",
            "The file could not be made",
            f"The document is safe, but it could not be written as {format}. Try another format.",
            500,
        ) from error


def _with_appendix(document: Document, artifact: Artifact, wanted: bool | None) -> Document:
    settings = artifact.run.task.get("settings") if isinstance(artifact.run.task, dict) else None
    if wanted is None:
        wanted = bool((settings or {}).get("appendix", True))
    if not wanted:
        return document
    computed = provenance_of(document, artifact.run.owner_id)
    return document.model_copy(update={"appendix": appendix_of(artifact), "provenance": computed})
