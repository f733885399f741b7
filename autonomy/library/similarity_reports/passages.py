"""Highlighted passages of the new report: coloured boxes or highlight annotations over words, with
the number of the source in a small badge."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from autonomy.core.originality import MatchGroup, ReportedPassage
from autonomy.library.normalise import one_line
from autonomy.library.similarity_reports.colours import SAME, Hue, distance, hue, is_strong
from autonomy.library.similarity_reports.limits import ReportLimits
from autonomy.library.similarity_reports.opened import OpenedPdf
from autonomy.library.similarity_reports.pdf_page import Box, ReportPage, Shape
from autonomy.library.similarity_reports.running import MARK

_BADGE = 26.0
"""Points: largest width and height of a badge."""
_LINE_HEIGHTS = (0.5, 2.6)
"""Of a highlight, to the letters that it covers."""
_REACH = 2.2
"""From a badge to the line that it belongs to, in heights of the line."""
_MOSTLY = 0.8
_TEXT_CHARS = 20_000
_LETTERS = 20
"""A document's page has more; one that is a picture has fewer."""
_HYPHENS = "\x02\ufffe"


@dataclass(slots=True)
class _Mark:
    """A highlight on one line."""

    box: Box
    hue: Hue
    chars: list[int]
    """Indices of the characters that it covers, in the order of the text."""
    number: int | None = None


@dataclass(slots=True)
class _Run:
    """Highlights that read on."""

    page: int
    hue: Hue
    text: str
    number: int | None
    open: bool
    """Nothing follows it on its page."""


@dataclass(slots=True)
class Passages:
    found: list[ReportedPassage] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Key:
    """What the rest of the report says of its colours."""

    groups: dict[MatchGroup, Hue]
    """Of the groups' signs."""
    counts: dict[MatchGroup, int]
    """Matches in each group."""
    sources: dict[int, Hue] = field(default_factory=dict)
    """Of the sources' numbers in their list."""


def read_passages(
    pdf: OpenedPdf, indices: Sequence[int], key: Key, limits: ReportLimits
) -> Passages:
    """What is highlighted on the pages at `indices`."""
    result = Passages()
    runs: list[_Run] = []
    letters = False
    for index in indices:
        page = pdf.page(index)
        letters = letters or _has_letters(page.string)
        _extend(runs, page)
        pdf.drop(index)
        if len(runs) > limits.max_passages:
            del runs[limits.max_passages :]
            result.unread["passages"] = f"only the first {limits.max_passages:,} are read"
            break
    if not letters:
        result.unread["passages"] = (
            "the report shows the document as pictures, so what it highlights cannot be read"
            if indices
            else "the report does not show the document"
        )
        return result
    by_group = _tell_groups(runs, key)
    for run in runs:
        group = _nearest(run.hue, key.groups) if by_group else None
        if by_group and group is None:
            # A colour of the document's own, such as a shaded table.
            continue
        result.found.append(
            ReportedPassage(text=run.text, page=run.page, source_number=run.number, group=group)
        )
    counted = sum(key.counts.values())
    if len(result.found) < counted and "passages" not in result.unread:
        result.unread["passages"] = (
            f"the report counts {counted:,} matches, and {len(result.found):,} highlights could be "
            "told on its pages"
        )
    if any(p.group is None for p in result.found):
        result.unread["passages.group"] = (
            "it is not plain that the colours of the highlights are those of the match groups"
        )
    if any(p.source_number is None for p in result.found):
        result.unread["passages.source_number"] = (
            "some highlights have no number that can be read, and colours are used more than once"
        )
    return result


def _tell_groups(runs: Sequence[_Run], key: Key) -> bool:
    """Whether colours stand for match groups. A report may give each source a colour instead, and
    some of those look like the groups' own; so something must speak against that."""
    told = [_nearest(run.hue, key.groups) for run in runs]
    known = Counter(group for group in told if group is not None)
    if not runs or known.total() < _MOSTLY * len(runs):
        return False
    seen: dict[int, Hue] = {}
    for run in runs:
        if run.number is None:
            continue
        before = seen.setdefault(run.number, run.hue)
        own = key.sources.get(run.number)
        if distance(before, run.hue) > SAME or (own is not None and distance(own, run.hue) > SAME):
            return True
    return known == +Counter(key.counts)


def _nearest(seen: Hue, groups: dict[MatchGroup, Hue]) -> MatchGroup | None:
    near = sorted((distance(seen, own), group) for group, own in groups.items())
    if not near or near[0][0] > SAME or (len(near) > 1 and near[1][0] - near[0][0] < SAME / 2):
        return None
    return near[0][1]


def colours_of_numbers(page: ReportPage) -> dict[int, Hue]:
    """The colours of the numbers that stand on coloured shapes."""
    return {
        number: seen
        for shape, number, _ in reversed(_badges(page))
        if (seen := hue(shape.colour)) is not None
    }


