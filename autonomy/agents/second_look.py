"""What the product's own engine says of passages after their remedy."""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.core.originality import ChangeVerdict, FlaggedPassage, PassageChange
from autonomy.core.ports import Deps
from autonomy.export.document import Document


async def looked_at_again(
    changes: Sequence[PassageChange], after: Document, after_id: str, deps: Deps
) -> list[PassageChange]:
    """The changes with what the engine says of their passages in `after` now."""
    flagged = await deps.originality.flagged(after_id)
    markdown = {section.id: section.markdown for section in after.sections}
    return [_judged(change, markdown.get(change.section_id, ""), flagged) for change in changes]


def _judged(
    change: PassageChange, markdown: str, flagged: Sequence[FlaggedPassage]
) -> PassageChange:
    if change.verdict is not ChangeVerdict.UNCHECKED or not change.after:
        return change
    start = markdown.find(change.after)
    if start < 0:  # a later remedy changed it once more
        return change
    end = start + len(change.after)
    still = any(
        f.section_id == change.section_id and f.start < end and start < f.end for f in flagged
    )
    verdict = ChangeVerdict.OPEN if still else ChangeVerdict.SETTLED
    return change.model_copy(update={"verdict": verdict})
