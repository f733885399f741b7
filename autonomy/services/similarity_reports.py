"""The file of a similarity report: read, held against the draft, its passages found there.

Whoever brings a report may have made it, so what it says is kept as “user-provided, not verified”.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.files.storage import default_storage
from pydantic import ValidationError

from autonomy.core.originality import (
    FlaggedPassage,
    MatchGroup,
    Percent,
    ReadReport,
    ReportReading,
    Teller,
    UnfoundPassage,
    percent_said,
)
from autonomy.core.types import CycleStatus
from autonomy.models import TurnitinCycle
from autonomy.services.errors import Invalid, Unavailable
from autonomy.services.storage import digest_of
from handywriterz.env import env

if TYPE_CHECKING:
    from autonomy.export.document import Document
    from autonomy.library.similarity_reports import FitLimits, Located, ReportLimits

ROUNDING = 0.5
"""Percentage points: reports print whole ones, and a person may type what the service shows."""
SHOWN_UNFOUND = 50
"""Passages that are not found in the draft, kept with the reading."""
_UNFOUND_CHARS = 300
_MARKER_WORDS, _REFERENCE_WORDS = 3, 25
"""What a marker and a cited source become in the document that is handed over, about."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What a report's file comes to."""

    observed: float | None
    """Per cent."""
    below: bool = False
    """The report says “less than” `observed`."""
    reading: ReportReading | None = None
    flagged: tuple[FlaggedPassage, ...] = ()


def read_upload(
    cycle: TurnitinCycle,
    stored: str,
    file_name: str,
    typed: float | None = None,
    *,
    figure_later: bool = False,
) -> Upload:
    """Read the stored file as the report of the cycle's draft.

    The file's own figure counts. A file that cannot be read is kept beside a figure that was given
    by hand.

    Args:
        stored: storage name of the file.
        typed: per cent, as the person gave it besides.
        figure_later: a file that shows no figure, or cannot be read, is no reason to refuse it: the
            person can still give the figure.

    Raises:
        Invalid: it cannot be read (with the reader's code) or shows no figure (`figure_unread`),
            and none was given; it is of another document (`report_does_not_fit`); or it says
            something else than was given (`figures_differ`).
        Unavailable: too many reports are being read.
    """
    from autonomy.library.similarity_reports import ReportRefused, fits, locate
    from autonomy.library.similarity_reports.own_sources import with_own_sources

    if cycle.status != CycleStatus.AWAITING_REPORT:
        return _again(cycle, stored, typed)
    try:
        report = _read(stored, file_name)
    except ReportRefused as refused:
        if typed is None and not figure_later:
            raise Invalid(refused.message, code=f"report_{refused.code}") from refused
        return Upload(typed, reading=ReportReading(unreadable=refused.message))
    document = _document(cycle)
    found: Located | None = None
    fit, reason = "cannot_tell", "The draft holds no document that it could be held against."
    if document is not None:
        sections = [(section.id, section.markdown) for section in document.sections]
        found = locate(report.passages, sections, report.sources)
        told = fits(
            report,
            title=document.title,
            words=words_handed_over(document),
            found=found.counts,
            limits=_allowance(),
        )
        if told.verdict == "does_not_fit":
            raise Invalid(told.reason, code="report_does_not_fit")
        fit, reason = told.verdict, told.reason
    observed = _agreed(report, typed, figure_later=figure_later)
    return Upload(
        observed.value if observed else None,
        observed.below if observed else False,
        _reading(report, fit, reason, found),
        with_own_sources(_flagged(found), document) if found and document else (),
    )


def words_handed_over(document: Document) -> int:
    """About how many words the document has when it is handed over: citations written out, headings
    and the list of references included."""
    from autonomy.core.markers import MARKER

    headings = " ".join((document.title, *(s.heading for s in document.sections), document.notice))
    markers = sum(len(MARKER.findall(section.markdown)) for section in document.sections)
    return (
        document.words()
        + len(headings.split())
        + _MARKER_WORDS * markers
        + _REFERENCE_WORDS * len(document.sources)
    )


