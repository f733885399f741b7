"""The job that a checker does for one originality cycle."""

from __future__ import annotations

from enum import StrEnum


class CheckVerdict(StrEnum):
    """What a person who checked a draft decided, whatever the target says."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class CheckStatus(StrEnum):
    """States of the job that a checker does for one originality cycle."""

    OPEN = "open"
    CLAIMED = "claimed"
    """By a checker, until the lease runs out."""
    DONE = "done"


class CheckOutcome(StrEnum):
    """How a check ended."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """Nobody's verdict: its owner took it back, brought a report, or the run ended."""


class CheckDeed(StrEnum):
    """What happened to a check, for its history."""

    ASKED = "asked"
    CLAIMED = "claimed"
    RELEASED = "released"
    EXPIRED = "expired"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    REPORT = "report"
    REPORT_REMOVED = "report_removed"
    MARKED = "marked"
    MARKS_REMOVED = "marks_removed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
