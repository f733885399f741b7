"""Small talk on its way through the loop: a plan of one reply, and the reply."""

from __future__ import annotations

from autonomy.core import prompts
from autonomy.core.markers import MARKER
from autonomy.core.plain_prose import plain_prose
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable
from autonomy.core.small_talk import kind_of, rule_reply
from autonomy.core.types import Author, FileStatus, Plan, Step, StepKind, StepStatus
from autonomy.export.document import Section

REPLY = "reply"
"""The role of a writing step that needs no evidence."""
STEP = f"write-{REPLY}"
_LONGEST = 600
"""Characters of a model's reply."""


def is_small_talk(deps: Deps) -> bool:
    """Whether there is nothing to write: only a question's journey takes it for that."""
    return not deps.journey.survey and kind_of(deps.task.goal) is not None


def is_reply(plan: Plan) -> bool:
    return any(step.id == STEP for step in plan.steps)


def reply_plan(goal: str) -> Plan:
    """A reply and its handing over. The step that shares out evidence is there and skipped, since
    whoever changes a plan looks for it."""
    evidence = Step(
        id="evidence",
        kind=StepKind.TOOL,
        title="No sources are needed",
        tool="evidence.allocate",
        input={"sections": {}, "topic": "", "source_ids": [], "cues": {}},
        status=StepStatus.SKIPPED,
    )
    reply = Step(
        id=STEP,
        kind=StepKind.WRITE,
        title="Reply",
        input={"role": REPLY, "heading": "", "purpose": "", "queries": [], "words": 60},
    )
    assemble = Step(
        id="assemble", kind=StepKind.ASSEMBLE, title="Hand over the reply", depends_on=(STEP,)
    )
    return Plan(
        title=" ".join(goal.split()),
        rationale="This asks for no document.",
        steps=(evidence, reply, assemble),
    )


async def reply(step: Step, deps: Deps, task: str) -> Section:
    """What is said: by the small model where there is one, else by rule."""
    files = len(await deps.library.sources(deps.task.source_ids))
    states = await deps.library.files(deps.task.source_ids)
    reading = sum(state.status not in (FileStatus.READY, FileStatus.FAILED) for state in states)
    if deps.models.available("small"):
        key = f"{task}:reply"
        prompt = prompts.small_talk(said=deps.task.goal, files=files, reading=reading)
        try:
            said = await deps.models.text("small", key=key, prompt=prompt)
        except (ModelUnavailable, BudgetExhausted):
            said = ""  # A greeting is not worth a notice.
        text = MARKER.sub("", plain_prose(said)).strip()
        if text and len(text) <= _LONGEST:
            return Section(
                id=step.id,
                heading="",
                markdown=text,
                author=Author.MODEL,
                simulated=deps.models.simulated(key),
            )
    text = rule_reply(kind_of(deps.task.goal), files, reading)
    return Section(id=step.id, heading="", markdown=text, author=Author.RULE)
