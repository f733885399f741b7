"""A passage for the source panel: what stands there, where, and around it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from ninja import Router
from pydantic import Field

from autonomy.api.auth import ApiRequest
from autonomy.api.ownership import owned
from autonomy.api.schemas import evidence as schemas
from autonomy.api.shapes import evidence as shapes
from autonomy.models import Passage

router = Router(tags=["library"])


@router.get("/{uuid:passage_id}", response=schemas.PassageOut)
def get_passage(
    request: ApiRequest, passage_id: UUID, radius: Annotated[int, Field(ge=0, le=5)] = 1
) -> schemas.PassageOut:
    """The passage with its page, its source and up to `radius` neighbours on either side."""
    rows = Passage.objects.select_related("source").defer("embedding")
    row = owned(rows, request.auth, passage_id, owner="source__owner")
    around = Passage.objects.defer("embedding").filter(
        source_id=row.source_id,
        ordinal__gte=max(0, row.ordinal - radius),
        ordinal__lte=row.ordinal + radius,
    )
    return shapes.passage(row, list(around))
