"""What is said of a draft's likeness to other texts: by the product's own engine, and by a report
that a person brings."""

from __future__ import annotations

from autonomy.core.originality.checks import CheckDeed, CheckOutcome, CheckStatus, CheckVerdict
from autonomy.core.originality.cycles import CycleRecord
from autonomy.core.originality.matches import (
    Bound,
    ComparedKind,
    Match,
    MatchGroup,
    MatchKind,
    Part,
    Similarity,
    SimilarityStatus,
    TextLikeness,
)
from autonomy.core.originality.remedies import (
    FLAGGING,
    ChangeVerdict,
    FlaggedPassage,
    PassageChange,
    Quotations,
    Remedy,
    Teller,
)
from autonomy.core.originality.reports import (
    USER_PROVIDED,
    Percent,
    ReadReport,
    ReportedPassage,
    ReportedSource,
    ReportFormat,
    ReportReading,
    UnfoundPassage,
    percent_said,
)

__all__ = [
    "FLAGGING",
    "USER_PROVIDED",
    "Bound",
    "ChangeVerdict",
    "CheckDeed",
    "CheckOutcome",
    "CheckStatus",
    "CheckVerdict",
    "ComparedKind",
    "CycleRecord",
    "FlaggedPassage",
    "Match",
    "MatchGroup",
    "MatchKind",
    "Part",
    "PassageChange",
    "Percent",
    "Quotations",
    "ReadReport",
    "Remedy",
    "ReportFormat",
    "ReportReading",
    "ReportedPassage",
    "ReportedSource",
    "Similarity",
    "SimilarityStatus",
    "Teller",
    "TextLikeness",
    "UnfoundPassage",
    "percent_said",
]
