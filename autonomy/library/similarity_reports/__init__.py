"""Similarity reports that people bring: what kind they are, what they say, whether they are of this
document, and where in it the passages are that they point out.

A report proves nothing: whoever brings it may have made it. What is read here is told as
“user-provided, not verified” wherever it is shown.
"""

from __future__ import annotations

from autonomy.core.originality import ReadReport
from autonomy.library.similarity_reports.errors import (
    NotAReport,
    OtherReport,
    ReportDamaged,
    ReportEmpty,
    ReportEncrypted,
    ReportRefused,
    ReportTimeout,
    ReportTooLarge,
)
from autonomy.library.similarity_reports.fit import Fit, FitLimits, fits
from autonomy.library.similarity_reports.limits import ReportLimits
from autonomy.library.similarity_reports.locate import Located, NotFound, locate

__all__ = [
    "Fit",
    "FitLimits",
    "Located",
    "NotAReport",
    "NotFound",
    "OtherReport",
    "ReportDamaged",
    "ReportEmpty",
    "ReportEncrypted",
    "ReportLimits",
    "ReportRefused",
    "ReportTimeout",
    "ReportTooLarge",
    "fits",
    "locate",
    "read_report",
]


def read_report(data: bytes, name: str, limits: ReportLimits | None = None) -> ReadReport:
    """What can be read of the report; `name` is what its owner calls the file.

    Runs in this process: for files from outside use `isolated.read_confined`. What could not
    be read is None or left out, and `unread` says why.

    Raises:
        ReportRefused: `NotAReport`, `OtherReport`, `ReportEmpty`, `ReportEncrypted`,
            `ReportDamaged` or `ReportTooLarge`, with a sentence that says what to do.
    """
    # Only who reads loads PDFium and the others.
    from autonomy.library.similarity_reports.read import read

    return read(data, name, limits or ReportLimits())
