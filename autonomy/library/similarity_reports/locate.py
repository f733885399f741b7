"""Where in the document the passages are that a report points out.

A report shows what a word processor made of the document: markers have become citations, lines are
broken and hyphenated, quotation marks and ligatures are others, and words run together or are torn
apart. So letters alone are compared first; where they are not all the same, `library.locate` aligns
the words.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autonomy.core.markers import HIDDEN
from autonomy.core.originality import (
    FlaggedPassage,
    ReportedPassage,
    ReportedSource,
    Teller,
)
from autonomy.export.draft_text import Placed
from autonomy.library.credit import group_of
from autonomy.library.locate import Locator

SHORTEST = 12
"""Letters of a passage that can be told from others like it."""
_EMPHASIS = "*_`"
_OPENING, _CLOSING = "“„\"‘'«‹(", ".!?…;:”\"’'»›)"


@dataclass(frozen=True, slots=True)
class NotFound:
    passage: ReportedPassage
    reason: str


@dataclass(frozen=True, slots=True)
class Located:
    found: tuple[FlaggedPassage, ...]
    """In the order in which the report has them; one that goes over the end of a section is there
    for each section."""
    missing: tuple[NotFound, ...]
    counts: tuple[int, int]
    """How many of the passages were found, and how many there are."""


def locate(
    passages: Iterable[ReportedPassage],
    sections: Sequence[tuple[str, str]],
    sources: Iterable[ReportedSource] = (),
) -> Located:
    """Find `passages` in the document.

    What is missing at a passage is what the report says; where it does not say, what the document's
    own quotation marks and citations tell.

    Args:
        sections: id and Markdown of each section, in the document's order.
        sources: of the report, for the titles of what each passage is like.
    """
    locator, letters = Locator(sections), _Letters(sections)
    markdown = dict(sections)
    titles = {source.number: source.title for source in sources}
    found: list[FlaggedPassage] = []
    missing: list[NotFound] = []
    last: Placed | None = None
    count = 0
    for passage in passages:
        count += 1
        places = letters.find(passage.text, last) or locator.find(passage.text, not_before=last)
        if not places:
            missing.append(NotFound(passage, _reason(passage.text)))
            continue
        last = places[-1]
        found += [
            FlaggedPassage(
                section_id=place.section_id,
                text=markdown[place.section_id][place.start : place.end],
                start=place.start,
                end=place.end,
                source_title=titles.get(passage.source_number or 0, ""),
                group=passage.group or group_of(markdown[place.section_id], place.start, place.end),
                told_by=Teller.REPORT,
            )
            for place in places
        ]
    return Located(tuple(found), tuple(missing), (count - len(missing), count))


def _reason(text: str) -> str:
    letters = _letters(text)[0]
    if not letters:
        return "it has no words that could be looked for"
    if len(letters) < SHORTEST:
        return "it is too short to be told from other places like it"
    return "no place in the draft is near enough to it"


def _letters(text: str) -> tuple[str, list[int]]:
    """Letters and digits of `text`, without case and accents, and where each stands in it."""
    hidden = {
        index for match in HIDDEN.finditer(text) for index in range(match.start(), match.end())
    }
    letters: list[str] = []
    places: list[int] = []
    for index, char in enumerate(text):
        if index in hidden:
            continue
        for part in unicodedata.normalize("NFKD", char.casefold()) if not char.isascii() else char:
            if part.isalnum():
                letters.append(part.lower())
                places.append(index)
    return "".join(letters), places


class _Letters:
    """The whole document as letters that know their sections."""

    def __init__(self, sections: Sequence[tuple[str, str]]) -> None:
        self._ids = [section_id for section_id, _ in sections]
        self._markdown = [markdown for _, markdown in sections]
        self._starts: list[int] = []
        self._places: list[list[int]] = []
        parts: list[str] = []
        length = 0
        for _, markdown in sections:
            letters, places = _letters(markdown)
            self._starts.append(length)
            self._places.append(places)
            parts.append(letters)
            length += len(letters)
        self._all = "".join(parts)

    def find(self, passage: str, not_before: Placed | None) -> list[Placed]:
        """Where exactly its letters stand; of several places the next one."""
        letters = _letters(passage)[0]
        if len(letters) < SHORTEST:
            return []
        after = 0
        if not_before is not None:
            number = self._ids.index(not_before.section_id)
            after = self._starts[number] + bisect_right(self._places[number], not_before.end - 1)
        at = self._all.find(letters, after)
        at = at if at >= 0 else self._all.find(letters)
        return list(self._pieces(passage.strip(), at, at + len(letters))) if at >= 0 else []

    def _pieces(self, passage: str, start: int, end: int) -> Iterable[Placed]:
        for number, places in enumerate(self._places):
            first = max(start - self._starts[number], 0)
            last = min(end - self._starts[number], len(places))
            if first < last:
                markdown = self._markdown[number]
                begin, stop = places[first], places[last - 1] + 1
                # Emphasis that would be left half inside, and the quotation marks and full stop
                # that were seen.
                opening = _EMPHASIS + (_OPENING if passage[0] in _OPENING else "")
                closing = _EMPHASIS + (_CLOSING if passage[-1] in _CLOSING else "")
                while begin and markdown[begin - 1] in opening:
                    begin -= 1
                while stop < len(markdown) and markdown[stop] in closing:
                    stop += 1
                yield Placed(self._ids[number], begin, stop)
