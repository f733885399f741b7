"""Runs: starting, steering and following them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, field_validator

from autonomy.api.schemas.base import Input, Text
from autonomy.core.types import (
    RunStatus,
    TaskSettings,
)


class TaskIn(Input):
    goal: str = Field(min_length=1)
    """What the document should be about."""
    file_ids: list[UUID] = Field(default_factory=list, max_length=500)
    """Uploaded files to work from; empty means the whole library."""
    settings: TaskSettings = Field(default_factory=TaskSettings)

    @field_validator("goal")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("Say what the document should be about.")
        return value


class RunIn(Input):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "journey": "write",
                "task_spec": {
                    "goal": "Compare convolutional and attention-based models of vision.",
                    "file_ids": [],
                    "settings": {"style": "apa", "length_words": 1200},
                },
            }
        },
    )

    journey: str = "write"
    task_spec: TaskIn
    title: Text = Field(default="", max_length=200)


class BudgetOut(Schema):
    tokens_limit: int
    tokens_spent: int
    tokens_reserved: int = 0
    seconds_limit: float
    seconds_spent: float
    usd_limit: float
    usd_spent: float
    usd_reserved: float = 0.0


class RunOut(Schema):
    """A run in a list."""

    id: UUID
    title: str
    journey: str
    status: RunStatus
    stop_reason: str = ""
    error: str = ""
    """What failed, in words; empty while nothing did."""
    conversation_id: UUID | None
    parent_id: UUID | None = None
    as_of_seq: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    budgets: BudgetOut


class WorkedModelOut(Schema):
    """A model that has answered for the run."""

    role: str
    """planner, writer, critic, debugger or small."""
    model: str
    calls: int
    """Requests that were answered."""
    simulated: bool
    """Its answers are made up by a simulator."""


class RunSnapshot(RunOut):
    """Everything a view needs to draw the run; events after `as_of_seq` bring it up to date."""

    task: dict[str, Any]
    plan: dict[str, Any] | None
    route: str
    last_observation: dict[str, Any] | None
    last_verdict: dict[str, Any] | None
    waiting_for: dict[str, Any] | None = None
    """What a person is asked for while the status is `waiting_human`."""
    requested: str = ""
    """`pause` while a pause is asked for and the current step goes on."""
    queue_position: int | None = None
    worker_up: bool = True
    artifact_id: UUID | None = None
    """The newest version of the document."""
    models: list[WorkedModelOut] = Field(default_factory=list)
    """Which models have worked for it, the first first; none: it worked by rules."""
    stream_url: str


class RunStarted(Schema):
    run_id: UUID
    status: RunStatus
    conversation_id: UUID | None
    url: str
    stream_url: str


class ForkIn(Input):
    checkpoint_id: Text | None = Field(default=None, max_length=64)
    """Where to branch off; the newest checkpoint when left out."""
    message: str = ""
    """What the branch should do differently; it is taken before anything else."""


class MessageIn(Input):
    message: str
    """What the run should do differently, in words."""


class MessageTaken(Schema):
    number: int
    taken: bool


class MessageOut(Schema):
    """What the run was told."""

    number: int
    text: str
    created_at: datetime
    taken_at: datetime | None
    """When the run took it; null while it has not."""


class PlanStepIn(Input):
    id: Text = Field(default="", max_length=60)
    """Of the writing step that is meant; empty for a new section."""
    title: Text = Field(min_length=1, max_length=200)
    words: int | None = Field(default=None, ge=1)
    focus: Text = Field(default="", max_length=300)
    """What the section should dwell on."""

    @field_validator("title")
    @classmethod
    def _said(cls, value: str) -> str:
        if not any(c.isalnum() for c in value):
            raise ValueError("Give this part a title.")
        return " ".join(value.split())


class PlanIn(Input):
    """The writing steps as they should be, in order; a step that is left out is removed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "version": 2,
                "title": "Attention and convolution",
                "steps": [
                    {"id": "write-introduction", "title": "Introduction"},
                    {"id": "write-2", "title": "Attention", "words": 400},
                    {"title": "Cost", "words": 200, "focus": "training time"},
                ],
                "approve": False,
            }
        },
    )

    version: int
    """Of the plan that was edited."""
    title: Text | None = Field(default=None, max_length=300)
    steps: list[PlanStepIn] = Field(min_length=1)
    approve: bool = False
    """Go on with it; otherwise the plan is shown once more."""


class BudgetIn(Input):
    """New limits; what is left out stays. A limit below what is spent ends the run soon."""

    tokens: int | None = Field(default=None, strict=True, ge=0, le=50_000_000)
    seconds: float | None = Field(default=None, strict=True, gt=0, le=86_400)
    usd: float | None = Field(default=None, strict=True, ge=0, le=10_000)


class CheckpointOut(Schema):
    checkpoint_id: str
    parent_checkpoint_id: str | None
    step: int | None
    source: str
    created_at: datetime
