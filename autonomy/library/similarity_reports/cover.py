"""What a report's cover says of the document that was handed in. Names of people are left alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from autonomy.library.similarity_reports import figures
from autonomy.library.similarity_reports.labels import Voices, meaning
from autonomy.library.similarity_reports.rows import Row, joined

_TITLE_CHARS = 500
_SAME_SIZE = 1.15
_LINE_GAP = 1.0
"""Between the lines of one title, in heights of them."""
_SUBMISSION = re.compile(r"trn:oid:+[\w:]*\w")
_PLAIN_ID = re.compile(r"\d{4,}")


@dataclass(slots=True)
class Cover:
    title: str | None = None
    submission_id: str | None = None
    words: int | None = None
    characters: int | None = None


def classic_cover(rows: Sequence[Row], voices: Voices) -> Cover:
    """Lines of label and value; the title is what stands on top in the largest letters."""
    cover = Cover()
    first_label: int | None = None
    for index, row in enumerate(rows):
        before, _, value = row.text.partition(":")
        name = voices.hear(meaning(before, ("words", "characters", "submission")))
        if not name:
            continue
        if first_label is None:
            first_label = index
        if not value.strip() and index + 1 < len(rows):
            value = rows[index + 1].text
        if name == "submission":
            number = _PLAIN_ID.search(value)
            cover.submission_id = cover.submission_id or (number[0] if number else None)
        elif name == "words":
            cover.words = cover.words or figures.count(value)
        else:
            cover.characters = cover.characters or figures.count(value)
    if first_label is not None and cover.words is not None:
        blocks = _blocks(rows[:first_label])
        largest = max(blocks, key=lambda block: block[0].size, default=None)
        cover.title = joined(largest)[:_TITLE_CHARS] if largest else None
    return cover


def new_cover(rows: Sequence[Row], voices: Voices) -> Cover:
    """Details under a heading, the counts behind their figures; above it the author's name and the
    title, in this order, both larger than what follows."""
    cover = Cover()
    details: int | None = None
    for index, row in enumerate(rows):
        number = _SUBMISSION.search(row.text)
        if number:
            cover.submission_id = number[0]
        for part in (row, *row.parts(1.2)):
            if details is None and voices.hear(meaning(part.text, ("document_details",))):
                details = index
            value, label = figures.count(part.text), figures.after_count(part.text)
            name = meaning(label, ("words", "characters")) if value is not None else None
            if voices.hear(name) == "words":
                cover.words = value
            elif name is not None:
                cover.characters = value
    if details is not None:
        blocks = _blocks([row for row in rows[:details] if not _SUBMISSION.search(row.text)])
        small = min((block[0].size for block in blocks), default=0.0)
        large = [block for block in blocks if block[0].size > _SAME_SIZE * small]
        chosen = large[1] if len(large) > 1 else large[0] if large else None
        cover.title = joined(chosen)[:_TITLE_CHARS] if chosen else None
    return cover


def _blocks(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows of one size that follow close upon one another."""
    found: list[list[Row]] = []
    for row in rows:
        before = found[-1][-1] if found else None
        if (
            before is not None
            and max(before.size, row.size) < _SAME_SIZE * min(before.size, row.size)
            and row.box.top - before.box.bottom < _LINE_GAP * row.size
        ):
            found[-1].append(row)
        else:
            found.append([row])
    return found
