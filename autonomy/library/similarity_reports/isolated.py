"""Reading reports in the confined process of `library.isolated`: a hostile file at worst loses its
own reading."""

from __future__ import annotations

from pathlib import Path

from autonomy.core.originality import ReadReport
from autonomy.library.isolated import read_in_subprocess
from autonomy.library.parsed import ParseFailure
from autonomy.library.similarity_reports.errors import (
    ReportDamaged,
    ReportRefused,
    ReportTimeout,
    ReportTooLarge,
)
from autonomy.library.similarity_reports.limits import ReportLimits
from autonomy.library.similarity_reports.outcome import Outcome


def read_confined(path: Path, file_name: str, limits: ReportLimits | None = None) -> ReadReport:
    """As `similarity_reports.read_report`, in a process of its own bounded by `limits`. Blocks.

    Raises:
        ReportRefused: what the reader said; `ReportTimeout` past the wall or CPU time;
            `ReportTooLarge` past the memory or the output; `ReportDamaged` when the process died
            otherwise.
    """
    limits = limits or ReportLimits()
    try:
        outcome = read_in_subprocess(
            "similarity_report", Outcome, path, file_name, limits.for_process()
        )
    except ParseFailure as failure:
        if failure.code == "timeout":
            raise ReportTimeout(limits.timeout_seconds) from failure
        if failure.code == "too_large":
            raise ReportTooLarge("it needs more memory than one report may use") from failure
        raise ReportDamaged("its reader stopped while working on it") from failure
    if outcome.report is None:
        raise ReportRefused.worded(outcome.code, outcome.message)
    return outcome.report
