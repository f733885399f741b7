"""Originality cycles as the API shows them."""

from __future__ import annotations

from autonomy.api.schemas import turnitin as schemas
from autonomy.core.originality import ReportReading, Teller
from autonomy.core.types import (
    CycleStatus,
)
from autonomy.models import (
    TurnitinCycle,
)


def cycle(row: TurnitinCycle) -> schemas.CycleOut:
    return schemas.CycleOut(
        cycle_id=row.id,
        run_id=row.run_id,
        number=row.number,
        status=CycleStatus(row.status),
        artifact_id=row.artifact_id,
        target_similarity=row.target_similarity,
        local_similarity=row.local_similarity,
        local_quoted=row.local_quoted,
        observed_similarity=row.observed_similarity,
        observed_below=row.observed_below,
        report_url=row.report_url,
        report_file_name=row.report_file_name,
        reading=ReportReading.model_validate(row.report_read) if row.report_read else None,
        note=row.note,
        quotations=row.quotations,
        verdict=row.verdict,
        revised_id=row.revised_id,
        changes=row.changes.exclude(told_by=Teller.REVISER).count(),
        created_at=row.created_at,
        reported_at=row.reported_at,
        closed_at=row.closed_at,
        reminders=row.reminders,
        expires_at=row.expires_at,
    )
