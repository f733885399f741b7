"""Steering: takes what a person told a run that is going on, and changes its course.

Every node that judges or plans takes new messages first. The number of the last one taken is part
of the state, so it commits with what was done about it: each message is taken once, whatever
crashes. What a rule can read is done by rule on both paths; the rest needs a model, and without
one that is said.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field

from autonomy.agents.outline import Outline, OutlineSection
from autonomy.agents.plan_comparison import described
from autonomy.agents.plan_edit import BadEdit, apply_edit, as_edit
from autonomy.agents.revision import again, because
from autonomy.agents.writing_steps import BEGIN, END, is_section, named, writing
from autonomy.core.brief import read_brief
from autonomy.core.journey import Journey
from autonomy.core.phrases import sentence_case
from autonomy.core.ports import Deps, PlanLimits
from autonomy.core.state import RunState
from autonomy.core.steering import (
    CLAUSE_CHARS,
    KEPT_WISHES,
    READ_CHARS,
    Wishes,
    read_message,
    remember,
)
from autonomy.core.types import (
    EventDraft,
    Plan,
    PlanEdit,
    SectionEdit,
    Steering,
    StepKind,
    StepStatus,
    Told,
)
from autonomy.core.versions import WHY_CHARS, Reason, VersionCause
from autonomy.core.words import likeness, stems
from autonomy.tools.prose.wishes import wishes_of

EXAMPLES = (
    "“make it 500 words”, “use APA”, “focus on …”, “add a section on …”, “drop the conclusion”"
)
TOO_LONG = (
    f"Only its beginning was read: at most {READ_CHARS:,} characters, {CLAUSE_CHARS} of one "
    f"sentence, and {KEPT_WISHES} wishes of a kind. Send the rest as messages of its own."
)
FOCUS_CHARS = 100
"""Of all that the parts are to dwell on: every part and its searches carry it."""
FRAMES = {"introduction": BEGIN, "intro": BEGIN, "conclusion": END, "conclusions": END}


@dataclass(slots=True)
class Taken:
    """What came of the new messages."""

    deps: Deps
    """With the settings and the guidance that hold from now on."""
    update: RunState
    plan: Plan | None
    """The plan as changed by rule."""
    changed: bool = False
    replan: bool = False
    """A planner has to see to it."""
    events: list[EventDraft] = field(default_factory=list)


def steered(deps: Deps, steering: Steering | None) -> Deps:
    """`deps` with the task's settings and the guidance as steered so far."""
    if steering is None:
        return deps
    settings = deps.task.settings.model_copy(
        update={
            "length_words": steering.length_words or deps.task.settings.length_words,
            "style": steering.style or deps.task.settings.style,
        }
    )
    task = deps.task.model_copy(update={"settings": settings})
    return dataclasses.replace(deps, task=task, guidance=steering.messages)


async def take(state: RunState, deps: Deps, plan: Plan | None) -> Taken:
    """Take the messages that the run has not heard yet.

    Args:
        plan: the plan as it stands; None or one without writing steps is still to be made.
    """
    steering = state.get("steering")
    fresh = await deps.messages.after(state.get("heard", 0))
    if not fresh:
        return Taken(deps=steered(deps, steering), update={}, plan=plan)
    # A new word of the person is a new mandate: the loop's patience starts over.
    update: RunState = {"heard": fresh[-1].number, "loops": 0, "revisions": 0}
    taken = Taken(deps=deps, update=update, plan=plan)
    asked = False
    for message in fresh:
        wishes = read_message(message.text)
        asked = asked or wishes.ask_plan
        before = steering or Steering()
        wishes = _settled(wishes, deps, before)
        steering = remember(before, message.text, wishes)
        taken.deps = steered(deps, steering)
        said = _rewritten(taken, message) if deps.journey.rewrites else _follow(taken, wishes)
        taken.events.append(_note(message, said))
    if asked:
        update["approved"] = False
    if steering is not None:
        update["steering"] = steering
    if taken.changed and taken.plan is not None:
        taken.plan = because(taken.plan, asked_in(message.text for message in fresh))
        # A report was about the draft as it was.
        update["reported_similarity"] = update["report_accepted"] = None
        taken.events.append(_planned(plan, taken.plan))
    return taken


def asked_in(messages: Iterable[str]) -> Reason:
    """The reason of a version that a person's messages asked for."""
    said = " ".join(f"“{text}”" for text in messages)
    return Reason(cause=VersionCause.ASKED, why=said[:WHY_CHARS])


