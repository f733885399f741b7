"""Similarity reports that people are waited for."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Reports(BaseModel):
    # -- similarity reports
    report_reminder_hours: float = Field(
        default=48.0,
        ge=0,
        le=8_760,
        description="Hours after which a person is reminded that a run waits for their similarity report; 0 reminds nobody.",
    )
    report_reminder_repeat_hours: float = Field(
        default=72.0,
        ge=0,
        le=8_760,
        description="Hours between two such reminders; 0 reminds once.",
    )
    report_expiry_days: float = Field(
        default=14.0,
        ge=0,
        le=3_650,
        description="Days after which a run no longer waits for a similarity report and ends with the draft it has; 0 waits for good.",
    )
