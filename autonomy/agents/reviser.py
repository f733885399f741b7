"""Reviser: after a report that sent the draft back, a remedy for each flagged passage.

Flags come from the report's highlighted passages, from a checker's, and from the product's own
engine. Only these passages change, besides what follows from them: a figure over the target has the
longest quotations shortened or left out, introduction and conclusion go on counting what is there,
and a section of which most would have to be cut is written again.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from langgraph.runtime import Runtime

from autonomy.agents.amending import (
    AFTER_SHORTENING,
    MOST_CUT,
    Draft,
    Mended,
    by_rule,
    quotation_units,
    units_in,
    words_of,
    words_to_lose,
)
from autonomy.agents.assembler import bound
from autonomy.agents.frame_counts import recounted
from autonomy.agents.gaps import SectionSummary
from autonomy.agents.likeness import Likeness, look
from autonomy.agents.mending import cite, leans, quoted_words
from autonomy.agents.notice import with_rephrased
from autonomy.agents.remedies import Choice, Found, choose
from autonomy.agents.rephrasing import rephrased
from autonomy.agents.revision import again
from autonomy.agents.tracing import traced
from autonomy.agents.units import Unit, sentence_spans
from autonomy.core.originality import (
    ChangeVerdict,
    FlaggedPassage,
    PassageChange,
    Remedy,
)
from autonomy.core.ports import Deps, task_id
from autonomy.core.state import RunState
from autonomy.core.types import Author, EventDraft, Plan, Step, StepKind, StepStatus
from autonomy.core.versions import BECAUSE, WHY_CHARS, Made, Reason, VersionCause
from autonomy.core.words import counted
from autonomy.export.document import MARKER, Document, Section

ANEW = "Most of the section was flagged and names no source: it is written again from your sources."
TRACED_AT_ONCE = 4
"""Passages whose source is looked for at the same time."""


@dataclass(slots=True)
class Revision:
    """What became of the flagged passages."""

    drafts: dict[str, Draft]
    rephrased: dict[str, int] = field(default_factory=dict)
    """Section id to how many of its passages a model worded."""
    simulated: set[str] = field(default_factory=set)
    anew: set[str] = field(default_factory=set)
    """Ids of sections that no remedy of a passage can save: they are written again."""

    @property
    def changes(self) -> list[PassageChange]:
        """In the document's order: sections are mended from their end."""
        return [change for draft in self.drafts.values() for change in reversed(draft.changes)]


