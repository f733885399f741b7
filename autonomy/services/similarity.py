"""How like a document is to what its owner has: asked for, waited for, and shown."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from pydantic import ValidationError

from autonomy.core.originality import Similarity, SimilarityStatus
from autonomy.memory import compared_texts
from autonomy.models import Artifact, ArtifactKind, Run, SimilarityCheck
from autonomy.runtime import similarity_checks, similarity_turns
from autonomy.runtime.couriers import ring_similarity
from autonomy.services.errors import Conflict, Invalid, NotFound, ServiceError, TooMany
from autonomy.tools.similarity import SimilaritySettings, recounted
from autonomy.tools.similarity.passages import AROUND_CHARS, TextPassage, cut
from autonomy.tools.similarity.report import Report, report_of

if TYPE_CHECKING:
    from autonomy.export.formats import Exported

logger = logging.getLogger(__name__)

RETRY_SECONDS = 10
"""About as long as a comparison takes."""


@dataclass(frozen=True, slots=True)
class SimilarityAnswer:
    """Where a check stands, and what it says when it is done."""

    artifact: Artifact
    status: SimilarityStatus
    error: str = ""
    similarity: Similarity | None = None
    checked_at: datetime | None = None
    progress: int = 0
    """How far it is, per cent."""
    ahead: int = 0
    """Comparisons, of anybody, that are made or have waited longer."""


def check_similarity(
    run: Run,
    artifact: Artifact | None = None,
    settings: SimilaritySettings | None = None,
    *,
    again: bool = False,
) -> SimilarityAnswer:
    """The run's document (the newest, or this version) against its owner's sources and earlier
    documents. What was not compared yet is done by a worker: ask again.

    Args:
        settings: what counts; changing them compares nothing anew.
        again: have a comparison that failed done once more.

    Raises:
        NotFound: the run has no document yet.
        Invalid: the artifact is no document.
        TooMany: it is not compared yet, and as many of this person's documents wait as may.
    """
    row = artifact or newest_document(run)
    if row.kind != ArtifactKind.DOCUMENT:
        raise Invalid("Only documents are compared.", code="not_a_document")
    found: Similarity | None = None
    under_way = similarity_checks.under_way(row)
    if under_way is not None:
        check, late = under_way, similarity_checks.late(under_way)
    else:
        check, late, found = _asked_for(row, again=again)
    if late:
        transaction.on_commit(lambda: ring_similarity(check.pk))
    if found is None:
        status = SimilarityStatus(check.status)
        waits = status is SimilarityStatus.QUEUED
        return SimilarityAnswer(
            row,
            status,
            error=check.error,
            progress=check.progress,
            ahead=similarity_turns.ahead(check) if waits else 0,
        )
    return SimilarityAnswer(
        row,
        SimilarityStatus.DONE,
        similarity=recounted(found, settings or SimilaritySettings()),
        checked_at=check.finished_at,
    )


def _asked_for(row: Artifact, *, again: bool) -> tuple[SimilarityCheck, bool, Similarity | None]:
    """The check against what the owner has now, whether a worker should be told of it, and what it
    says. One whose result cannot be read any more is done anew.

    Raises:
        TooMany: as `check_similarity`.
    """
    asked = similarity_checks.question(row)
    try:
        check, late = similarity_checks.wanted(asked)
        found = similarity_checks.result_of(check)
        unread = check.status == SimilarityStatus.DONE and found is None
        failed = check.status == SimilarityStatus.FAILED
        if (unread or (again and failed)) and similarity_checks.again(check):
            check.refresh_from_db()
            late = True
    except similarity_checks.TooManyWaiting as many:
        raise TooMany(
            f"{many.limit} comparisons of yours wait or are being made, which is as many as one "
            "person may have. This one can be asked for when one of them is done.",
            code="too_many_comparisons",
            retry_after=RETRY_SECONDS,
        ) from many
    return check, late, found


def similarity_report(answer: SimilarityAnswer) -> Report:
    """The document with its matches, as a page or a file shows it.

    Raises:
        Conflict: the comparison is not done, or the document cannot be read any more.
    """
    from autonomy.export.document import Document

    if answer.similarity is None:
        raise Conflict("The comparison is not done yet. Try again in a moment.", code="comparing")
    try:
        document = Document.model_validate(answer.artifact.body)
    except ValidationError as error:
        raise Conflict(
            "This version is kept in a form that cannot be shown any more.", code="unreadable"
        ) from error
    return report_of(document, answer.similarity)


def similarity_pdf(answer: SimilarityAnswer) -> Exported:
    """The report as a PDF file.

    Raises:
        Conflict: as `similarity_report`.
        ServiceError: the file could not be made.
    """
    # Imported on first use: what makes files would slow the start of every process.
    from autonomy.export.formats import Exported, file_name
    from autonomy.export.pdf import PdfError
    from autonomy.export.similarity_pdf import write_similarity_pdf

    report = similarity_report(answer)
    at = answer.checked_at
    date = f"Compared on {at.day} {at:%B %Y}, version {answer.artifact.version}" if at else ""
    language = str(answer.artifact.body.get("language") or "en")
    try:
        data = write_similarity_pdf(report, date=date, language=language)
    except PdfError as error:
        logger.exception("no similarity report of artifact %s", answer.artifact.pk)
        raise ServiceError(
            "export_failed",
            "The file could not be made",
            "The report is safe, but it could not be written as a PDF. Look at it on its page.",
            500,
        ) from error
    return Exported(data, "application/pdf", file_name(f"similarity {report.title}", "pdf"))


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """The side of a match that is not the draft's."""

    passage: TextPassage
    title: str
    source_id: str
    """Empty for an earlier document."""
    passage_id: str
    page: int | None
    document: Artifact | None
    """The earlier document, with its run."""


def similar_passage(run: Run, text_id: str, start: int, end: int) -> FoundPassage:
    """What stands at these characters of a compared text, with what is around it.

    Raises:
        NotFound: the run's owner has no such text (any more), or it is not that long.
    """
    text = compared_texts.text_of(run.owner_id, text_id)
    if text is None or not 0 <= start < end <= len(text.text):
        raise NotFound(
            "This text is not there any more, or it has changed. Compare again.", code="text_gone"
        )
    at = compared_texts.places(text_id, [start]) if text.markers else []
    return FoundPassage(
        cut(text.text, start, end, AROUND_CHARS),
        text.title,
        source_id=text_id if text.markers else "",
        passage_id=at[0].passage_id if at else "",
        page=at[0].page if at else None,
        document=None if text.markers else _document(run.owner_id, text_id),
    )


def _document(owner_id: int, text_id: str) -> Artifact | None:
    rows = Artifact.objects.documents().filter(run__owner_id=owner_id, pk=text_id)
    return rows.select_related("run").first()


def newest_document(run: Run) -> Artifact:
    """The run's newest document.

    Raises:
        NotFound: it has none yet.
    """
    rows = Artifact.objects.documents().filter(run=run).select_related("run")
    row = rows.order_by("-version").first()
    if row is None:
        raise NotFound("The run has no document yet.", code="no_document")
    return row
