"""What a person is told of outside the page of a run."""

from __future__ import annotations

from enum import StrEnum


class NotificationKind(StrEnum):
    """What a person is told of besides the run's own page."""

    WAITING = "waiting"
    """A run waits for them."""
    REMINDER = "reminder"
    """It still does."""
    DONE = "done"
    FAILED = "failed"
    CHECK = "check"
    """A document waits for a checker."""
