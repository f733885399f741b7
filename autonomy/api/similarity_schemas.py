"""What the API says of a document's likeness to other texts. Field names are part of the
contract."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from autonomy.core.originality import ComparedKind, MatchGroup, MatchKind, SimilarityStatus
from autonomy.tools.similarity import SimilaritySettings
from autonomy.tools.similarity.report import ReportSection


class SimilarityQuery(Schema):
    """What counts. Changing it compares nothing anew."""

    exclude_quotes: bool = True
    """Words that are quoted and cite the very text."""
    exclude_bibliography: bool = True
    exclude_common_phrases: bool = True
    small_match_words: Annotated[int, Field(ge=0, le=100)] = 8
    """Matches of fewer words are left out; 0 leaves out none."""
    paraphrases: bool = True
    """Show hints at passages that may say the same otherwise."""

    def settings(self) -> SimilaritySettings:
        return SimilaritySettings(
            exclude_quoted_and_cited=self.exclude_quotes,
            exclude_bibliography=self.exclude_bibliography,
            exclude_common_phrases=self.exclude_common_phrases,
            small_match_words=self.small_match_words,
            paraphrases=self.paraphrases,
        )


class SimilarityGroup(Schema):
    group: MatchGroup
    words: int
    percent: float


class SimilarText(Schema):
    number: int
    """As the report numbers it, from 1."""
    text_id: str
    title: str
    kind: ComparedKind
    source_id: str | None
    """Of a source; None for an earlier document."""
    words: int
    percent: float
    paraphrases: int


class SimilarityMatch(Schema):
    id: int
    """What the pieces of `sections` refer to."""
    text_id: str
    kind: MatchKind
    group: MatchGroup
    words: int
    score: float
    excluded: str
    """What keeps it out of the percentage; empty counts."""
    start: int
    end: int
    text_start: int
    text_end: int
    """Characters of the compared text: what `…/similarity/texts/{text_id}` takes."""


class SimilarityOut(Schema):
    run_id: UUID
    artifact_id: UUID
    version: int
    title: str
    status: SimilarityStatus
    """`queued` and `running`: ask again in a second; the rest is filled in with `done`."""
    error: str
    checked_at: datetime | None
    percent: float | None
    """Of the counted words; None until it is done."""
    matched_words: int
    counted_words: int
    excluded_words: dict[str, int]
    groups: list[SimilarityGroup]
    texts: list[SimilarText]
    compared: int
    left_out: int
    """Texts beyond `SIMILARITY_TEXTS_MAX` or `SIMILARITY_CHARS_MAX`."""
    matches: list[SimilarityMatch]
    sections: list[ReportSection]
    """The document for reading; a piece's `match` is the `id` of a match."""
    scope: str
    """What the comparison covers, for people."""


class SimilarPassageOut(Schema):
    text_id: str
    title: str
    source_id: str | None
    passage_id: str | None
    page: int | None
    before: str
    text: str
    after: str
