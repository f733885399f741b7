"""Tools that are learnt while the product runs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class LearntTools(BaseModel):
    # -- tools that are learnt while it runs
    tool_document_max_bytes: int = Field(
        default=4 * 1024 * 1024,
        gt=0,
        description="Largest OpenAPI document that tools are learnt from, bytes.",
    )
    tool_operations_max: int = Field(
        default=60, gt=0, le=500, description="Tools that one document or server may bring."
    )
    tools_per_user: int = Field(
        default=200, gt=0, description="Learnt tools that one person may have."
    )
    tools_offered_max: int = Field(
        default=12,
        gt=0,
        le=100,
        description="Learnt tools that one run is offered: those that fit its task best.",
    )
    tool_call_seconds: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Longest one call of a learnt tool may take, seconds.",
    )
    tool_answer_max_bytes: int = Field(
        default=2 * 1024 * 1024,
        gt=0,
        description="Largest answer of a learnt tool that is read, bytes.",
    )
    tool_recordings_max: int = Field(
        default=40,
        ge=0,
        description="Calls of one learnt tool that are kept to prove repairs on, half of them good, "
        "half failed; 0 keeps none.",
    )
    tool_recording_max_bytes: int = Field(
        default=256 * 1024,
        gt=0,
        description="Largest call that is kept for repairs, bytes; a larger one is only counted.",
    )
    tool_tests_per_minute: int = Field(
        default=10, gt=0, description="Tries and previews of tools per person and minute."
    )

    tool_repair: Literal["auto", "approve", "off"] = Field(
        default="auto",
        description="What becomes of a proven repair of a learnt tool: used at once (auto), after its owner agreed, or staff for tools that are for everybody (approve), or none is tried (off). A tool's owner may be stricter.",
    )
    tool_repair_probes: int = Field(
        default=8,
        gt=0,
        le=40,
        description="Recorded calls of a failed tool that are made again to see what changed; only calls that change and cost nothing.",
    )
    tool_rollback_calls: int = Field(
        default=6,
        gt=1,
        le=20,
        description="Calls since a repair, the latest, that are looked at to decide whether it is taken back.",
    )
    tool_rollback_worse: float = Field(
        default=0.4,
        gt=0,
        le=1,
        description="A repair is taken back when the share of its latest calls that went well is smaller by this much than that of the version before it.",
    )
