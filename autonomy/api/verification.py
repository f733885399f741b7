"""References checked against registries, and their values taken over."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Router, Schema
from ninja.throttling import AuthRateThrottle
from pydantic import Field

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.ownership import owned
from autonomy.api.schemas.base import Input
from autonomy.core.types import FieldDifference, ReferenceVerdict
from autonomy.core.works import ProviderAnswer, Retraction
from autonomy.models import Source

router = Router(tags=["library"])

CHECKS = "60/m"
"""References of one person that registries are asked about."""


class CheckThrottle(AuthRateThrottle):
    scope = "check_reference"


class ReferenceCheckOut(Schema):
    """What registries say of a work."""

    source_id: UUID
    verdict: ReferenceVerdict | None
    """Null while nobody was asked, and where nobody can be; `reason` says which."""
    reason: str
    differences: list[FieldDifference]
    """Fields that registries describe otherwise: CSL name, our value, theirs."""
    offered: dict[str, Any]
    """The registries' own CSL-JSON, to take over."""
    remarks: list[str]
    notices: list[Retraction]
    """Retractions, expressions of concern and corrections."""
    retracted: bool
    answers: list[ProviderAnswer]
    """How each registry answered."""
    url: str
    checked_at: datetime | None


class AcceptIn(Input):
    fields: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=20)
    """CSL names of what to take over; empty takes all that differ."""


@router.get("/{uuid:source_id}/verification", response=ReferenceCheckOut)
def get_verification(request: ApiRequest, source_id: UUID) -> ReferenceCheckOut:
    """What registries said of the work's present metadata."""
    return _shown(owned(Source.objects.all(), request.auth, source_id))


@router.post(
    "/{uuid:source_id}/verify", response=ReferenceCheckOut, throttle=[CheckThrottle(CHECKS)]
)
def verify(request: ApiRequest, source_id: UUID) -> ReferenceCheckOut:
    """Ask the registries now. Takes as long as they do, up to REFERENCE_CHECK_SECONDS."""
    row = owned(Source.objects.all(), request.auth, source_id)
    return _shown(services.verify_reference(row))


@router.post(
    "/{uuid:source_id}/accept", response=ReferenceCheckOut, throttle=[CheckThrottle(CHECKS)]
)
def accept(request: ApiRequest, source_id: UUID, body: AcceptIn) -> ReferenceCheckOut:
    """Take the registries' values over into the work's metadata, and check it with them."""
    row = owned(Source.objects.all(), request.auth, source_id)
    return _shown(services.accept_reference(row, body.fields))


def _shown(row: Source) -> ReferenceCheckOut:
    check = services.reference_check_of(row)
    return ReferenceCheckOut(
        **check.model_dump(exclude={"source_id", "fingerprint", "retracted", "checked_at"}),
        source_id=row.pk,
        retracted=row.retracted,
        checked_at=row.verified_at,
    )
