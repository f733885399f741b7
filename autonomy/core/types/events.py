"""The envelope of everything that a run tells."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from autonomy.core.value import Value

EventType = Literal[
    "run.started",
    "plan.updated",
    "step.started",
    "action",
    "observation",
    "verdict",
    "note",
    "retry",
    "token",
    "section.committed",
    "source.found",
    "citation.verified",
    "budget",
    "turnitin.awaiting_report",
    "turnitin.report_ready",
    "turnitin.revised",
    "turnitin.expired",
    "artifact.created",
    "interrupt",
    "attempt.restarted",
    "run.paused",
    "run.resumed",
    "run.finished",
    "error",
    "heartbeat",
]


class EventDraft(Value):
    """An event before the log gave it a sequence number."""

    type: EventType
    content: str = Field(default="", max_length=20_000)
    """One line for people."""
    source: str = ""
    """The node or part that speaks: planner, executor, writer, critic, …"""
    meta: dict[str, Any] = Field(default_factory=dict)
    """Typed detail for the UI (plan, step, gates, budget, …): JSON, ids and scalars."""


class Event(Value):
    """The envelope of SSE `data:` and WebSocket frames."""

    type: EventType
    seq: int
    """Per run, gapless from 1; 0 for frames that are not in the log (token, heartbeat)."""
    ts: str
    """ISO 8601, UTC."""
    conversation_id: str | None = None
    run_id: str | None = None
    content: str | None = None
    token: str | None = None
    source: str | None = None
    meta: dict[str, Any] | None = None
