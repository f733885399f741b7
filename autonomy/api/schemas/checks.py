"""What the API says of checks by people. Field names are part of the contract."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field

from autonomy.api.schemas.base import Input, Text
from autonomy.core.originality import (
    CheckDeed,
    CheckOutcome,
    CheckStatus,
    CheckVerdict,
    MatchGroup,
    ReportReading,
)
from autonomy.core.types import CitationVerdict, CycleStatus
from autonomy.services.check_work import NOTE_CHARS


class CheckRow(Schema):
    """A check as the queue shows it."""

    id: UUID
    title: str
    words: int
    cycle_number: int
    target_similarity: float
    status: CheckStatus
    """`open` also once the lease of whoever claimed it ran out."""
    outcome: CheckOutcome | None
    asked_at: datetime
    done_at: datetime | None
    mine: bool
    """You hold it now."""
    lease_seconds: float | None
    """How long you still hold it, from now on."""
    for_me: bool
    """Staff assigned it to you."""
    holder: str | None
    """Who holds it or did it; for staff."""
    assigned_to: str | None
    """Whom staff assigned it to; for staff."""


class MarkedOut(Schema):
    """A passage that is to be revised."""

    text: str
    """In plain words."""
    heading: str
    """Of its section; empty when it was not found in the document."""
    found: bool
    group: MatchGroup
    note: str
    colour: str
    """Such as `yellow` or `#f4cccc`; empty when it is only commented on."""


class CheckEventOut(Schema):
    at: datetime
    who: str
    """Empty for what happened by itself."""
    deed: CheckDeed
    detail: str


class CheckedCycle(Schema):
    """A cycle of the document: this one, or one before it."""

    number: int
    status: CycleStatus
    target_similarity: float
    observed_similarity: float | None
    observed_below: bool
    """The report says “less than” that figure."""
    verdict: CheckVerdict | None
    """A checker's; null where the report decided."""
    checker: str
    note: str
    """The checker's; empty for what its owner wrote."""
    reported_at: datetime | None


class CheckOut(CheckRow):
    readable: bool
    """You may read the document, and see the rest of this; else the rest is empty."""
    observed_similarity: float | None
    """Per cent, as far as it is known."""
    note: str
    report_file_name: str
    reading: ReportReading | None
    """What could be read of the report's file; null without one."""
    report_passages: list[MarkedOut]
    """Passages that the report points out."""
    marked_file_name: str
    marked: list[MarkedOut]
    history: list[CheckEventOut]
    cycles: list[CheckedCycle]
    """Oldest first; the last one is this check's."""
    max_cycles: int
    """How many the document may have."""
    assigned_to_id: int | None
    """For staff."""


class ClaimInDocument(Schema):
    """What the document says on whose word."""

    marker: int
    """Of the citation, from 1 in the document's order."""
    claim: str
    work: str
    page: int | None
    verdict: CitationVerdict


class CheckDocument(Schema):
    title: str
    words: int
    html: str
    """A clean fragment."""
    claims: list[ClaimInDocument]


class CheckChanges(Input):
    """What is left out stays as it is."""

    note: Text | None = Field(default=None, max_length=NOTE_CHARS)
    observed_similarity: float | None = Field(default=None, ge=0, le=100)
    """Per cent; null takes it away."""


class AssignIn(Input):
    checker_id: int | None
    """Null for nobody in particular."""


class CheckerOut(Schema):
    id: int
    name: str
    email: str
    holding: int
    """Documents that they hold now."""


class OwnersCheck(Schema):
    """What the owner of a document sees of its check."""

    cycle_number: int
    status: CheckStatus
    outcome: CheckOutcome | None
    asked_at: datetime
    done_at: datetime | None
    checker: str
    """Empty until it is decided."""
    note: str
    """The checker's, once it is decided."""


class CheckerChoice(Schema):
    offered: bool
    """Checkers can be asked about the document that waits now."""
    always: bool
    """This server has every document checked."""
    check: OwnersCheck | None
    """Of the newest cycle."""
    decided: OwnersCheck | None
    """The last one that a checker accepted or sent back."""
