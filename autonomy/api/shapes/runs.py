"""Runs as the API shows them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse

from autonomy.api.schemas import runs as schemas
from autonomy.core.types import (
    RunStatus,
)
from autonomy.models import (
    Checkpoint,
    Run,
    RunMessage,
)


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
