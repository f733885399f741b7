"""Whether a stretch of a section gives credit: quotation marks around it, a citation at it."""

from __future__ import annotations

import re

from autonomy.core.markers import ANY_MARKER, MARKER
from autonomy.core.originality import MatchGroup
from autonomy.library.quotations import quotations
from autonomy.library.sentences import sentences

_BEHIND = re.compile(rf"(?:\s*{ANY_MARKER})*")
"""A citation behind the full stop belongs to the sentence before it."""


def group_of(markdown: str, start: int, end: int) -> MatchGroup:
    """What the words from `start` to `end` of a section's Markdown lack.

    They are quoted when quotation marks or a block quotation hold them all, and cited when a
    citation stands in one of their sentences.
    """
    return MatchGroup.of(quoted=_quoted(markdown, start, end), cited=_cited(markdown, start, end))


def _cited(markdown: str, start: int, end: int) -> bool:
    for first, last in sentences(markdown):
        tail = _BEHIND.match(markdown, last)
        until = tail.end() if tail else last
        if first < end and start < last and MARKER.search(markdown, first, until):
            return True
    return False


def _quoted(markdown: str, start: int, end: int) -> bool:
    # The words without what stands around them.
    while start < end and not markdown[start].isalnum():
        start += 1
    while end > start and not markdown[end - 1].isalnum():
        end -= 1
    return any(first <= start and end <= last for first, last in quotations(markdown))
