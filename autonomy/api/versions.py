"""The versions of a run's document: list, compare, restore."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpResponse
from ninja import Query, Router
from ninja.throttling import AuthRateThrottle

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.idempotency import OPENAPI as IDEMPOTENT
from autonomy.api.idempotency import once
from autonomy.api.ownership import owned
from autonomy.api.schemas.artifacts import ArtifactOut
from autonomy.api.schemas.versions import (
    ComparisonOut,
    VersionCycle,
    VersionOut,
    VersionPassage,
    VersionsOut,
    VersionVerdict,
)
from autonomy.api.shapes import artifacts as shapes
from autonomy.core.originality import Remedy
from autonomy.core.types import Author
from autonomy.core.versions import VersionCause
from autonomy.models import Artifact, Run
from autonomy.services import VersionRow

router = Router(tags=["deliverables"])

COMPARISONS = "60/m"
"""Comparisons of one person; each reads two documents."""


class CompareThrottle(AuthRateThrottle):
    scope = "compare_versions"


@router.get("/{uuid:run_id}/versions", response=VersionsOut)
def list_versions(request: ApiRequest, run_id: UUID) -> VersionsOut:
    """Every version of the document, newest first: why it was made, by whom, and how it was
    judged."""
    run = owned(Run.objects.all(), request.auth, run_id)
    rows = services.versions_of(run)
    numbers = {row.artifact.pk: row.artifact.version for row in rows}
    return VersionsOut(items=[_version(row, numbers, request.auth) for row in rows])


@router.get(
    "/{uuid:run_id}/versions/compare",
    response=ComparisonOut,
    throttle=[CompareThrottle(COMPARISONS)],
)
def compare_versions(
    request: ApiRequest,
    run_id: UUID,
    before: Annotated[UUID, Query(alias="from")],
    after: Annotated[UUID, Query(alias="to")],
) -> ComparisonOut:
    """What is different in `to`, section by section: `parts` are `equal`, `delete` (only in `from`)
    or `insert` (only in `to`), in Markdown with citations as text."""
    old = _version_of(request, run_id, before)
    new = _version_of(request, run_id, after)
    found = services.compare_versions(old, new)
    return ComparisonOut(
        **found.model_dump(),
        before=old.pk,
        before_version=old.version,
        after=new.pk,
        after_version=new.version,
    )


@router.post(
    "/{uuid:run_id}/versions/{uuid:artifact_id}/restore",
    response={201: ArtifactOut},
    openapi_extra=IDEMPOTENT,
)
def restore_version(request: ApiRequest, run_id: UUID, artifact_id: UUID) -> HttpResponse:
    """An earlier version of a finished document as its newest one; nothing is removed. What the
    newest version says already makes no other. 409 while the run is at work."""
    row = _version_of(request, run_id, artifact_id)
    return once(request, lambda: (201, shapes.artifact(services.restore(row, by=request.auth))))


def _version_of(request: ApiRequest, run_id: UUID, artifact_id: UUID) -> Artifact:
    run = owned(Run.objects.all(), request.auth, run_id)
    rows = Artifact.objects.documents().filter(run=run)
    return owned(rows, request.auth, artifact_id, owner="run__owner")


def _version(row: VersionRow, numbers: dict[UUID, int], viewer: User) -> VersionOut:
    artifact, about = row.artifact, row.about
    cycle = about.cycle if about else None
    person = about.person if about else None
    return VersionOut(
        id=artifact.pk,
        version=artifact.version,
        title=artifact.title,
        created_at=artifact.created_at,
        newest=row.newest,
        cause=VersionCause(about.cause) if about else None,
        headline=row.headline,
        why=about.why if about else "",
        author=Author(about.author) if about else None,
        models=list(row.models),
        person=None
        if person is None
        else "you"
        if person.pk == viewer.pk
        else person.get_username(),
        words=about.words if about else None,
        made_from=about.made_from_id if about else None,
        made_from_version=numbers.get(about.made_from_id) if about and about.made_from_id else None,
        asked_by=VersionVerdict(**row.asked_by) if row.asked_by else None,
        flagged=list(row.flagged),
        passages=[
            VersionPassage(
                section_id=one.section_id,
                heading=one.heading,
                before=before,
                after=after,
                remedy=Remedy(one.remedy),
                reason=one.reason,
                source_title=one.source_title,
            )
            for one, before, after in row.passages
        ],
        judged=VersionVerdict(**row.judged) if row.judged else None,
        cycle=VersionCycle(
            cycle_id=cycle.pk,
            number=cycle.number,
            target_similarity=cycle.target_similarity,
            observed_similarity=cycle.observed_similarity,
            observed_below=cycle.observed_below,
        )
        if cycle
        else None,
    )
