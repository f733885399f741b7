"""What a person's target asks of quotations that are marked and cited as they should be.

They are no fault. A report that counts them may still be over the target with nothing else to put
right; then the longest are shortened, and whole ones left out, only as far as the person lets the
run (`Quotations`), and each is kept as done for the target's sake.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from autonomy.agents import mending
from autonomy.agents.amending import Draft, Mended
from autonomy.agents.remedies import Found
from autonomy.agents.units import Unit, sentence_spans
from autonomy.core.markers import MARKER
from autonomy.core.originality import FlaggedPassage, MatchGroup, Remedy, Teller
from autonomy.export.document import Document, words_of

MOST_CUT = 0.25
"""Share of a document's words that may be left out for the sake of a figure in one cycle."""
MARGIN = 1.1
"""How much more than the figure asks for is done: shares are of a document that gets shorter."""
LONG_ENOUGH = 14
"""Words of a quotation from which it is worth looking at for the sake of a figure."""


@dataclasses.dataclass(slots=True)
class Room:
    """Words that may go for the target's sake before the document is shorter than it was asked to
    be."""

    words: int
    by_rule: bool = True
    """No model takes part: what a shortened quotation loses is known beforehand."""

    def takes(self, found: Found) -> bool:
        """Whether a passage may be shortened; its words are gone then. There is nothing to ask of
        one that is not quoted and cited, nor of one that no rule can shorten."""
        if not (found.quoted and found.cited):
            return False
        return not self._cost(found.unit) or self.shortens(found.unit)

    def shortens(self, unit: Unit) -> bool:
        """Whether shortening the unit takes words away, and there is room for it: they are gone
        then."""
        cost = self._cost(unit)
        if not 0 < cost <= self.words:
            return False
        self.words -= cost
        return True

    def _cost(self, unit: Unit) -> int:
        if not self.by_rule:
            # Nobody knows what a model will say: at worst hardly anything is left of it.
            return max(0, mending.quoted_words(unit.text) - mending.LEAST_QUOTE)
        made = mending.shorten(unit.text)
        return 0 if made is None else max(0, unit.words - words_of(made))


def words_to_lose(document: Document, observed: float | None, target: float) -> int:
    """How many words fewer may be like other texts for a report to reach the target; 0 when the
    report gives no figure."""
    if observed is None or observed <= target:
        return 0
    return round((observed - target) / 100 * document.words() * MARGIN)


def quotation_units(document: Document, taken: Sequence[Unit]) -> list[Unit]:
    """Sentences with long quotations that nobody flagged, longest first."""
    found: list[tuple[int, Unit]] = []
    for section in document.sections:
        mine = [unit for unit in taken if unit.section_id == section.id]
        for start, end, row in sentence_spans(section.markdown):
            text = section.markdown[start:end]
            words = mending.quoted_words(text)
            # Headings and terms are quoted too: without a source they are nobody's words.
            if words < LONG_ENOUGH or not MARKER.search(text):
                continue
            if any(unit.start <= start and end <= unit.end for unit in mine):
                continue
            flag = FlaggedPassage(
                section_id=section.id,
                text=text,
                start=start,
                end=end,
                group=MatchGroup.CITED_AND_QUOTED,
                told_by=Teller.TARGET,
            )
            found.append(
                (words, Unit(section.id, start, end, text, (flag,), row=row, for_figure=True))
            )
    found.sort(key=lambda pair: (-pair[0], pair[1].section_id, pair[1].start))
    return [unit for _, unit in found]


def shortened_for(units: Sequence[Unit], lose: int, room: Room) -> list[Unit]:
    """Those of `units`, in their order, that have to be shorter for `lose` words, as far as there is
    room for it."""
    chosen: list[Unit] = []
    for unit in units:
        if lose <= 0:
            break
        before = room.words
        if room.shortens(unit):
            chosen.append(unit)
            lose -= before - room.words
    return chosen


def leave_out(
    document: Document,
    drafts: Mapping[str, Draft],
    most: int,
    target: float,
    *,
    but: Collection[str],
) -> None:
    """Leave whole sentences of quotation out of `drafts`, the longest first, as long as no more than
    `most` words go: none whose neighbour needs it, none that was just mended, none of the sections
    `but`."""
    mended = {change.after for draft in drafts.values() for change in draft.changes}
    by_id = {passage.id: passage for passage in document.passages}
    works = {source.id: source for source in document.sources}
    for unit in quotation_units(document, ()):
        if unit.words > most:
            continue
        draft = drafts[unit.section_id]
        start = draft.markdown.find(unit.text)
        if start < 0 or unit.text in mended or unit.row or draft.id in but:
            continue
        if mending.leans(draft.markdown[start + len(unit.text) :].lstrip(" ")):
            continue
        reason = (
            f"Left out only to come under your {target:g} %, as you chose: it was quoted and cited "
            "properly. It is among the longest, and nothing else in the section rests on it."
        )
        passage = by_id.get(unit.markers[0])
        found = Found(
            dataclasses.replace(unit, start=start, end=start + len(unit.text)),
            draft.heading,
            passage,
            works.get(passage.source_id) if passage else None,
        )
        if draft.apply(found, Mended("", Remedy.CUT, reason, target=target)):
            most -= unit.words


def still_quoted(drafts: Mapping[str, Draft]) -> int:
    """Words between quotation marks in sentences that name their source."""
    return sum(
        mending.quoted_words(draft.markdown[start:end])
        for draft in drafts.values()
        for start, end, _ in sentence_spans(draft.markdown)
        if MARKER.search(draft.markdown[start:end])
    )


def words_over(document: Document, drafts: Mapping[str, Draft], lose: int) -> int:
    """About how many words of proper quotation keep the drafts over the target, if `lose` words of
    `document` were to go; 0 where quotations are not what keeps them there."""
    now = sum(words_of(draft.markdown) for draft in drafts.values())
    still = lose - (document.words() - now)
    return max(0, min(still, still_quoted(drafts)))
