"""The text of a draft that is held against other texts, and where its characters stand."""

from __future__ import annotations

from typing import NamedTuple

from autonomy.export.document import Document

BETWEEN = "\n\n"


class Placed(NamedTuple):
    """A stretch of one section's Markdown."""

    section_id: str
    start: int
    end: int


def draft_text(document: Document) -> str:
    """The Markdown of all sections, markers included, without headings: what offsets of a
    likeness count in."""
    return BETWEEN.join(section.markdown for section in document.sections)


def place(document: Document, start: int, end: int) -> list[Placed]:
    """Where the characters `start` to `end` of `draft_text` stand; one stretch per section."""
    found: list[Placed] = []
    at = 0
    for section in document.sections:
        first, last = max(start, at), min(end, at + len(section.markdown))
        if first < last:
            found.append(Placed(section.id, first - at, last - at))
        at += len(section.markdown) + len(BETWEEN)
    return found
