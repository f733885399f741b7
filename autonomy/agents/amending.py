"""A remedy for each flagged passage of a document, and for long quotations where a figure asks for
less; every other sentence stays letter for letter.

`plan_remedies` says what is to be done, `Section` does it: from the end of a section to its
beginning, so that the places of earlier passages hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autonomy.agents import mending
from autonomy.agents.literal import in_prose
from autonomy.agents.remedies import Choice, Found
from autonomy.agents.units import Unit, sentence_spans, units_of
from autonomy.core.originality import (
    ChangeVerdict,
    FlaggedPassage,
    MatchGroup,
    PassageChange,
    Remedy,
    Teller,
)
from autonomy.core.types import Author
from autonomy.export.document import MARKER, Document

MOST_CUT = 0.25
"""Share of a document's words that may be cut for the sake of a figure in one cycle."""
MARGIN = 1.1
"""How much more than the figure asks for is done: shares are of a document that gets shorter."""
AFTER_SHORTENING = 10
"""Words that a shortened quotation has, more or less: for estimates only."""
LONG_ENOUGH = 14
"""Words of a quotation from which it is worth looking at for the sake of a figure."""


def words_of(markdown: str) -> int:
    return len(MARKER.sub(" ", markdown).split())


def words_to_lose(document: Document, observed: float | None, target: float) -> int:
    """How many words fewer may be like other texts for a report to reach the target; 0 when the
    report gives no figure."""
    if observed is None or observed <= target:
        return 0
    return round((observed - target) / 100 * document.words() * MARGIN)


def units_in(document: Document, flagged: Iterable[FlaggedPassage]) -> list[Unit]:
    """All that was flagged, in the document's order."""
    by_section: dict[str, list[FlaggedPassage]] = {}
    for flag in flagged:
        by_section.setdefault(flag.section_id, []).append(flag)
    return [
        unit
        for section in document.sections
        for unit in units_of(section.id, section.markdown, by_section.get(section.id, ()))
    ]


def quotation_units(document: Document, taken: Sequence[Unit], lose: int) -> list[Unit]:
    """Sentences with long quotations that nobody flagged, longest first, as many as have to be
    shorter for `lose` words: a report counts quotations too."""
    held = {(u.section_id, u.start) for u in taken}
    found: list[tuple[int, Unit]] = []
    for section in document.sections:
        for start, end, row in sentence_spans(section.markdown):
            inside = any(
                u.section_id == section.id and u.start <= start and end <= u.end for u in taken
            )
            text = section.markdown[start:end]
            words = mending.quoted_words(text)
            if inside or (section.id, start) in held or words < LONG_ENOUGH:
                continue
            if not MARKER.search(text):
                continue  # headings and terms are quoted too: they are nobody's words
            flag = FlaggedPassage(
                section_id=section.id,
                text=text,
                start=start,
                end=end,
                group=MatchGroup.CITED_AND_QUOTED,
                told_by=Teller.ENGINE,
            )
            unit = Unit(section.id, start, end, text, (flag,), row=row, for_figure=True)
            found.append((words, unit))
    found.sort(key=lambda pair: (-pair[0], pair[1].section_id, pair[1].start))
    chosen: list[Unit] = []
    for words, unit in found:
        if lose <= 0:
            break
        chosen.append(unit)
        lose -= words - AFTER_SHORTENING
    return chosen


@dataclass(frozen=True, slots=True)
class Mended:
    """What comes in a passage's place."""

    text: str
    remedy: Remedy
    reason: str
    author: Author = Author.RULE


def by_rule(found: Found, choice: Choice, refused: str = "") -> Mended:
    """The remedy carried out without a model; `refused` is why none was used although one was
    wanted. What cannot be done honestly is left, and the reason says so."""
    text = found.unit.text
    if choice.remedy is Remedy.CITE and found.passage is not None:
        return Mended(mending.cite(text, found.passage), Remedy.CITE, choice.reason)
    if choice.remedy is Remedy.QUOTE and found.passage is not None:
        made = mending.quote(text, found.passage)
        if made is not None:
            return Mended(made, Remedy.QUOTE, choice.reason)
    if choice.remedy in (Remedy.KEEP, Remedy.CUT):
        return Mended("" if choice.remedy is Remedy.CUT else text, choice.remedy, choice.reason)
    return _instead(found, choice, f" ({refused})" if refused else "")


