"""Carrying out a remedy for each flagged passage of a document, section by section.

Only these passages change, besides what follows from them: proper quotations as far as the person
lets the run for the sake of a target, figures of introduction and conclusion, and sections of which
most would have to be cut, which are written again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autonomy.agents.amending import Draft, Mended, by_rule
from autonomy.agents.mending import cite, quoted_words
from autonomy.agents.remedies import Choice, Found, choose
from autonomy.agents.rephrasing import rephrased
from autonomy.agents.revision_words import FilledUp
from autonomy.agents.target_quotations import (
    MOST_CUT,
    Room,
    leave_out,
    quotation_units,
    shortened_for,
    words_over,
)
from autonomy.agents.tracing import traced
from autonomy.agents.units import Unit, sentence_spans, units_in
from autonomy.core.markers import MARKER
from autonomy.core.originality import FlaggedPassage, PassageChange, Quotations, Remedy
from autonomy.core.ports import Deps
from autonomy.core.types import Author
from autonomy.export.document import Document, words_of

ANEW = "Most of its section would have to be cut: the section is written again from your sources."
NO_ROOM = (
    "It is quoted and cited as it should be. To shorten it too would make the document shorter than "
    "you asked for."
)
TRACED_AT_ONCE = 4
"""Passages whose source is looked for at the same time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report asks for."""

    flagged: Sequence[FlaggedPassage]
    """Found in the document."""
    lose: int = 0
    """Words that would have to be less like other texts; 0 where no figure asks for it."""
    target: float = 100.0
    """Per cent."""
    quotations: Quotations = Quotations.KEEP
    """What may be done about proper ones for the sake of the target."""
    fewest: int = 0
    """Words that the document keeps whatever the target asks for: its length was asked for too."""


@dataclass(slots=True)
class Revision:
    """What became of the flagged passages."""

    drafts: dict[str, Draft]
    rephrased: dict[str, int] = field(default_factory=dict)
    """Section id to how many of its passages a model worded."""
    simulated: set[str] = field(default_factory=set)
    anew: set[str] = field(default_factory=set)
    """Ids of sections that no remedy of a passage can save: they are written again."""
    over: int = 0
    """Words, about, of proper quotation that keep the draft over its target."""
    spare: int = 0
    """Words that may still go before the draft is shorter than was asked for."""
    filled: FilledUp = field(default_factory=FilledUp)

    @property
    def changes(self) -> list[PassageChange]:
        """In the document's order: sections are mended from their end."""
        return [change for draft in self.drafts.values() for change in reversed(draft.changes)]

    @property
    def changed(self) -> bool:
        """Whether anything reads otherwise already."""
        still = (Remedy.KEEP, Remedy.REWRITE)
        return any(change.remedy not in still for change in self.changes)


async def revised(document: Document, asked: Asked, deps: Deps, key: str) -> Revision:
    """The document's sections with a remedy for each passage. What introduction and conclusion
    count is as it was.

    Args:
        key: of the effects.
    """
    units = units_in(document, asked.flagged)
    lose = asked.lose - sum(u.words for u in units if quoted_words(u.text) < u.words / 2)
    found = await _traced(units, document, deps)
    shorten = lose > 0 and asked.quotations is not Quotations.KEEP
    spare = max(0, document.words() - asked.fewest)
    room = Room(spare, by_rule=not deps.models.available("writer")) if shorten else None
    chosen = [(one, _choice(one, room, asked.target)) for one in found]
    if room is not None:
        gone = spare - room.words
        more = shortened_for(quotation_units(document, units), lose - gone, room)
        chosen += [
            (one, choose(one, target=asked.target)) for one in await _traced(more, document, deps)
        ]
    revision = Revision(_drafts(document, deps.journey.gates.minimum_citations_per_section or 0))
    for section_id, draft in revision.drafts.items():
        mine = [(one, choice) for one, choice in chosen if one.unit.section_id == section_id]
        await _mend(draft, mine, revision, deps, f"{key}:{section_id}")
    if lose > 0:
        revision.over = words_over(document, revision.drafts, lose)
        if asked.quotations is Quotations.LEAVE_OUT:
            drafts, over = revision.drafts, revision.over
            now = sum(words_of(draft.markdown) for draft in drafts.values())
            most = min(over, round(MOST_CUT * document.words()), now - asked.fewest)
            leave_out(document, drafts, most, asked.target, but=revision.anew)
            revision.over = words_over(document, drafts, lose)
    now = sum(words_of(draft.markdown) for draft in revision.drafts.values())
    revision.spare = max(0, now - asked.fewest)
    return revision


