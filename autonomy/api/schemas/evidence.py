"""Sources, citations and passages of a run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import Field

from autonomy.core.types import (
    CitationVerdict,
    FieldDifference,
    Finding,
    Reading,
    SourceOrigin,
)


class SourceOut(Schema):
    id: UUID | None
    """Null for a work that was looked at and dropped: it is in nobody's library."""
    csl: dict[str, Any]
    """CSL-JSON without `id`."""
    file_name: str = ""
    verification: str = ""
    """"", verified, mismatch, not_found or unreachable."""
    passages_count: int = 0
    origin: SourceOrigin | None = None
    reading: Reading | None = None
    """How much of it can be searched."""
    doi: str = ""
    url: str = ""
    verification_reason: str = ""
    differences: list[FieldDifference] = []
    """Fields that registries describe otherwise."""
    retracted: bool = False
    standing: dict[str, Any] = Field(default_factory=dict)
    """How it was ranked: `score` and its parts, each 0 to 1, and the same in words."""
    query: str = ""
    """What found it."""
    provider: str = ""
    """Who described it: registries or search engines, the leading one first."""
    kept: bool = True
    reason: str = ""
    """Why it was kept or dropped, for people."""


class CitationOut(Schema):
    marker: int
    claim: str
    passage_id: UUID | None
    """Null when the file was deleted since; `text` keeps what the claim was bound to."""
    source_id: UUID | None
    page: int | None
    text: str
    verdict: CitationVerdict
    author: str
    reason: str
    findings: list[Finding] = []
    """Facts of the claim that the passage does not have, or has otherwise."""
    judgements: int = 0
    """How many judgements the verdict rests on: 0 by rule, 2 where a second one agreed."""
    artifact_id: UUID


class PassageText(Schema):
    id: UUID
    text: str
    page: int | None
    heading: str
    ordinal: int


class PassageOut(PassageText):
    """A passage with what a reader needs to judge it."""

    char_start: int
    char_end: int
    boxes: list[list[float]] = []
    """Its lines on the page as fractions of its size from the top left: left, top, width, height."""
    source_id: UUID
    file_name: str
    csl: dict[str, Any]
    viewable: bool = False
    """Whether the source is a PDF whose page can be shown."""
    place: int = 1
    """The number of its page in `/api/v2/sources/{id}/pages/{n}`."""
    before: list[PassageText]
    after: list[PassageText]
