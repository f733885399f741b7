"""Claims of a draft held against the passages that they cite."""

from __future__ import annotations

from enum import StrEnum

from autonomy.core.types.author import Author
from autonomy.core.value import Value


class CitationVerdict(StrEnum):
    """What can honestly be said of claim against passage."""

    QUOTED = "quoted"
    """Every quoted span of the claim stands verbatim in the passage."""
    CLOSE = "close"
    """The claim's words closely match the passage; not judged for meaning."""
    NOT_FOUND = "not_found"
    """By rule: quoted words, numbers or names of the claim are not in the passage."""
    SUPPORTED = "supported"
    """From here on only a judge says so: a model, or a person."""
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"
    CONTRADICTED = "contradicted"


class FindingKind(StrEnum):
    """What of a claim was held against its passage."""

    QUOTATION = "quotation"
    NUMBER = "number"
    UNIT = "unit"
    DATE = "date"
    NAME = "name"
    NEGATION = "negation"
    DIRECTION = "direction"


class FindingWeight(StrEnum):
    """What a finding is worth."""

    MISSING = "missing"
    """A fact of the claim does not stand in the passage."""
    BESIDE = "beside"
    """It stands next to the passage, not in it."""
    WARNING = "warning"
    """A sign of an error and no proof; never a verdict by itself."""


class Finding(Value):
    """One fact of a claim that the passage does not have, or has otherwise."""

    kind: FindingKind
    text: str
    """As the claim has it."""
    found: str = ""
    """What the passage has instead, where that is known."""
    weight: FindingWeight
    message: str
    """A clause for people, without a full stop."""


class CitationCheck(Value):
    """One binding of a claim in the draft to a passage."""

    marker: int
    """1-based order of appearance in the document."""
    claim: str
    passage_id: str
    source_id: str
    page: int | None = None
    verdict: CitationVerdict
    author: Author = Author.RULE
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    """Facts of the claim that the passage does not have, worst first."""
    judgements: int = 0
    """How many judgements the verdict rests on: 0 by rule, 2 where a second one agreed."""
