"""Rows as the API shows them: nothing here reads more than it is given, nothing decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse

from autonomy.api import schemas
from autonomy.core.originality import ReportReading
from autonomy.core.types import (
    CitationVerdict,
    CycleStatus,
    FileStatus,
    Reading,
    RunStatus,
    SourceOrigin,
)
from autonomy.library.sniff import DOCX, PDF
from autonomy.models import (
    Artifact,
    ArtifactKind,
    Checkpoint,
    Citation,
    CitationStyle,
    Passage,
    Run,
    RunMessage,
    RunSource,
    Source,
    TurnitinCycle,
)
from autonomy.services import ImportOutcome, style_id
from autonomy.services.source_pages import place_of

DOWNLOAD_FORMATS = ("docx", "pdf", "md", "html", "tex", "bib", "ris", "csl-json")


def budgets(run: Run) -> schemas.BudgetOut:
    return schemas.BudgetOut(
        tokens_limit=run.tokens_limit,
        tokens_spent=run.tokens_spent,
        tokens_reserved=run.tokens_reserved,
        seconds_limit=run.seconds_limit,
        seconds_spent=run.seconds_spent,
        usd_limit=float(run.usd_limit),
        usd_spent=float(run.usd_spent),
        usd_reserved=float(run.usd_reserved),
    )


def run_row(row: Run) -> schemas.RunOut:
    return schemas.RunOut(**_run_fields(row))


def _run_fields(row: Run) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "journey": row.journey,
        "status": RunStatus(row.status),
        "stop_reason": row.stop_reason,
        "error": row.error,
        "conversation_id": row.conversation_id,
        "parent_id": row.parent_id,
        "as_of_seq": row.last_seq,
        "created_at": row.created_at,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "budgets": budgets(row),
    }


def snapshot(row: Run, read: dict[str, Any], artifact_id: UUID | None) -> schemas.RunSnapshot:
    """`read` is `services.snapshot(run)`: one consistent read, so it wins over the row."""
    fields = _run_fields(row) | {
        "task": row.task,
        "plan": row.plan,
        "route": row.route,
        "last_observation": row.last_observation,
        "last_verdict": row.last_verdict,
        "artifact_id": artifact_id,
        "stream_url": run_stream_url(row.id),
    }
    fields |= {key: value for key, value in read.items() if key in schemas.RunSnapshot.model_fields}
    fields["budgets"] = budgets(row) if "budgets" not in read else _budgets_read(row, read)
    return schemas.RunSnapshot(**fields)


def _budgets_read(row: Run, read: dict[str, Any]) -> schemas.BudgetOut:
    known = budgets(row).model_dump()
    return schemas.BudgetOut(
        **{key: read["budgets"].get(key, value) for key, value in known.items()}
    )


def message(row: RunMessage) -> schemas.MessageOut:
    return schemas.MessageOut(
        number=row.number, text=row.text, created_at=row.created_at, taken_at=row.taken_at
    )


def run_url(run_id: UUID) -> str:
    return reverse("api:get_run", kwargs={"run_id": run_id})


def run_stream_url(run_id: UUID) -> str:
    return reverse("api:run_events", kwargs={"run_id": run_id})


def checkpoint(row: Checkpoint) -> schemas.CheckpointOut:
    return schemas.CheckpointOut(
        checkpoint_id=row.checkpoint_id,
        parent_checkpoint_id=row.parent_checkpoint_id,
        step=row.metadata.get("step"),
        source=str(row.metadata.get("source", "")),
        created_at=row.created_at,
    )


def artifact(row: Artifact) -> schemas.ArtifactOut:
    return schemas.ArtifactOut(**_artifact_fields(row))


def artifact_detail(
    row: Artifact,
    *,
    html: str | None = None,
    words: int | None = None,
    style: str | None = None,
    computed: list[dict[str, Any]] | None = None,
) -> schemas.ArtifactDetail:
    return schemas.ArtifactDetail(
        **_artifact_fields(row),
        html=html,
        words=words,
        style=style,
        draft=_draft(row),
        computed=[schemas.Computation(**one) for one in computed or ()],
        body=_body(row),
    )


def _body(row: Artifact) -> dict[str, Any] | None:
    """The content of what is no document; a figure's pictures are downloads of their own."""
    if row.kind == ArtifactKind.DOCUMENT:
        return None
    if row.kind == ArtifactKind.FIGURE:
        return {name: value for name, value in row.body.items() if name not in ("png", "svg")}
    body: dict[str, Any] = row.body
    return body


