"""The writing steps of a plan: which they are, in what order, and which one a person means."""

from __future__ import annotations

from autonomy.core.types import Plan, Step, StepKind
from autonomy.core.words import likeness, stems

BEGIN = "introduction"
END = "conclusion"
"""Roles of the steps that frame the body."""
ALIKE = 0.6
"""Likeness of two headings from which a person's words mean that section."""


def writing(plan: Plan) -> list[Step]:
    """The writing steps in reading order: introduction, sections, conclusion."""
    place = {BEGIN: 0, END: 2}
    steps = [s for s in plan.steps if s.kind is StepKind.WRITE]
    return sorted(steps, key=lambda s: place.get(str(s.input.get("role")), 1))


def is_section(step: Step) -> bool:
    """Whether the step writes a part of the body."""
    return step.kind is StepKind.WRITE and "number" in step.input


def named(plan: Plan, subject: str) -> Step | None:
    """The writing step that a person means by `subject`, if one does."""
    wanted = stems(subject) or frozenset([subject.lower()])
    best, score = None, 0.0
    for step in writing(plan):
        heading = str(step.input.get("heading", ""))
        have = stems(heading) or frozenset([heading.lower()])
        found = 1.0 if heading.lower() == subject.lower() else likeness(wanted, have)
        if wanted and wanted <= have:
            found = max(found, ALIKE)
        if found > score:
            best, score = step, found
    return best if score >= ALIKE else None
