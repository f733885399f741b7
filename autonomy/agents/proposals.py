"""Changes of a draft's prose by rule, and the checks that a change by anybody has to pass."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from autonomy.core.rewriting import (
    ChangeChecks,
    LeftAlone,
    ProposedChange,
    TextEdit,
    edited,
)
from autonomy.core.types import Author, Wish
from autonomy.library.drafts.draft import SHOWN_MARKS, Draft, DraftBlock
from autonomy.library.drafts.units import Unit, kept_texts, units
from autonomy.tools.prose.habits import Habits, habits
from autonomy.tools.prose.marks import citations, quotations
from autonomy.tools.prose.meaning import CHECKS, Loss, LossKind, losses
from autonomy.tools.prose.rules import Suggestion, suggestions

PASSED = tuple(CHECKS.values())
_BY_RULE = frozenset(LossKind) - {LossKind.CERTAINTY, LossKind.LENGTH, LossKind.OTHER}
"""What is checked of a rule's change: its phrases say the same by themselves, however long."""


@dataclass(slots=True)
class Proposals:
    """What came of a part of the draft."""

    changes: list[ProposedChange] = field(default_factory=list)
    left: list[LeftAlone] = field(default_factory=list)

    def add(self, other: Proposals) -> None:
        self.changes += other.changes
        self.left += other.left


def draft_habits(draft: Draft) -> Habits:
    """The habits of the draft's own prose."""
    return habits(_own_words(block) for block in draft.blocks if block.prose)


def _own_words(block: DraftBlock) -> str:
    text = block.text
    for start, end in reversed(locked(block)):
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def locked(block: DraftBlock) -> list[tuple[int, int]]:
    """What no rule may change: fields, links, quotations, citations; and the places of notes."""
    spans = [(held.start, held.end) for held in block.held]
    spans += quotations(block.text)
    spans += [(one.start, one.end) for one in citations(block.text)]
    return sorted(spans)


def by_rule(
    block: DraftBlock,
    habits: Habits,
    wishes: frozenset[Wish],
    language: str | None,
    *,
    only: Iterable[Unit] | None = None,
) -> Proposals:
    """What rules change of a block, each change checked.

    Args:
        only: the sentences that may be changed; None means all.
    """
    found = Proposals()
    if not block.prose:
        return found
    spans = None if only is None else [(unit.start, unit.end) for unit in only]
    sentences = [(unit.start, unit.end) for unit in units(block)]
    for one in suggestions(block.text, locked(block), habits, wishes, language=language):
        if spans is not None and not any(a <= one.start and one.end <= b for a, b in spans):
            continue
        if any(m.kind in SHOWN_MARKS and one.start < m.at < one.end for m in block.marks):
            continue
        edits = (TextEdit(one.start, one.end, one.after),)
        start, end = _within(sentences, one, len(block.text))
        # What the sentence is with this one change, and no other.
        after = edited(
            block.text[start:end], [TextEdit(one.start - start, one.end - start, one.after)]
        )
        wrong = losses(block.text[start:end], after, kinds=_BY_RULE)
        if wrong:
            found.left.append(
                left_alone(
                    block.id,
                    one.start,
                    one.end,
                    block.text[one.start : one.end],
                    wrong,
                    Author.RULE,
                )
            )
            continue
        found.changes.append(_change(block, one, edits))
    return found


def _within(sentences: Sequence[tuple[int, int]], one: Suggestion, size: int) -> tuple[int, int]:
    """The sentence that a suggestion lies in, else the whole paragraph."""
    for start, end in sentences:
        if start <= one.start and one.end <= end:
            return start, end
    return 0, size


def _change(block: DraftBlock, one: Suggestion, edits: tuple[TextEdit, ...]) -> ProposedChange:
    """Shown with the words around it: a missing space says nothing by itself."""
    start, end = _around(block, one.start, one.end)
    before = block.text[start:end]
    after = edited(before, [TextEdit(one.start - start, one.end - start, one.after)])
    return ProposedChange(
        block=block.id,
        start=one.start,
        end=one.end,
        before=before,
        after=after,
        edits=edits,
        kind=one.rule,
        reason=one.reason,
        author=Author.RULE,
        checks=ChangeChecks(passed=PASSED[:6]),
    )


def _around(block: DraftBlock, start: int, end: int) -> tuple[int, int]:
    """The words that the change touches, whole, but nothing that must stay."""
    text = block.text
    bounds = (
        [h.end for h in block.held if h.end <= start],
        [h.start for h in block.held if h.start >= end],
    )
    first, last = max(bounds[0], default=0), min(bounds[1], default=len(text))
    if start == end or not text[start:end].strip():
        while start > first and text[start - 1].isalnum():
            start -= 1
        while end < last and not text[end].isspace():
            end += 1
    while start > first and text[start - 1].isalnum():
        start -= 1
    while end < last and text[end].isalnum():
        end += 1
    return start, end


def left_alone(
    block: str, start: int, end: int, text: str, wrong: Sequence[Loss], author: Author
) -> LeftAlone:
    reasons = list(dict.fromkeys(one.message for one in wrong))
    said = "; ".join(reasons[:3])
    return LeftAlone(
        block=block, start=start, end=end, text=text[:2_000], reason=said, author=author
    )


def wrong_with(unit: Unit, after: str) -> list[Loss]:
    """What a new wording of a sentence would lose, add or turn round."""
    return losses(unit.text, after, held=kept_texts(unit))