def _instead(found: Found, choice: Choice, why: str) -> Mended:
    """What a rule can do where a passage was to be said otherwise: it never paraphrases."""
    text = found.unit.text
    if found.quoted:
        made = mending.shorten(text)
        if made is not None:
            return Mended(
                made,
                Remedy.SHORTEN,
                f"{mending.quoted_words(text)} words were quoted; the key clause says it{why}.",
            )
        return Mended(
            text,
            Remedy.KEEP,
            f"It is quoted and cited; no part of it can be left out without changing what it says{why}.",
        )
    if found.passage is None:
        return Mended(
            text,
            Remedy.KEEP,
            f"It cites its source, and only a person or a language model can say it otherwise{why}.",
        )
    made = mending.quote(text, found.passage)
    if made is not None and _mostly(found):
        shorter = (
            mending.shorten(made) if mending.quoted_words(made) > mending.SHORT_QUOTE else None
        )
        return Mended(
            shorter or made,
            Remedy.QUOTE,
            "The source's words stand between quotation marks now, with the source named"
            + (", cut to their key clause" if shorter else "")
            + f"{why}.",
        )
    sentence = mending.key_sentence(text, found.passage)
    if sentence is not None:
        name = f"[[n:{found.passage.id}]]"
        return Mended(
            f"In the words of {name}: “{in_prose(sentence.rstrip('.'))}”.",
            Remedy.QUOTE,
            "It was close to its source's wording; the source's own sentence stands here now, between "
            f"quotation marks{why}.",
        )
    if found.cited:
        return Mended(
            text,
            Remedy.KEEP,
            f"It cites its source, and only a person or a language model can say it otherwise{why}.",
        )
    return Mended(mending.cite(text, found.passage), Remedy.CITE, f"Its source is named now{why}.")


def _mostly(found: Found) -> bool:
    stretch = found.stretch
    return stretch is not None and stretch.words >= 0.6 * found.unit.words


@dataclass(slots=True)
class Draft:
    """A section while it is mended."""

    id: str
    heading: str
    markdown: str
    least_citations: int = 0
    """Fewer must not be left by cutting."""
    changes: list[PassageChange] = field(default_factory=list)

    def apply(self, found: Found, mended: Mended) -> bool:
        """Put `mended` in the unit's place; False when a cut would leave too little, and the
        passage stays."""
        unit = found.unit
        if mended.remedy is Remedy.KEEP and unit.for_figure:
            return True  # nobody flagged it, and nothing was done
        if mended.remedy is Remedy.CUT:
            return self._cut(found, mended)
        self.note(found, mended, mended.text)
        self.markdown = self.markdown[: unit.start] + mended.text + self.markdown[unit.end :]
        return True

    def _cut(self, found: Found, mended: Mended) -> bool:
        unit = found.unit
        if unit.row:
            return False
        end, rest = self._behind(unit)
        if rest is None:
            return False
        before = self.markdown[unit.start : end]
        cut = (
            self.markdown[: unit.start] + rest + self.markdown[end:]
            if rest
            else mending.without(self.markdown, unit.start, end)
        )
        if not self._enough(cut):
            return False
        self.note(found, mended, rest, before)
        self.markdown = cut
        return True

    def _behind(self, unit: Unit) -> tuple[int, str | None]:
        """Where a cut ends, and how the sentence behind it goes on if it leaned on what is gone;
        None when it cannot stand for itself."""
        behind = [span for span in sentence_spans(self.markdown) if span[0] >= unit.end]
        if not behind:
            return unit.end, ""
        start, end, _ = behind[0]
        sentence = self.markdown[start:end]
        if "\n\n" in self.markdown[unit.end : start] or not mending.leans(sentence):
            return unit.end, ""
        return end, mending.standing(sentence)

    def _enough(self, markdown: str) -> bool:
        prose = [span for span in sentence_spans(markdown) if not span[2]]
        return bool(prose) and len(MARKER.findall(markdown)) >= self.least_citations

    def note(
        self,
        found: Found,
        mended: Mended,
        after: str = "",
        before: str = "",
        verdict: ChangeVerdict | None = None,
    ) -> None:
        """Keep what was done about a passage, and why."""
        unit, flag = found.unit, found.unit.flag
        title = str(found.source.csl.get("title") or "") if found.source else flag.source_title
        self.changes.append(
            PassageChange(
                section_id=self.id,
                heading=self.heading,
                before=before or unit.text,
                after=after,
                remedy=mended.remedy,
                reason=mended.reason,
                told_by=flag.told_by,
                group=found.group,
                note=" ".join(dict.fromkeys(f.note for f in unit.flags if f.note)),
                source_id=found.source.id if found.source else flag.source_id,
                source_title=title,
                author=mended.author,
                verdict=verdict or _outcome(mended, after),
            )
        )


def _outcome(mended: Mended, after: str) -> ChangeVerdict:
    """What can be said of a passage before the engine has looked at it again."""
    if mended.remedy is Remedy.KEEP:
        return ChangeVerdict.KEPT
    return ChangeVerdict.UNCHECKED if after else ChangeVerdict.GONE