def _choice(one: Found, room: Room | None, target: float) -> Choice:
    """What is done about a flagged passage, where a figure asks for less quotation as far as there
    is `room`."""
    if room is None or room.takes(one):
        return choose(one, target=None if room is None else target)
    choice = choose(one, target=None)
    fits = choice.remedy is not Remedy.KEEP or not (one.quoted and one.cited)
    return choice if fits else Choice(Remedy.KEEP, NO_ROOM)


def _drafts(document: Document, least: int) -> dict[str, Draft]:
    drafts = {}
    for section in document.sections:
        cited = len(MARKER.findall(section.markdown))
        keep = max(min(least, cited), (cited + 1) // 2)
        drafts[section.id] = Draft(section.id, section.heading, section.markdown, keep)
    return drafts


async def _traced(units: Sequence[Unit], document: Document, deps: Deps) -> list[Found]:
    """Where each passage comes from, a few looked up at a time."""
    headings = {section.id: section.heading for section in document.sections}
    turn = asyncio.Semaphore(TRACED_AT_ONCE)

    async def one(unit: Unit) -> Found:
        async with turn:
            return await traced(unit, headings[unit.section_id], document, deps)

    return list(await asyncio.gather(*(one(unit) for unit in units)))


async def _mend(
    draft: Draft, mine: Sequence[tuple[Found, Choice]], revision: Revision, deps: Deps, key: str
) -> None:
    """Carry out the remedies of one section, from its end."""
    was = draft.markdown
    worded, refused = await _worded(draft, mine, revision, deps, key)
    judged = deps.models.available("critic")
    for one, choice in sorted(mine, key=lambda pair: -pair[0].unit.start):
        mended = worded.get(id(one)) or by_rule(
            one, choice, refused.get(id(one), ""), judged=judged
        )
        if draft.apply(one, mended):
            continue
        if _hopeless(was, mine):
            again = Mended("", Remedy.REWRITE, ANEW)
            draft.give_up(was, [(each, again) for each, _ in _from_the_end(mine)])
            revision.anew.add(draft.id)
            revision.rephrased.pop(draft.id, None)
            revision.simulated.discard(draft.id)
            return
        kept = (
            "It cannot be cut without leaving its section empty, or a sentence behind it that "
            "nobody understands: only you can replace it."
        )
        draft.apply(one, Mended(one.unit.text, Remedy.KEEP, kept))


def _from_the_end(mine: Sequence[tuple[Found, Choice]]) -> list[tuple[Found, Choice]]:
    return sorted(mine, key=lambda pair: -pair[0].unit.start)


async def _worded(
    draft: Draft, mine: Sequence[tuple[Found, Choice]], revision: Revision, deps: Deps, key: str
) -> tuple[Mapping[int, Mended], Mapping[int, str]]:
    """What a model made of the passages to say otherwise, and why of the rest it made nothing; both
    by the identity of what was found."""
    wanted = [(one, choice) for one, choice in mine if choice.remedy is Remedy.REPHRASE]
    if not wanted:
        return {}, {}
    if not deps.models.available("writer"):
        why = deps.models.unavailable("writer").rstrip(".")
        none = f"no language model took part{f': {why}' if why else ''}"
        return {}, {id(one): none for one, _ in wanted}
    given = [(one, *_around(draft.markdown, one)) for one, _ in wanted]
    worded, refused, simulated = await rephrased(given, deps, key)
    if worded:
        revision.rephrased[draft.id] = len(worded)
        revision.simulated |= {draft.id} if simulated else set()
    made = {}
    for n, text in worded.items():
        one, choice = wanted[n]
        cited = text if one.cited or one.passage is None else cite(text, one.passage)
        made[id(one)] = Mended(cited, Remedy.REPHRASE, choice.reason, Author.MODEL, choice.target)
    return made, {id(wanted[n][0]): why for n, why in refused.items()}


def _hopeless(markdown: str, mine: Sequence[tuple[Found, Choice]]) -> bool:
    """Whether most of a section would have to be cut."""
    cut = sum(one.unit.words for one, choice in mine if choice.remedy is Remedy.CUT)
    return 2 * cut > words_of(markdown)


def _around(markdown: str, found: Found) -> tuple[str, str]:
    """The sentences before and behind a unit."""
    spans = sentence_spans(markdown)
    before = [markdown[a:b] for a, b, row in spans if b <= found.unit.start and not row]
    behind = [markdown[a:b] for a, b, row in spans if a >= found.unit.end and not row]
    return (before[-1] if before else "", behind[0] if behind else "")
