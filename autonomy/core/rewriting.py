"""Changes that are proposed of somebody's draft, and what became of them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from autonomy.core.types import Author, Wish
from autonomy.core.value import Value


class Decision(StrEnum):
    """What a person said of a change."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class TextEdit(NamedTuple):
    """`text[start:end]` of a block becomes `after`; a proposed change is made of such edits."""

    start: int
    end: int
    after: str


class ChangeChecks(Value):
    """What was held against a change before it was proposed."""

    passed: tuple[str, ...] = ()
    """What was compared and is the same, for people: numbers and units, names, …"""
    nearness: float | None = None
    """Cosine of both wordings in meaning, -1 to 1: a hint, and never a reason by itself."""
    retried: bool = False
    """The first proposal had failed a check, and the model was told which."""


class ProposedChange(Value):
    """A change of one sentence, or of a few signs, for its person to accept or reject."""

    block: str
    """Id of the draft's block."""
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    """Of the stretch that is shown as changed, in the block's text."""
    before: str
    after: str
    edits: tuple[TextEdit, ...]
    """In order, within the stretch: nothing else of it changes."""
    kind: str
    """A `Wish`, or the name of a rule."""
    reason: str
    """A sentence for people."""
    author: Author
    simulated: bool = False
    checks: ChangeChecks = ChangeChecks()


class LeftAlone(Value):
    """A sentence that was not changed although something wanted to."""

    block: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    reason: str
    """As it goes on after “left as it was, because”."""
    author: Author


class NoteworthyPlace(Value):
    """Something a reader would write in the margin; nothing is changed for it."""

    block: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    kind: str
    message: str


class DraftText(Value):
    """Which draft a document is of, and in what it differs from it."""

    draft_id: str
    """Artifact id of the draft as it was read."""
    source_id: str
    sha256: str = ""
    """Of the file that it was read from: the same file under another id does as well."""
    file_name: str = ""
    media_type: str = ""
    edits: dict[str, tuple[TextEdit, ...]] = Field(default_factory=dict)
    """Block id to what is different in it, in order."""
    proposed: bool = False
    """The edits are a proposal: rows of this version say what became of each."""


class DraftTaken(Value):
    """What the loop is told of a draft that was read and stored."""

    draft_id: str
    title: str
    words: int
    blocks: int
    remarks: tuple[str, ...] = ()


class Rewriting(Value):
    """How a deployment rewrites."""

    chunk_words: int = 350
    """Of prose that one call of a model is shown to change."""
    parts_at_once: int = 4


def edited(text: str, edits: tuple[TextEdit, ...] | list[TextEdit]) -> str:
    """`text` with the edits made; they are in order and do not overlap."""
    for start, end, after in reversed(edits):
        text = text[:start] + after + text[end:]
    return text


__all__ = [
    "ChangeChecks",
    "Decision",
    "DraftTaken",
    "DraftText",
    "LeftAlone",
    "NoteworthyPlace",
    "ProposedChange",
    "Rewriting",
    "TextEdit",
    "Wish",
    "edited",
]
