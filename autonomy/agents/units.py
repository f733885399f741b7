"""The sentences of a section that a remedy may touch, with the markers that belong to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from autonomy.core.markers import MARKER, PARENTHETICAL
from autonomy.core.originality import FlaggedPassage, Teller
from autonomy.export.document import Document, words_of
from autonomy.library.sentences import sentences

_BEHIND = re.compile(rf"(?:[ \t]*{PARENTHETICAL})+[.,;]?")
"""Markers behind the stop of the sentence that they are for."""
_ROW = re.compile(r"^[ \t]{0,3}\|.*\|[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t].*$", re.MULTILINE)
_ITEM = re.compile(r"[ \t]{0,12}(?:[-*+]|\d{1,9}[.)])[ \t]+|[ \t]{0,3}>[ \t]?")
_BREAK = re.compile(r"\n[ \t]*\n|\n[ \t]{0,12}(?:[-*+>]|\d{1,9}[.)])")
LEAST_SHARE = 0.3
LEAST_WORDS = 5
"""A flag touches a sentence if it holds so much of it, or so many of its words."""
FIRST = (Teller.CHECKER, Teller.REPORT, Teller.ENGINE)


@dataclass(frozen=True, slots=True)
class Unit:
    """One or more whole sentences, or a row of a table, with all that was flagged in them."""

    section_id: str
    start: int
    end: int
    """In the section's Markdown."""
    text: str
    flags: tuple[FlaggedPassage, ...] = ()
    """A checker's first, then a report's, then the engine's."""
    row: bool = False
    for_figure: bool = False
    """Nobody flagged it: it is looked at because the person's target asks for less quotation."""

    @property
    def flag(self) -> FlaggedPassage:
        return self.flags[0]

    @property
    def markers(self) -> tuple[str, ...]:
        """Passage ids that it cites."""
        return tuple(match["id"] for match in MARKER.finditer(self.text))

    @property
    def words(self) -> int:
        return words_of(self.text)


def sentence_spans(markdown: str) -> list[tuple[int, int, bool]]:
    """(start, end, whether it is a row of a table) of every sentence, in order; headings are none.
    Markers behind a stop belong to the sentence before it, the sign of a list's item to none."""
    apart = [(m.start(), m.end(), True) for m in _ROW.finditer(markdown)]
    apart += [(m.start(), m.end(), False) for m in _HEADING.finditer(markdown)]
    apart.sort()
    spans: list[tuple[int, int, bool]] = []
    at = 0
    for start, end, row in [*apart, (len(markdown), len(markdown), False)]:
        spans += _prose(markdown, at, start)
        if row:
            spans.append((start, end, True))
        at = end
    return spans


def _prose(markdown: str, first: int, last: int) -> list[tuple[int, int, bool]]:
    found: list[tuple[int, int, bool]] = []
    for begins, ends in sentences(markdown[first:last]):
        at, end = begins + first, ends + first
        behind = _BEHIND.match(markdown, at, end)
        if behind and found and "\n\n" not in markdown[found[-1][1] : at]:
            found[-1] = (found[-1][0], behind.end(), False)
            at = behind.end()
        at += len(markdown[at:end]) - len(markdown[at:end].lstrip())
        sign = _ITEM.match(markdown, at, end)
        at = sign.end() if sign else at
        if at < end:
            found.append((at, end, False))
    return found


def units_of(section_id: str, markdown: str, flagged: Iterable[FlaggedPassage]) -> list[Unit]:
    """What was flagged in a section as whole sentences, in the section's order and apart: flags
    that share a sentence are one unit."""
    spans = sentence_spans(markdown)
    touched: dict[int, list[FlaggedPassage]] = {}
    joined: list[tuple[int, int]] = []
    for flag in flagged:
        numbers = _touched(markdown, spans, flag)
        if not numbers:
            continue
        for number in numbers:
            touched.setdefault(number, []).append(flag)
        joined.append((numbers[0], numbers[-1]))
    return [
        _unit(section_id, markdown, spans, first, last, touched)
        for first, last in _apart(markdown, joined, spans)
    ]


def _touched(
    markdown: str, spans: Sequence[tuple[int, int, bool]], flag: FlaggedPassage
) -> list[int]:
    numbers = []
    best, most = -1, 0
    for number, (start, end, _) in enumerate(spans):
        first, last = max(start, flag.start), min(end, flag.end)
        if first >= last:
            continue
        held = words_of(markdown[first:last])
        of = max(1, words_of(markdown[start:end]))
        if held >= LEAST_WORDS or held / of >= LEAST_SHARE:
            numbers.append(number)
        if held > most:
            best, most = number, held
    return numbers or ([best] if best >= 0 else [])


def _apart(
    markdown: str, joined: Iterable[tuple[int, int]], spans: Sequence[tuple[int, int, bool]]
) -> list[tuple[int, int]]:
    """Runs of sentences that share none. Rows of a table, paragraphs and items of a list are each
    for themselves."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(joined):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    found: list[tuple[int, int]] = []
    for first, last in merged:
        begin = first
        for number in range(first + 1, last + 1):
            between = markdown[spans[number - 1][1] : spans[number][0]]
            if spans[number][2] or spans[number - 1][2] or _BREAK.search(between):
                found.append((begin, number - 1))
                begin = number
        found.append((begin, last))
    return found


def units_in(document: Document, flagged: Iterable[FlaggedPassage]) -> list[Unit]:
    """All that was flagged, in the document's order."""
    by_section: dict[str, list[FlaggedPassage]] = {}
    for flag in flagged:
        by_section.setdefault(flag.section_id, []).append(flag)
    return [
        unit
        for section in document.sections
        for unit in units_of(section.id, section.markdown, by_section.get(section.id, ()))
    ]


def _unit(
    section_id: str,
    markdown: str,
    spans: Sequence[tuple[int, int, bool]],
    first: int,
    last: int,
    touched: dict[int, list[FlaggedPassage]],
) -> Unit:
    start, end = spans[first][0], spans[last][1]
    flags: dict[int, FlaggedPassage] = {}
    for number in range(first, last + 1):
        for flag in touched.get(number, []):
            flags.setdefault(id(flag), flag)
    ordered = sorted(flags.values(), key=lambda flag: FIRST.index(Teller(flag.told_by)))
    return Unit(section_id, start, end, markdown[start:end], tuple(ordered), row=spans[first][2])
