"""What a person asks for: the goal, its settings and its limits."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator

from autonomy.core.originality import Quotations
from autonomy.core.value import Value


class Budget(Value):
    """Limits of one run. A limit reached is a named ending with the best draft so far."""

    tokens: int = Field(default=200_000, ge=0, le=50_000_000)
    """Model tokens, input plus output."""
    seconds: float = Field(default=900.0, gt=0, le=86_400)
    """Seconds of run time (waiting for a person costs nothing)."""
    usd: float = Field(default=5.0, ge=0, le=10_000)
    """US dollars of provider cost."""


class Wish(StrEnum):
    """What of a draft is to be improved."""

    GRAMMAR = "grammar"
    """Spelling, punctuation and consistency too."""
    CLARITY = "clarity"
    CONCISION = "concision"
    TONE = "tone"
    """An academic tone."""
    STRUCTURE = "structure"
    """Hints on paragraphs and headings; none is moved."""
    CITATIONS = "citations"
    """Hints on what wants a citation, and on references that do not match; none is invented."""


SearchScope = Literal["auto", "files", "scholarly", "everything"]


class TaskSettings(Value):
    """What a person may choose for one document."""

    style: str = Field(default="harvard", min_length=1, max_length=120)
    """Citation style: harvard, apa, mla, chicago, vancouver, or the id of a bundled CSL style."""
    length_words: int | None = Field(default=None, ge=100, le=30_000)
    level: str | None = Field(default=None, max_length=60)
    language: str = Field(default="en", max_length=35)
    models: dict[Annotated[str, Field(max_length=20)], Annotated[str, Field(max_length=500)]] = (
        Field(default_factory=dict, max_length=10)
    )
    """Role to model string, overriding the deployment's."""
    approve_plan: bool = False
    search: SearchScope = "auto"
    """Where evidence may come from. auto: own files first, registries where those fall short;
    files: own files only; scholarly: registries besides the attached files; everything: own files,
    registries and the web from the start."""
    improve: tuple[Wish, ...] = ()
    """What of a draft is to be improved; empty reads it from the words of the request."""
    appendix: bool = True
    """Exports end with a list of the citations and works that stayed in doubt, where any did."""
    target_similarity: float | None = Field(default=None, ge=0, le=100)
    """Per cent; set means the run pauses for a similarity report before it ends."""
    quotations: Quotations = Quotations.SHORTEN
    """What a report over the target may do to quotations that are marked and cited as they should
    be: keep, shorten (the longest, to their key clause) or leave_out (besides, whole sentences).
    Whoever hands in a report may say otherwise for it."""
    budget: Budget = Field(default_factory=Budget)


class TaskSpec(Value):
    """What was asked, unchanged for the life of the run."""

    goal: str = Field(min_length=1, max_length=20_000)
    journey: str = Field(default="write", pattern=r"^[a-z][a-z_]{0,30}$")
    source_ids: tuple[str, ...] = Field(default=(), max_length=500)
    """Sources (uploaded files) the person attached; empty means the whole library."""
    settings: TaskSettings = Field(default_factory=TaskSettings)

    @field_validator("goal")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not any(character.isalnum() for character in value):
            raise ValueError("Say what the document should be about.")
        return value.strip()
