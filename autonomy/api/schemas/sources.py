"""What the API says of the works in a person's library. Field names are part of the contract."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from autonomy.api.paging import Page
from autonomy.api.schemas.base import Input, Text
from autonomy.core.types import FileStatus, Reading, SourceOrigin

Verification = Literal["", "verified", "mismatch", "not_found", "unreachable"]


class LibrarySource(Schema):
    """A work of the library, as lists show it."""

    id: UUID
    title: str
    """For people: the title, else the file's name."""
    csl: dict[str, Any]
    """CSL-JSON without `id`."""
    metadata_edited: bool
    origin: SourceOrigin
    reading: Reading
    doi: str
    url: str
    """Where its text came from; empty for uploads."""
    file_name: str
    media_type: str
    size_bytes: int
    has_file: bool
    viewable: bool
    """Whether the file can be shown page by page (a PDF)."""
    status: FileStatus
    error: str = ""
    error_code: str = ""
    progress: float
    """0 to 1 within the present status: pages read, then passages embedded."""
    pages: int | None
    pages_read: int
    passages_count: int
    embedded_count: int
    remarks: list[str]
    """What people should know of the reading."""
    verification: Verification
    retracted: bool
    runs_citing: int
    """In how many of your documents it is cited."""
    created_at: datetime
    ready_at: datetime | None


class SourcesOut(Page[LibrarySource]):
    counts: dict[str, int]
    """Sources of each status that match, whatever `status` asks for."""
    total: int
    """Sum of `counts`."""


class CitedInOut(Schema):
    run_id: UUID
    conversation_id: UUID | None
    artifact_id: UUID
    title: str
    citations: int


class SourceDetail(LibrarySource):
    """Everything known of one work."""

    record: dict[str, Any]
    record_words: list[str]
    """How it came here and how much was read, in sentences."""
    verification_detail: dict[str, Any]
    verification_words: str
    """What registries said, and what to do about it."""
    verified_at: datetime | None
    abstract: str
    cited_in: list[CitedInOut]


class SourcePatch(Input):
    """Corrections; a field that is left out stays, null removes it."""

    csl: dict[Annotated[str, Field(max_length=60)], Any] = Field(min_length=1, max_length=80)
    """CSL-JSON fields, e.g. `{"title": "…", "author": [{"family": "Lee", "given": "Ann"}],
    "issued": {"date-parts": [[2020]]}, "volume": null}`."""


class ReferenceIn(Input):
    csl: dict[str, Any] = Field(max_length=80)
    style: Text = Field(default="harvard", max_length=120)


class ReferenceOut(Schema):
    style: str
    html: str
    """The reference as the style prints it: inline HTML, safe to insert."""


class SourceIds(Input):
    ids: list[UUID] = Field(min_length=1, max_length=1000)


class DeletedOut(Schema):
    deleted: int
    """How many of them there were."""


class PagePassage(Schema):
    id: UUID
    ordinal: int
    kind: str
    """body, abstract, caption, references, …"""
    heading: str
    """Path of headings, joined by “ › ”."""
    text: str
    page: int | None
    char_start: int
    char_end: int
    boxes: list[list[float]]
    """Its lines on the page as fractions of its size from the top left: left, top, width, height."""


class SourcePageOut(Schema):
    source_id: UUID
    number: int
    of: int
    paged: bool
    """False where the format has no pages: then a page is a stretch of the text."""
    passages: list[PagePassage]


class LookupIn(Input):
    identifier: Text = Field(default="", max_length=300)
    """A DOI or an arXiv number, also as an address; empty asks by title, authors and year."""


class DifferenceOut(Schema):
    field: str
    label: str
    now: str
    proposed: str


class CandidateOut(Schema):
    csl: dict[str, Any]
    """What a `PATCH` may take over, in whole or in part."""
    providers: list[str]
    url: str
    identifiers: dict[str, str]
    differences: list[DifferenceOut]
    """Empty when it says the same as the library."""
    notices: list[str]
    """Retractions and the like, in sentences."""


class ProviderAnswerOut(Schema):
    provider: str
    answer: Literal["found", "nothing", "rate_limited", "unreachable", "refused"]
    message: str


class ProposalOut(Schema):
    message: str
    candidates: list[CandidateOut]
    answers: list[ProviderAnswerOut]