def _again(cycle: TurnitinCycle, stored: str, typed: float | None) -> Upload:
    """The same bytes once more say what they said."""
    known = cycle.observed_similarity
    if digest_of(cycle.report_file) == digest_of(stored) and (
        typed is None or _agree(typed, known, cycle.observed_below)
    ):
        return Upload(known, cycle.observed_below)
    return Upload(typed)


def _agree(typed: float, value: float | None, below: bool) -> bool:
    if value is None:
        return False
    return abs(typed - value) <= ROUNDING or (below and typed <= value)


def _agreed(report: ReadReport, typed: float | None, *, figure_later: bool) -> Percent | None:
    read = report.similarity
    if read is None:
        if typed is None and figure_later:
            return None
        if typed is None:
            why = report.unread.get("similarity", "it is not shown")
            raise Invalid(
                f"The report's similarity could not be read: {why}. Nothing was stored; hand the "
                "report in again together with the figure that you see in it.",
                code="figure_unread",
            )
        return Percent(value=typed)
    if typed is not None and not _agree(typed, read.value, read.below):
        said = percent_said(read.value, below=read.below)
        raise Invalid(
            f"You gave {typed:g} %, and the report says {said}. Nothing was stored; correct the "
            "figure, or leave it out and the report's counts.",
            code="figures_differ",
        )
    return read


def _reading(report: ReadReport, fit: str, reason: str, found: Located | None) -> ReportReading:
    missing = found.missing if found else ()
    return ReportReading(
        report=report.model_copy(update={"passages": ()}),
        fit=fit,
        fit_reason=reason,
        marked=len(report.passages),
        found=found.counts[0] if found else 0,
        not_found=tuple(
            UnfoundPassage(text=one.passage.text[:_UNFOUND_CHARS], reason=one.reason)
            for one in missing[:SHOWN_UNFOUND]
        ),
    )


def _flagged(found: Located) -> tuple[FlaggedPassage, ...]:
    """What is to be looked at: where it stands, and last what is not found, as it was told."""
    nowhere = {"section_id": "", "start": 0, "end": 0, "told_by": Teller.REPORT}
    return (
        *found.found,
        *(
            FlaggedPassage(
                text=one.passage.text,
                group=one.passage.group or MatchGroup.NOT_CITED_OR_QUOTED,
                note=f"Not found in the draft: {one.reason}.",
                **nowhere,
            )
            for one in found.missing
        ),
    )


def _document(cycle: TurnitinCycle) -> Document | None:
    from autonomy.export.document import Document

    try:
        return Document.model_validate(cycle.artifact.body)
    except ValidationError:
        return None


def _read(stored: str, file_name: str) -> ReadReport:
    from autonomy.library.similarity_reports.isolated import read_confined

    with (
        _turn(),
        default_storage.open(stored, "rb") as source,
        tempfile.NamedTemporaryFile(prefix="hw-report-") as copy,
    ):
        for chunk in source.chunks():
            copy.write(chunk)
        copy.flush()
        return read_confined(Path(copy.name), file_name, _limits())


def _limits() -> ReportLimits:
    from autonomy.library.similarity_reports import ReportLimits

    return ReportLimits(
        max_pages=env().report_max_pages,
        max_text_bytes=env().report_max_bytes,
        timeout_seconds=env().report_timeout_seconds,
    )


def _allowance() -> FitLimits:
    from autonomy.library.similarity_reports import FitLimits

    return FitLimits(
        fewer_percent=env().report_words_fewer_percent,
        more_percent=env().report_words_more_percent,
        words=env().report_words_apart,
    )


@cache
def _slots(count: int) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(count)


@contextmanager
def _turn() -> Iterator[None]:
    """A place among the reports that are read at the same time."""
    slots = _slots(env().report_reads_at_once)
    if not slots.acquire(timeout=env().report_timeout_seconds):
        raise Unavailable(
            "Many reports are being read just now. Nothing was stored; hand yours in again in a "
            "minute.",
            code="reading_busy",
        )
    try:
        yield
    finally:
        slots.release()