def _settled(wishes: Wishes, deps: Deps, steering: Steering) -> Wishes:
    """ "Shorter" as a number of words."""
    if wishes.stretch is None or wishes.length_words is not None:
        return wishes
    now = steered(deps, steering)
    words = read_brief(now.task).length_words or deps.journey.default_words
    wanted = min(30_000, max(100, round(words * wishes.stretch / 10) * 10))
    return wishes.model_copy(update={"length_words": wanted})


def _follow(taken: Taken, wishes: Wishes) -> str:
    """Do what the wishes ask for, and say what will change."""
    said = _said(wishes)
    if taken.plan is not None and any(is_section(s) for s in taken.plan.steps):
        said += _change(taken, wishes)
    elif not wishes.empty:
        said.append("The outline is made accordingly.")
    if wishes.unread:
        said.append(_judgement(taken, wishes))
    if wishes.cut:
        said.append(TOO_LONG)
    return " ".join(said) or "There was nothing to change in it."


def _rewritten(taken: Taken, message: Told) -> str:
    """A message to a run that improves a draft: what it names is improved too, and what was done
    is done again with it in mind."""
    new = wishes_of(message.text, (), default=frozenset())
    able = taken.deps.models.available("writer")
    if not new and not able:
        return (
            "Nothing was changed: without a language model I can only follow what a rule knows: "
            "grammar, concision, tone, structure or citations."
        )
    if taken.plan is None or not any(is_section(step) for step in taken.plan.steps):
        return "The draft is improved with this in mind."
    redone = [again(step) for step in taken.plan.steps if step.kind is StepKind.WRITE]
    made = taken.plan.replace(*redone, again(taken.plan.step("assemble")))
    taken.plan = made.model_copy(update={"version": made.version + 1})
    taken.changed = True
    return "Every part is gone over again with this in mind."


def _said(wishes: Wishes) -> list[str]:
    said = []
    if wishes.length_words:
        said.append(f"The document will have about {wishes.length_words:,} words.")
    if wishes.style:
        said.append(f"References follow {wishes.style.upper()}.")
    if wishes.title:
        said.append(f"It is called “{wishes.title}”.")
    if wishes.ask_plan:
        said.append("The plan will be shown to you before anything is written.")
    return said


def _change(taken: Taken, wishes: Wishes) -> list[str]:
    """Change the plan that is there; what was done of it says what it needs."""
    plan = taken.plan
    assert plan is not None  # noqa: S101 - the caller looked
    limits = taken.deps.limits
    edit, unmet = _edit(plan, wishes, limits)
    topic = next((str(s.input.get("topic", "")) for s in plan.steps if is_section(s)), "")
    topic = topic or read_brief(taken.deps.task).topic
    said = []
    try:
        made = apply_edit(plan, edit, topic=topic, author=plan.author, limits=limits)
    except BadEdit as error:
        return [str(error)]
    if wishes.style and made.step("assemble").status is StepStatus.DONE:
        made = made.replace(again(made.step("assemble")))
    if made.steps != plan.steps or made.title != plan.title:
        taken.plan, taken.changed = made, True
        said.append(f"Plan {made.version}: {described(plan, made) or 'put together anew'}.")
    if wishes.ask_plan and any(s.attempts for s in writing(plan)):
        said.append("Some of it has been written already; that is kept.")
    return said + unmet


def _edit(plan: Plan, wishes: Wishes, limits: PlanLimits) -> tuple[PlanEdit, list[str]]:
    """The wishes as an edit of the plan, and in a sentence each what of them cannot be done."""
    steps = {s.id: s for s in writing(plan)}
    parts = list(as_edit(plan).steps)
    unmet = []
    for subject in wishes.drop:
        role = FRAMES.get(subject.lower())
        found = next((s for s in steps.values() if role and s.input.get("role") == role), None)
        found = found or named(plan, subject)
        if found is None:
            unmet.append(f"There is no section on “{subject}” to leave out.")
        else:
            parts = [part for part in parts if part.id != found.id]
    new = [subject for subject in wishes.add if named(plan, subject) is None]
    room = max(0, limits.parts - len(parts))
    parts += [SectionEdit(title=sentence_case(subject)) for subject in new[:room]]
    if crowded := ", ".join(f"“{subject}”" for subject in new[room:]):
        unmet.append(f"A plan has at most {limits.parts} parts, so there is no room for {crowded}.")
    if wishes.focus:
        focus = " and ".join(wishes.focus)[:FOCUS_CHARS]
        sections = {s.id for s in steps.values() if is_section(s)}
        parts = [
            part.model_copy(update={"focus": focus}) if part.id in sections else part
            for part in parts
        ]
    if wishes.length_words:
        words = {i: int(s.input.get("words", 0)) for i, s in steps.items()}
        parts = _scaled(parts, words, wishes.length_words, limits.words)
        if any((part.words or 0) >= limits.words for part in parts):
            total = sum(part.words or 0 for part in parts)
            unmet.append(
                f"A part has at most {limits.words:,} words, so the plan has {total:,} words in all."
            )
    title = wishes.title or None
    return PlanEdit(version=plan.version, title=title, steps=tuple(parts)), unmet


