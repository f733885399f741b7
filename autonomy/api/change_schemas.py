"""What the API says of passages that were changed because of a report."""

from __future__ import annotations

from uuid import UUID

from ninja import Schema

from autonomy.core.originality import ChangeVerdict, MatchGroup, Remedy, Teller
from autonomy.core.types import Author


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
