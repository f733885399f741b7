"""Checks by people: the queue, the lease, what is attached, the decision; and the owner's side.

Only checkers (the group Checkers) and staff find anything here; for everybody else it is empty.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Router
from ninja.responses import Status

from autonomy.api.auth import ApiRequest
from autonomy.api.bodies import BINARY, file_answer, takes_form
from autonomy.api.ownership import owned
from autonomy.api.paging import Limit, Page, page
from autonomy.api.requests import refuse
from autonomy.api.schemas import checks as schemas
from autonomy.api.shapes import checks as shapes
from autonomy.models import Check, Citation, Run, TurnitinCycle
from autonomy.services import NotFound, check_work, checks

router = Router(tags=["checks"])
owner_router = Router(tags=["originality"])


def _upload(field: str, what: str) -> dict[str, Any]:
    return takes_form({field: {**BINARY, "description": what}}, (field,))


def _file(request: HttpRequest, field: str) -> UploadedFile[bytes]:
    file = request.FILES.get(field)
    if file is None:
        raise refuse(field, f"Attach one file (multipart/form-data, field “{field}”).")
    return file


# ---------------------------------------------------------------------------------- the queue


@router.get("", response=Page[schemas.CheckRow])
def list_checks(
    request: ApiRequest,
    which: Literal["open", "mine", "done", "all"] = "open",
    cursor: str | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Checks that you may take (`open`), hold (`mine`) or have done (`done`; for staff everybody's),
    or `all` of these; for staff every check there is. Longest waiting first; `done` newest first."""
    rows = checks.queue(request.auth, which)
    order = ("-done_at", "-id") if which == "done" else ("asked_at", "id")
    return page(
        rows, lambda row: shapes.row(row, request.auth), cursor=cursor, limit=limit, order=order
    )


@router.get("/checkers", response=list[schemas.CheckerOut])
def list_checkers(request: ApiRequest) -> list[schemas.CheckerOut]:
    """The people whom staff can assign a document to. Staff only; nobody for others."""
    return [
        schemas.CheckerOut(id=one.pk, name=checks.name_of(one), email=one.email, holding=holding)
        for one, holding in checks.assignable(request.auth)
    ]


@router.get("/{uuid:check_id}", response=schemas.CheckOut)
def get_check(request: ApiRequest, check_id: UUID) -> schemas.CheckOut:
    """One check; what was put together only for who holds it, did it, or is staff."""
    return shapes.detail(checks.get_check(request.auth, check_id), request.auth)


@router.post("/{uuid:check_id}/claim", response=schemas.CheckOut)
def claim(request: ApiRequest, check_id: UUID) -> schemas.CheckOut:
    """Take the document, for as long as `lease_seconds` says. Claiming what you hold changes
    nothing. 409: somebody was faster."""
    return shapes.detail(checks.claim_check(request.auth, check_id), request.auth)


@router.post("/{uuid:check_id}/renew", response=schemas.CheckOut)
def renew(request: ApiRequest, check_id: UUID) -> schemas.CheckOut:
    """Hold the document for another lease. 409 with `lease_expired` (claim it again),
    `lease_lost` (somebody else has it) or `check_over` (nobody waits for it)."""
    return shapes.detail(checks.renew_check(request.auth, check_id), request.auth)


@router.post("/{uuid:check_id}/release", response={204: None})
def release(request: ApiRequest, check_id: UUID) -> Status[None]:
    """Hand the document back to the queue. What you put together stays with it."""
    checks.release_check(request.auth, check_id)
    return Status(204, None)


@router.post("/{uuid:check_id}/assign", response=schemas.CheckOut)
def assign(request: ApiRequest, check_id: UUID, body: schemas.AssignIn) -> schemas.CheckOut:
    """Staff: only this checker may take the document from now on, or anybody with null. A claim of
    somebody else ends at once."""
    made = checks.assign_to(request.auth, check_id, body.checker_id)
    return shapes.detail(made, request.auth)


# ------------------------------------------------------------------------------- the document


@router.get("/{uuid:check_id}/document", response=schemas.CheckDocument)
def read(request: ApiRequest, check_id: UUID) -> schemas.CheckDocument:
    """The document to read, with what it says on whose word. Only while you hold it, and for
    staff."""
    exported = check_work.read_document(request.auth, check_id)
    check = checks.get_check(request.auth, check_id)
    cited = Citation.objects.filter(artifact_id=check.cycle.artifact_id).select_related("source")
    return schemas.CheckDocument(
        title=check.title,
        words=check.words,
        html=exported.data.decode(),
        claims=[shapes.claim(one) for one in cited.order_by("marker")],
    )


@router.get(
    "/{uuid:check_id}/download",
    openapi_extra={"responses": {200: file_answer("The document as DOCX")}},
)
def download(request: ApiRequest, check_id: UUID) -> HttpResponse:
    """The document as DOCX, to check elsewhere and to mark. Only while you hold it, and for
    staff."""
    exported = check_work.read_document(request.auth, check_id, "docx")
    response = HttpResponse(exported.data, content_type=exported.media_type)
    response["Content-Disposition"] = str(content_disposition_header(True, exported.file_name))
    return response


# ---------------------------------------------------------------------------- what is attached


