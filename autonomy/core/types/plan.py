"""The plan graph of a run, and the same as a person edits it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from autonomy.core.types.author import Author
from autonomy.core.types.states import StepStatus
from autonomy.core.value import Value


class StepKind(StrEnum):
    """What the executor does for a step."""

    TOOL = "tool"
    """Call the registered tool named in `Step.tool` with `Step.input`."""
    WRITE = "write"
    """Write one section from the passages found by the steps it depends on."""
    CODE = "code"
    """Run a program over a table of the person's in the sandbox, for tables and figures."""
    ASSEMBLE = "assemble"
    """Join the sections into one document version with verified citations."""


class Step(Value):
    """One node of the plan graph."""

    id: str
    kind: StepKind
    title: str
    tool: str | None = None
    input: dict[str, Any] = Field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    status: StepStatus = StepStatus.PENDING
    attempts: int = 0
    summary: str = ""
    """One sentence for people: what came of it."""
    result: dict[str, Any] = Field(default_factory=dict)
    """Ids and scalars only: passage ids, an artifact id, counts."""


class Plan(Value):
    version: int = 1
    author: Author = Author.RULE
    title: str = ""
    rationale: str = ""
    simulated: bool = False
    """Title and sections are a simulated model's."""
    steps: tuple[Step, ...] = ()

    def step(self, step_id: str) -> Step:
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def replace(self, *changed: Step) -> Plan:
        """The same plan with `changed` steps put in place of those of the same id."""
        by_id = {step.id: step for step in changed}
        return self.model_copy(update={"steps": tuple(by_id.get(s.id, s) for s in self.steps)})

    def ready(self) -> tuple[Step, ...]:
        """Pending steps whose dependencies are done or skipped."""
        settled = {s.id for s in self.steps if s.status in (StepStatus.DONE, StepStatus.SKIPPED)}
        return tuple(
            s for s in self.steps if s.status is StepStatus.PENDING and settled >= set(s.depends_on)
        )

    def portion(self, step: Step) -> Plan:
        """The plan as far as `step` depends on it: what a parallel branch is sent."""
        number = str(step.input.get("number", ""))
        kept = []
        for other in self.steps:
            if other.id == "evidence" and number:
                own = other.result.get("sections", {}).get(number, [])
                kept.append(other.model_copy(update={"result": {"sections": {number: own}}}))
            elif other.id in step.depends_on or other.id == "evidence":
                kept.append(other)
        return self.model_copy(update={"steps": tuple(kept)})

    def failed(self) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.status is StepStatus.FAILED)


class SectionEdit(Value):
    """One writing step as a person wants it."""

    id: str = ""
    """Of the step that is there; empty for a new section."""
    title: str
    words: int | None = None
    """None leaves its words, or gives a new section the others' average."""
    focus: str = ""
    """What it should dwell on; empty leaves it as it is."""


class PlanEdit(Value):
    """The writing steps of a plan as a person wants them: what is left out is removed."""

    version: int
    """Of the plan that was edited."""
    title: str | None = None
    steps: tuple[SectionEdit, ...]
    approve: bool = False
    """Agree to the plan as edited; otherwise it is shown once more."""
