"""Searching passages and notes."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from autonomy.api.schemas.base import Text
from autonomy.core.ports import SearchFilter
from autonomy.core.types import (
    Reading,
    SourceOrigin,
)


class MemoryHit(Schema):
    kind: Literal["passage", "note"]
    id: UUID | None
    text: str
    source_id: UUID | None = None
    title: str = ""
    page: int | None = None
    score: float = 0.0
    heading: str = ""
    highlights: list[tuple[int, int]] = Field(
        default_factory=list,
        description="Where in `text` words of the query stand: start and end, in characters.",
    )


class MemoryWithin(Schema):
    """Which sources a search looks into; what is left out lets everything through."""

    source_id: list[UUID] = Field(default_factory=list, max_length=200)
    conversation_id: UUID | None = Field(None, description="Only what was uploaded into it.")
    year_from: int | None = Field(None, ge=0, le=9999, description="Sources without a year go too.")
    year_to: int | None = Field(None, ge=0, le=9999)
    type: list[Text] = Field(
        default_factory=list, max_length=50, description="CSL types, such as article-journal."
    )
    reading: list[Reading] = Field(default_factory=list)
    origin: list[SourceOrigin] = Field(default_factory=list)

    def as_filter(self) -> SearchFilter:
        return SearchFilter(
            source_ids=tuple(map(str, self.source_id)),
            conversation_id="" if self.conversation_id is None else str(self.conversation_id),
            from_year=self.year_from,
            to_year=self.year_to,
            types=tuple(self.type),
            readings=tuple(self.reading),
            origins=tuple(self.origin),
        )


class MemoryOut(Schema):
    query: str
    items: list[MemoryHit]
