"""What registries said of the library's works, stored with the works."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from pydantic import ValidationError

from autonomy.core.types import ReferenceCheck, ReferenceVerdict
from autonomy.models import Source, described
from autonomy.tools.reference_check.metadata import fingerprint


def references(owner_id: int, source_ids: Iterable[str]) -> dict[str, Source]:
    """The person's sources of these ids; ids that are no UUIDs, or not theirs, are left out."""
    wanted = []
    for source_id in source_ids:
        try:
            wanted.append(uuid.UUID(source_id))
        except ValueError:
            continue
    rows = Source.objects.filter(owner_id=owner_id, pk__in=wanted)
    return {str(row.pk): row for row in rows}


def stored(row: Source) -> ReferenceCheck | None:
    """What was found for the metadata that the row has now; None when that was never asked."""
    detail = row.verification_detail
    if not isinstance(detail, dict) or detail.get("fingerprint") != fingerprint(row.csl):
        return None
    try:
        return ReferenceCheck.model_validate({**detail, "source_id": str(row.pk)})
    except ValidationError:
        return None


def holds(row: Source, days: float, now: datetime | None = None) -> ReferenceCheck | None:
    """`stored`, while it is younger than `days`. That nobody was asked, or nobody answered, never
    holds: registries may be there by now."""
    check = stored(row)
    young = row.verified_at is not None and row.verified_at > (now or timezone.now()) - timedelta(
        days=days
    )
    answered = check is not None and check.verdict not in (None, ReferenceVerdict.UNREACHABLE)
    return check if young and answered else None


@transaction.atomic
def store(row_id: str, check: ReferenceCheck) -> Source | None:
    """Keep the outcome, unless the metadata has changed since it was compared or the source is
    gone: None then. That nobody could be asked never replaces an answer for the same metadata."""
    row = Source.objects.select_for_update().filter(pk=row_id).first()
    if row is None or fingerprint(row.csl) != check.fingerprint:
        return None
    silent = check.verdict is ReferenceVerdict.UNREACHABLE
    if (
        silent
        and (before := stored(row)) is not None
        and before.verdict not in (None, check.verdict)
    ):
        return row
    row.verification = check.verdict or ""
    row.verification_detail = check.model_dump(mode="json", exclude={"source_id"})
    row.verified_at = timezone.now()
    fields = ["verification", "verification_detail", "verified_at"]
    if not silent and check.verdict is not None:
        row.retracted = check.retracted
        fields.append("retracted")
    row.save(update_fields=fields)
    return row


@transaction.atomic
def accept(row: Source, names: Iterable[str]) -> Source:
    """Take the registries' values of these CSL fields over; what they offered is then compared
    with itself and the source counts as a person's own description.

    Raises:
        KeyError: a field that was not offered.
    """
    locked = Source.objects.select_for_update().get(pk=row.pk)
    check = stored(locked)
    offered: dict[str, Any] = check.offered if check else {}
    taken = {**locked.csl, **{name: offered[name] for name in names}}
    columns = described(taken)
    if columns["doi"] != locked.doi:
        locked.retracted = False  # a notice is about a DOI
    for column, value in columns.items():
        setattr(locked, column, value)
    locked.csl_edited = True
    locked.verification, locked.verification_detail, locked.verified_at = "", {}, None
    locked.save()
    return locked
