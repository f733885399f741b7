"""Reviser: after a report that sent the draft back, a remedy for each flagged passage.

Flags come from the report's highlighted passages, from a checker's, and from the product's own
engine. What is marked and cited as it should be is no fault: a target that asks for less of it is
the person's to weigh, and what is done for its sake is said.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import NamedTuple

from langgraph.runtime import Runtime

from autonomy.agents.assembler import bound
from autonomy.agents.frame_counts import recount
from autonomy.agents.length import fewest_words
from autonomy.agents.likeness import Likeness, look
from autonomy.agents.mending import quoted_words
from autonomy.agents.notice import with_added, with_rephrased
from autonomy.agents.passage_revision import Asked, Revision, revised
from autonomy.agents.refilling import refill, take_back
from autonomy.agents.revised_steps import revised_steps
from autonomy.agents.revision_words import Over, for_target, revised_event, why
from autonomy.agents.second_look import looked_at_again
from autonomy.agents.target_quotations import words_to_lose
from autonomy.core.originality import (
    ChangeVerdict,
    FlaggedPassage,
    PassageChange,
    Quotations,
    Remedy,
)
from autonomy.core.phrases import counted
from autonomy.core.ports import Deps, task_id
from autonomy.core.state import RunState
from autonomy.core.types import Author, EventDraft
from autonomy.core.versions import WHY_CHARS, Made, Reason, VersionCause
from autonomy.export.document import Document


async def amend(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Revise the draft that a report sent back, passage by passage, fill up what that has cost its
    length, and look at it again with the product's own engine."""
    deps, task = runtime.context, task_id(runtime)
    before_id, cycle_id = state["document_id"], state["cycle_id"]
    document = Document.model_validate(await deps.artifacts.load(before_id))
    flagged, lost = await _flagged(before_id, cycle_id, deps)
    asked = _asked(document, flagged, state, deps)
    key = f"{task}:amend"
    revision = await revised(document, asked, deps, key)
    revision.filled = await refill(
        document,
        revision.drafts,
        revision.anew,
        state["plan"],
        deps,
        key,
        sparing=asked.lose > 0 and asked.quotations is not Quotations.KEEP,
    )
    uncounted = copy.deepcopy(revision)
    before = await look(before_id, deps)
    new = await _version(document, revision, asked, state, deps)
    now = await look(new.id, deps) if revision.changed else before
    if too_much := await _too_much(revision, new, now, state, deps):
        revision = uncounted
        take_back(too_much, revision.drafts, revision.filled, deps)
        new = await _version(document, revision, asked, state, deps)
        now = await look(new.id, deps) if revision.changed else before
    changes = revision.changes
    if now is not None:
        changes = await looked_at_again(changes, new.document, new.id, deps)
    await deps.cycles.record(cycle_id, changes, new.id)
    steps = await revised_steps(state["plan"], new.document, revision, new.id, new.reason, deps)
    event = revised_event(
        cycle_id, changes, before, now, new.said, lost, revision.over, revision.filled, new.id
    )
    done = Counter(change.remedy for change in changes)
    return {
        "document_id": new.id,
        "plan": steps,  # type: ignore[typeddict-item]  # the reducer takes steps
        "cut": state.get("cut", 0) + done[Remedy.CUT],
        "shortened": state.get("shortened", 0) + done[Remedy.SHORTEN],
        "unfilled": revision.filled.why,
        "local_before": before.percent if before else None,
        "local_similarity": now.percent if now else None,
        "local_quoted": now.quoted if now else None,
        "local_document": new.id,
        "outbox": [event, *([_created(new.document, new.id)] if revision.changed else [])],
    }


class _Version(NamedTuple):
    """The draft after a revision."""

    document: Document
    id: str
    reason: Reason
    said: tuple[str, ...]
    """Sentences on what was done."""


