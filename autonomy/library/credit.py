"""Whether a stretch of a section gives credit: quotation marks around it, a citation at it."""

from __future__ import annotations

import re

from autonomy.core.originality import MatchGroup
from autonomy.library.sentences import sentences

_MARKER = re.compile(r"\[\[[pn]:[0-9A-Za-z-]{1,64}\]\]")
_OPENS, _CLOSES = "“„«", "”«»"
_BLOCK_QUOTE = re.compile(r"^ {0,3}>", re.M)


def group_of(markdown: str, start: int, end: int) -> MatchGroup:
    """What the words from `start` to `end` of a section's Markdown lack.

    They are quoted when quotation marks or a block quotation hold them all, and cited when a
    citation stands in one of their sentences.
    """
    quoted = _quoted(markdown, start, end)
    if _cited(markdown, start, end):
        return MatchGroup.CITED_AND_QUOTED if quoted else MatchGroup.MISSING_QUOTATION
    return MatchGroup.MISSING_CITATION if quoted else MatchGroup.NOT_CITED_OR_QUOTED


def _cited(markdown: str, start: int, end: int) -> bool:
    # A citation behind the full stop belongs to the sentence before it.
    behind = re.compile(r"(?:\s*\[\[[pn]:[0-9A-Za-z-]{1,64}\]\])*")
    for first, last in sentences(markdown):
        tail = behind.match(markdown, last)
        until = tail.end() if tail else last
        if first < end and start < last and _MARKER.search(markdown, first, until):
            return True
    return False


def _quoted(markdown: str, start: int, end: int) -> bool:
    opening, closing = _paragraph(markdown, start, end)
    paragraph = markdown[opening:closing]
    lines = [line for line in paragraph.splitlines() if line.strip()]
    if lines and all(_BLOCK_QUOTE.match(line) for line in lines):
        return True
    # The words without what stands around them.
    first, last = start - opening, end - opening
    while first < last and not paragraph[first].isalnum():
        first += 1
    while last > first and not paragraph[last - 1].isalnum():
        last -= 1
    return any(a < first and last <= b for a, b in _quotations(paragraph))


def _paragraph(markdown: str, start: int, end: int) -> tuple[int, int]:
    before = markdown.rfind("\n\n", 0, start)
    behind = markdown.find("\n\n", end)
    return before + 2 if before >= 0 else 0, behind if behind >= 0 else len(markdown)


def _quotations(paragraph: str) -> list[tuple[int, int]]:
    """Offsets of the quotation marks of each quotation: the first and the last one."""
    found: list[tuple[int, int]] = []
    opened: int | None = None
    for at, character in enumerate(paragraph):
        straight = character == '"'
        if opened is None and (straight or character in _OPENS):
            opened = at
        elif opened is not None and (straight or character in _CLOSES):
            found.append((opened, at))
            opened = None
    return found
