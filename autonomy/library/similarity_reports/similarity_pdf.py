"""The new similarity report: cover, overview, sources, and the document with its highlights."""

from __future__ import annotations

from autonomy.core.originality import ReadReport, ReportedSource, ReportFormat
from autonomy.library.similarity_reports.cover import Cover, new_cover
from autonomy.library.similarity_reports.labels import Voices, fold, holds, meaning
from autonomy.library.similarity_reports.limits import ReportLimits
from autonomy.library.similarity_reports.opened import OpenedPdf
from autonomy.library.similarity_reports.overview import OverviewReader
from autonomy.library.similarity_reports.passages import Key, colours_of_numbers, read_passages
from autonomy.library.similarity_reports.rows import Row
from autonomy.library.similarity_reports.running import (
    MARK,
    SUBMISSION,
    is_running,
    section_of,
)
from autonomy.library.similarity_reports.source_list import SourceList

_HEADINGS = ("match_groups", "top_sources", "filtered", "flags_heading")
_PARTS = ("overall_similarity", *_HEADINGS)
_FIRST_PAGES = 8
"""Among which the overview is looked for."""


def read_similarity_pdf(pdf: OpenedPdf, limits: ReportLimits) -> ReadReport | None:
    """The report; None when none of the first pages is the overview of one."""
    overview = _overview_page(pdf)
    return None if overview is None else _Reading(pdf, overview, limits).read()


def _overview_page(pdf: OpenedPdf) -> int | None:
    for index in range(min(pdf.count, _FIRST_PAGES)):
        said = pdf.text(index)
        folded = fold(said)
        if not holds(folded, _PARTS):
            continue
        names = {
            label.name
            for row in pdf.rows(index)
            for part in (row, *row.parts(3.0))
            if (label := meaning(part.text, _HEADINGS))
        }
        # The words alone also stand in texts about such reports.
        if len(names) >= 2 or (MARK in said and names):
            return index
    return None


class _Reading:
    def __init__(self, pdf: OpenedPdf, overview: int, limits: ReportLimits) -> None:
        self._pdf = pdf
        self._overview = overview
        self._limits = limits
        self._voices = Voices()
        self._unread: dict[str, str] = {}
        self._section = section_of(pdf.text(overview))

    def read(self) -> ReadReport:
        reader = OverviewReader(
            self._pdf.page(self._overview), self._rows(self._overview), self._voices
        )
        overview = reader.read()
        self._unread |= reader.unread
        sources, behind = self._sources()
        cover = self._cover()
        shown = [
            index
            for index in range(behind, self._pdf.count)
            if section_of(self._pdf.text(index)) != self._section or not self._section
        ]
        key = Key(overview.hues, overview.counts)
        for index in range(self._overview, behind):
            key.sources = colours_of_numbers(self._pdf.page(index)) | key.sources
        passages = read_passages(self._pdf, shown, key, self._limits)
        self._unread |= passages.unread
        return ReadReport(
            format=ReportFormat.SIMILARITY_PDF,
            language=self._voices.language,
            title=cover.title,
            submission_id=cover.submission_id or self._submission(),
            word_count=cover.words,
            character_count=cover.characters,
            similarity=overview.similarity,
            by_kind=overview.by_kind,
            groups=overview.groups,
            group_counts=overview.counts,
            sources=sources,
            passages=tuple(passages.found),
            flags=overview.flags,
            excluded=overview.excluded,
            unread=self._unread,
        )

    def _rows(self, index: int) -> list[Row]:
        return [row for row in self._pdf.rows(index) if not is_running(row)]

    def _submission(self) -> str | None:
        found = SUBMISSION.search(self._pdf.text(self._overview))
        return found[0] if found else None

    def _cover(self) -> Cover:
        cover = Cover()
        for index in range(self._overview):
            cover = new_cover(self._rows(index), self._voices)
            if cover.words is not None or cover.title is not None:
                break
        for field, value in (
            ("title", cover.title),
            ("word_count", cover.words),
            ("character_count", cover.characters),
        ):
            if value is None:
                self._unread[field] = "the report's cover is missing or does not show it"
        return cover

    def _sources(self) -> tuple[tuple[ReportedSource, ...], int]:
        """The sources, and the index of the page behind them."""
        pages: list[list[Row]] = []
        index = self._overview
        while index < self._pdf.count:
            same = section_of(self._pdf.text(index)) == self._section
            if index > self._overview and not same:
                break
            rows = self._rows(index)
            start = self._list_start(rows)
            if start is not None:
                pages.append(rows[start:])
            elif pages:
                if not self._section and not self._goes_on(rows):
                    break
                pages.append(rows)
            index += 1
        if not pages:
            self._unread["sources"] = "the report has no list of sources"
            return (), index
        found = SourceList(
            pages,
            kind_first=True,
            voices=self._voices,
            unread=self._unread,
            most=self._limits.max_sources,
        ).read()
        return found, index

    def _list_start(self, rows: list[Row]) -> int | None:
        """Index of the first row behind the heading of the list, which stands alone; the same
        words also head the kinds of sources, beside the match groups."""
        for index in range(len(rows) - 1, -1, -1):
            if len(rows[index].parts(3.0)) == 1 and meaning(rows[index].text, ("top_sources",)):
                if any(row.words[0].text == "1" for row in rows[index + 1 : index + 4]):
                    return next(
                        at for at in range(index + 1, len(rows)) if rows[at].words[0].text == "1"
                    )
                if index + 1 >= len(rows) or not _has_percent(rows[index + 1]):
                    return len(rows)
        return None

    @staticmethod
    def _goes_on(rows: list[Row]) -> bool:
        return any(row.words[0].text.isdecimal() and _has_percent(row) for row in rows[:12])


def _has_percent(row: Row) -> bool:
    return any(word.text.endswith("%") for word in row.words)
