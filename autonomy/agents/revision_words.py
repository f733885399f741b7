"""What a revision after a similarity report says of itself: counts and ids, never the texts, which
are rows of the cycle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from autonomy.agents.likeness import Likeness
from autonomy.core.originality import PassageChange, Quotations, Remedy, Teller, percent_said
from autonomy.core.phrases import counted, series
from autonomy.core.types import Author, EventDraft

_DONE = {
    Remedy.QUOTE: "put between quotation marks",
    Remedy.CITE: "given a citation",
    Remedy.REPHRASE: "said otherwise with its source named",
    Remedy.SHORTEN: "quoted more shortly",
    Remedy.CUT: "cut",
    Remedy.KEEP: "left as it is",
    Remedy.REWRITE: "in a section that is written again",
}


LEAST_SPARE = 10
"""Words that must be to spare for leaving whole quotations out to be worth offering."""


@dataclass(slots=True)
class FilledUp:
    """What sections were given back of the length that a report has cost them."""

    words: int = 0
    """That were added."""
    sections: dict[str, Counter[Author]] = field(default_factory=dict)
    """Section id to its additions, by who worded them."""
    works: dict[str, str] = field(default_factory=dict)
    """Passage id to source id, of what could be added from."""
    simulated: set[str] = field(default_factory=set)
    """Ids of sections whose additions a simulated model worded."""
    missing: int = 0
    """Words that the document still lacks of those asked for; 0 where it has enough."""
    why: str = ""
    """Why they are missing, as a clause."""

    @property
    def said(self) -> str:
        """For people; empty where nothing was to be filled up."""
        told = []
        if self.words:
            told.append(
                f"{counted(len(self.sections), 'section')} filled up with {counted(self.words, 'word')} "
                "from passages that were not used before."
            )
        if self.missing:
            told.append(
                f"{counted(self.missing, 'word')} of those asked for are missing: {self.why}."
            )
        return " ".join(told)


class Over(NamedTuple):
    """What keeps a draft over its target although nothing is wrong with it."""

    words: int
    """Of proper quotation, about."""
    spare: int
    """Words that may still go before the document is shorter than was asked for."""


def why(
    observed: float | None, cycle: int, changes: Sequence[PassageChange], *, below: bool
) -> str:
    """Why there is the new version, in a line."""
    report = (
        "A report" if observed is None else f"A report of {percent_said(observed, below=below)}"
    )
    return f"{report} (cycle {cycle}): {_counts(_looked_at(changes))}."


def _looked_at(changes: Sequence[PassageChange]) -> list[PassageChange]:
    return [change for change in changes if change.told_by != Teller.REVISER]


def _counts(changes: Sequence[PassageChange]) -> str:
    if not changes:
        return "no passage was found that could be bettered"
    tally = Counter(change.remedy for change in changes)
    said = [f"{tally[remedy]} {what}" for remedy, what in _DONE.items() if tally[remedy]]
    return f"{counted(len(changes), 'passage')} looked at: {', '.join(said)}"


def for_target(
    changes: Sequence[PassageChange], target: float, over: Over, quotations: Quotations | None
) -> str:
    """What was done to proper quotations for the target's sake, and what is left to the person;
    empty where that is nothing.

    Args:
        quotations: what the person lets the run do about them; None where the report does not
            count them.
    """
    done = Counter(change.remedy for change in changes if change.told_by == Teller.TARGET)
    said = []
    what = {
        Remedy.SHORTEN: "shortened",
        Remedy.REPHRASE: "said otherwise",
        Remedy.CUT: "left out",
    }
    parts = [f"{counted(done[r], 'quotation')} {word}" for r, word in what.items() if done[r]]
    if parts:
        said.append(
            f"{series(parts)} only to come under your {target:g} %: these were quoted and cited "
            "properly."
        )
    if over.words and quotations is not None:
        said.append(
            f"About {counted(over.words, 'word')} of quotation, marked and cited properly, keep the "
            f"draft above {target:g} %. {_offer(over.spare, quotations)}"
        )
    return " ".join(said)


def _offer(spare: int, quotations: Quotations) -> str:
    """What a person can do about proper quotations that are left."""
    if spare < LEAST_SPARE:
        return (
            "With fewer of them the document would be shorter than you asked for. Your service can be "
            "set to leave quotations out of its figure."
        )
    if quotations is Quotations.LEAVE_OUT:
        return "More is not left out for a figure in one cycle."
    return (
        "They stay, unless you say with your next report that they may be left out. Your service can "
        "also be set to leave quotations out of its figure."
    )


def what_was_lost(cut: int, shortened: int, unfilled: str = "") -> str:
    """What reports have cost a draft, as a clause, with why it was not filled up again; empty for
    nothing."""
    parts = [
        f"{counted(number, what)} {'was' if number == 1 else 'were'} {done}"
        for number, what, done in (
            (cut, "sentence", "cut"),
            (shortened, "quotation", "shortened"),
        )
        if number
    ]
    if not parts:
        return ""
    said = f"{series(parts)} because of the similarity report"
    return f"{said}, and {unfilled}" if unfilled else said


def revised_event(
    cycle_id: str,
    changes: Sequence[PassageChange],
    before: Likeness | None,
    now: Likeness | None,
    said: Sequence[str],
    lost: int,
    over: int,
    filled: FilledUp,
    after_id: str,
) -> EventDraft:
    """The event of a revision.

    Args:
        said: sentences on what was done.
        lost: passages of the report that are not in the document.
        over: words of proper quotation that keep it over its target.
    """
    sentences = [one for one in [*said, filled.said] if one]
    if before is not None and now is not None:
        sentences.append(f"In your own sources: {now.said} (before: {before.said}).")
    if lost:
        sentences.append(
            f"{counted(lost, 'passage')} of the report could not be found in the document; "
            "look at them yourself."
        )
    return EventDraft(
        type="turnitin.revised",
        source="reviser",
        content=" ".join(sentences),
        meta={
            "cycle_id": cycle_id,
            "artifact_id": after_id,
            "changes": len(changes),
            "remedies": dict(Counter(change.remedy.value for change in changes)),
            "for_target": sum(change.told_by == Teller.TARGET for change in changes),
            "quoted_words_over": over,
            "words_added": filled.words,
            "words_missing": filled.missing,
            "not_found": lost,
            "local_before": before.as_meta() if before else None,
            "local_after": now.as_meta() if now else None,
        },
    )
