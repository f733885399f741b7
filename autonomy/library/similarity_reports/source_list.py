"""The numbered list of sources, read by where its parts stand: number on the left, percentage at
the right edge, title and kind between them. A source may go on over a page break."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from autonomy.core.originality import Percent, ReportedSource
from autonomy.library.similarity_reports import figures
from autonomy.library.similarity_reports.labels import KINDS, Voices, meaning
from autonomy.library.similarity_reports.pdf_page import Word
from autonomy.library.similarity_reports.rows import Row, joined

_EDGE = 10.0
"""Points by which numbers may stand out of their column, and percentages off their edge."""
_TITLE_CHARS = 1_000
_FIRST_ROWS = 4
"""Among which the number of the first source is."""
_LOW = 0.35
"""By how much a number stands below the title's first row, in heights of it, to be beside the middle."""
_WIDER = 1.3
"""Than the rows of one source stand apart: the gap between two."""
_SMALLER = 0.9
"""Size of the kind's letters to those of the title, at most."""


@dataclass(slots=True)
class _Entry:
    number: int
    rows: list[Row] = field(default_factory=list)
    percent: Percent | None = None


class SourceList:
    """Reads the rows behind the list's heading."""

    def __init__(
        self,
        pages: Sequence[Sequence[Row]],
        *,
        kind_first: bool,
        voices: Voices,
        unread: dict[str, str],
        most: int,
    ) -> None:
        """
        Args:
            pages: the rows of each page, without heading, running titles and filters.
            kind_first: whether a source begins with its kind, or ends with it.
            most: sources.
        """
        self._pages = pages
        self._kind_first = kind_first
        self._voices = voices
        self._unread = unread
        self._most = most
        self._edge = self._right_edge()
        self._badges = self._numbers() if pages else []
        self._gap = 0.0
        """Between rows of one source."""
        self._numbered = bool(self._badges and self._badges[0])

    def read(self) -> tuple[ReportedSource, ...]:
        entries = self._by_number() if self._numbered else self._by_kind()
        found: list[ReportedSource] = []
        untold: list[int] = []
        strange: set[str] = set()
        for entry in entries[: self._most]:
            kind, said, titles = self._kind(entry.rows)
            title = joined(titles)[:_TITLE_CHARS]
            if entry.percent is None and not (title and (kind or self._numbered)):
                # Remarks behind the list, not a source.
                continue
            if entry.percent is None:
                untold.append(entry.number)
            if not kind:
                strange.add(said)
            found.append(
                ReportedSource(number=entry.number, title=title, kind=kind, percent=entry.percent)
            )
        if len(entries) > self._most:
            self._unread["sources"] = f"only the first {self._most:,} sources are read"
        if untold:
            named = ", ".join(map(str, untold[:10]))
            self._unread["sources.percent"] = f"no percentage stands beside source {named}"
        if strange:
            named = ", ".join(f"“{said}”" for said in sorted(strange) if said)[:200]
            self._unread["sources.kind"] = (
                f"{named} is no kind of source that is known here"
                if named
                else "some sources do not say of what kind they are"
            )
        return tuple(found)

    def _right_edge(self) -> float | None:
        """Where percentages end."""
        ends = [
            row.words[-1].box.x1
            for rows in self._pages
            for row in rows
            if figures.last_percent(row.text)[1] is not None
        ]
        return max(ends, default=None)

    def _numbers(self) -> list[list[tuple[int, Word]]]:
        """The numbers that count on in their column, page by page; the column is where the first
        one stands, left of all titles."""
        found: list[list[tuple[int, Word]]] = [[] for _ in self._pages]
        opening = [word for row in self._pages[0][:_FIRST_ROWS] for word in row.words]
        titles = min((w.box.x0 for w in opening if any(map(str.isalpha, w.text))), default=0.0)
        first = next((w for w in opening if w.text == "1" and w.box.x1 < titles), None)
        if first is None:
            return found
        expected = 1
        for rows, numbers in zip(self._pages, found, strict=True):
            for word in sorted((w for row in rows for w in row.words), key=lambda w: w.box.middle):
                beside = abs(word.box.centre - first.box.centre) <= _EDGE
                if beside and word.text == str(expected):
                    numbers.append((expected, word))
                    expected += 1
        return found

    def _by_number(self) -> list[_Entry]:
        entries: list[_Entry] = []
        low = self._set_low()
        for page, numbers in zip(self._pages, self._badges, strict=True):
            rows = _without([word for _, word in numbers], page)
            starts = self._starts(rows, numbers, low, bool(entries))
            for index, row in enumerate(rows):
                if index in starts:
                    entries += [_Entry(number) for number in starts[index]]
                if entries:
                    self._add(entries[-1], row)
            # A number at the very end, whose source stands on the next page.
            entries += [_Entry(number) for number in starts.get(len(rows), ())]
        return entries

    def _set_low(self) -> bool:
        """Whether numbers stand beside the middle of their sources, not beside the first row."""
        number = self._badges[0][0][1]
        rows = _without([number], self._pages[0])
        if self._kind_first or not rows:
            return False
        title = rows[0].words[0].box
        if len(rows) > 1:
            self._gap = max(0.0, _between(rows[0], rows[1]))
        return number.box.middle > title.middle + _LOW * title.height

    def _starts(
        self,
        rows: Sequence[Row],
        numbers: Sequence[tuple[int, Word]],
        low: bool,
        goes_on: bool,
    ) -> dict[int, list[int]]:
        """Index of the row that each source begins with: behind the widest gap between its number
        and the one before."""
        starts: dict[int, list[int]] = {}
        before = 0
        for position, (number, word) in enumerate(numbers):
            at = _at(rows, word)
            if position == 0 and not goes_on:
                start = 0
            elif not low:
                start = at
            else:
                start = _behind_widest_gap(rows, before, at, self._gap if position == 0 else None)
            starts.setdefault(start, []).append(number)
            before = at
        return starts

    def _by_kind(self) -> list[_Entry]:
        """Sources whose numbers cannot be read are told apart by their kinds, and counted."""
        entries: list[_Entry] = []
        fresh = True
        for row in (row for rows in self._pages for row in rows):
            is_kind = meaning(self._without_percent(row)[0], KINDS) is not None
            if fresh or (is_kind and self._kind_first):
                entries.append(_Entry(len(entries) + 1))
                fresh = False
            self._add(entries[-1], row)
            fresh = is_kind and not self._kind_first
        return entries

    def _without_percent(self, row: Row) -> tuple[str, Percent | None, int]:
        """The row's text without the percentage at the edge, that, and of how many words it is."""
        if self._edge is None or abs(row.words[-1].box.x1 - self._edge) > _EDGE:
            return row.text, None, 0
        for count in range(1, min(4, len(row.words)) + 1):
            tail = " ".join(word.text for word in row.words[-count:])
            rest, value = figures.last_percent(tail)
            if value is not None and not rest:
                before = row.words[-count - 1].text if count < len(row.words) else ""
                if before != "<":
                    return " ".join(word.text for word in row.words[:-count]), value, count
        return row.text, None, 0

    def _add(self, entry: _Entry, row: Row) -> None:
        _, value, count = self._without_percent(row)
        if value is not None and entry.percent is None:
            entry.percent = value
            rest = row.without(row.words[-count:])
            if rest is not None:
                entry.rows.append(rest)
        else:
            entry.rows.append(row)

    def _kind(self, rows: list[Row]) -> tuple[str, str, list[Row]]:
        """The kind of a source, how it is printed, and the rows of its title."""
        if not rows:
            return "", "", rows
        if self._kind_first:
            name = self._voices.hear(meaning(rows[0].text, KINDS))
            if name:
                return name, rows[0].text, _together(rows[1:])
            if len(rows) > 1 and rows[0].size <= _SMALLER * rows[1].size:
                return "", rows[0].text, _together(rows[1:])
            return "", "", _together(rows)
        for index, row in enumerate(rows):
            # A title may be named like a kind: the first row is one only when it stands alone.
            label = meaning(row.text, KINDS)
            if label is not None and (index or len(rows) == 1):
                return self._voices.hear(label), row.text, rows[:index]
        for index, row in enumerate(rows[1:], 1):
            if row.size <= _SMALLER * rows[0].size:
                return "", row.text, rows[:index]
        return "", "", _together(rows)


