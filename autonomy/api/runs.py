"""Runs: start, list, look at, and control."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Router
from ninja.responses import Status

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.idempotency import OPENAPI as IDEMPOTENT
from autonomy.api.idempotency import once
from autonomy.api.ownership import owned
from autonomy.api.paging import Limit, Page, page
from autonomy.api.requests import task_spec
from autonomy.api.schemas import runs as schemas
from autonomy.api.schemas.tools import ToolAnswerIn
from autonomy.api.shapes import runs as shapes
from autonomy.core.types import PlanEdit, RunStatus
from autonomy.models import Artifact, Checkpoint, Run
from autonomy.services.tool_answers import answer_tool

router = Router(tags=["runs"])


@router.post("", response={201: schemas.RunStarted}, openapi_extra=IDEMPOTENT, url_name="runs")
def start_run(request: ApiRequest, body: schemas.RunIn) -> HttpResponse:
    """Start a run outside a conversation. It is stored before this answers."""

    def make() -> tuple[int, schemas.RunStarted]:
        spec = task_spec(
            request.auth,
            journey=body.journey,
            goal=body.task_spec.goal,
            file_ids=body.task_spec.file_ids,
            settings=body.task_spec.settings,
            where="task_spec.",
        )
        return 201, started(services.start_run(request.auth, spec, title=body.title))

    return once(request, make)


@router.get("", response=Page[schemas.RunOut])
def list_runs(
    request: ApiRequest,
    status: RunStatus | None = None,
    conversation_id: UUID | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Your runs, newest first."""
    rows = Run.objects.filter(owner=request.auth)
    if status is not None:
        rows = rows.filter(status=status)
    if conversation_id is not None:
        rows = rows.filter(conversation_id=conversation_id)
    return page(rows, shapes.run_row, cursor=cursor, limit=limit)


@router.get("/{uuid:run_id}", response=schemas.RunSnapshot)
def get_run(request: ApiRequest, run_id: UUID) -> schemas.RunSnapshot:
    """The run as it stands; `as_of_seq` says up to which event."""
    return snapshot(owned(Run.objects.all(), request.auth, run_id))


@router.post("/{uuid:run_id}/pause", response={202: schemas.RunSnapshot})
def pause_run(request: ApiRequest, run_id: UUID) -> Status[schemas.RunSnapshot]:
    """Stop at the next step boundary and keep everything. One that waits pauses at once."""
    run = owned(Run.objects.all(), request.auth, run_id)
    services.pause(run, by=request.auth)
    return _accepted(run)


@router.post("/{uuid:run_id}/resume", response={202: schemas.RunSnapshot})
def resume_run(request: ApiRequest, run_id: UUID) -> Status[schemas.RunSnapshot]:
    """Go on with a paused run, take back a pause, or approve the plan that it shows."""
    run = owned(Run.objects.all(), request.auth, run_id)
    services.resume(run, by=request.auth)
    return _accepted(run)


@router.post("/{uuid:run_id}/tool", response={202: schemas.RunSnapshot})
def answer_tool_question(
    request: ApiRequest, run_id: UUID, body: ToolAnswerIn
) -> Status[schemas.RunSnapshot]:
    """Let the run call the learnt tool that it asks about, or not. The first answer counts."""
    run = owned(Run.objects.all(), request.auth, run_id)
    answer_tool(run, body.interrupt_id, allowed=body.allowed, always=body.always, by=request.auth)
    return _accepted(run)


@router.post("/{uuid:run_id}/cancel", response={202: schemas.RunSnapshot})
def cancel_run(request: ApiRequest, run_id: UUID) -> Status[schemas.RunSnapshot]:
    """End the run now; what it made so far stays."""
    run = owned(Run.objects.all(), request.auth, run_id)
    services.cancel(run, by=request.auth)
    return _accepted(run)


