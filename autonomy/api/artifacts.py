"""What a run made, and what it rests on: artifacts, sources, citations."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Query, Router

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.bodies import file_answer
from autonomy.api.ownership import owned
from autonomy.api.paging import Limit, Page, page
from autonomy.api.schemas.artifacts import ArtifactDetail, ArtifactOut
from autonomy.api.schemas.evidence import CitationOut, SourceOut
from autonomy.api.shapes import artifacts as shapes
from autonomy.api.shapes import evidence
from autonomy.export.document import Document
from autonomy.models import Artifact, ArtifactKind, Citation, Run, RunSource

router = Router(tags=["deliverables"])

Format = Literal[
    "docx", "pdf", "md", "html", "tex", "bib", "ris", "csl-json", "png", "svg", "py", "csv", "json"
]


@router.get("/{uuid:run_id}/artifacts", response=Page[ArtifactOut])
def list_artifacts(
    request: ApiRequest,
    run_id: UUID,
    kind: Literal["document", "report", "figure", "data", "section"] | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Everything the run made, newest first. Sections are drafts on the way to a document and
    are listed only with `kind=section`."""
    run = owned(Run.objects.all(), request.auth, run_id)
    rows = Artifact.objects.filter(run=run).shown()
    rows = rows.filter(kind=kind) if kind else rows.exclude(kind=ArtifactKind.SECTION)
    return page(rows.defer("body"), shapes.artifact, cursor=cursor, limit=limit)


@router.get("/{uuid:run_id}/artifacts/{uuid:artifact_id}", response=ArtifactDetail)
def get_artifact(
    request: ApiRequest, run_id: UUID, artifact_id: UUID, style: str | None = None
) -> ArtifactDetail:
    """One version with its content; documents as an HTML fragment in `style` (or their own)."""
    row = _artifact(request, run_id, artifact_id)
    if row.kind != ArtifactKind.DOCUMENT:
        return shapes.artifact_detail(row)
    exported = services.export_document(row, "html-fragment", style)
    document = Document.model_validate(row.body)
    return shapes.artifact_detail(
        row,
        html=exported.data.decode(),
        words=document.words(),
        style=style or document.style,
        computed=services.computations(document, row.run.owner_id),
    )


@router.get(
    "/{uuid:run_id}/artifacts/{uuid:artifact_id}/download",
    openapi_extra={"responses": {200: file_answer("The file")}},
)
def download_artifact(
    request: ApiRequest,
    run_id: UUID,
    artifact_id: UUID,
    format: Format = "docx",
    style: str | None = None,
    fragment: bool = False,
    appendix: bool | None = None,
    author: Annotated[str, Query(max_length=200)] = "",
    course: Annotated[str, Query(max_length=200)] = "",
    contents: bool = False,
    changes: Literal["tracked", "accepted", "all"] | None = None,
) -> HttpResponse:
    """The document in a format, cited in `style` (or its own). `fragment=true` with
    `format=html` gives the part without page frame, for showing inside another page. `appendix`
    says whether the list of citations and works in doubt ends it; left out, the task's settings.
    `author` and `course` make a title page of a DOCX, `contents` a table of contents. Of a draft
    that you brought, `docx` is your own file and `changes` says which are in it: `tracked` (those
    that are undecided for you to decide on in Word; the usual where changes are proposed),
    `accepted`, or `all` but the rejected ones. A document with figures is a ZIP archive as `md` and
    `tex`. A figure comes as `png` or `svg`; of an analysis `py` is its program, `csv` the data that
    it read and `json` its result."""
    row = _artifact(request, run_id, artifact_id)
    if row.kind == ArtifactKind.FIGURE or services.is_analysis(row):
        return _computed(row, format)
    if row.kind != ArtifactKind.DOCUMENT:
        raise Http404("Only documents can be downloaded in a format.")
    wanted = "html-fragment" if fragment and format == "html" else format
    exported = services.export_document(
        row,
        wanted,
        style,
        appendix=appendix,
        author=author,
        course=course,
        contents=contents,
        changes=changes,
    )
    response = HttpResponse(exported.data, content_type=exported.media_type)
    response["Content-Disposition"] = str(
        content_disposition_header(not fragment, exported.file_name)
    )
    # Model or source text must never run as a page of ours, whatever the exporter let through.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return response


@router.get("/{uuid:run_id}/sources", response=Page[SourceOut])
def list_sources(
    request: ApiRequest,
    run_id: UUID,
    kept: bool = True,
    cursor: str | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Sources the run found and kept, as CSL-JSON with their verification, in the order found;
    with `kept=false` the works that it looked at and dropped. Each says why."""
    run = owned(Run.objects.all(), request.auth, run_id)
    rows = RunSource.objects.filter(run=run, kept=kept).select_related("source")
    return page(rows, evidence.run_source, cursor=cursor, limit=limit, order=("id",))


@router.get("/{uuid:run_id}/citations", response=Page[CitationOut])
def list_citations(
    request: ApiRequest,
    run_id: UUID,
    artifact_id: UUID | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Each claim of a document with the passage it is bound to and the verdict; of the newest
    version unless `artifact_id` names one."""
    run = owned(Run.objects.all(), request.auth, run_id)
    rows = Citation.objects.filter(run=run)
    if artifact_id is not None:
        rows = rows.filter(artifact_id=artifact_id)
    else:
        newest = (
            Artifact.objects.filter(run=run, kind=ArtifactKind.DOCUMENT)
            .order_by("-version")
            .values("id")[:1]
        )
        rows = rows.filter(artifact_id__in=newest)
    return page(rows, evidence.citation, cursor=cursor, limit=limit, order=("marker",))


def _computed(row: Artifact, format: str) -> HttpResponse:
    file = services.export_computed(row, format)
    response = HttpResponse(file.data, content_type=file.media_type)
    response["Content-Disposition"] = str(
        content_disposition_header(format != "png", file.file_name)
    )
    # A picture that a program drew from somebody's data: shown, and nothing in it run.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    if format == "png":
        response["Cache-Control"] = "private, max-age=86400, immutable"
    return response


def _artifact(request: ApiRequest, run_id: UUID, artifact_id: UUID) -> Artifact:
    run = owned(Run.objects.all(), request.auth, run_id)
    return owned(Artifact.objects.filter(run=run), request.auth, artifact_id, owner="run__owner")
