"""What the API says of a rewritten draft. Field names are part of the contract."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from autonomy.api.schemas.base import Input
from autonomy.core.rewriting import ChangeChecks, Decision, LeftAlone, NoteworthyPlace
from autonomy.core.types import Author
from autonomy.library.drafts.draft import DraftKind, Held, Mark


class ChangeOut(Schema):
    number: int
    start: int
    end: int
    """In the block's text."""
    before: str
    after: str
    edits: list[tuple[int, int, str]]
    """[start, end, new text] in the block's text; nothing else of it changes."""
    kind: str
    reason: str
    author: Author
    simulated: bool
    checks: ChangeChecks
    decision: Decision
    decided_at: datetime | None


class DraftBlockOut(Schema):
    id: str
    kind: DraftKind
    level: int
    numbered: bool
    text: str
    right_to_left: bool
    table: int | None
    row: int | None
    column: int | None
    held: list[Held]
    marks: list[Mark]
    changes: list[ChangeOut]


class DecisionCounts(Schema):
    undecided: int
    accepted: int
    rejected: int


class RewritingOut(Schema):
    artifact_id: UUID
    version: int
    title: str
    file_name: str
    word: bool
    """The draft is a Word document, whose layout is kept."""
    notice: str
    outcome: str = ""
    """What came of it where nothing was found to change; else empty."""
    simulated: bool
    author: Author
    wishes: list[str]
    counts: DecisionCounts
    blocks: list[DraftBlockOut]
    next_block: int | None
    """`from` of the blocks that follow; null behind the last."""
    total_blocks: int
    left: list[LeftAlone]
    """Sentences that were left as they were, with the reason; with the first blocks only."""
    remarks: list[NoteworthyPlace]
    """Places worth a look; with the first blocks only."""
    reading: list[str]


class DecisionsIn(Input):
    decision: Decision
    numbers: Annotated[list[int], Field(max_length=10_000)] | None = None
    """Of changes; left out, all of them."""


class DecisionsOut(Schema):
    counts: DecisionCounts
    changed: list[int]
    """Numbers of the changes that this request decided otherwise."""
    decided: dict[int, Decision]
    """Every change that is accepted or rejected now."""
