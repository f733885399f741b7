"""Passages that were flagged, and what is done about them."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from autonomy.core.originality.matches import MatchGroup, MatchKind
from autonomy.core.value import Value


class Remedy(StrEnum):
    """What is done about a passage that is too close to its source. All of them are honest: none
    hides where words come from."""

    QUOTE = "quote"
    CITE = "cite"
    REPHRASE = "rephrase"
    """In other words, with the source named."""
    SHORTEN = "shorten"
    """The quotation cut down to its key clause; still quoted and cited."""
    CUT = "cut"
    KEEP = "keep"
    """Nothing is wrong with it, or nothing can be done without a person; the reason says which."""
    REWRITE = "rewrite"
    """Its section is written again: no remedy of a passage could save it."""
    RECOUNT = "recount"
    """It says in figures what other sections hold, and follows them."""
    REFILL = "refill"
    """Added: its section was cost words, and says more from evidence that was not used yet."""


class Quotations(StrEnum):
    """What is done about quotations that are marked and cited as they should be, where nothing else
    brings a report's figure down to the target. They are no fault, so it is the person's to say."""

    KEEP = "keep"
    SHORTEN = "shorten"
    """The longest cut down to their key clause; still quoted and cited."""
    LEAVE_OUT = "leave_out"
    """Besides, whole sentences of quotation on which nothing rests."""


class FlaggedPassage(Value):
    """A passage of a draft that a report or the engine flagged, found in the document."""

    id: str = ""
    """Of the row that keeps it; empty before it is kept."""
    section_id: str
    """Empty when the passage is not found in the document: `text` is then as it was told."""
    text: str
    """As it stands in the section's Markdown, markers included."""
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    """In the section's Markdown."""
    source_id: str = ""
    """The person's source that it is like; empty when only the report knows."""
    source_title: str = ""
    group: MatchGroup
    told_by: str = "engine"
    """`engine`, `report`, or `checker` (a human's highlights)."""
    note: str = ""
    """What a checker wrote about it."""
    colour: str = ""
    """Of a checker's highlighting, such as `yellow`; empty where there is none."""
    kind: MatchKind | None = None
    """As the engine found it; None for what a report or a checker told."""


class ChangeVerdict(StrEnum):
    """What the product's own engine says of a passage after its remedy."""

    SETTLED = "settled"
    """It no longer flags it."""
    OPEN = "open"
    """It still flags it."""
    GONE = "gone"
    """The passage was cut."""
    KEPT = "kept"
    """It was left as it was."""
    UNCHECKED = "unchecked"
    """The draft could not be compared."""


class PassageChange(Value):
    """A flagged passage, what was done about it and why."""

    section_id: str
    heading: str = ""
    before: str
    """Whole sentences of the section's Markdown, markers included."""
    after: str
    """In their place; empty when they were cut."""
    remedy: Remedy
    reason: str
    """For people."""
    told_by: str = "engine"
    """A `Teller`: the first of those that flagged it, or for whose sake it was changed."""
    group: MatchGroup | None
    """What it lacked; None where it is no match, but follows from other changes."""
    note: str = ""
    """What a checker wrote about it."""
    source_id: str = ""
    source_title: str = ""
    author: str = "rule"
    """An `Author` value: who worded what stands there now."""
    verdict: ChangeVerdict = ChangeVerdict.UNCHECKED


class Teller(StrEnum):
    """Who flags passages, `FlaggedPassage.told_by`, or for whose sake they are changed."""

    ENGINE = "engine"
    REPORT = "report"
    CHECKER = "checker"
    TARGET = "target"
    """Nobody found fault with it: the person's target asks for less quotation."""
    REVISER = "reviser"
    """It follows from what was changed elsewhere."""


FLAGGING = frozenset({Teller.ENGINE, Teller.REPORT, Teller.CHECKER})
"""Those that find a passage."""
