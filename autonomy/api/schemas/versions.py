"""What the API says of a document's versions. Field names are part of the contract."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ninja import Schema

from autonomy.core.originality import FlaggedPassage, Remedy
from autonomy.core.types import Author
from autonomy.core.versions import VersionCause
from autonomy.export.comparison import Comparison


class VersionGate(Schema):
    gate: str
    passed: bool
    message: str


class VersionVerdict(Schema):
    seq: int
    """Of its event in the run's log."""
    kind: str
    reason: str
    gates: list[VersionGate]


class VersionCycle(Schema):
    cycle_id: UUID
    number: int
    target_similarity: float
    observed_similarity: float | None
    observed_below: bool
    """The report says “less than” that figure."""


class VersionPassage(Schema):
    """What was done about a flagged passage."""

    section_id: str
    heading: str
    before: str
    after: str
    remedy: Remedy
    reason: str
    source_title: str


class VersionOut(Schema):
    id: UUID
    """Of the artifact."""
    version: int
    title: str
    created_at: datetime
    newest: bool
    cause: VersionCause | None
    """None for a version of before causes were kept."""
    headline: str
    """The cause in a few words for people."""
    why: str
    author: Author | None
    """Who wrote what is new in it."""
    models: list[str]
    """Model strings that wrote for it."""
    person: str | None
    """Who asked for it, where a person did: `you`, or a name."""
    words: int | None
    made_from: UUID | None
    made_from_version: int | None
    asked_by: VersionVerdict | None
    """The verdict that led to it."""
    judged: VersionVerdict | None
    """The verdict on it, while it was the newest."""
    cycle: VersionCycle | None
    """Whose report asked for it."""
    flagged: list[FlaggedPassage]
    """Passages of the version before that were flagged in that cycle."""
    passages: list[VersionPassage]
    """What was done about them, and why."""


class VersionsOut(Schema):
    items: list[VersionOut]
    """Newest first."""
    next_cursor: str | None = None
    """Always null: all of them are here."""


class ComparisonOut(Comparison):
    before: UUID
    before_version: int
    after: UUID
    after_version: int