def _draft(row: Artifact) -> schemas.DraftVersion | None:
    said = row.body.get("draft") if row.kind == ArtifactKind.DOCUMENT else None
    if not isinstance(said, dict):
        return None
    return schemas.DraftVersion(
        word=said.get("media_type") == DOCX, proposed=bool(said.get("proposed"))
    )


def _artifact_fields(row: Artifact) -> dict[str, Any]:
    address = reverse("api:download_artifact", kwargs={"run_id": row.run_id, "artifact_id": row.id})
    formats: tuple[str, ...] = {
        str(ArtifactKind.DOCUMENT): DOWNLOAD_FORMATS,
        str(ArtifactKind.FIGURE): ("png", "svg"),
    }.get(row.kind, ())
    return {
        "id": row.id,
        "kind": row.kind,
        "version": row.version,
        "title": row.title,
        "created_at": row.created_at,
        "sha256": row.sha256,
        "downloads": {name: f"{address}?format={name}" for name in formats},
    }


def run_source(row: RunSource) -> schemas.SourceOut:
    found: dict[str, Any] = {
        "query": row.query,
        "provider": row.provider,
        "kept": row.kept,
        "reason": row.reason,
    }
    source = row.source
    if source is None:
        return schemas.SourceOut(
            id=None, csl=row.csl, url=row.url, doi=str(row.csl.get("DOI") or ""), **found
        )
    return schemas.SourceOut(
        id=source.id,
        csl=source.csl,
        file_name=source.file_name,
        verification=source.verification,
        passages_count=source.passage_count,
        origin=SourceOrigin(source.origin),
        reading=Reading(source.reading),
        doi=source.doi,
        url=source.url,
        verification_reason=str(source.verification_detail.get("reason", "")),
        differences=source.verification_detail.get("differences", []),
        retracted=source.retracted,
        standing=source.record.get("standing") or {},
        **found,
    )


def citation(row: Citation) -> schemas.CitationOut:
    return schemas.CitationOut(
        marker=row.marker,
        claim=row.claim,
        passage_id=row.passage_id,
        source_id=row.source_id,
        page=row.page,
        text=row.text,
        verdict=CitationVerdict(row.verdict),
        author=row.author,
        reason=row.reason,
        findings=row.findings,
        judgements=row.judgements,
        artifact_id=row.artifact_id,
    )


def passage_text(row: Passage) -> schemas.PassageText:
    return schemas.PassageText(
        id=row.id, text=row.text, page=row.page, heading=row.heading, ordinal=row.ordinal
    )


def passage(row: Passage, around: list[Passage]) -> schemas.PassageOut:
    """`around` holds passages of the same source, in any order."""
    ordered = sorted(around, key=lambda other: other.ordinal)
    return schemas.PassageOut(
        **passage_text(row).model_dump(),
        char_start=row.char_start,
        char_end=row.char_end,
        boxes=row.boxes,
        source_id=row.source_id,
        file_name=row.source.file_name,
        csl=row.source.csl,
        viewable=bool(row.source.file) and row.source.media_type == PDF,
        place=place_of(row),
        before=[passage_text(p) for p in ordered if p.ordinal < row.ordinal],
        after=[passage_text(p) for p in ordered if p.ordinal > row.ordinal],
    )


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


def style(row: CitationStyle) -> schemas.StyleOut:
    return schemas.StyleOut(id=style_id(row), title=row.title, own=True, uuid=row.pk)


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
        changes=row.changes.count(),
        created_at=row.created_at,
        reported_at=row.reported_at,
        closed_at=row.closed_at,
        reminders=row.reminders,
        expires_at=row.expires_at,
    )
