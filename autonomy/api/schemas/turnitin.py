"""Originality cycles: their reports, and what was changed because of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from autonomy.api.schemas.base import Input, Text
from autonomy.core.originality import (
    ChangeVerdict,
    MatchGroup,
    Quotations,
    Remedy,
    ReportReading,
    Teller,
)
from autonomy.core.types import (
    Author,
    CycleStatus,
    RunStatus,
)


class ReportIn(Input):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "cycle_id": "01890f6e-0000-7000-8000-000000000000",
                "observed_similarity": 12.5,
            }
        },
    )

    cycle_id: UUID
    report_url: Text = Field(default="", max_length=1000)
    observed_similarity: float | None = Field(default=None, ge=0, le=100)
    """Per cent; leave out when the report gives no number."""
    note: Text = Field(default="", max_length=5000)
    quotations: Quotations | None = None
    """What may be done about quotations that are marked and cited as they should be, where nothing
    else brings the figure down to the target: keep, shorten or leave_out. Left out as the run's
    setting says."""


class CycleOut(Schema):
    cycle_id: UUID
    run_id: UUID
    number: int
    status: CycleStatus
    artifact_id: UUID
    target_similarity: float
    local_similarity: float | None
    """By the product's own engine: like your own sources or earlier documents, and not quoted and
    cited; per cent."""
    local_quoted: float | None
    """Beside it: quoted from them and cited, per cent."""
    observed_similarity: float | None
    observed_below: bool
    """The report says “less than” the observed similarity."""
    report_url: str
    report_file_name: str
    reading: ReportReading | None
    """What could be read of the report's file; null without one."""
    note: str
    quotations: str
    """What was said with the report about proper quotations; empty as the run's setting."""
    verdict: str
    """A checker's, `accepted` or `rejected`; empty where the target decides."""
    revised_id: UUID | None
    """The version that was made because of the report."""
    changes: int
    """Passages of the draft that were looked at because of it: see `…/changes`."""
    created_at: datetime
    reported_at: datetime | None
    closed_at: datetime | None
    reminders: int
    expires_at: datetime | None
    """When the run stops waiting; null when it waits for as long as it takes."""


class OriginalityOut(Schema):
    run_id: UUID
    run_status: RunStatus
    current: CycleOut | None
    """The open cycle, or the last one."""
    cycles: list[CycleOut]
    statement: str
    """What was not reached, in a sentence or two, of a run that is over; empty where there is
    nothing to say."""


class PassageChangeOut(Schema):
    cycle_id: UUID
    cycle: int
    """Number of the cycle."""
    heading: str
    """Of the section."""
    before: str
    """As it is read: citations written out in short."""
    after: str
    """In its place; empty when it was cut."""
    remedy: Remedy
    reason: str
    told_by: Teller
    """The first of those that flagged it; `target` where nothing was wrong with it, `reviser` where
    it follows from other changes."""
    group: MatchGroup | None
    """What it lacked; null where it is no match."""
    note: str
    """What a checker wrote about it."""
    source_id: UUID | None
    source_title: str
    author: Author
    """Who worded what stands there now."""
    verdict: ChangeVerdict
    """What the product's own engine says of it now."""
