"""A remedy carried out in a section; every other sentence stays letter for letter.

Passages are mended from the end of a section to its beginning, so that the places of earlier ones
hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from autonomy.agents import mending
from autonomy.agents.bearing_out import against_it
from autonomy.agents.literal import in_prose
from autonomy.agents.remedies import Choice, Found
from autonomy.agents.units import Unit, sentence_spans
from autonomy.core.markers import MARKER
from autonomy.core.originality import ChangeVerdict, PassageChange, Remedy, Teller
from autonomy.core.types import Author


@dataclass(frozen=True, slots=True)
class Mended:
    """What comes in a passage's place."""

    text: str
    remedy: Remedy
    reason: str
    author: Author = Author.RULE
    target: float | None = None
    """Per cent: nothing was wrong with the passage, and it was changed for this target's sake."""


def by_rule(found: Found, choice: Choice, refused: str = "", *, judged: bool = False) -> Mended:
    """The remedy carried out without a model. What cannot be done honestly is left, and the reason
    says so; no citation is put where its passage does not bear the sentence out.

    Args:
        refused: why no model was used although one was wanted.
        judged: a model will judge the document's claims.
    """
    text = found.unit.text
    if choice.remedy is Remedy.CITE and found.passage is not None:
        return _named(found, choice.reason, judged=judged)
    if choice.remedy is Remedy.QUOTE and found.passage is not None:
        made = mending.quote(text, found.passage)
        if made is not None and _borne_out(found, made, judged=judged):
            return Mended(made, Remedy.QUOTE, choice.reason)
    if choice.remedy in (Remedy.KEEP, Remedy.CUT):
        return Mended("" if choice.remedy is Remedy.CUT else text, choice.remedy, choice.reason)
    return _instead(found, choice, f" ({refused})" if refused else "", judged=judged)


def _borne_out(found: Found, made: str, *, judged: bool) -> bool:
    """Whether `made` may cite the passage; what cited it before may go on doing so."""
    if found.passage is None or found.passage.id in found.unit.markers:
        return True
    return not against_it(made, found.passage, found.source, judged=judged)


def _named(found: Found, reason: str, *, judged: bool) -> Mended:
    """The passage named at its end, where it bears out what is said there."""
    text, passage = found.unit.text, found.passage
    if passage is None:
        raise ValueError("without a passage there is nothing to name")
    made = mending.cite(text, passage)
    if passage.id in found.unit.markers:
        return Mended(made, Remedy.CITE, reason)
    why = against_it(made, passage, found.source, judged=judged)
    if not why:
        return Mended(made, Remedy.CITE, reason)
    title = str(found.source.csl.get("title") or "") if found.source else ""
    near = f"“{title}”" if title else "one of your sources"
    return Mended(
        text,
        Remedy.KEEP,
        f"It is near {near}, which does not bear it out ({why}): a citation would claim that. Name the "
        "source that you have it from, or say it in words of your own.",
    )


def _instead(found: Found, choice: Choice, why: str, *, judged: bool) -> Mended:
    """What a rule can do where a passage was to be said otherwise: it never paraphrases."""
    text = found.unit.text
    if found.quoted:
        made = mending.shorten(text)
        if made is not None:
            return Mended(made, Remedy.SHORTEN, _shorter(text, choice, why), target=choice.target)
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
    if made is not None and _mostly(found) and _borne_out(found, made, judged=judged):
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
    return _named(found, f"Its source is named now{why}.", judged=judged)


def _shorter(text: str, choice: Choice, why: str) -> str:
    words = mending.quoted_words(text)
    if choice.target is None:
        return f"{words} words were quoted; the key clause says it{why}."
    return (
        f"Shortened only to come under your {choice.target:g} %: its {words} words were quoted and "
        f"cited properly{why}."
    )


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
        cut = (
            self.markdown[: unit.start] + rest + self.markdown[end:]
            if rest
            else mending.without(self.markdown, unit.start, end)
        )
        if not self._enough(cut):
            return False
        if rest and self._reworded(self.markdown[unit.end : end].strip(), rest):
            self.note(found, mended)
        else:
            self.note(found, mended, rest, self.markdown[unit.start : end])
        self.markdown = cut
        return True

    def _reworded(self, sentence: str, rest: str) -> bool:
        """Whether `sentence`, which reads `rest` now, had been changed before: then both changes
        are one, from the draft's own wording to what stands there in the end."""
        for at, change in enumerate(self.changes):
            if not change.after.startswith(sentence):
                continue
            kept = change.remedy is Remedy.KEEP
            reason = (
                f"{change.reason} It names its authors itself now: what stood before it is cut."
            )
            self.changes[at] = change.model_copy(
                update={
                    "after": rest + change.after[len(sentence) :],
                    "remedy": Remedy.CITE if kept else change.remedy,
                    "reason": reason,
                    "verdict": ChangeVerdict.UNCHECKED,
                }
            )
            return True
        return False

    def add(self, markdown: str, reason: str, author: Author, source_id: str = "") -> None:
        """Say more at the section's end; nothing that stands there is touched."""
        self.markdown = f"{self.markdown.rstrip()}\n\n{markdown}".lstrip()
        self.changes.insert(
            0,
            PassageChange(
                section_id=self.id,
                heading=self.heading,
                before="",
                after=markdown,
                remedy=Remedy.REFILL,
                reason=reason,
                told_by=Teller.REVISER,
                group=None,
                source_id=source_id,
                author=author,
            ),
        )

    def take_back(self, added: PassageChange) -> None:
        """The section without what was added to it."""
        at = self.markdown.rindex(added.after)
        rest = self.markdown[at + len(added.after) :]
        self.markdown = f"{self.markdown[:at].rstrip()}{rest}"
        self.changes.remove(added)

    def give_up(self, markdown: str, found: Iterable[tuple[Found, Mended]]) -> None:
        """Leave the section as it was, `markdown`: it is written again, and nothing else that was
        done to it counts."""
        self.markdown = markdown
        self.changes.clear()
        for one, mended in found:
            self.note(one, mended)

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
                told_by=_teller(found, mended),
                group=found.group,
                note=" ".join(dict.fromkeys(f.note for f in unit.flags if f.note)),
                source_id=found.source.id if found.source else flag.source_id,
                source_title=title,
                author=mended.author,
                verdict=_outcome(mended, after),
            )
        )


def _teller(found: Found, mended: Mended) -> str:
    """Who the change is for: what is changed for the target's sake was flagged by nobody for a
    fault, even where a report highlights it."""
    for_target = mended.target is not None and mended.remedy is not Remedy.KEEP
    return Teller.TARGET.value if for_target else found.unit.flag.told_by


def _outcome(mended: Mended, after: str) -> ChangeVerdict:
    """What can be said of a passage before the engine has looked at it again."""
    if mended.remedy is Remedy.KEEP:
        return ChangeVerdict.KEPT
    if mended.remedy is Remedy.REWRITE:
        return ChangeVerdict.UNCHECKED
    return ChangeVerdict.UNCHECKED if after else ChangeVerdict.GONE