def _extend(runs: list[_Run], page: ReportPage) -> None:
    """Add the page's runs; the first may go on from the page before."""
    shapes = _coloured(page)
    if not shapes:
        if runs:
            runs[-1].open = False
        return
    badges = _badges(page)
    ignored = _running(page) | {index for _, _, chars in badges for index in chars}
    known = {id(shape) for shape, _, _ in badges}
    marks = _marks(page, [one for one in shapes if id(one[0]) not in known], ignored)
    if not marks:
        if runs:
            runs[-1].open = False
        return
    _number(marks, badges)
    told = [i for i, char in enumerate(page.string) if not char.isspace() and i not in ignored]
    order = {index: at for at, index in enumerate(told)}
    for position, mark in enumerate(marks):
        first, last = order[mark.chars[0]], order[mark.chars[-1]]
        text = _text(page.string, mark.chars)
        before = marks[position - 1] if position else None
        follows = (
            before is not None
            and first == order[before.chars[-1]] + 1
            and mark.number is None
            and distance(mark.hue, before.hue) <= SAME
        )
        if before is None and runs and runs[-1].open and first == 0:
            follows = mark.number is None and distance(mark.hue, runs[-1].hue) <= SAME
        elif before is None and runs:
            runs[-1].open = False
        if follows:
            gap = page.string[before.chars[-1] + 1 : mark.chars[0]] if before else "\n"
            runs[-1].text = _join(runs[-1].text, gap, text)[:_TEXT_CHARS]
        else:
            runs.append(_Run(page.number, mark.hue, text[:_TEXT_CHARS], mark.number, open=False))
        runs[-1].open = last == len(told) - 1


def _running(page: ReportPage) -> set[int]:
    """Indices of the characters of running titles."""
    heights = [word.box for word in page.words if word.text.startswith(MARK)]
    return {
        index
        for word in page.words
        if any(abs(word.box.middle - box.middle) < 0.6 * box.height for box in heights)
        for index in range(word.start, word.end)
    }


def _badges(page: ReportPage) -> list[tuple[Shape, int, list[int]]]:
    """Small solid shapes with a number on them: the shape, the number, its characters."""
    small = [
        shape
        for shape in page.shapes
        if shape.box.width <= _BADGE
        and shape.box.height <= _BADGE
        and is_strong(shape.colour)
        and not shape.annotation
    ]
    found = []
    for word in page.words if small else ():
        if not (word.text.isdecimal() and len(word.text) <= 4):
            continue
        # The last one drawn lies on top.
        shape = next(
            (s for s in reversed(small) if s.box.around(word.box.centre, word.box.middle)), None
        )
        if shape is not None:
            found.append((shape, int(word.text), list(range(word.start, word.end))))
    return found


def _has_letters(text: str) -> bool:
    """Whether a page says more than its running titles."""
    lines = [line for line in text.splitlines() if MARK not in line and "- " not in line]
    return sum(map(str.isalnum, "".join(lines))) > _LETTERS


def _coloured(page: ReportPage) -> list[tuple[Shape, Hue]]:
    """Shapes that may be highlights, in the order in which they are drawn."""
    return [
        (shape, seen)
        for shape in page.shapes
        if (seen := hue(shape.colour)) is not None
        and shape.box.width > 1
        and shape.box.height < page.height / 4
    ]


def _marks(page: ReportPage, shapes: Sequence[tuple[Shape, Hue]], ignored: set[int]) -> list[_Mark]:
    """Highlights that cover letters, in the order of the text; a letter belongs to one only."""
    boxes = sorted(
        (box.middle, index, box)
        for index, box in enumerate(page.places)
        if box is not None and index not in ignored
    )
    taken: set[int] = set()
    found: list[_Mark] = []
    # What is drawn last lies on top.
    for shape, seen in reversed(shapes):
        low = bisect_left(boxes, shape.box.top, key=itemgetter(0))
        high = bisect_right(boxes, shape.box.bottom, key=itemgetter(0))
        covered = sorted(
            (index, box)
            for _, index, box in boxes[low:high]
            if index not in taken and shape.box.x0 <= box.centre <= shape.box.x1
        )
        if not covered:
            continue
        height = sorted(box.height for _, box in covered)[len(covered) // 2] or 1.0
        if not _LINE_HEIGHTS[0] <= shape.box.height / height <= _LINE_HEIGHTS[1]:
            continue
        chars = [index for index, _ in covered]
        taken.update(chars)
        number = int(shape.note) if shape.note.isdecimal() and len(shape.note) <= 4 else None
        found.append(_Mark(shape.box, seen, chars, number))
    return sorted(found, key=lambda mark: mark.chars[0])


def _number(marks: Sequence[_Mark], badges: Sequence[tuple[Shape, int, list[int]]]) -> None:
    """Give each badge's number to the highlight that begins nearest to it."""
    for shape, number, _ in badges:
        own = hue(shape.colour)
        near = []
        for mark in marks:
            if mark.number is not None:
                continue
            down = abs(mark.box.middle - shape.box.middle)
            if down > _REACH * mark.box.height:
                continue
            across = abs(mark.box.x0 - shape.box.centre)
            other_colour = own is None or distance(own, mark.hue) > SAME
            near.append((other_colour, down > mark.box.height, across, down, mark))
        if near:
            min(near, key=lambda item: item[:4])[4].number = number


def _text(string: str, chars: Sequence[int]) -> str:
    """The characters at `chars` with the spaces between them."""
    parts: list[str] = []
    previous = chars[0]
    for index in chars:
        if index > previous + 1:
            between = string[previous + 1 : index]
            if any(char.isspace() for char in between):
                parts.append(" ")
        parts.append(string[index])
        previous = index
    return one_line("".join(parts).translate(dict.fromkeys(map(ord, _HYPHENS), "-")))


def _join(text: str, gap: str, more: str) -> str:
    """Text that goes on in the next line; a word that a hyphen broke is whole again."""
    if text.endswith("-") and more[:1].islower() and text[-2:-1].isalpha():
        return text[:-1] + more
    return f"{text} {more}" if any(char.isspace() for char in gap) or not gap else text + more
