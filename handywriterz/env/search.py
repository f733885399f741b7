"""How far one run looks outside."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Search(BaseModel):
    # -- how far a run looks outside
    search_works_per_query: int = Field(
        default=20, gt=0, le=100, description="Works asked for with one query."
    )
    search_candidates_max: int = Field(
        default=40, gt=0, le=500, description="Works that one round judges."
    )
    search_sources_max: int = Field(
        default=12, gt=0, le=50, description="Sources that one round keeps."
    )
    search_full_texts_max: int = Field(
        default=8, ge=0, le=50, description="Full texts and pages that one run fetches and reads."
    )
    search_bytes_max: int = Field(
        default=60_000_000, ge=0, description="Size of all full texts of one run together, bytes."
    )
    search_round_seconds: float = Field(
        default=120.0,
        gt=0,
        description="After this long one round fetches no further full text, seconds.",
    )
    search_read_seconds: float = Field(
        default=90.0,
        gt=0,
        description="Longest a run waits until one full text is read; then its abstract has to do, seconds.",
    )
