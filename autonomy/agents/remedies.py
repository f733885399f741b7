"""What is done about a flagged passage, and why: one choice for each, by what it lacks.

The order of what is tried is the order of what is honest: what is somebody's wording is put between
quotation marks with its citation; what only lacks a citation gets one; what is long is said
otherwise with its source named, or quoted more shortly; what can be traced to no source is cut.
Nothing is ever changed only to look different.
"""

from __future__ import annotations

from dataclasses import dataclass

from autonomy.agents.mending import SHORT_QUOTE, Stretch, quoted_words, shared
from autonomy.agents.units import Unit
from autonomy.core.originality import MatchGroup, MatchKind, Remedy, Teller
from autonomy.core.types import Passage, Source
from autonomy.tools.similarity.scope import says_scope

LEAST_WORDS = 5
"""Fewer flagged words are nobody's wording."""
SCOPE_WORDS = 8
"""Words in a row of a source in a statement of scope from which it is that source's wording; the
name of a subject may have some."""
WORDED = 0.6
"""Share of a flagged passage that must stand in a source in one run to be its wording."""


@dataclass(frozen=True, slots=True)
class Found:
    """A unit with where its wording comes from."""

    unit: Unit
    heading: str
    passage: Passage | None = None
    """Of the person's sources, that has its wording or says the same; None when there is none."""
    source: Source | None = None
    own_earlier: str = ""
    """Title of an earlier document of the person that has it."""

    @property
    def stretch(self) -> Stretch | None:
        return shared(self.unit.text, self.passage.text) if self.passage else None

    @property
    def cited(self) -> bool:
        """Whether the unit cites the source; any source where it is not known which."""
        return bool(self.unit.markers)

    @property
    def quoted(self) -> bool:
        """Whether most of what is flagged stands between quotation marks."""
        words = sum(len(flag.text.split()) for flag in self.unit.flags[:1])
        return quoted_words(self.unit.text) >= WORDED * min(words, self.unit.words)

    @property
    def group(self) -> MatchGroup:
        """What the passage lacks, as it stands in the draft: reports group by other rules."""
        return MatchGroup.of(quoted=self.quoted, cited=self.cited)


@dataclass(frozen=True, slots=True)
class Choice:
    remedy: Remedy
    reason: str
    target: float | None = None
    """Per cent: nothing is wrong with the passage, and only this target asks for less of it."""


def choose(found: Found, *, target: float | None) -> Choice:
    """The remedy for one passage.

    Args:
        target: per cent, where even proper quotations have to become shorter for it to be reached,
            and the person leaves that to the run; else None.
    """
    unit = found.unit
    if unit.words < LEAST_WORDS:
        return Choice(Remedy.KEEP, "So few words are nobody's wording.")
    if found.quoted:
        return _quoted(found, target)
    if says_scope(unit.text) and (found.stretch is None or found.stretch.words < SCOPE_WORDS):
        return Choice(
            Remedy.KEEP,
            "It says what the document does, which is nobody's claim: there is no source to name.",
        )
    if found.passage is None:
        return _untraced(found)
    if found.cited:
        return _cited(found)
    return _bare(found)


def _quoted(found: Found, target: float | None) -> Choice:
    words = quoted_words(found.unit.text)
    if not found.cited and found.passage is None and found.own_earlier:
        return _untraced(found)
    if not found.cited:
        if found.passage is not None:
            return Choice(
                Remedy.CITE, "It stands between quotation marks and named no source; now it does."
            )
        return Choice(
            Remedy.CUT,
            "It is quoted, and none of your sources has these words: a quotation that names nobody "
            "cannot stay. Add its source to bring it back.",
        )
    if words > SHORT_QUOTE / 2 and found.unit.flag.told_by == Teller.CHECKER:
        return Choice(
            Remedy.REPHRASE,
            f"A checker asks for it to be revised, and {words} words are quoted: said in other words "
            "with the source named, or quoted more shortly.",
        )
    if words > SHORT_QUOTE / 2 and target is not None:
        return Choice(
            Remedy.REPHRASE,
            f"{words} words are quoted and cited properly. Said in other words, the source still "
            f"named, only to come under your {target:g} %.",
            target,
        )
    return Choice(Remedy.KEEP, "It is quoted and cited as it should be.")


def _cited(found: Found) -> Choice:
    stretch = found.stretch
    if stretch is None or stretch.words < LEAST_WORDS:
        return Choice(
            Remedy.REPHRASE,
            "It is close to its source, which it names: said in words of its own.",
        )
    if stretch.words <= SHORT_QUOTE and stretch.words >= WORDED * found.unit.words:
        return Choice(
            Remedy.QUOTE, "These are the source's words: they stand between quotation marks now."
        )
    return Choice(
        Remedy.REPHRASE,
        "It keeps much of its source's wording without quotation marks: said otherwise, the source "
        "still named.",
    )


def _bare(found: Found) -> Choice:
    if found.unit.flag.kind is MatchKind.PARAPHRASE:
        return Choice(
            Remedy.CITE, "It says what a source says and did not name it; now the source is named."
        )
    stretch = found.stretch
    if stretch is not None and stretch.words <= SHORT_QUOTE:
        return Choice(
            Remedy.QUOTE,
            "These are a source's words: they stand between quotation marks now, with the source "
            "named.",
        )
    return Choice(
        Remedy.REPHRASE,
        "It keeps a source's wording and named no source: said otherwise, with the source named.",
    )


def _untraced(found: Found) -> Choice:
    if found.own_earlier:
        return Choice(
            Remedy.KEEP,
            f"It also stands in your earlier document “{found.own_earlier}”. Whether you may use it "
            "again is for you to say.",
        )
    if found.cited:
        return Choice(
            Remedy.REPHRASE,
            "It is flagged as somebody else's wording; said in words of its own, with the source it "
            "names.",
        )
    return Choice(
        Remedy.CUT,
        "None of your sources has these words, so there is nobody to name for them. Add their source "
        "to bring them back.",
    )
