"""Search in what a person's library and runs remember."""

from __future__ import annotations

from typing import Annotated

from ninja import Query, Router
from pydantic import Field

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.api.schemas import memory as schemas

router = Router(tags=["library"])


@router.get("/search", response=schemas.MemoryOut)
def search_memory(
    request: ApiRequest,
    q: Annotated[str, Field(min_length=1, max_length=500)],
    within: Query[schemas.MemoryWithin],
    limit: Annotated[int, Field(ge=1, le=100)] = 10,
    variety: Annotated[float, Field(ge=0, le=1)] = 0.0,
) -> schemas.MemoryOut:
    """Passages and notes that fit `q`, best first, by meaning and by words. Filters narrow down the
    passages' sources, all of them together; with a filter there are no notes. `variety` holds
    passages back that repeat better ones."""
    hits = services.search_memory(
        request.auth, q, limit=limit, within=within.as_filter(), variety=variety
    )
    return schemas.MemoryOut(query=q, items=[schemas.MemoryHit.model_validate(hit) for hit in hits])
