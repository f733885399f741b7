"""How like a run's document is to its owner's sources and earlier documents."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from ninja import Query, Router, Status
from ninja.throttling import AuthRateThrottle

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.bodies import file_answer
from autonomy.api.ownership import owned
from autonomy.api.schemas.similarity import (
    SimilarityBound,
    SimilarityGroup,
    SimilarityMatch,
    SimilarityOut,
    SimilarityQuery,
    SimilarPassageOut,
    SimilarText,
)
from autonomy.core.originality import ComparedKind, MatchGroup, SimilarityStatus
from autonomy.export.similarity_words import SCOPE, bound_said, limits_said
from autonomy.models import Artifact, Run
from autonomy.services import SimilarityAnswer

router = Router(tags=["originality"])

PASSAGES = "600/m"
"""Passages of compared texts that one person looks at."""
FILES = "30/m"
REPORTS = "240/m"
"""A page that waits asks once a second, and counting anew takes a moment of one processor."""


class PassageThrottle(AuthRateThrottle):
    scope = "similar_passages"


class ReportThrottle(AuthRateThrottle):
    scope = "similarity_reports"


class FileThrottle(AuthRateThrottle):
    scope = "similarity_files"


@router.get(
    "/{uuid:run_id}/similarity",
    response={200: SimilarityOut, 202: SimilarityOut},
    throttle=[ReportThrottle(REPORTS)],
)
def get_similarity(
    request: ApiRequest,
    run_id: UUID,
    counts: Query[SimilarityQuery],
    artifact_id: UUID | None = None,
) -> Status[SimilarityOut]:
    """The newest document (or this version) against its owner's own sources and earlier documents,
    not the web. 202 while it is compared: ask again in a second. It is compared once; what counts
    may be changed at will. 429 when as many comparisons of yours wait as may."""
    run, answer = _answer(request, run_id, artifact_id, counts)
    return _answered(run, answer)


@router.post(
    "/{uuid:run_id}/similarity",
    response={200: SimilarityOut, 202: SimilarityOut},
    throttle=[ReportThrottle(REPORTS)],
)
def retry_similarity(
    request: ApiRequest,
    run_id: UUID,
    counts: Query[SimilarityQuery],
    artifact_id: UUID | None = None,
) -> Status[SimilarityOut]:
    """Have a comparison that failed done once more; one that did not fail is left as it is."""
    run, answer = _answer(request, run_id, artifact_id, counts, again=True)
    return _answered(run, answer)


@router.get(
    "/{uuid:run_id}/similarity/texts/{uuid:text_id}",
    response=SimilarPassageOut,
    throttle=[PassageThrottle(PASSAGES)],
)
def get_similar_passage(
    request: ApiRequest,
    run_id: UUID,
    text_id: UUID,
    start: Annotated[int, Query(ge=0)],
    end: Annotated[int, Query(ge=1)],
) -> SimilarPassageOut:
    """What stands at these characters of a compared text, with its page and what is around it."""
    run = owned(Run.objects.all(), request.auth, run_id)
    found = services.similar_passage(run, str(text_id), start, end)
    document = found.document
    return SimilarPassageOut(
        text_id=str(text_id),
        title=found.title,
        source_id=found.source_id or None,
        passage_id=found.passage_id or None,
        page=found.page,
        run_id=document.run_id if document else None,
        artifact_id=document.pk if document else None,
        conversation_id=document.run.conversation_id if document else None,
        before=found.passage.before,
        text=found.passage.text,
        after=found.passage.after,
    )


@router.get(
    "/{uuid:run_id}/similarity/download",
    throttle=[FileThrottle(FILES)],
    openapi_extra={"responses": {200: file_answer("The report as PDF", "application/pdf")}},
)
def download_similarity(
    request: ApiRequest,
    run_id: UUID,
    counts: Query[SimilarityQuery],
    artifact_id: UUID | None = None,
) -> HttpResponse:
    """The report as PDF, under the same choice of what counts. 409 until it is compared."""
    _, answer = _answer(request, run_id, artifact_id, counts)
    exported = services.similarity_pdf(answer)
    response = HttpResponse(exported.data, content_type=exported.media_type)
    response["Content-Disposition"] = str(content_disposition_header(True, exported.file_name))
    return response


def _answered(run: Run, answer: SimilarityAnswer) -> Status[SimilarityOut]:
    waits = answer.status in (SimilarityStatus.QUEUED, SimilarityStatus.RUNNING)
    return Status(202 if waits else 200, _out(run, answer))


def _answer(
    request: ApiRequest,
    run_id: UUID,
    artifact_id: UUID | None,
    counts: SimilarityQuery,
    *,
    again: bool = False,
) -> tuple[Run, SimilarityAnswer]:
    run = owned(Run.objects.all(), request.auth, run_id)
    artifact = None
    if artifact_id is not None:
        rows = Artifact.objects.filter(run=run).shown().select_related("run")
        artifact = owned(rows, request.auth, artifact_id, owner="run__owner")
    return run, services.check_similarity(run, artifact, counts.settings(), again=again)


def _out(run: Run, answer: SimilarityAnswer) -> SimilarityOut:
    found = answer.similarity
    artifact = answer.artifact
    newest = services.newest_document(run)
    return SimilarityOut(
        run_id=artifact.run_id,
        artifact_id=artifact.pk,
        version=artifact.version,
        newest_id=newest.pk,
        newest_version=newest.version,
        title=artifact.title,
        status=answer.status,
        progress=answer.progress,
        ahead=answer.ahead,
        error=answer.error,
        checked_at=answer.checked_at,
        percent=found.percent if found else None,
        matched_words=found.matched_words if found else 0,
        counted_words=found.counted_words if found else 0,
        excluded_words=found.excluded_words if found else {},
        groups=[
            SimilarityGroup(
                group=group,
                words=found.groups.get(group, 0),
                percent=_percent(found.groups.get(group, 0), found.counted_words),
            )
            for group in MatchGroup
        ]
        if found
        else [],
        texts=[
            SimilarText(
                source_id=None if text.kind is ComparedKind.EARLIER_DOCUMENT else text.text_id,
                **text.model_dump(),
            )
            for text in (found.texts if found else ())
        ],
        compared=found.compared if found else 0,
        left_out=found.left_out if found else 0,
        bounds=[
            SimilarityBound(**bound.model_dump(), said=bound_said(bound))
            for bound in (found.bounds if found else ())
        ],
        limits=limits_said(found) if found else [],
        matches=[
            SimilarityMatch(id=number, **match.model_dump(exclude={"reasons", "size", "instead"}))
            for number, match in enumerate(found.matches if found else ())
        ],
        sections=list(services.similarity_report(answer).sections) if found else [],
        scope=SCOPE,
    )


def _percent(words: int, of: int) -> float:
    return round(100 * words / of, 2) if of else 0.0