@router.patch("/{uuid:check_id}", response=schemas.CheckOut)
def change(request: ApiRequest, check_id: UUID, body: schemas.CheckChanges) -> schemas.CheckOut:
    """Keep the note and the similarity so far. They count when you accept or reject."""
    _keep(request, check_id, body)
    return get_check(request, check_id)


@router.post(
    "/{uuid:check_id}/report",
    response=schemas.CheckOut,
    openapi_extra=_upload("report", "The similarity report"),
)
def attach_report(request: ApiRequest, check_id: UUID) -> schemas.CheckOut:
    """Attach the similarity report's file, in place of one before. It is handed in when you accept
    or reject."""
    check_work.held_check(request.auth, check_id)
    file = _file(request, "report")
    return shapes.detail(check_work.attach_report(request.auth, check_id, file), request.auth)


@router.delete("/{uuid:check_id}/report", response=schemas.CheckOut)
def remove_report(request: ApiRequest, check_id: UUID) -> schemas.CheckOut:
    """Take the report's file off again."""
    return shapes.detail(check_work.remove_report(request.auth, check_id), request.auth)


@router.post(
    "/{uuid:check_id}/marked",
    response=schemas.CheckOut,
    openapi_extra=_upload("document", "The downloaded DOCX with passages highlighted"),
)
def attach_marked(request: ApiRequest, check_id: UUID) -> schemas.CheckOut:
    """Upload the downloaded DOCX with the passages highlighted that are to be revised; comments on
    them are notes. They take the place of those before."""
    check_work.held_check(request.auth, check_id)
    file = _file(request, "document")
    return shapes.detail(check_work.attach_marked(request.auth, check_id, file), request.auth)


@router.delete("/{uuid:check_id}/marked", response=schemas.CheckOut)
def remove_marked(request: ApiRequest, check_id: UUID) -> schemas.CheckOut:
    """Take the marked passages off again."""
    return shapes.detail(check_work.remove_marked(request.auth, check_id), request.auth)


@router.post("/{uuid:check_id}/accept", response=schemas.CheckOut)
def accept(
    request: ApiRequest, check_id: UUID, body: schemas.CheckChanges | None = None
) -> schemas.CheckOut:
    """The document may stay as it is: its cycle is accepted and the run goes on. Above the target
    a note has to say why. Accepting twice is accepting once."""
    if body is not None:
        _keep(request, check_id, body, unless_done=True)
    return shapes.detail(check_work.accept_check(request.auth, check_id), request.auth)


@router.post("/{uuid:check_id}/reject", response=schemas.CheckOut)
def reject(
    request: ApiRequest, check_id: UUID, body: schemas.CheckChanges | None = None
) -> schemas.CheckOut:
    """The document is to be revised: a similarity above the target, marked passages or a note say
    why. The run goes on and revises. Rejecting twice is rejecting once."""
    if body is not None:
        _keep(request, check_id, body, unless_done=True)
    return shapes.detail(check_work.reject_check(request.auth, check_id), request.auth)


def _keep(
    request: ApiRequest, check_id: UUID, body: schemas.CheckChanges, *, unless_done: bool = False
) -> None:
    if unless_done and checks.get_check(request.auth, check_id).outcome:
        return  # the decision itself says whether it is the same one
    given = body.model_dump(exclude_unset=True)
    similarity = given.get("observed_similarity", ...)
    check_work.note_check(request.auth, check_id, given.get("note"), similarity)


# ----------------------------------------------------------------------------- the owner's side


@owner_router.get("/{uuid:run_id}/checker", response=schemas.CheckerChoice)
def checker_choice(request: ApiRequest, run_id: UUID) -> schemas.CheckerChoice:
    """Whether checkers can be asked about the document that waits, and what became of it."""
    return _choice(owned(Run.objects.all(), request.auth, run_id))


@owner_router.post("/{uuid:run_id}/checker", response=schemas.CheckerChoice)
def ask_checker(request: ApiRequest, run_id: UUID) -> schemas.CheckerChoice:
    """Hand the document that waits for its report to the checkers. Asking twice is asking once."""
    run = owned(Run.objects.all(), request.auth, run_id)
    checks.ask_checker(_newest(run), request.auth)
    return _choice(run)


@owner_router.delete("/{uuid:run_id}/checker", response=schemas.CheckerChoice)
def take_back(request: ApiRequest, run_id: UUID) -> schemas.CheckerChoice:
    """Take the document back from the checkers, also from one who reads it just now."""
    run = owned(Run.objects.all(), request.auth, run_id)
    checks.take_back(_newest(run), request.auth)
    return _choice(run)


def _newest(run: Run) -> TurnitinCycle:
    cycle = TurnitinCycle.objects.filter(run=run).order_by("-number").first()
    if cycle is None:
        raise NotFound("The run has no originality cycle.", code="cycle_not_found")
    return cycle


def _choice(run: Run) -> schemas.CheckerChoice:
    cycle = TurnitinCycle.objects.filter(run=run).order_by("-number").first()
    check = Check.objects.select_related("cycle", "holder").filter(cycle=cycle).first()
    decided = checks.last_decided(run)
    return schemas.CheckerChoice(
        offered=cycle is not None and checks.can_be_asked(cycle),
        always=checks.always(),
        check=shapes.owners(check) if check is not None and cycle is not None else None,
        decided=shapes.owners(decided) if decided is not None else None,
    )
