"""The works of a person's library: listed, described, corrected, shown, removed."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from ninja import Query, Router, Schema
from ninja.responses import Status
from ninja.throttling import AuthRateThrottle
from pydantic import Field

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.bodies import file_answer
from autonomy.api.ownership import owned
from autonomy.api.paging import Limit, page
from autonomy.api.ranges import send_file
from autonomy.api.requests import refuse
from autonomy.api.schemas import sources as schemas
from autonomy.api.schemas.base import Text
from autonomy.api.shapes import sources as shapes
from autonomy.core.types import Reading, SourceOrigin
from autonomy.library.sniff import PDF
from autonomy.models import Source
from autonomy.services import BadField
from autonomy.services.registries import propose_metadata
from autonomy.services.source_list import BY_AUTHOR, ORDERS, Wanted, counts, sources_of
from autonomy.services.source_pages import text_page
from autonomy.services.source_references import exported_references, printed_reference
from autonomy.services.sources import delete_sources, edit_metadata, read_again, where_cited

router = Router(tags=["library"])

SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""Bytes from outside must never run as a page of ours."""

FILE_OPENAPI: dict[str, Any] = {
    "responses": {
        200: file_answer("The file"),
        206: file_answer("The stretch that `Range` asked for"),
    }
}


EXPORT_OPENAPI: dict[str, Any] = {"responses": {200: file_answer("The references")}}

LOOKUPS = "30/m"
"""Questions to registries of one person."""


PRINTS = "180/m"
"""References of one person that are set; each runs the formatter."""


class PrintThrottle(AuthRateThrottle):
    scope = "print_reference"


class LookupThrottle(AuthRateThrottle):
    scope = "look_up_metadata"


class SourceFilters(Schema):
    """Query parameters of the list; each narrows it."""

    q: Text = Field(default="", max_length=300)
    """Words of title, authors, journal, DOI or file name."""
    status: Literal["queued", "parsing", "embedding", "ready", "failed", "unfinished"] | None = None
    """`unfinished`: queued, parsing or embedding."""
    origin: SourceOrigin | None = None
    reading: Reading | None = None
    verification: (
        Literal["verified", "mismatch", "not_found", "unreachable", "unchecked", "retracted"] | None
    ) = None
    type: Text = Field(default="", max_length=60)
    """CSL type, e.g. article-journal."""
    year_from: int | None = Field(default=None, ge=-9999, le=9999)
    year_to: int | None = Field(default=None, ge=-9999, le=9999)
    conversation_id: UUID | None = None
    """Dropped in that conversation, or found by one of its runs."""

    def wanted(self) -> Wanted:
        return Wanted(
            text=self.q,
            status=self.status or "",
            origin=self.origin,
            reading=self.reading,
            verification=self.verification or "",
            kind=self.type,
            from_year=self.year_from,
            to_year=self.year_to,
            conversation_id=self.conversation_id,
        )


@router.get("", response=schemas.SourcesOut)
def list_library(
    request: ApiRequest,
    filters: Query[SourceFilters],
    sort: Literal["newest", "oldest", "title", "author", "year"] = "newest",
    cursor: str | None = None,
    limit: Limit = 50,
) -> dict[str, Any]:
    """Your library, filtered and sorted, with how many sources of each status match."""
    wanted = filters.wanted()
    rows = sources_of(request.auth, wanted)
    found = counts(request.auth, wanted)
    listed = page(rows, shapes.row, cursor=cursor, limit=limit, order=ORDERS[sort])
    return listed | {"counts": found, "total": sum(found.values())}


@router.get("/export", openapi_extra=EXPORT_OPENAPI)
def export_library(
    request: ApiRequest,
    filters: Query[SourceFilters],
    format: Literal["bib", "ris", "csl-json"] = "bib",
    ids: Annotated[list[UUID] | None, Query(max_length=1000)] = None,
) -> HttpResponse:
    """References of your library as one file for reference managers: those that match, or of
    `ids` those that are yours."""
    rows = sources_of(request.auth, filters.wanted()).order_by(*BY_AUTHOR)
    if ids is not None:
        rows = rows.filter(id__in=ids)
    exported = exported_references(rows, format)
    response = HttpResponse(exported.data, content_type=exported.media_type)
    response["Content-Disposition"] = str(content_disposition_header(True, exported.file_name))
    response["X-Content-Type-Options"] = "nosniff"
    return response


@router.post("/delete", response=schemas.DeletedOut)
def delete_many(request: ApiRequest, body: schemas.SourceIds) -> schemas.DeletedOut:
    """Remove several sources at once. Ids that are gone, or not yours, are passed over."""
    return schemas.DeletedOut(deleted=delete_sources(request.auth, body.ids))