@router.post("/{uuid:run_id}/fork", response={201: schemas.RunStarted}, openapi_extra=IDEMPOTENT)
def fork_run(request: ApiRequest, run_id: UUID, body: schemas.ForkIn | None = None) -> HttpResponse:
    """A new run that goes on from a checkpoint of this one."""
    run = owned(Run.objects.all(), request.auth, run_id)

    def make() -> tuple[int, schemas.RunStarted]:
        wanted = body or schemas.ForkIn()
        return 201, started(
            services.fork(run, wanted.checkpoint_id, message=wanted.message, by=request.auth)
        )

    return once(request, make)


@router.patch("/{uuid:run_id}/budget", response=schemas.RunSnapshot)
def set_budget(request: ApiRequest, run_id: UUID, body: schemas.BudgetIn) -> schemas.RunSnapshot:
    """Change the run's limits, also while it is running. A run that a limit had ended goes on
    from where it was when that limit is raised."""
    run = owned(Run.objects.all(), request.auth, run_id)
    services.set_budget(
        run, tokens=body.tokens, seconds=body.seconds, usd=body.usd, by=request.auth
    )
    run.refresh_from_db()
    return snapshot(run)


@router.post(
    "/{uuid:run_id}/messages", response={202: schemas.MessageTaken}, openapi_extra=IDEMPOTENT
)
def tell_run(request: ApiRequest, run_id: UUID, body: schemas.MessageIn) -> HttpResponse:
    """Tell a run what to do differently while it goes on. It takes the message before its next
    step; the note `message_taken` says what changes."""
    run = owned(Run.objects.all(), request.auth, run_id)

    def make() -> tuple[int, schemas.MessageTaken]:
        told = services.tell(run, body.message, by=request.auth)
        return 202, schemas.MessageTaken(number=told.number, taken=told.taken_at is not None)

    return once(request, make)


@router.get("/{uuid:run_id}/messages", response=Page[schemas.MessageOut])
def list_messages(
    request: ApiRequest, run_id: UUID, cursor: str | None = None, limit: Limit = 50
) -> dict[str, Any]:
    """What the run was told, in order."""
    run = owned(Run.objects.all(), request.auth, run_id)
    return page(run.told.all(), shapes.message, cursor=cursor, limit=limit, order=("number",))


@router.put("/{uuid:run_id}/plan", response={202: schemas.RunSnapshot})
def edit_plan(
    request: ApiRequest, run_id: UUID, body: schemas.PlanIn
) -> Status[schemas.RunSnapshot]:
    """Change the plan that the run shows for approval: the order, titles, words and number of its
    writing steps. 409 with the current plan when it is of another version."""
    run = owned(Run.objects.all(), request.auth, run_id)
    services.edit_plan(run, PlanEdit.model_validate(body.model_dump()), by=request.auth)
    return _accepted(run)


@router.get("/{uuid:run_id}/checkpoints", response=Page[schemas.CheckpointOut])
def list_checkpoints(
    request: ApiRequest,
    run_id: UUID,
    cursor: str | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Points of the run that it can be forked from, newest first."""
    run = owned(Run.objects.all(), request.auth, run_id)
    rows = Checkpoint.objects.filter(thread_id=str(run.id), checkpoint_ns="").defer("checkpoint")
    return page(rows, shapes.checkpoint, cursor=cursor, limit=limit)


def started(run: Run) -> schemas.RunStarted:
    return schemas.RunStarted(
        run_id=run.id,
        status=RunStatus(run.status),
        conversation_id=run.conversation_id,
        url=shapes.run_url(run.id),
        stream_url=shapes.run_stream_url(run.id),
    )


def snapshot(run: Run) -> schemas.RunSnapshot:
    newest = (
        Artifact.objects.documents()
        .filter(run=run)
        .order_by("-version")
        .values_list("id", flat=True)
        .first()
    )
    return shapes.snapshot(run, services.snapshot(run), newest)


def _accepted(run: Run) -> Status[schemas.RunSnapshot]:
    run.refresh_from_db()
    return Status(202, snapshot(run))
