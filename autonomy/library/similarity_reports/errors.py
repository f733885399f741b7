"""Why a file is not read as a similarity report, in sentences for the person who brought it."""

from __future__ import annotations

from typing import Literal

RefusalCode = Literal[
    "empty",
    "not_a_report",
    "other_report",
    "encrypted",
    "damaged",
    "too_large",
    "timeout",
]
_READABLE = (
    "Hand in the report as a PDF from Turnitin (the classic originality report or the new "
    "similarity report), as a saved web page or as JSON, or give the percentage without a file."
)


class ReportRefused(ValueError):
    """The file cannot be read; `message` says why and what to do."""

    code: RefusalCode = "not_a_report"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @staticmethod
    def worded(code: str, message: str) -> ReportRefused:
        """The refusal with this code, as it was worded in another process."""
        kinds = (kind for kind in ReportRefused.__subclasses__() if kind.code == code)
        kind = next(kinds, ReportRefused)
        refused = kind.__new__(kind)
        ReportRefused.__init__(refused, message)
        return refused


class NotAReport(ReportRefused):
    """It is something else."""

    def __init__(self, looks_like: str = "a file") -> None:
        super().__init__(f"This is {looks_like}, not a similarity report. {_READABLE}")


class OtherReport(ReportRefused):
    """It is another paper of the service that makes similarity reports."""

    code = "other_report"

    def __init__(self, which: str) -> None:
        super().__init__(
            f"This is {which}, which says nothing about similarity. Download the similarity report "
            "instead, or give the percentage without a file."
        )


class ReportEmpty(ReportRefused):
    code = "empty"

    def __init__(self) -> None:
        super().__init__(
            "This file is empty (0 bytes). Download the report again and hand that in."
        )


class ReportEncrypted(ReportRefused):
    code = "encrypted"

    def __init__(self) -> None:
        super().__init__(
            "This report is protected by a password. Save it without the password, or give the "
            "percentage without a file."
        )


class ReportDamaged(ReportRefused):
    code = "damaged"

    def __init__(self, what: str = "it cannot be opened") -> None:
        super().__init__(
            f"This report is damaged or its upload was cut off: {what}. Download it again and hand "
            "that in, or give the percentage without a file."
        )


class ReportTooLarge(ReportRefused):
    code = "too_large"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"This report is too large to be read: {what}. Give the percentage without a file."
        )


class ReportTimeout(ReportRefused):
    code = "timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Reading this report took longer than {seconds:,.0f} seconds, so it was stopped. "
            "Give the percentage without a file."
        )
