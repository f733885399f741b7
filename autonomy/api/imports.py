"""References out of reference managers: BibTeX, BibLaTeX, RIS, CSL-JSON."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from ninja import Router
from ninja.throttling import AuthRateThrottle
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.bodies import BINARY, takes_form
from autonomy.api.idempotency import OPENAPI as IDEMPOTENT
from autonomy.api.idempotency import once
from autonomy.api.requests import refuse
from autonomy.api.schemas import files as schemas
from autonomy.api.shapes import files as shapes
from handywriterz.env import env

router = Router(tags=["sources"])

IMPORTS = "60/m"
"""Bibliographies of one person that are read."""


class ImportThrottle(AuthRateThrottle):
    scope = "import_references"


class ImportText(BaseModel):
    """References as text, for programs that have no file."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1)
    file_name: str = Field(default="", max_length=255)


_OPENAPI: dict[str, Any] = {
    **IDEMPOTENT,
    **takes_form({"file": BINARY}, ("file",), json=ImportText.model_json_schema()),
}


@router.post(
    "/import",
    response={201: schemas.ImportOut},
    openapi_extra=_OPENAPI,
    throttle=[ImportThrottle(IMPORTS)],
)
def import_references(request: ApiRequest) -> HttpResponse:
    """Take the references of one bibliography (multipart field `file`, or JSON with `text`) into
    your library. BibTeX, BibLaTeX, RIS and CSL-JSON are told apart by what is in them. A bad entry
    does not fail the file: it is named in `problems`. What the library holds is not added twice."""
    content, name = _given(request)
    return once(request, lambda: (201, take(request, content, name)))


def take(request: ApiRequest, content: bytes | str, name: str) -> schemas.ImportOut:
    """Import one bibliography.

    Raises:
        ServiceError: it is none, or too large.
    """
    return shapes.imported(services.import_references(request.auth, content, name))


def bibliography_of(file: UploadedFile[bytes]) -> bytes | None:
    """The bytes of an uploaded file that is a bibliography by name and content, else None. The
    file can be read again."""
    name, size = str(file.name or ""), file.size or 0
    if not services.may_be_bibliography(name) or not 0 < size <= env().import_max_bytes:
        return None
    content = file.read()
    file.seek(0)
    return content if services.is_bibliography(name, content) else None


def _given(request: ApiRequest) -> tuple[bytes | str, str]:
    if request.content_type == "multipart/form-data":
        files = [file for _, rows in request.FILES.lists() for file in rows]
        if len(files) != 1:
            raise refuse("file", "Attach one file of references (field “file”).")
        if (files[0].size or 0) > env().import_max_bytes:
            raise services.TooLarge(
                f"The file has {(files[0].size or 0) / 1e6:,.1f} MB; at most "
                f"{env().import_max_bytes / 1e6:,.1f} MB of references are imported. Split it."
            )
        return files[0].read(), str(files[0].name or "")
    try:
        body = ImportText.model_validate_json(request.body)
    except ValidationError as error:
        raise refuse(
            "text", "Send JSON with “text”, or a file as multipart/form-data (field “file”)."
        ) from error
    return body.text, body.file_name