async def _version(
    document: Document, revision: Revision, asked: Asked, state: RunState, deps: Deps
) -> _Version:
    """Store the draft as it is now, its introduction and conclusion counting what it holds."""
    body = [s.id for s in state["plan"].steps if s.input.get("role") == "section"]
    recount(document, revision.drafts, body, revision.filled.works)
    after = await _document(document, revision, deps)
    cause = why(
        state.get("reported_similarity"),
        state.get("cycles", 0),
        revision.changes,
        below=state.get("reported_below", False),
    )
    over = Over(revision.over, revision.spare)
    said = for_target(revision.changes, asked.target, over, _quotations(state))
    told = " ".join(one for one in (cause, said, revision.filled.said) if one)[:WHY_CHARS]
    reason = Reason(cause=VersionCause.REPORT, why=told, cycle_id=state["cycle_id"])
    after_id = await _kept(after, state["document_id"], revision, reason, deps)
    return _Version(after, after_id, reason, (cause, said))


async def _too_much(
    revision: Revision, new: _Version, now: Likeness | None, state: RunState, deps: Deps
) -> list[PassageChange]:
    """What was added and has to go again, since it takes the draft above its target: what the
    engine flags, and quotations where the report counts those."""
    target = deps.task.settings.target_similarity
    added = [change for change in revision.changes if change.remedy is Remedy.REFILL]
    if target is None or now is None or not added:
        return []
    if now.percent > target:
        looked = await looked_at_again(added, new.document, new.id, deps)
        return [
            change
            for change, seen in zip(added, looked, strict=True)
            if seen.verdict is ChangeVerdict.OPEN
        ]
    if _quotations(state) is None:
        return []
    words, like = new.document.words(), now.percent + now.quoted
    quoted = sum(quoted_words(change.after) for change in added)
    without = (like * words - 100 * quoted) / max(1, words - revision.filled.words)
    return [c for c in added if quoted_words(c.after)] if without <= target < like else []


async def _flagged(document_id: str, cycle_id: str, deps: Deps) -> tuple[list[FlaggedPassage], int]:
    """What people, reports and the engine flagged in the document, and how many of the report's
    passages are not in it."""
    told = await deps.cycles.flagged(cycle_id)
    found = await deps.originality.flagged(document_id)
    placed = [flag for flag in [*told, *found] if flag.section_id]
    return placed, sum(not flag.section_id for flag in told)


def _quotations(state: RunState) -> Quotations | None:
    """What may be done about proper quotations; None where the report does not count them."""
    said = state.get("quotations", "")
    return Quotations(said) if said else None


def _asked(document: Document, flagged: list[FlaggedPassage], state: RunState, deps: Deps) -> Asked:
    target = deps.task.settings.target_similarity
    quotations = _quotations(state)
    if target is None or quotations is None:
        return Asked(flagged)
    lose = words_to_lose(document, state.get("reported_similarity"), target)
    return Asked(flagged, lose, target, quotations, fewest_words(deps))


async def _document(document: Document, revision: Revision, deps: Deps) -> Document:
    simulated = revision.simulated | revision.filled.simulated
    sections = tuple(
        section.model_copy(
            update={
                "markdown": revision.drafts[section.id].markdown,
                "simulated": section.simulated or section.id in simulated,
            }
        )
        for section in document.sections
    )
    changed = document.model_copy(
        update={
            "sections": sections,
            "notice": with_added(
                with_rephrased(document.notice, sections, revision.rephrased),
                sections,
                revision.filled.sections,
            ),
            "simulated": document.simulated or bool(simulated),
        }
    )
    return await bound(changed, deps)


async def _kept(
    after: Document, before_id: str, revision: Revision, reason: Reason, deps: Deps
) -> str:
    """Id of the version; of the one before where nothing reads otherwise."""
    if not revision.changed:
        return before_id
    made = Made(
        **reason.model_dump(),
        author=Author.MODEL if _by_model(revision) else Author.RULE,
        made_from=before_id,
        words=after.words(),
    )
    return await deps.artifacts.save("document", after.title, after.model_dump(mode="json"), made)


def _by_model(revision: Revision) -> bool:
    added = revision.filled.sections.values()
    return bool(revision.rephrased) or any(by[Author.MODEL] for by in added)


def _created(after: Document, after_id: str) -> EventDraft:
    return EventDraft(
        type="artifact.created",
        source="reviser",
        content=f"Revised document: {counted(after.words(), 'word')}.",
        meta={"artifact_id": after_id, "kind": "document", "title": after.title},
    )
