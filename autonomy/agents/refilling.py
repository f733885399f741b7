"""Filling sections up again whose passages a similarity report has cost: from evidence that the
document does not use yet, drafted and checked as any section is.

What stands in a section stays as it is; an addition comes at its end. Nothing is taken from what
was just cut, and nothing is added that would itself be too like its source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from autonomy.agents.amending import Draft
from autonomy.agents.checking import check_claims
from autonomy.agents.cutting import NOTHING_LEFT, cut
from autonomy.agents.data_plan import of_data_alone
from autonomy.agents.delivery import Judged, to_cut
from autonomy.agents.length import asked_words, fewest_words, most_words
from autonomy.agents.mending import shared
from autonomy.agents.researcher import PASSAGES_PER_QUERY, wider_queries
from autonomy.agents.revision_words import FilledUp
from autonomy.agents.units import sentence_spans
from autonomy.agents.verification import quoted_spans
from autonomy.agents.writer import Onward, Written, handed, topic_of, write_on
from autonomy.agents.writing_steps import BEGIN
from autonomy.core.markers import MARKER, without_markers
from autonomy.core.originality import PassageChange, Remedy
from autonomy.core.phrases import clause, counted
from autonomy.core.ports import BudgetExhausted, Deps
from autonomy.core.types import Author, Passage, Plan, Step
from autonomy.core.words import stems
from autonomy.export.claims import uncited_sentences
from autonomy.export.document import Document, words_of
from autonomy.tools.evidence import PASSAGES_PER_SECTION, says_something
from autonomy.tools.library_tools import fuse
from autonomy.tools.similarity.copying import unquoted_share

ROUNDS = 3
"""How often what is still missing is asked of the sections that could give something."""
LEAST = 25
"""Words of an addition: one quotation with who says it."""
ENOUGH = 4
"""Times the words wanted that passages must hold for nothing more to be searched."""
CUT_RUN = 8
"""Words in one order that an addition may not share with what was just cut."""

NO_MORE = "your sources hold nothing on these sections that the document does not use already"
OVER_TARGET = "what could be added would have raised the similarity above"
TOO_LIKE = "what could be added keeps too much of its sources' own wording"


@dataclass(slots=True)
class _Round:
    """What all sections have in common while they are filled."""

    document: Document
    plan: Plan
    deps: Deps
    key: str
    gone: Sequence[PassageChange]
    """What was cut, shortened or said otherwise just now."""
    room: int
    """Words that may be added before the document is longer than was asked for."""
    used: set[str]
    """Ids of passages that the document cites, or cited until just now."""
    spent: frozenset[str]
    """Of these, those that the words cited that are gone."""
    cited_works: frozenset[str] | None
    """Ids of the only sources that may be added from; None for any."""
    works: dict[str, str] = field(default_factory=dict)
    """Passage id to source id, of what was added."""
    refused: str = ""
    """Why something that was found was not added, as a clause."""


async def refill(
    document: Document,
    drafts: Mapping[str, Draft],
    anew: Collection[str],
    plan: Plan,
    deps: Deps,
    key: str,
    *,
    sparing: bool = False,
) -> FilledUp:
    """Add to body sections of `drafts` what the revision of `document` has cost them, as far as
    there is evidence and a budget for it. Nothing is done where the length is still within what
    was asked for, or was left open.

    Args:
        anew: ids of sections that are written again: they get their length by themselves.
        key: of the effects.
        sparing: a figure asks for less quotation: where only quotations can be added, no more are
            than the length needs.
    """
    asked, before = asked_words(deps), document.words()
    now = _words(drafts)
    if not asked or of_data_alone(plan) or now >= fewest_words(deps) or now >= before:
        return FilledUp()
    goal = min(asked, before)
    if sparing and before >= fewest_words(deps) and not deps.models.available("writer"):
        goal = fewest_words(deps)
    held = _Round(
        document=document,
        plan=plan,
        deps=deps,
        key=key,
        gone=[c for draft in drafts.values() for c in draft.changes if _took(c)],
        room=most_words(deps) - now,
        used={m for d in drafts.values() for m in _cited(d.markdown)}
        | set(document.cited_passage_ids()),
        spent=frozenset(
            m for d in drafts.values() for c in d.changes if _took(c) for m in _cited(c.before)
        ),
        cited_works=_only(document, plan),
    )
    lost = _lost(document, drafts, anew, plan)
    filled = FilledUp()
    try:
        for number in range(ROUNDS):
            gap = goal - _words(drafts)
            met = _words(drafts) >= fewest_words(deps)
            if gap <= 0 or (met and gap < LEAST) or not lost:
                break
            lost = await _round(lost, max(gap, LEAST), drafts, held, filled, number)
    except BudgetExhausted as limit:
        held.refused = clause(str(limit)).rstrip(".")
    filled.works = held.works
    _tell_missing(filled, drafts, deps, held.refused or NO_MORE)
    return filled


def take_back(
    added: Sequence[PassageChange], drafts: Mapping[str, Draft], filled: FilledUp, deps: Deps
) -> None:
    """Take additions out of `drafts` again, because they would raise the similarity over its
    target."""
    for change in added:
        drafts[change.section_id].take_back(change)
        filled.words -= words_of(change.after)
        by = filled.sections[change.section_id]
        by[Author(change.author)] -= 1
        if not by.total():
            del filled.sections[change.section_id]
            filled.simulated.discard(change.section_id)
    target = deps.task.settings.target_similarity
    _tell_missing(filled, drafts, deps, f"{OVER_TARGET} {target:g} %")


def _tell_missing(filled: FilledUp, drafts: Mapping[str, Draft], deps: Deps, why: str) -> None:
    now = _words(drafts)
    if now < fewest_words(deps):
        filled.missing, filled.why = (asked_words(deps) or 0) - now, why


def _words(drafts: Mapping[str, Draft]) -> int:
    return sum(words_of(draft.markdown) for draft in drafts.values())


def _took(change: PassageChange) -> bool:
    return change.remedy in (Remedy.CUT, Remedy.SHORTEN, Remedy.REPHRASE)


def _cited(markdown: str) -> list[str]:
    return [match["id"] for match in MARKER.finditer(markdown)]


def _only(document: Document, plan: Plan) -> frozenset[str] | None:
    """A rule-made introduction counts and lists the works of the body: no other is brought in."""
    opening = next((s.id for s in plan.steps if s.input.get("role") == BEGIN), "")
    by_rule = any(s.id == opening and s.author is Author.RULE for s in document.sections)
    return frozenset(source.id for source in document.sources) if by_rule else None


def _lost(
    document: Document, drafts: Mapping[str, Draft], anew: Collection[str], plan: Plan
) -> dict[str, int]:
    """Words that each body section was cost; where it was only others that lost some, all body
    sections have to make up for them alike."""
    computed = {section.id for section in document.sections if section.computed}
    able = [
        step
        for step in plan.steps
        if step.input.get("role") == "section"
        and step.id in drafts
        and step.id not in anew
        and step.id not in computed
    ]
    was = {section.id: words_of(section.markdown) for section in document.sections}
    lost = {s.id: max(0, was[s.id] - words_of(drafts[s.id].markdown)) for s in able}
    return lost if any(lost.values()) else {s.id: int(s.input["words"]) for s in able}


def _shares(lost: Mapping[str, int], gap: int) -> dict[str, int]:
    """`gap` words shared out by what each section lost, most first; no share is too small to hold
    a quotation."""
    ranked = sorted(lost, key=lambda one: (-lost[one], one))
    ranked = ranked[: max(1, gap // LEAST)]
    total = sum(lost[one] for one in ranked) or 1
    shares = {one: max(LEAST, round(gap * lost[one] / total)) for one in ranked if lost[one]}
    return shares or {one: max(LEAST, gap // len(ranked)) for one in ranked}


async def _round(
    lost: Mapping[str, int],
    gap: int,
    drafts: Mapping[str, Draft],
    held: _Round,
    filled: FilledUp,
    number: int,
) -> dict[str, int]:
    """One addition to each section that has a share in `gap`; the sections that may be asked
    again, with their shares of what is missing then."""
    shares = _shares(lost, gap)
    left = {one: words for one, words in lost.items() if one not in shares}
    for section_id, words in shares.items():
        step, draft = held.plan.step(section_id), drafts[section_id]
        key = f"{held.key}:more-{number}:{section_id}"
        written = await _addition(step, draft, drafts, words, held, key)
        if written is None:
            continue
        _add(draft, written, held, filled)
        left[section_id] = max(lost[section_id], 1)
    return left


def _add(draft: Draft, written: Written, held: _Round, filled: FilledUp) -> None:
    section = written.section
    held.room -= written.words
    works = list(dict.fromkeys(held.works[one] for one in written.passage_ids))
    fresh = not set(written.passage_ids) & held.used
    held.used |= set(written.passage_ids)
    draft.add(
        section.markdown,
        f"The report has cost the section some of its length: {counted(written.words, 'word')} from "
        f"{counted(len(written.passage_ids), 'passage')} of {counted(len(works), 'source')}, "
        + ("not used in the document before." if fresh else "of which other sentences were used."),
        section.author,
        works[0] if len(works) == 1 else "",
    )
    filled.words += written.words
    filled.sections.setdefault(draft.id, Counter())[section.author] += 1
    if section.simulated:
        filled.simulated.add(draft.id)


async def _addition(
    step: Step, draft: Draft, drafts: Mapping[str, Draft], words: int, held: _Round, key: str
) -> Written | None:
    """About `words` words for the section's end that pass every check; None where there are
    none."""
    passages = await _unused(step, words, held)
    if not passages:
        return None
    wanted = step.model_copy(update={"input": {**step.input, "words": min(words, held.room)}})
    onward = Onward(
        standing=draft.markdown, passages=tuple(passages), taken=tuple(_taken(drafts, held.gone))
    )
    written = await write_on(wanted, held.plan, held.deps, key, onward)
    sound = await _sound(written, passages, held, key)
    if sound is None and written.section.author is Author.MODEL:
        why = "the model's addition did not pass the checks."
        onward = onward.model_copy(update={"by_rule": why})
        written = await write_on(wanted, held.plan, held.deps, f"{key}:rule", onward)
        sound = await _sound(written, passages, held, f"{key}:rule")
    return sound


async def _unused(step: Step, words: int, held: _Round) -> list[Passage]:
    """Passages for the section that the document does not cite: what it was handed, and where that
    is little, what a wider search of the same sources finds. Where only rules write, those follow
    of which the document quotes other sentences: no sentence is quoted twice."""
    library = held.deps.library

    def free(passages: Sequence[Passage], taken: Collection[str] = held.used) -> list[Passage]:
        return [
            p
            for p in passages
            if p.id not in taken
            and (held.cited_works is None or p.source_id in held.cited_works)
            and says_something(p)
        ]

    own = await library.passages(handed(step, held.plan))
    found = free(own)
    if sum(len(p.text.split()) for p in found) < ENOUGH * words:
        topic = topic_of(step, held.deps)
        queries = [*map(str, step.input["queries"]), *wider_queries(step, topic, own[:8])]
        search = next(
            (s for s in held.plan.steps if s.id == f"search-{step.input['number']}"), None
        )
        where = search.input.get("source_ids") if search else None
        source_ids = [str(one) for one in where or held.deps.task.source_ids]
        rankings = [
            await library.search(query, limit=PASSAGES_PER_QUERY, source_ids=source_ids)
            for query in dict.fromkeys(queries)
        ]
        every = [*own, *fuse(rankings)]
        found = list({p.id: p for p in [*found, *free(every)]}.values())
        if not held.deps.models.available("writer"):
            found = list({p.id: p for p in [*found, *free(every, held.spent)]}.values())
    held.works.update({p.id: p.source_id for p in found})
    return found[:PASSAGES_PER_SECTION]


def _taken(drafts: Mapping[str, Draft], gone: Sequence[PassageChange]) -> list[frozenset[str]]:
    """Stems of what the document quotes, and of what it said until just now."""
    said = [span for draft in drafts.values() for span in quoted_spans(draft.markdown)]
    for change in gone:
        text = without_markers(change.before)
        said += [text, *quoted_spans(change.before)]
    return [stems(one) for one in said]


async def _sound(
    written: Written, passages: Sequence[Passage], held: _Round, key: str
) -> Written | None:
    """The addition without what its passages do not bear out, no longer than there is room; None
    where that is too little, or it is too like its sources or what was cut."""
    ids = set(written.passage_ids)
    mine = tuple(p for p in passages if p.id in ids)
    if not mine:
        return None
    draft = held.document.model_copy(
        update={
            "sections": (written.section,),
            "passages": mine,
            "sources": tuple(await held.deps.library.sources(list({p.source_id for p in mine}))),
        }
    )
    checks = await check_claims(draft, held.deps, key)
    left = cut(draft, to_cut(Judged("", draft, checks, []))).document.sections[0]
    markdown = _within(left.markdown, held.room)
    if left.markdown == NOTHING_LEFT or words_of(markdown) < LEAST // 2:
        return None
    if not _grounded(markdown, written.section.author, held.deps):
        return None
    if _too_like(markdown, [*held.document.passages, *mine], held.deps) or _cut_before(
        markdown, held.gone
    ):
        held.refused = TOO_LIKE
        return None
    cited = list(dict.fromkeys(_cited(markdown)))
    return written.model_copy(
        update={
            "section": left.model_copy(update={"markdown": markdown}),
            "passage_ids": tuple(cited),
            "words": words_of(markdown),
        }
    )


def _within(markdown: str, room: int) -> str:
    """`markdown` without the sentences at its end that there is no room for."""
    while words_of(markdown) > room and (spans := sentence_spans(markdown)):
        markdown = markdown[: spans[-1][0]].rstrip()
    return markdown


def _grounded(markdown: str, author: Author, deps: Deps) -> bool:
    """Whether as much of it names a source as the journey asks of what a model writes."""
    least = deps.journey.gates.minimum_cited_sentences
    if author is not Author.MODEL or least is None:
        return bool(MARKER.search(markdown))
    bare, total = uncited_sentences(markdown)
    return total > 0 and len(bare) <= total * (1 - least)


def _too_like(markdown: str, passages: Sequence[Passage], deps: Deps) -> bool:
    """Whether more of it than of the whole document may be is unquoted wording of a source: less
    can only lower the document's share."""
    target = deps.task.settings.target_similarity
    bounds = [deps.journey.gates.maximum_unquoted_overlap, None if target is None else target / 100]
    most = min((one for one in bounds if one is not None), default=1.0)
    return unquoted_share(markdown, passages) > most


def _cut_before(markdown: str, gone: Sequence[PassageChange]) -> bool:
    """Whether it brings back words that were just cut."""
    for change in gone:
        run = shared(without_markers(markdown), without_markers(change.before))
        if change.remedy is Remedy.CUT and run is not None and run.words >= CUT_RUN:
            return True
    return False
