"""The overview of the new report: overall similarity, what was filtered, match groups beside kinds
of sources, integrity flags."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from autonomy.core.originality import MatchGroup, Percent
from autonomy.library.similarity_reports import figures
from autonomy.library.similarity_reports.colours import Hue, hue
from autonomy.library.similarity_reports.labels import KINDS, Label, Voices, meaning
from autonomy.library.similarity_reports.pdf_page import ReportPage
from autonomy.library.similarity_reports.rows import Row, rows_of

_GROUPS = tuple(group.value for group in MatchGroup)
_FILTERS = {
    "filter_bibliography": "bibliography",
    "filter_quotes": "quotes",
    "filter_citations": "citations",
    "filter_small_matches": "small_matches",
    "filter_abstract": "abstract",
    "filter_methods": "methods",
    "filter_internet": "internet",
    "filter_publication": "publication",
    "filter_student_paper": "student_paper",
}
_HEADINGS = (
    "filtered",
    "exclusions",
    "match_groups",
    "top_sources",
    "flags_heading",
    "overall_similarity",
)
_LABEL_ROWS = 4
"""Most rows that one label is broken into."""
_SIGN = 40.0
"""Points: a group's coloured sign is no larger, and stands no further from its label."""
_FLAG_CHARS = 300


@dataclass(slots=True)
class Overview:
    similarity: Percent | None = None
    groups: dict[MatchGroup, Percent] = field(default_factory=dict)
    counts: dict[MatchGroup, int] = field(default_factory=dict)
    hues: dict[MatchGroup, Hue] = field(default_factory=dict)
    """Colours of the groups' signs."""
    by_kind: dict[str, Percent] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class OverviewReader:
    def __init__(self, page: ReportPage, rows: Sequence[Row], voices: Voices) -> None:
        """`rows` without running titles."""
        self._page = page
        self._rows = list(rows)
        self._voices = voices
        self.unread: dict[str, str] = {}

    def read(self) -> Overview:
        found = Overview()
        found.similarity = self._similarity()
        found.excluded = self._excluded()
        left, right = self._columns()
        self._groups(left, found)
        self._kinds(right, found)
        found.flags = self._flags()
        return found

    def _heading(self, name: str) -> int | None:
        """Index of the row that is this heading, alone or in a part of its own."""
        for index, row in enumerate(self._rows):
            for part in (row, *row.parts(3.0)):
                label = meaning(part.text, _HEADINGS)
                if label is not None and label.name == name:
                    self._voices.hear(label)
                    return index
        return None

    def _is_heading(self, row: Row) -> bool:
        return any(meaning(part.text, _HEADINGS) for part in (row, *row.parts(3.0)))

    def _similarity(self) -> Percent | None:
        for index, row in enumerate(self._rows):
            before, value, behind = figures.split_percent(row.text)
            label = meaning(behind or before, ("overall_similarity",))
            if label is None:
                continue
            self._voices.hear(label)
            if value is None and index:
                # The figure may stand above its label.
                above = self._rows[index - 1]
                rest, value, _ = figures.split_percent(above.text)
                if rest or above.box.bottom < row.box.top - row.box.height:
                    value = None
            if value is None:
                self.unread["similarity"] = "no figure can be read beside its label"
            return value
        self.unread["similarity"] = "no page of the report shows the overall similarity as text"
        return None

    def _excluded(self) -> tuple[str, ...]:
        start = self._heading("filtered")
        if start is None:
            self.unread["excluded"] = "the report does not list its filters"
            return ()
        found: list[str] = []
        for row in self._rows[start + 1 :]:
            if self._is_heading(row):
                break
            text = row.text.lstrip("•▸►▪‣·>-– ")
            name = self._voices.hear(meaning(text, _FILTERS))
            if name:
                found.append(_FILTERS[name])
            elif any(map(str.isalpha, text)):
                self.unread[f"excluded.{text[:60]}"] = "this filter is not known here"
        return tuple(dict.fromkeys(found))

    def _columns(self) -> tuple[list[Row], list[Row]]:
        """Rows under the two headings that stand side by side, each from the top down."""
        groups = self._heading("match_groups")
        top = self._heading("top_sources")
        if groups is None and top is None:
            return [], []
        starts: dict[str, tuple[float, float]] = {}
        for index in {groups, top} - {None}:
            row = self._rows[index or 0]
            for part in (row, *row.parts(3.0)):
                label = meaning(part.text, ("match_groups", "top_sources"))
                if label is not None:
                    starts[label.name] = (part.box.x0, part.box.bottom)
        left = starts.get("match_groups")
        right = starts.get("top_sources")
        end = self._end_of_columns(max(y for _, y in starts.values()))
        border = right[0] - 6.0 if right and (left is None or right[0] > left[0]) else None
        first = min(y for _, y in starts.values())
        words = [
            word for row in self._rows for word in row.words if first - 1 <= word.box.middle < end
        ]
        if border is None:
            rows = rows_of(words, self._page.number)
            return (rows, []) if left else ([], rows)
        return (
            rows_of((w for w in words if w.box.x0 < border), self._page.number),
            rows_of((w for w in words if w.box.x0 >= border), self._page.number),
        )

    def _end_of_columns(self, below: float) -> float:
        """Where the next heading stands."""
        for row in self._rows:
            if row.box.top > below + 1:
                parts = (row, *row.parts(3.0))
                if any(meaning(p.text, ("flags_heading", "top_sources")) for p in parts):
                    return row.box.top
        return self._page.height

    def _groups(self, rows: Sequence[Row], found: Overview) -> None:
        for said, value, label in _counted(rows, _GROUPS):
            group = MatchGroup(self._voices.hear(label))
            if group in found.counts:
                continue
            count = figures.count(said.text)
            if count is not None:
                found.counts[group] = count
            if value is None:
                self.unread[f"groups.{group}"] = "no percentage can be read beside it"
            else:
                found.groups[group] = value
            sign = self._sign(said)
            if sign is not None:
                found.hues[group] = sign
        if not rows or not found.counts:
            for name in ("groups", "group_counts"):
                self.unread[name] = "the report does not show match groups"
            return
        for group in MatchGroup:
            if group not in found.counts:
                self.unread[f"groups.{group}"] = (
                    "the report does not show it, or calls it by a name that is not known here"
                )

    def _sign(self, row: Row) -> Hue | None:
        """The colour of the largest coloured shape in front of a group's label."""
        near = [
            shape
            for shape in self._page.shapes
            if shape.box.width <= _SIGN
            and shape.box.height <= _SIGN
            and shape.box.centre < row.box.x0
            and row.box.x0 - shape.box.x1 < _SIGN
            and shape.box.top < row.box.bottom
            and shape.box.bottom > row.box.top
            and hue(shape.colour) is not None
        ]
        largest = max(near, key=lambda s: s.box.width * s.box.height, default=None)
        return hue(largest.colour) if largest is not None else None

    def _kinds(self, rows: Sequence[Row], found: Overview) -> None:
        for index, row in enumerate(rows):
            before, value, behind = figures.split_percent(row.text)
            if value is None or before:
                continue
            label: Label | None = None
            said = behind
            for more in rows[index : index + _LABEL_ROWS]:
                if more is not row:
                    if figures.split_percent(more.text)[1] is not None:
                        break
                    said = f"{said} {more.text}"
                label = meaning(said, KINDS)
                if label is not None:
                    break
            name = self._voices.hear(label)
            if name and name not in found.by_kind:
                found.by_kind[name] = value
        for kind in KINDS:
            if kind not in found.by_kind:
                self.unread[f"by_kind.{kind}"] = (
                    "the report does not show it, or calls it by a name that is not known here"
                )

    def _flags(self) -> tuple[str, ...]:
        start = self._heading("flags_heading")
        if start is None:
            self.unread["flags"] = "the report does not show integrity flags"
            return ()
        # What stands in the other column explains flags in general.
        edge = self._rows[start].parts(3.0)[0].box.x0
        words = [
            part
            for row in self._rows[start + 1 :]
            for part in row.parts(3.0)
            if part.box.x0 < max(edge + 60, self._page.width * 0.3)
        ]
        rows = list(words)
        count = next((figures.count(row.text) for row in rows[:3] if _counts(row)), None)
        if count is None:
            self.unread["flags"] = "how many there are cannot be read"
            return ()
        found: list[str] = []
        for before, row in pairwise(rows[1:]):
            if _counts(row) and not _counts(before):
                found.append(f"{before.text}: {row.text}"[:_FLAG_CHARS])
        if len(found) < count:
            self.unread["flags"] = (
                f"the report counts {count}, and {len(found)} of them could be read"
            )
        return tuple(found[:count])


def _counts(row: Row) -> bool:
    return figures.count(row.text) is not None and any(map(str.isalpha, row.text))


def _counted(
    rows: Sequence[Row], names: Iterable[str]
) -> Iterable[tuple[Row, Percent | None, Label]]:
    """Labels that begin with a count and end with a percentage, on one row or on several: the row
    that each begins on, the percentage, and the label."""
    wanted = tuple(names)
    for index, row in enumerate(rows):
        if figures.count(row.text) is None or figures.percent(row.words[0].text) is not None:
            continue
        said = ""
        for more in rows[index : index + _LABEL_ROWS]:
            if more is not row and figures.count(more.text) is not None:
                break
            said = f"{said} {more.text}".strip()
            before, value = figures.last_percent(said)
            label = meaning(figures.after_count(before), wanted)
            if value is not None and label is not None:
                yield row, value, label
                break
        else:
            label = meaning(figures.after_count(row.text), wanted)
            if label is not None:
                yield row, None, label