@router.post("/reference", response=schemas.ReferenceOut, throttle=[PrintThrottle(PRINTS)])
def print_reference(request: ApiRequest, body: schemas.ReferenceIn) -> schemas.ReferenceOut:
    """How a reference prints in a style, before it is saved."""
    html = printed_reference(body.csl, body.style)
    return schemas.ReferenceOut(style=body.style, html=html)


@router.get("/{uuid:source_id}", response=schemas.SourceDetail)
def get_source(request: ApiRequest, source_id: UUID) -> schemas.SourceDetail:
    """One work: its metadata, how it came here, what was checked, and which documents cite it."""
    row = _mine(request, source_id)
    return shapes.detail(row, where_cited(row))


@router.patch("/{uuid:source_id}", response=schemas.SourceDetail)
def edit_source(
    request: ApiRequest, source_id: UUID, body: schemas.SourcePatch
) -> schemas.SourceDetail:
    """Correct the bibliographic data, field by field. References made from now on use it; it is
    never overridden, and has to be verified anew."""
    try:
        row = edit_metadata(_mine(request, source_id), body.csl)
    except BadField as error:
        raise refuse(error.field, error.detail) from error
    return shapes.detail(row, where_cited(row))


@router.delete("/{uuid:source_id}", response={204: None})
def delete_source(request: ApiRequest, source_id: UUID) -> Status[None]:
    """Remove the work with its file and passages. Documents keep the text their citations were
    bound to."""
    services.delete_file(_mine(request, source_id))
    return Status(204, None)


@router.post("/{uuid:source_id}/read", response={202: schemas.SourceDetail})
def read_source_again(request: ApiRequest, source_id: UUID) -> Status[schemas.SourceDetail]:
    """Try once more to read a file whose reading failed. 409 when it was read, or has no file."""
    row = read_again(_mine(request, source_id))
    return Status(202, shapes.detail(row, where_cited(row)))


@router.post(
    "/{uuid:source_id}/metadata",
    response=schemas.ProposalOut,
    throttle=[LookupThrottle(LOOKUPS)],
)
def look_up_metadata(
    request: ApiRequest, source_id: UUID, body: schemas.LookupIn
) -> schemas.ProposalOut:
    """Ask registries for a work by its DOI or arXiv number, else by what is known of it. Nothing
    changes: `PATCH` the fields that you want to take over. 503 where no registry is asked."""
    row = _mine(request, source_id)
    try:
        return shapes.proposal(propose_metadata(row, body.identifier))
    except BadField as error:
        raise refuse(error.field, error.detail) from error


@router.get("/{uuid:source_id}/content", openapi_extra=FILE_OPENAPI)
def source_content(
    request: ApiRequest, source_id: UUID, download: bool = False
) -> HttpResponseBase:
    """The file as it was stored; `Range` is honoured. A PDF comes as such, anything else as a
    download, and nothing can run in your browser."""
    row = _mine(request, source_id)
    etag = f'"{row.sha256}"'
    if unchanged := get_conditional_response(request, etag=etag):
        return _guarded(unchanged, row.file_name, inline=False)
    if not row.file or not default_storage.exists(row.file):
        raise services.NotFound(
            "This source has no file, or it is gone from this server.", "no_file"
        )
    file = default_storage.open(row.file, "rb")
    is_pdf = b"%PDF-" in file.read(1024)
    media_type = PDF if is_pdf else "application/octet-stream"
    response = send_file(request, file, file.size, media_type, etag)
    return _guarded(response, row.file_name, inline=is_pdf and not download)


@router.get("/{uuid:source_id}/pages/{int:number}", response=schemas.SourcePageOut)
def source_page(
    request: ApiRequest, source_id: UUID, number: Annotated[int, Field(ge=1)]
) -> schemas.SourcePageOut:
    """The text of a page as it was read, in passages. Formats without pages come in stretches."""
    row = _mine(request, source_id)
    return shapes.text_page(row, text_page(row, number))


def _guarded(response: HttpResponseBase, file_name: str, *, inline: bool) -> HttpResponseBase:
    response["Content-Disposition"] = str(content_disposition_header(not inline, file_name))
    response["Content-Security-Policy"] = SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # Checked for its owner each time, and never kept by anybody between.
    response["Cache-Control"] = "private, no-cache"
    return response


def _mine(request: ApiRequest, source_id: UUID) -> Source:
    return owned(Source.objects.all(), request.auth, source_id)
