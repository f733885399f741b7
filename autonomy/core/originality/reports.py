"""What could be read of a similarity report that a person brought."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field

from autonomy.core.originality.matches import MatchGroup
from autonomy.core.value import Value


def percent_said(value: float, *, below: bool = False) -> str:
    """A percentage in words. A bound stays a bound: “less than 1 %” is neither 1 % nor 0 %."""
    return f"{'less than ' if below else ''}{value:g} %"


class Percent(Value):
    """A percentage as a report prints it."""

    value: float = Field(ge=0, le=100)
    below: bool = False
    """Printed as “<1 %”: `value` is an upper bound, not a measurement."""


class ReportFormat(StrEnum):
    CLASSIC_PDF = "classic_pdf"
    SIMILARITY_PDF = "similarity_pdf"
    HTML = "html"
    JSON = "json"


class ReportedSource(Value):
    number: int
    title: str
    kind: str = ""
    """Such as `internet`, `publication`, `student_paper`; empty when it cannot be read."""
    percent: Percent | None = None


class ReportedPassage(Value):
    """A passage that the report highlights."""

    text: str
    page: int | None = None
    """Of the report's file, from 1."""
    source_number: int | None = None
    group: MatchGroup | None = None


class ReadReport(Value):
    """What could be read of a report that a person uploaded. What could not be read is None, never
    0, and `unread` says why."""

    format: ReportFormat
    language: str = ""
    title: str | None = None
    submission_id: str | None = None
    """Of the document at the service that checked it."""
    word_count: int | None = None
    character_count: int | None = None
    similarity: Percent | None = None
    by_kind: dict[str, Percent] = Field(default_factory=dict)
    """`internet`, `publication`, `student_paper`."""
    groups: dict[MatchGroup, Percent] = Field(default_factory=dict)
    group_counts: dict[MatchGroup, int] = Field(default_factory=dict)
    """Matches in each group."""
    sources: tuple[ReportedSource, ...] = ()
    passages: tuple[ReportedPassage, ...] = ()
    flags: tuple[str, ...] = ()
    """Integrity flags, such as hidden text or replaced characters, in the report's words."""
    excluded: tuple[str, ...] = ()
    """What the report's filters left out: `quotes`, `bibliography`, `small_matches`, …"""
    unread: dict[str, str] = Field(default_factory=dict)
    """Field → why it could not be read."""


USER_PROVIDED = "user-provided, not verified"


class UnfoundPassage(BaseModel):
    """A passage that a report marks and that is not found in the draft."""

    text: str
    reason: str


class ReportReading(BaseModel):
    """What is kept of a report's file beside the file. Whoever brought it may have made it."""

    report: ReadReport | None = None
    """Without its passages: those that were found are flagged in the draft."""
    unreadable: str = ""
    """Why nothing of the file could be read; the figure was given by hand then."""
    fit: str = ""
    """Whether it is of this draft: `fits` or `cannot_tell`; one that does not fit is refused."""
    fit_reason: str = ""
    marked: int = 0
    """Passages that the report marks."""
    found: int = 0
    """Of those, in the draft."""
    not_found: tuple[UnfoundPassage, ...] = ()
    """The first of the others."""
    provenance: str = USER_PROVIDED
