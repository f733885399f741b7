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
"""In which the number of the first source is looked for."""
_CLOSE = 0.9
"""Between rows of one source, in heights of a row."""
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
        self._column = self._number_column()

    def read(self) -> tuple[ReportedSource, ...]:
        entries = self._by_number() if self._column is not None else self._by_kind()
        found: list[ReportedSource] = []
        untold: list[int] = []
        strange: set[str] = set()
        for entry in entries[: self._most]:
            kind, said, titles = self._kind(entry.rows)
            title = joined(titles)[:_TITLE_CHARS]
            if entry.percent is None and not (title and (kind or self._column is not None)):
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

    def _number_column(self) -> float | None:
        """The middle of the numbers' column; None when they cannot be read."""
        for row in [row for rows in self._pages for row in rows][:_FIRST_ROWS]:
            if row.words[0].text == "1" and len(row.words) > 1:
                return row.words[0].box.centre
        return None

    def _badge(self, row: Row, expected: int) -> Word | None:
        first = row.words[0]
        beside = self._column is not None and abs(first.box.centre - self._column) <= _EDGE
        return first if beside and first.text == str(expected) else None

    def _by_number(self) -> list[_Entry]:
        entries: list[_Entry] = []
        for rows in self._pages:
            badges: dict[int, tuple[int, Word]] = {}
            expected = len(entries) + 1
            for index, row in enumerate(rows):
                word = self._badge(row, expected)
                if word is not None:
                    badges[index - self._lead(rows, index)] = (expected, word)
                    expected += 1
            for index, row in enumerate(rows):
                left = row
                if index in badges:
                    entries.append(_Entry(badges[index][0]))
                badge = next((w for _, w in badges.values() if w in row.words), None)
                if badge is not None:
                    rest = row.without([badge])
                    if rest is None:
                        continue
                    left = rest
                if entries:
                    self._add(entries[-1], left)
        return entries

    def _lead(self, rows: Sequence[Row], index: int) -> int:
        """How many rows of a source stand above its number, which may be set beside the middle."""
        if self._kind_first or not index:
            return 0
        above, row = rows[index - 1], rows[index]
        is_part = row.box.top - above.box.bottom < _CLOSE * row.box.height * 0.3
        return int(is_part and meaning(above.text, KINDS) is None)

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


def _together(rows: list[Row]) -> list[Row]:
    """The rows up to a wide gap: what stands behind it is no part of the source."""
    for index in range(1, len(rows)):
        before, after = rows[index - 1], rows[index]
        gap = after.box.top - before.box.bottom
        if before.page == after.page and gap > 2.5 * before.box.height:
            return rows[:index]
    return rows