def _without(words: Sequence[Word], rows: Sequence[Row]) -> list[Row]:
    return [left for row in rows if (left := row.without(words)) is not None]


def _at(rows: Sequence[Row], word: Word) -> int:
    """Index of the row beside `word`, or else of the first one below it."""
    for index, row in enumerate(rows):
        if row.box.bottom > word.box.middle:
            return index
    return len(rows)


def _between(above: Row, below: Row) -> float:
    """Points between two rows, at their first words: a percentage may be set larger."""
    return below.words[0].box.top - above.words[0].box.bottom


def _behind_widest_gap(rows: Sequence[Row], first: int, last: int, usual: float | None) -> int:
    """Index of the row behind the widest gap between two rows from `first` to `last`; `first`
    itself when none is wider than rows of one source `usual`ly stand apart."""
    gaps = [
        (_between(rows[at - 1], rows[at]), at)
        for at in range(first + 1, min(last, len(rows) - 1) + 1)
    ]
    widest, at = max(gaps, default=(0.0, last))
    if usual is not None and widest <= _WIDER * usual + 1.0:
        return first
    return at


def _together(rows: list[Row]) -> list[Row]:
    """The rows up to a wide gap: what stands behind it is no part of the source."""
    for index in range(1, len(rows)):
        before, after = rows[index - 1], rows[index]
        gap = after.box.top - before.box.bottom
        if before.page == after.page and gap > 2.5 * before.box.height:
            return rows[:index]
    return rows
