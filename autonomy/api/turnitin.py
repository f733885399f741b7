"""Originality reports: a person brings one, the run wakes."""

from __future__ import annotations

from uuid import UUID

from ninja import Router
from ninja.errors import ValidationError
from pydantic import ValidationError as PydanticError

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.bodies import BINARY, takes_form
from autonomy.api.ownership import owned
from autonomy.api.schemas import turnitin as schemas
from autonomy.api.shapes import turnitin as shapes
from autonomy.core.originality import ChangeVerdict, MatchGroup, Quotations, Remedy, Teller
from autonomy.core.types import OPEN_CYCLES, Author, RunStatus
from autonomy.models import Run, TurnitinCycle

router = Router(tags=["originality"])

REPORT_OPENAPI = takes_form(
    {
        "cycle_id": {"type": "string", "format": "uuid"},
        "observed_similarity": {"type": "number", "minimum": 0, "maximum": 100},
        "report_url": {"type": "string"},
        "note": {"type": "string"},
        "quotations": {"type": "string", "enum": list(Quotations)},
        "report": BINARY,
    },
    ("cycle_id",),
    json=schemas.ReportIn.model_json_schema(),
)


@router.post("/{uuid:run_id}/report", response=schemas.CycleOut, openapi_extra=REPORT_OPENAPI)
def submit_report(request: ApiRequest, run_id: UUID) -> schemas.CycleOut:
    """Hand in the similarity report of a cycle, as JSON or with the report's file. Sending the
    same report twice changes nothing."""
    run = owned(Run.objects.all(), request.auth, run_id)
    report = _parse(request)
    file = next((f for _, files in request.FILES.lists() for f in files), None)
    row = services.submit_report(
        run,
        cycle_id=report.cycle_id,
        observed_similarity=report.observed_similarity,
        report_url=report.report_url,
        report_file=file,
        note=report.note,
        quotations=report.quotations or "",
    )
    return shapes.cycle(row)


@router.get("/{uuid:run_id}/status", response=schemas.OriginalityOut)
def report_status(request: ApiRequest, run_id: UUID) -> schemas.OriginalityOut:
    """All cycles of the run, oldest first, and the one that waits."""
    run = owned(Run.objects.all(), request.auth, run_id)
    rows = list(TurnitinCycle.objects.filter(run=run).order_by("number"))
    current = next((row for row in rows if row.status in OPEN_CYCLES), rows[-1] if rows else None)
    return schemas.OriginalityOut(
        run_id=run.id,
        run_status=RunStatus(run.status),
        current=shapes.cycle(current) if current else None,
        cycles=[shapes.cycle(row) for row in rows],
        statement=services.originality_statement(run),
    )


@router.get("/{uuid:run_id}/changes", response=list[schemas.PassageChangeOut])
def passage_changes(
    request: ApiRequest, run_id: UUID, cycle_id: UUID | None = None
) -> list[schemas.PassageChangeOut]:
    """What was done about each flagged passage, and why; of one cycle or of all, in the order of
    cycles and of the document."""
    run = owned(Run.objects.all(), request.auth, run_id)
    return [
        schemas.PassageChangeOut(
            cycle_id=row.cycle_id,
            cycle=row.cycle.number,
            heading=row.heading,
            before=before,
            after=after,
            remedy=Remedy(row.remedy),
            reason=row.reason,
            told_by=Teller(row.told_by),
            group=MatchGroup(row.group) if row.group else None,
            note=row.note,
            source_id=row.source_id,
            source_title=row.source_title,
            author=Author(row.author),
            verdict=ChangeVerdict(row.verdict),
        )
        for row, before, after in services.passage_changes(run, cycle_id)
    ]


def _parse(request: ApiRequest) -> schemas.ReportIn:
    """The report from either form of the request."""
    try:
        if request.content_type == "multipart/form-data":
            fields = {key: value for key, value in request.POST.items() if value != ""}
            return schemas.ReportIn.model_validate(fields)
        return schemas.ReportIn.model_validate_json(request.body or b"{}")
    except PydanticError as error:
        raise ValidationError(
            [{**e, "loc": ("body", "", *e["loc"])} for e in error.errors(include_url=False)]
        ) from error