async def amend(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Revise the draft that a report sent back, passage by passage, and look at it again with the
    product's own engine."""
    deps, task = runtime.context, task_id(runtime)
    before_id, cycle_id = state["document_id"], state["cycle_id"]
    document = Document.model_validate(await deps.artifacts.load(before_id))
    told = await deps.cycles.flagged(cycle_id)
    found_by_engine = await deps.originality.flagged(before_id)
    placed = [f for f in [*told, *found_by_engine] if f.section_id]
    lost = len(told) - sum(bool(f.section_id) for f in told)
    lose = words_to_lose(document, state.get("reported_similarity"), _target(deps))
    revision = await _revised(document, placed, lose, state["plan"], deps, task)
    after = await _document(document, revision, deps)
    changed = [c for c in revision.changes if c.remedy is not Remedy.KEEP]
    why = _why(state, revision.changes)
    reason = Reason(cause=VersionCause.REPORT, why=why[:WHY_CHARS], cycle_id=cycle_id)
    after_id = before_id
    if changed:
        made = Made(
            **reason.model_dump(),
            author=Author.MODEL if revision.rephrased else Author.RULE,
            made_from=before_id,
            words=after.words(),
        )
        after_id = await deps.artifacts.save(
            "document", after.title, after.model_dump(mode="json"), made
        )
    before = await look(before_id, deps)
    now = await look(after_id, deps) if changed else before
    changes = await _judged(revision.changes, after, after_id, deps, compared=now is not None)
    await deps.cycles.record(cycle_id, changes, after_id)
    steps = await _steps(state["plan"], after, revision, after_id, reason, deps)
    share = state.get("quote_share", 1.0) * after.words() / max(1, document.words())
    update: RunState = {
        "document_id": after_id,
        "plan": steps,  # type: ignore[typeddict-item]  # the reducer takes steps
        "quote_share": round(min(1.0, share), 4),
        "local_before": before.percent if before else None,
        "local_similarity": now.percent if now else None,
        "local_quoted": now.quoted if now else None,
        "local_document": after_id,
        "outbox": [_revised_event(cycle_id, changes, before, now, why, lost, after_id)],
    }
    if changed:
        update["outbox"].append(
            EventDraft(
                type="artifact.created",
                source="reviser",
                content=f"Revised document: {counted(after.words(), 'word')}.",
                meta={"artifact_id": after_id, "kind": "document", "title": after.title},
            )
        )
    return update


def _target(deps: Deps) -> float:
    target = deps.task.settings.target_similarity
    return 100.0 if target is None else target


# ------------------------------------------------------------------------------ the revision


async def _revised(
    document: Document,
    flagged: Sequence[FlaggedPassage],
    lose: int,
    plan: Plan,
    deps: Deps,
    task: str,
) -> Revision:
    units = units_in(document, flagged)
    lose -= sum(u.words for u in units if quoted_words(u.text) < u.words / 2)
    units += quotation_units(document, units, lose)
    headings = {section.id: section.heading for section in document.sections}
    found = await _traced(units, headings, document, deps)
    choices = [choose(one, shorter=lose > 0) for one in found]
    least = deps.journey.gates.minimum_citations_per_section or 0
    revision = Revision(
        {
            section.id: Draft(
                section.id,
                section.heading,
                section.markdown,
                max(min(least, cited), (cited + 1) // 2),
            )
            for section in document.sections
            for cited in [len(MARKER.findall(section.markdown))]
        }
    )
    for section_id, draft in revision.drafts.items():
        mine = [
            (one, choice)
            for one, choice in zip(found, choices, strict=True)
            if one.unit.section_id == section_id
        ]
        await _mend(draft, mine, document, revision, deps, f"{task}:amend:{section_id}")
    if lose <= 0:
        _recount(document, revision, plan)
        return revision
    still = lose - (document.words() - sum(words_of(d.markdown) for d in revision.drafts.values()))
    if still > 0:
        _cut_quotations(document, revision, min(still, round(MOST_CUT * document.words())))
    _recount(document, revision, plan)
    return revision


async def _traced(
    units: Sequence[Unit], headings: Mapping[str, str], document: Document, deps: Deps
) -> list[Found]:
    """Where each passage comes from, a few looked up at a time."""
    turn = asyncio.Semaphore(TRACED_AT_ONCE)

    async def one(unit: Unit) -> Found:
        async with turn:
            return await traced(unit, headings[unit.section_id], document, deps)

    return list(await asyncio.gather(*(one(unit) for unit in units)))


def _recount(document: Document, revision: Revision, plan: Plan) -> None:
    """Introduction and conclusion say in figures what the body holds: they follow it."""
    passages = {p.id: p.source_id for p in document.passages}
    body = [s.id for s in plan.steps if s.input.get("role") == "section"]
    was = {section.id: section for section in document.sections}
    now = {section_id: draft.markdown for section_id, draft in revision.drafts.items()}

    def summary(section_id: str, markdown: str) -> SectionSummary:
        cited = [passages[m["id"]] for m in MARKER.finditer(markdown) if m["id"] in passages]
        return SectionSummary(was[section_id].heading, len(cited), len(set(cited)))

    def uses(markdown: Mapping[str, str]) -> Counter[str]:
        ids = [m["id"] for s in body if s in markdown for m in MARKER.finditer(markdown[s])]
        return Counter(passages[i] for i in ids if i in passages)

    before = [summary(s, was[s].markdown) for s in body if s in was]
    after = [summary(s, now[s]) for s in body if s in was]
    old, new = uses({k: s.markdown for k, s in was.items()}), uses(now)
    used = {source.id: (old[source.id], new[source.id]) for source in document.sources}
    for section in document.sections:
        if section.author is Author.RULE and section.id not in body:
            draft = revision.drafts[section.id]
            draft.markdown = recounted(draft.markdown, before, after, used, document.sources)


async def _mend(
    draft: Draft,
    mine: Sequence[tuple[Found, Choice]],
    document: Document,
    revision: Revision,
    deps: Deps,
    key: str,
) -> None:
    """Carry out the remedies of one section, from its end."""
    wanted = [(one, choice) for one, choice in mine if choice.remedy is Remedy.REPHRASE]
    worded: dict[int, str] = {}
    refused: dict[int, str] = {}
    if wanted and deps.models.available("writer"):
        given = [(one, *_around(draft.markdown, one)) for one, _ in wanted]
        worded, refused, simulated = await rephrased(given, deps, key)
        if worded:
            revision.rephrased[draft.id] = len(worded)
            revision.simulated |= {draft.id} if simulated else set()
    elif wanted:
        why = deps.models.unavailable("writer").rstrip(".")
        refused = dict.fromkeys(
            range(len(wanted)), f"no language model took part{f': {why}' if why else ''}"
        )
    place = {id(one): n for n, (one, _) in enumerate(wanted)}
    for one, choice in sorted(mine, key=lambda pair: -pair[0].unit.start):
        n = place.get(id(one), -1)
        if n in worded:
            text = worded[n]
            if not one.cited and one.passage is not None:
                text = cite(text, one.passage)
            mended = Mended(text, Remedy.REPHRASE, choice.reason, Author.MODEL)
        else:
            mended = by_rule(one, choice, refused.get(n, ""))
        if not draft.apply(one, mended):
            if _hopeless(draft, mine):
                revision.anew.add(draft.id)
                draft.note(one, Mended("", Remedy.CUT, ANEW), verdict=ChangeVerdict.UNCHECKED)
                continue
            kept = (
                "It cannot be cut without leaving its section empty, or a sentence behind it that "
                "nobody understands: only you can replace it."
            )
            draft.apply(one, Mended(one.unit.text, Remedy.KEEP, kept))


def _hopeless(draft: Draft, mine: Sequence[tuple[Found, Choice]]) -> bool:
    """Whether most of a section would have to be cut."""
    cut = sum(one.unit.words for one, choice in mine if choice.remedy is Remedy.CUT)
    return 2 * cut > words_of(draft.markdown)


def _around(markdown: str, found: Found) -> tuple[str, str]:
    """The sentences before and behind a unit."""
    spans = sentence_spans(markdown)
    before = [markdown[a:b] for a, b, row in spans if b <= found.unit.start and not row]
    behind = [markdown[a:b] for a, b, row in spans if a >= found.unit.end and not row]
    return (before[-1] if before else "", behind[0] if behind else "")


def _cut_quotations(document: Document, revision: Revision, lose: int) -> None:
    """Cut whole sentences of quotation, the longest first, until `lose` words are gone; none whose
    neighbour needs it, none that was just mended."""
    mended = {c.after for c in revision.changes}
    by_id = {passage.id: passage for passage in document.passages}
    works = {source.id: source for source in document.sources}
    for unit in quotation_units(document, (), document.words()):
        if lose <= 0:
            return
        draft = revision.drafts[unit.section_id]
        start = draft.markdown.find(unit.text)
        if start < 0 or unit.text in mended or unit.row:
            continue
        rest = draft.markdown[start + len(unit.text) :].lstrip(" ")
        if leans(rest):
            continue
        placed = dataclasses.replace(unit, start=start, end=start + len(unit.text))
        reason = (
            "The report counts quotations; this is among the longest, and nothing else in the section "
            "rests on it."
        )
        passage = by_id.get(unit.markers[0]) if unit.markers else None
        source = works.get(passage.source_id) if passage else None
        found = Found(placed, draft.heading, passage, source)
        if draft.apply(found, Mended("", Remedy.CUT, reason)):
            lose -= max(unit.words, AFTER_SHORTENING)


# ------------------------------------------------------------------------------- what is kept


async def _document(document: Document, revision: Revision, deps: Deps) -> Document:
    sections = tuple(
        section.model_copy(
            update={
                "markdown": revision.drafts[section.id].markdown,
                "simulated": section.simulated or section.id in revision.simulated,
            }
        )
        for section in document.sections
    )
    changed = document.model_copy(
        update={
            "sections": sections,
            "notice": with_rephrased(document.notice, sections, revision.rephrased),
            "simulated": document.simulated or bool(revision.simulated),
        }
    )
    return await bound(changed, deps)


async def _judged(
    changes: Sequence[PassageChange],
    after: Document,
    after_id: str,
    deps: Deps,
    *,
    compared: bool,
) -> list[PassageChange]:
    """The changes with what the engine says of the passages now."""
    if not compared:
        return list(changes)
    flagged = await deps.originality.flagged(after_id)
    markdown = {section.id: section.markdown for section in after.sections}
    judged = []
    for change in changes:
        if change.verdict is not ChangeVerdict.UNCHECKED:
            judged.append(change)
            continue
        start = markdown[change.section_id].find(change.after)
        if start < 0:  # a later remedy changed it once more
            judged.append(change)
            continue
        end = start + len(change.after)
        still = any(
            f.section_id == change.section_id and f.start < end and start < f.end for f in flagged
        )
        verdict = ChangeVerdict.OPEN if still else ChangeVerdict.SETTLED
        judged.append(change.model_copy(update={"verdict": verdict}))
    return judged


async def _steps(
    plan: Plan, after: Document, revision: Revision, after_id: str, reason: Reason, deps: Deps
) -> list[Step]:
    """The steps whose sections read otherwise now, so that whoever puts the document together again
    starts from the revised ones."""
    passages = {p.id: p for p in after.passages}
    changed: list[Step] = []
    note = "A similarity report flagged most of this section. Write it anew from the passages."
    by_id = {section.id: section for section in after.sections}
    for step in plan.steps:
        section = by_id.get(step.id)
        if step.kind is not StepKind.WRITE or section is None or "artifact_id" not in step.result:
            continue
        if step.id in revision.anew and "number" in step.input:
            changed.append(again(step, revision=note))
            continue
        body = await deps.artifacts.load(step.result["artifact_id"])
        if body["section"]["markdown"] == section.markdown:
            continue
        kept = await deps.artifacts.save(
            "section", section.heading or plan.title, _written(body, section)
        )
        ids = list(dict.fromkeys(m["id"] for m in MARKER.finditer(section.markdown)))
        cited = [passages[i].source_id for i in ids if i in passages]
        result = {
            **step.result,
            "artifact_id": kept,
            "passage_ids": ids,
            "source_ids": list(dict.fromkeys(cited)),
            "quotes": len(cited),
            "quotes_by_source": dict(Counter(cited)),
            "words": words_of(section.markdown),
            "rephrased": int(step.result.get("rephrased", 0))
            + revision.rephrased.get(section.id, 0),
        }
        changed.append(step.model_copy(update={"result": result}))
    assembled = plan.step("assemble")
    if any(step.status is StepStatus.PENDING for step in changed):
        return [*changed, again(assembled, **{BECAUSE: reason.as_input()})]
    result = {**assembled.result, "artifact_id": after_id, "words": after.words()}
    return [*changed, assembled.model_copy(update={"result": result})]


def _written(body: dict[str, object], section: Section) -> dict[str, object]:
    return {**body, "section": section.model_dump(mode="json"), "words": words_of(section.markdown)}


# ------------------------------------------------------------------------------- what is said


def _why(state: RunState, changes: Sequence[PassageChange]) -> str:
    observed = state.get("reported_similarity")
    report = "A report" if observed is None else f"A report of {observed:g} %"
    done = _counts(changes)
    return f"{report} (cycle {state.get('cycles', 0)}): {done}."


_DONE = {
    Remedy.QUOTE: "put between quotation marks",
    Remedy.CITE: "given a citation",
    Remedy.REPHRASE: "said otherwise with its source named",
    Remedy.SHORTEN: "quoted more shortly",
    Remedy.CUT: "cut",
    Remedy.KEEP: "left as it is",
}


def _counts(changes: Sequence[PassageChange]) -> str:
    if not changes:
        return "no passage was found that could be bettered"
    tally = {remedy: sum(c.remedy is remedy for c in changes) for remedy in Remedy}
    said = [f"{number} {_DONE[remedy]}" for remedy, number in tally.items() if number]
    return f"{counted(len(changes), 'passage')} looked at: {', '.join(said)}"


def _revised_event(
    cycle_id: str,
    changes: Sequence[PassageChange],
    before: Likeness | None,
    now: Likeness | None,
    why: str,
    lost: int,
    after_id: str,
) -> EventDraft:
    said = [why]
    if before is not None and now is not None:
        said.append(f"In your own sources: {now.said} (before: {before.said}).")
    if lost:
        said.append(
            f"{counted(lost, 'passage')} of the report could not be found in the document; "
            "look at them yourself."
        )
    return EventDraft(
        type="turnitin.revised",
        source="reviser",
        content=" ".join(said),
        meta={
            "cycle_id": cycle_id,
            "artifact_id": after_id,
            "changes": len(changes),
            "remedies": dict(Counter(change.remedy.value for change in changes)),
            "not_found": lost,
            "local_before": before.as_meta() if before else None,
            "local_after": now.as_meta() if now else None,
        },
    )
