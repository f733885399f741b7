"""Citation styles: search the bundled ones, bring one's own, show a document in another."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router
from ninja.responses import Status
from ninja.throttling import AuthRateThrottle
from pydantic import BaseModel, ConfigDict, Field

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.bodies import BINARY, takes_form
from autonomy.api.idempotency import OPENAPI as IDEMPOTENT
from autonomy.api.idempotency import once
from autonomy.api.ownership import owned
from autonomy.api.requests import refuse
from autonomy.api.schemas.artifacts import ArtifactOut
from autonomy.api.schemas.styles import StyleOut, StylesOut
from autonomy.api.shapes import artifacts as shapes
from autonomy.api.shapes import styles
from autonomy.models import Artifact, CitationStyle, Run
from handywriterz.env import env

router = Router(tags=["styles"])
document_router = Router(tags=["deliverables"])

TRIALS = "20/m"
"""Styles of one person that are tried; each runs the formatter."""
RESTYLES = "30/m"
"""Documents of one person that are shown in another style."""


class StyleThrottle(AuthRateThrottle):
    scope = "try_style"


class RestyleThrottle(AuthRateThrottle):
    scope = "restyle"


_UPLOAD: dict[str, Any] = {**IDEMPOTENT, **takes_form({"file": BINARY}, ("file",))}


@router.get("", response=StylesOut)
def list_styles(
    request: ApiRequest,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> StylesOut:
    """Your own styles, and of more than 10,000 bundled names those like `q` (without it the five
    usual ones). Use an `id` wherever a style is asked for."""
    # Imported on first use: CSL would slow the start of every process.
    from autonomy.tools.csl.catalogue import find_styles

    mine = CitationStyle.objects.filter(owner=request.auth, removed_at=None)
    wanted = q.strip().lower()
    return StylesOut(
        own=[styles.style(row) for row in mine if wanted in row.title.lower()],
        bundled=[StyleOut(id=one.id, title=one.title, own=False) for one in find_styles(q, limit)],
    )


@router.post(
    "",
    response={201: StyleOut},
    openapi_extra=_UPLOAD,
    throttle=[StyleThrottle(TRIALS)],
)
def add_style(request: ApiRequest) -> HttpResponse:
    """Bring a style of your own (multipart field `file`, a `.csl` in UTF-8). It is checked and
    tried on a few references first; one that cannot be used is refused with the reason."""
    files = [file for _, rows in request.FILES.lists() for file in rows]
    if len(files) != 1:
        raise refuse("file", "Attach one style (multipart/form-data, field “file”).")
    if (files[0].size or 0) > env().style_max_bytes:
        raise services.TooLarge(
            f"The style has {(files[0].size or 0) / 1e6:,.1f} MB; at most "
            f"{env().style_max_bytes / 1e6:,.1f} MB are accepted."
        )
    data = files[0].read()
    return once(request, lambda: (201, styles.style(services.add_style(request.auth, data))))


@router.delete("/{uuid:style_id}", response={204: None})
def remove_style(request: ApiRequest, style_id: UUID) -> Status[None]:
    """Take a style out of your choices. Documents made in it still open in it."""
    rows = CitationStyle.objects.filter(removed_at=None)
    services.remove_style(owned(rows, request.auth, style_id))
    return Status(204, None)


class RestyleIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    style: str = Field(min_length=1, max_length=120)


@document_router.post(
    "/{uuid:run_id}/artifacts/{uuid:artifact_id}/style",
    response={201: ArtifactOut},
    openapi_extra=IDEMPOTENT,
    throttle=[RestyleThrottle(RESTYLES)],
)
def restyle(request: ApiRequest, run_id: UUID, artifact_id: UUID, body: RestyleIn) -> HttpResponse:
    """A finished document in another style, as its newest version. Text, sources and verdicts stay
    as they are. Its newest version in the style that it has already is answered as it is."""
    run = owned(Run.objects.all(), request.auth, run_id)
    rows = Artifact.objects.filter(run=run).select_related("run__owner")
    row = owned(rows, request.auth, artifact_id, owner="run__owner")
    return once(
        request, lambda: (201, shapes.artifact(services.restyle(row, body.style, by=request.auth)))
    )
