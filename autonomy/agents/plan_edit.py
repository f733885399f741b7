"""Changing the writing steps of a plan: order, titles, words, new sections, fewer sections.

What is done and not touched by the change stays done. A person's edit at an approval and a message
to a running run both end here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autonomy.agents.data_plan import is_data, of_data_alone
from autonomy.agents.draft_plan import REWRITE
from autonomy.agents.revision import again
from autonomy.agents.writing_plan import PASSAGES_PER_QUERY
from autonomy.agents.writing_steps import BEGIN, END, is_section, named, writing
from autonomy.core.phrases import sentence_case
from autonomy.core.ports import PlanLimits
from autonomy.core.types import (
    Author,
    Plan,
    PlanEdit,
    SectionEdit,
    Step,
    StepKind,
    StepStatus,
)

LEAST_WORDS = 40
QUERY_CHARS = 200
"""Of a search: a plan names each search in its section, its search step and the evidence step."""
PREFIX = "Write: "


class BadEdit(Exception):
    """The edit cannot be applied; the message says why, to the person."""


def as_edit(plan: Plan, *, approve: bool = False) -> PlanEdit:
    """The plan as it stands, for changing a part of it."""
    steps = tuple(
        SectionEdit(id=s.id, title=str(s.input.get("heading") or s.title)) for s in writing(plan)
    )
    return PlanEdit(version=plan.version, steps=steps, approve=approve)


def apply_edit(
    plan: Plan, edit: PlanEdit, *, topic: str, author: Author, limits: PlanLimits | None = None
) -> Plan:
    """The plan with its writing steps as `edit` has them.

    Searches of new or renamed sections are made anew, the evidence is shared out again where a
    search changed, and what rests on a changed section is written again.

    Args:
        limits: what the edit may not go beyond, unless the plan did already; None where the
            caller has seen to that.

    Raises:
        BadEdit: it names a step that is not a writing step of the plan, leaves no section, or
            goes beyond a limit.
    """
    known = {s.id: s for s in writing(plan)}
    if any(step.input.get("role") == REWRITE for step in known.values()) or of_data_alone(plan):
        return _same_parts(plan, edit, known, author)
    _check(edit, known)
    if limits is not None:
        _check_limits(edit, known, limits)
    taken = [int(s.input["number"]) for s in known.values() if is_section(s)]
    number = max(taken, default=0)
    sections: list[Step] = []
    frames: dict[str, Step] = {}
    sizes = [int(s.input.get("words", 0)) for s in known.values() if is_section(s)]
    for wish in edit.steps:
        old = known.get(wish.id)
        if old is None:
            number += 1
            average = round(sum(sizes) / len(sizes)) if sizes else 200
            sections.append(_new_section(wish, number, topic, average))
        elif is_data(old):
            continue  # it stays as its data have it
        elif is_section(old):
            sections.append(_changed(old, wish, topic))
        else:
            words = wish.words if wish.words is not None else int(old.input.get("words", 0))
            frames[str(old.input["role"])] = (
                old
                if words == old.input.get("words")
                else again(old, words=max(words, LEAST_WORDS))
            )
    return _rebuilt(plan, sections, frames, edit, author)


def _same_parts(plan: Plan, edit: PlanEdit, known: dict[str, Step], author: Author) -> Plan:
    """The plan of a rewriting without the parts that the edit leaves out: they stay as they are.

    Raises:
        BadEdit: it asks for anything else: the parts are the draft's own.
    """
    kept = [wish.id for wish in edit.steps]
    named = all(heading_of(w.title) in known[w.id].title for w in edit.steps if w.id in known)
    if not kept or not set(kept) <= set(known) or not named:
        raise BadEdit(
            "The parts of a rewriting are those of your draft, and those of an analysis follow from "
            "its data: leave out the ones that you do not want, and change nothing else."
        )
    gone = set(known) - set(kept)
    skipped = [
        step.model_copy(update={"status": StepStatus.SKIPPED, "summary": "left as it is"})
        for step in known.values()
        if step.id in gone
    ]
    made = plan.replace(*skipped)
    return made.model_copy(update={"version": plan.version + 1, "author": author})


def _check(edit: PlanEdit, known: dict[str, Step]) -> None:
    ids = [wish.id for wish in edit.steps if wish.id]
    if unknown := [step_id for step_id in ids if step_id not in known]:
        raise BadEdit(f"The plan has no writing step “{unknown[0]}”.")
    if len(set(ids)) != len(ids):
        raise BadEdit("A step is named twice.")
    if not any(not w.id or is_section(known[w.id]) for w in edit.steps):
        raise BadEdit("At least one section must stay.")
    answers = any(s.input.get("role") == "answer" for s in known.values())
    if answers and any(not w.id for w in edit.steps):
        raise BadEdit("An answer has one part; ask for a document to have sections.")


def _check_limits(edit: PlanEdit, known: dict[str, Step], limits: PlanLimits) -> None:
    if len(edit.steps) > max(limits.parts, len(known)):
        raise BadEdit(f"A plan has at most {limits.parts} parts.")
    for wish in edit.steps:
        had = int(known[wish.id].input.get("words", 0)) if wish.id else 0
        if wish.words is not None and wish.words > max(limits.words, had):
            raise BadEdit(f"“{wish.title}” may have at most {limits.words:,} words.")


def _queries(*texts: str) -> list[str]:
    """Searches for these, each once and none longer than a search needs to be."""
    return list(dict.fromkeys(text[:QUERY_CHARS] for text in texts))


def heading_of(title: str) -> str:
    """A section's heading from a step's title as views show it."""
    return " ".join(title.removeprefix(PREFIX).split())


def _new_section(wish: SectionEdit, number: int, topic: str, words: int) -> Step:
    heading = sentence_case(heading_of(wish.title))
    queries = _queries(f"{heading} {topic}", heading)
    if wish.focus:
        queries = _queries(f"{wish.focus} {topic}", wish.focus, *queries)
    return Step(
        id=f"write-{number}",
        kind=StepKind.WRITE,
        title=f"{PREFIX}{heading}",
        input={
            "role": "section",
            "number": number,
            "topic": topic,
            "heading": heading,
            "purpose": f"On {heading[:1].lower()}{heading[1:]}, the sources have this to say.",
            "queries": queries,
            "cues": [],
            "signals": [],
            "words": max(wish.words or words, LEAST_WORDS),
            "focus": wish.focus,
        },
        depends_on=("evidence",),
    )


def _changed(old: Step, wish: SectionEdit, topic: str) -> Step:
    """The section with what the wish says otherwise; the same object when it says nothing new."""
    changes: dict[str, object] = {}
    heading = heading_of(wish.title)
    queries = [str(query) for query in old.input.get("queries", [])]
    bare = not old.input.get("heading")  # an answer has no heading of its own
    if heading and not bare and heading != old.input["heading"]:
        changes["heading"] = heading
        queries = _queries(f"{heading} {topic}", heading, *queries)
    if wish.words is not None and wish.words != old.input.get("words"):
        changes["words"] = max(wish.words, LEAST_WORDS)
    if wish.focus and wish.focus != old.input.get("focus"):
        changes["focus"] = wish.focus
        if former := str(old.input.get("focus") or ""):
            gone = _queries(f"{former} {topic}", former)
            queries = [query for query in queries if query not in gone]
        queries = _queries(f"{wish.focus} {topic}", wish.focus, *queries)
    if not changes:
        return old
    changes["queries"] = list(dict.fromkeys(queries))[:8]
    step = again(old, **changes)
    return step if bare else step.model_copy(update={"title": f"{PREFIX}{step.input['heading']}"})


def _rebuilt(
    plan: Plan, sections: list[Step], frames: dict[str, Step], edit: PlanEdit, author: Author
) -> Plan:
    former = [s for s in plan.steps if is_section(s)]
    searches, searched = _searches(plan, sections)
    evidence = _evidence(plan.step("evidence"), sections, searches, searched)
    body_ids = tuple(s.id for s in sections)
    body_changed = [(s.id, s.input) for s in former] != [(s.id, s.input) for s in sections]
    framed = []
    for role in (BEGIN, END):
        if (frame := frames.get(role)) is not None:
            frame = again(frame) if body_changed else frame
            framed.append(frame.model_copy(update={"depends_on": body_ids}))
    assemble = plan.step("assemble").model_copy(
        update={"depends_on": body_ids + tuple(f.id for f in framed)}
    )
    title = plan.title if edit.title is None else edit.title.strip() or plan.title
    data = [s for s in plan.steps if is_data(s) and s.id in {wish.id for wish in edit.steps}]
    assemble = assemble.model_copy(
        update={"depends_on": (*assemble.depends_on, *(s.id for s in data))}
    )
    first = [
        s
        for s in plan.steps
        if s.kind is not StepKind.WRITE
        and not s.id.startswith("search-")
        and s.id not in ("evidence", "assemble")
    ]
    made = plan.model_copy(
        update={
            "title": title,
            "author": author,
            "steps": (*first, *searches, evidence, *sections, *data, *framed, assemble),
        }
    )
    if made.steps != plan.steps or title != plan.title:
        made = made.replace(again(assemble))
    return made.model_copy(update={"version": plan.version + 1})


def _searches(plan: Plan, sections: Iterable[Step]) -> tuple[list[Step], bool]:
    """The search of each section, and whether one of them has to be made (again)."""
    old = {s.id: s for s in plan.steps if s.id.startswith("search-")}
    pattern = next(iter(old.values()), None)
    made: list[Step] = []
    fresh = False
    for section in sections:
        search = old.get(f"search-{section.input['number']}")
        queries = list(section.input["queries"])
        heading = str(section.input.get("heading") or "")
        title = f"Find evidence: {heading}" if heading else "Find evidence"
        if search is None:
            fresh = True
            given: dict[str, Any] = (
                dict(pattern.input) if pattern else {"limit": PASSAGES_PER_QUERY}
            )
            given["source_ids"] = list(plan.step("evidence").input.get("source_ids", []))
            search = Step(
                id=f"search-{section.input['number']}",
                kind=StepKind.TOOL,
                title=title,
                tool="library.search",
                input={**given, "queries": queries},
                depends_on=pattern.depends_on if pattern else (),
            )
        elif list(search.input.get("queries", [])) != queries:
            fresh = True
            search = again(search, queries=queries).model_copy(update={"title": title})
        made.append(search)
    return made, fresh


def _evidence(step: Step, sections: list[Step], searches: list[Step], fresh: bool) -> Step:
    numbers = {str(s.input["number"]): s for s in sections}
    given: dict[str, object] = {
        "sections": {number: list(s.input["queries"]) for number, s in numbers.items()},
        "cues": {n: list(s.input["cues"]) for n, s in numbers.items() if s.input.get("cues")},
    }
    depends_on = tuple(s.id for s in searches)
    if fresh:
        return again(step, **given).model_copy(update={"depends_on": depends_on})
    result: dict[str, Any] = dict(step.result)
    if "sections" in result:
        result["sections"] = {n: ids for n, ids in result["sections"].items() if n in numbers}
    if "thin" in result:
        result["thin"] = [n for n in result["thin"] if n in numbers]
    return step.model_copy(
        update={"input": {**step.input, **given}, "result": result, "depends_on": depends_on}
    )


def keep_finished(made: Plan, former: Plan, headings: Iterable[str]) -> Plan:
    """The new plan with what `former` has written under `headings` taken over as done."""
    kept = []
    wanted = {heading.lower() for heading in headings}
    for step in made.steps:
        if not is_section(step) or str(step.input["heading"]).lower() not in wanted:
            continue
        old = named(former, str(step.input["heading"]))
        if old is not None and old.status is StepStatus.DONE and "artifact_id" in old.result:
            kept.append(
                step.model_copy(
                    update={
                        "status": StepStatus.DONE,
                        "attempts": old.attempts,
                        "summary": old.summary,
                        "result": old.result,
                    }
                )
            )
    return made.replace(*kept)
