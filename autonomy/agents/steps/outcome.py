"""What came of carrying out a step, and the events that tell it."""

from __future__ import annotations

from autonomy.core.types import Author, EventDraft, Observation, Step, StepError, StepStatus
from autonomy.export.document import Section

Outcome = tuple[Observation, list[EventDraft]]
"""What came of one attempt, and the boundary events that follow its `observation` event."""


def failed(step: Step, error: StepError) -> Observation:
    """The observation of an attempt that ended with `error`."""
    return Observation(step_id=step.id, ok=False, summary=error.message, error=error)


def not_called(step: Step, tool: str) -> Observation:
    """The observation of a step whose tool the person does not let the run call."""
    said = f"{tool} was not called: you said no."
    return Observation(step_id=step.id, ok=True, summary=said, author=Author.HUMAN)


def observed(observation: Observation, status: StepStatus) -> EventDraft:
    """The event that tells of an attempt."""
    return EventDraft(
        type="observation",
        source="executor",
        content=observation.summary,
        meta={
            "step_id": observation.step_id,
            "status": status,
            "observation": observation.model_dump(mode="json"),
        },
    )


def writes(step: Step) -> EventDraft:
    """The progress event of a section that begins to be written."""
    return EventDraft(
        type="action",
        source="writer",
        content=step.title,
        meta={"step_id": step.id, "tool": "writer", "input": {"words": step.input.get("words")}},
    )


def committed(
    step: Step, section: Section, artifact_id: str, summary: str, *, untitled: str = ""
) -> EventDraft:
    """The event that replaces the streamed text of a section with what is kept of it.

    Args:
        summary: one sentence on its length and evidence, for people.
        untitled: what people read in place of a heading where there is none.
    """
    return EventDraft(
        type="section.committed",
        source="writer",
        content=f"{section.heading or untitled}: {summary}",
        meta={
            "step_id": step.id,
            "section_id": section.id,
            "artifact_id": artifact_id,
            "heading": section.heading,
            "author": section.author,
        },
    )


def created(artifact_id: str, content: str, title: str, **counts: int) -> EventDraft:
    """The event of a document that is ready to be looked at.

    Args:
        counts: further figures for clients, such as `changes`.
    """
    return EventDraft(
        type="artifact.created",
        source="writer",
        content=content,
        meta={"artifact_id": artifact_id, "kind": "document", "title": title, **counts},
    )
