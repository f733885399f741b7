"""The shapes in which models answer. Docstrings and descriptions are part of the prompt: a server
that takes a schema shows them to the model.

Lenient where leniency is harmless (a missing reason), strict where a guess would be a lie (a
verdict has no default).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    # Extra keys are ignored, not refused: they do no harm, and another call would cost money.
    model_config = ConfigDict(frozen=True, extra="ignore")


class PlannedSection(_Answer):
    heading: str = Field(min_length=1, max_length=200, description="Heading, without a number.")
    purpose: str = Field(
        max_length=1_000, description="One or two sentences: what the section has to establish."
    )
    queries: list[str] = Field(
        max_length=8, description="Two to five short searches that would find its evidence."
    )
    words: int = Field(ge=0, le=30_000, description="Target length in words.")
    keep: bool = Field(
        default=False,
        description="Only when told of finished sections: true keeps the one of this heading as it is.",
    )


class PlannedDocument(_Answer):
    """The outline of a document."""

    title: str = Field(max_length=300, description="Title of the document.")
    rationale: str = Field(
        default="", max_length=1_000, description="Why this outline suits the request."
    )
    sections: list[PlannedSection] = Field(
        min_length=1, max_length=20, description="Body sections in order."
    )


class ClaimVerdict(_Answer):
    marker: int = Field(description="Number of the claim that is judged.")
    verdict: Literal["supported", "partly", "unsupported"]
    reason: str = Field(default="", max_length=1_000, description="One sentence.")


class ClaimVerdicts(_Answer):
    """One verdict per claim."""

    verdicts: list[ClaimVerdict]


class ProposedRepair(_Answer):
    """What to change about a failed step."""

    diagnosis: str = Field(
        min_length=1, max_length=1_000, description="Why it failed and what the change does."
    )
    tool: str | None = Field(
        default=None, description="Another registered tool; null keeps the one it has."
    )
    input: dict[str, Any] | None = Field(
        default=None, description="The complete new input; null keeps the one it has."
    )
