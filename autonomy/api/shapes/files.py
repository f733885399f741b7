"""Uploaded files and imported bibliographies as the API shows them."""

from __future__ import annotations

from autonomy.api.schemas import files as schemas
from autonomy.core.types import (
    FileStatus,
)
from autonomy.models import (
    Source,
)
from autonomy.services import ImportOutcome


def file(row: Source) -> schemas.FileOut:
    status = FileStatus(row.status)
    progress = 1.0 if status is FileStatus.READY else 0.0
    if status in (FileStatus.PARSING, FileStatus.EMBEDDING) and row.passage_count:
        # Pages are embedded while others are still read.
        parsing = status is FileStatus.PARSING and bool(row.pages)
        read = row.pages_read / (row.pages or 1) if parsing else 1.0
        progress = read * row.embedded_count / row.passage_count
    return schemas.FileOut(
        id=row.id,
        file_name=row.file_name,
        status=status,
        progress=round(min(progress, 1.0), 3),
        error=row.error,
        error_code=row.error_code,
        pages=row.pages,
        pages_read=row.pages_read,
        passages_count=row.passage_count,
        embedded_count=row.embedded_count,
        size_bytes=row.size_bytes,
        media_type=row.media_type,
        sha256=row.sha256,
        metadata=row.csl,
        metadata_edited=row.csl_edited,
        created_at=row.created_at,
        ready_at=row.ready_at,
    )


def imported(outcome: ImportOutcome) -> schemas.ImportOut:
    return schemas.ImportOut(
        file_name=outcome.file_name,
        format=outcome.format,
        added=outcome.count("added"),
        updated=outcome.count("updated"),
        known=outcome.count("known"),
        references=[
            schemas.TakenReference(
                id=one.source.pk,
                key=one.key,
                title=str(one.source),
                outcome=one.outcome,
                remark=one.remark,
            )
            for one in outcome.taken
        ],
        problems=[
            schemas.BadReference(key=bad.key, line=bad.line, message=bad.message)
            for bad in outcome.problems
        ],
    )