def _scaled(
    parts: list[SectionEdit], words: dict[str, int], total: int, most: int
) -> list[SectionEdit]:
    """Every part's words in proportion, so that they add up to `total`; none more than `most`."""
    known = [words.get(part.id, 0) for part in parts]
    average = sum(known) / max(1, sum(1 for n in known if n))
    sizes = [n or average or 1.0 for n in known]
    factor = total / sum(sizes)
    return [
        part.model_copy(update={"words": min(most, round(size * factor))})
        for part, size in zip(parts, sizes, strict=True)
    ]


def _judgement(taken: Taken, wishes: Wishes) -> str:
    """Hand what no rule reads to a model, or say that there is none."""
    quoted = "; ".join(f"“{text}”" for text in wishes.unread)[:300]
    deps, plan = taken.deps, taken.plan
    if deps.models.available("planner") and deps.journey.survey and not deps.journey.annotations:
        taken.replan = plan is not None and any(is_section(s) for s in plan.steps)
        return "Passed to the planner; finished sections that still fit are kept."
    if deps.models.available("writer"):
        if plan is not None and any(is_section(s) for s in plan.steps):
            redone = [again(s) for s in plan.steps if s.kind is StepKind.WRITE]
            taken.plan = plan.replace(*redone, again(plan.step("assemble"))).model_copy(
                update={"version": plan.version + (0 if taken.changed else 1)}
            )
            taken.changed = True
        return "Passed to the writer."
    return (
        f"Nothing was changed for {quoted}: without a language model I can only follow requests "
        f"such as {EXAMPLES}."
    )


def _note(message: Told, said: str) -> EventDraft:
    return EventDraft(
        type="note",
        source="planner",
        content=said,
        meta={"kind": "message_taken", "number": message.number},
    )


def _planned(before: Plan | None, plan: Plan) -> EventDraft:
    what = described(before, plan) if before is not None else ""
    return EventDraft(
        type="plan.updated",
        source="planner",
        content=f"Plan {plan.version}: {what or 'the same parts, done anew'}.",
        meta={"plan": plan.model_dump(mode="json")},
    )


def shaped(
    outline: Outline, journey: Journey, steering: Steering | None, limits: PlanLimits
) -> tuple[Outline, Journey]:
    """An outline and journey as the messages so far want them, with no more parts than allowed."""
    if steering is None:
        return outline, journey
    frames = {FRAMES[s.lower()] for s in steering.dropped if s.lower() in FRAMES}
    journey = journey.model_copy(
        update={
            "introduction": journey.introduction and BEGIN not in frames,
            "conclusion": journey.conclusion and END not in frames,
        }
    )
    sections = [s for s in outline.sections if not _meant(s.heading, steering.dropped)]
    sections = sections or list(outline.sections)
    if sections[0].heading:  # an answer has one part
        new = [
            _asked_for(subject)
            for subject in steering.added
            if not any(_meant(s.heading, (subject,)) for s in sections)
        ]
        frames_kept = int(journey.introduction) + int(journey.conclusion)
        sections += new[: max(0, limits.parts - frames_kept - len(sections))]
    if steering.focus:
        extra = tuple(subject[:FOCUS_CHARS] for subject in steering.focus[-3:])
        sections = [
            s.model_copy(
                update={"queries": (*extra, *s.queries), "focus": " and ".join(extra)[:FOCUS_CHARS]}
            )
            for s in sections
        ]
    title = steering.title or outline.title
    return outline.model_copy(update={"sections": tuple(sections), "title": title}), journey


def _asked_for(subject: str) -> OutlineSection:
    return OutlineSection(
        heading=sentence_case(subject),
        purpose=f"On {subject}, the sources have this to say.",
        queries=(subject, f"{subject} results evidence"),
    )


def _meant(heading: str, subjects: tuple[str, ...]) -> bool:
    have = stems(heading)
    return any(
        heading.lower() == subject.lower()
        or (stems(subject) and (likeness(stems(subject), have) >= 0.6 or stems(subject) <= have))
        for subject in subjects
    )
