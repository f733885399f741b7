"""Files of a person's library: upload, progress, bibliographic data, removal."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.conf import settings as django_settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status

from autonomy import services
from autonomy.api import imports
from autonomy.api.auth import ApiRequest
from autonomy.api.bodies import BINARY, takes_form
from autonomy.api.idempotency import OPENAPI as IDEMPOTENT
from autonomy.api.idempotency import once
from autonomy.api.metadata import corrected
from autonomy.api.ownership import owned
from autonomy.api.paging import MAX_LIMIT, Limit, Page, page
from autonomy.api.requests import refuse
from autonomy.api.schemas import files as schemas
from autonomy.api.shapes import files as shapes
from autonomy.core.types import FileStatus
from autonomy.models import Source
from autonomy.services import ServiceError
from autonomy.services.sources import describe_anew

router = Router(tags=["files"])

UPLOAD_OPENAPI: dict[str, Any] = {
    **IDEMPOTENT,
    **takes_form({"file": BINARY, "files": {"type": "array", "items": BINARY}}),
}


@router.post("", response={201: schemas.FilesOut}, openapi_extra=UPLOAD_OPENAPI, url_name="files")
def upload_files(request: ApiRequest) -> HttpResponse:
    """Add files to your library (multipart fields `file` or `files`, any number). They are read
    in the background: follow `status` of each. Type is recognised from the bytes; of
    bibliographies (BibTeX, RIS, CSL-JSON) the references are taken in at once."""
    given = [file for _, files in request.FILES.lists() for file in files]
    if not given:
        raise refuse("files", "Attach at least one file (multipart/form-data, field “files”).")

    def make() -> tuple[int, schemas.FilesOut]:
        kept: list[schemas.FileOut] = []
        imported: list[schemas.ImportOut] = []
        refused: list[tuple[schemas.RejectedFile, ServiceError]] = []
        for file in given:
            try:
                if (references := imports.bibliography_of(file)) is not None:
                    imported.append(imports.take(request, references, str(file.name or "")))
                else:
                    kept.append(shapes.file(add(request, file)))
            except ServiceError as error:
                name = str(file.name or "")
                refused.append(
                    (
                        schemas.RejectedFile(file_name=name, code=error.code, detail=error.detail),
                        error,
                    )
                )
        if not kept and not imported:
            raise refused[0][1]
        return 201, schemas.FilesOut(
            id=kept[0].id if kept else None,
            files=kept,
            imported=imported,
            rejected=[row for row, _ in refused],
        )

    return once(request, make)


def add(request: ApiRequest, file: UploadedFile[bytes]) -> Source:
    """Hand one uploaded file to the library.

    Raises:
        ServiceError: it is empty, too large, or refused by the library.
    """
    name = str(file.name or "")
    size = file.size or 0
    if size == 0:
        raise services.Invalid(
            f"“{name}” has no content (0 bytes). Choose the file again or another one.", "empty"
        )
    limit = django_settings.ENV.upload_max_bytes
    if size > limit:
        raise services.TooLarge(
            f"“{name}” has {size / 2**20:,.0f} MB; at most {limit / 2**20:,.0f} MB are accepted. "
            "Split it or leave out what is not needed."
        )
    return services.add_file(request.auth, name, file.chunks(), file.content_type or "")


@router.get("", response=Page[schemas.FileOut])
def list_files(
    request: ApiRequest,
    status: FileStatus | None = None,
    ids: Annotated[list[UUID], Query(max_length=MAX_LIMIT)] = [],  # noqa: B006 - never changed
    cursor: str | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Your library, newest first; with `ids` only those of these that there are, to follow a batch
    with one request."""
    rows = Source.objects.filter(owner=request.auth)
    if ids:
        rows = rows.filter(id__in=ids)
    if status is not None:
        rows = rows.filter(status=status)
    return page(rows, shapes.file, cursor=cursor, limit=limit)


@router.get("/{uuid:file_id}", response=schemas.FileOut)
def get_file(request: ApiRequest, file_id: UUID) -> schemas.FileOut:
    """How far the file has been read, or why it could not be."""
    return shapes.file(owned(Source.objects.all(), request.auth, file_id))


@router.patch("/{uuid:file_id}", response=schemas.FileOut)
def edit_file(request: ApiRequest, file_id: UUID, body: schemas.FileMetadataIn) -> schemas.FileOut:
    """Correct title, authors, year or DOI; references made from now on use them."""
    row = owned(Source.objects.all(), request.auth, file_id)
    return shapes.file(describe_anew(row, lambda csl: corrected(csl, body)))


@router.delete("/{uuid:file_id}", response={204: None})
def delete_file(request: ApiRequest, file_id: UUID) -> Status[None]:
    """Remove the file and its passages. Documents keep the text their citations were bound to."""
    services.delete_file(owned(Source.objects.all(), request.auth, file_id))
    return Status(204, None)
