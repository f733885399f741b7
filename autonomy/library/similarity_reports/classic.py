"""The classic originality report: its pages show the document as pictures; the last ones have the
scores, the numbered sources and the filters, and the first one says what was handed in.

Only the ends are opened, however long the document is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autonomy.core.originality import Percent, ReadReport, ReportedSource, ReportFormat
from autonomy.library.similarity_reports.cover import Cover, classic_cover
from autonomy.library.similarity_reports.labels import KINDS, Label, Voices, fold, holds, meaning
from autonomy.library.similarity_reports.limits import ReportLimits
from autonomy.library.similarity_reports.opened import OpenedPdf
from autonomy.library.similarity_reports.rows import Row, joined
from autonomy.library.similarity_reports.scores import scores_in
from autonomy.library.similarity_reports.source_list import SourceList

_FILTERS = {
    "exclude_quotes": "quotes",
    "exclude_bibliography": "bibliography",
    "exclude_small_matches": "small_matches",
}
_TITLE_CHARS = 500


def read_classic(pdf: OpenedPdf, limits: ReportLimits) -> ReadReport | None:
    """The report; None when the last pages are none of a classic report's."""
    start = _first_page(pdf, limits)
    return None if start is None else _Reading(pdf, start, limits).read()


def _first_page(pdf: OpenedPdf, limits: ReportLimits) -> int | None:
    """Index of the page with the scores, looked for from the end."""
    listed: int | None = None
    for index in range(pdf.count - 1, max(-1, pdf.count - 1 - limits.last_pages), -1):
        said = fold(pdf.text(index))
        if holds(said, ("similarity_index", "report_heading")):
            if _named(pdf.rows(index), ("similarity_index", "report_heading"))[0] is not None:
                return index
            pdf.drop(index)
        if listed is None and holds(said, ("primary_sources",)):
            if _named(pdf.rows(index), ("primary_sources",))[0] is not None:
                listed = index
            else:
                pdf.drop(index)
        elif listed is not None and index < listed - 1:
            # The scores stand on the page of the list's heading or on the one before.
            break
    return listed


def _named(rows: Sequence[Row], names: Iterable[str]) -> tuple[int | None, Label | None]:
    """The first row of these labels, alone or standing apart in it, and the label."""
    wanted = tuple(names)
    for index, row in enumerate(rows):
        for part in (row, *row.parts()):
            label = meaning(part.text, wanted)
            if label is not None:
                return index, label
    return None, None


class _Reading:
    def __init__(self, pdf: OpenedPdf, start: int, limits: ReportLimits) -> None:
        self._pdf = pdf
        self._start = start
        self._limits = limits
        self._voices = Voices()
        self._unread: dict[str, str] = {
            "passages": "a classic report shows the document as pictures, so what it highlights "
            "cannot be read"
        }

    def read(self) -> ReadReport:
        rows = self._pdf.rows(self._start)
        heading, said = _named(rows, ("report_heading",))
        self._voices.hear(said)
        scores = self._scores(rows, heading)
        excluded, filters = self._filters()
        sources = self._sources(filters)
        cover = self._cover()
        title = cover.title or (joined(rows[:heading])[:_TITLE_CHARS] if heading else None)
        if title is None:
            self._unread["title"] = "neither the cover nor the report's own pages show a title"
        return ReadReport(
            format=ReportFormat.CLASSIC_PDF,
            language=self._voices.language,
            title=title,
            submission_id=cover.submission_id,
            word_count=cover.words,
            character_count=cover.characters,
            similarity=scores.get("similarity_index"),
            by_kind={kind: scores[kind] for kind in KINDS if kind in scores},
            sources=sources,
            excluded=excluded,
            unread=self._unread,
        )

    def _scores(self, rows: Sequence[Row], heading: int | None) -> dict[str, Percent]:
        listed, _ = _named(rows, ("primary_sources",))
        page = self._pdf.page(self._start)
        top = rows[heading].box.bottom if heading is not None else 0.0
        bottom = rows[listed].box.top if listed is not None else page.height
        words = [word for word in page.words if top <= word.box.middle <= bottom]
        found, seen = scores_in(words, page.number, self._voices)
        for name in ("similarity_index", *KINDS):
            if name not in found:
                field = "similarity" if name == "similarity_index" else f"by_kind.{name}"
                self._unread[field] = (
                    "no figure can be read above its label"
                    if name in seen
                    else "the report does not show it, or calls it by a name that is not known here"
                )
        return found

    def _sources(self, filters: set[int]) -> tuple[ReportedSource, ...]:
        pages: list[list[Row]] = []
        listing = False
        for index in range(self._start, self._pdf.count):
            rows = self._pdf.rows(index)
            at, said = _named(rows, ("primary_sources",)) if not listing else (None, None)
            if at is not None:
                self._voices.hear(said)
                listing = True
                rows = rows[at + 1 :]
            if listing:
                pages.append([row for row in rows if id(row) not in filters])
        if not listing:
            self._unread["sources"] = "the report has no list of sources"
            return ()
        return SourceList(
            pages,
            kind_first=False,
            voices=self._voices,
            unread=self._unread,
            most=self._limits.max_sources,
        ).read()

    def _filters(self) -> tuple[tuple[str, ...], set[int]]:
        """What the report leaves out, and the rows that say so."""
        settings: dict[str, bool | None] = {}
        said: set[int] = set()
        for index in range(self._start, self._pdf.count):
            for row in self._pdf.rows(index):
                found = self._filters_of(row)
                if found:
                    settings |= found
                    said.add(id(row))
        if not settings:
            self._unread["excluded"] = "the report does not list its filters"
        for name, value in settings.items():
            if value is None:
                self._unread[f"excluded.{name}"] = "its setting cannot be read"
        return tuple(name for name in _FILTERS.values() if settings.get(name)), said

    def _filters_of(self, row: Row) -> dict[str, bool | None]:
        found: dict[str, bool | None] = {}
        parts = [part.text for part in row.parts()]
        for index, text in enumerate(parts):
            label = meaning(text, _FILTERS)
            value = parts[index + 1] if index + 1 < len(parts) else ""
            if label is None:
                # The setting may stand so close that it reads on.
                before, _, value = text.rpartition(" ")
                label = meaning(before, _FILTERS)
            if label is not None and meaning(value, _FILTERS) is None:
                found[_FILTERS[self._voices.hear(label)]] = self._setting(value)
            elif label is not None:
                found[_FILTERS[self._voices.hear(label)]] = None
        return found

    def _setting(self, value: str) -> bool | None:
        if value.startswith(("<", "＜")) and any(map(str.isdigit, value)):
            return True
        label = meaning(value, ("switched_on", "switched_off"))
        return None if label is None else label.name == "switched_on"

    def _cover(self) -> Cover:
        cover = Cover() if self._start == 0 else classic_cover(self._pdf.rows(0), self._voices)
        if cover.words is None:
            self._unread["word_count"] = "the first page does not show it as text"
        return cover
