"""Search in what a person's library and runs remember."""

from __future__ import annotations

from typing import Annotated

from ninja import Router
from pydantic import Field

from autonomy import services
from autonomy.api import schemas
from autonomy.api.auth import ApiRequest

router = Router(tags=["library"])


@router.get("/search", response=schemas.MemoryOut)
def search_memory(
    request: ApiRequest, q: Annotated[str, Field(min_length=1, max_length=500)]
) -> schemas.MemoryOut:
    """Passages and notes that fit `q`, best first, by meaning and by words."""
    hits = services.search_memory(request.auth, q)
    return schemas.MemoryOut(query=q, items=[schemas.MemoryHit.model_validate(hit) for hit in hits])
