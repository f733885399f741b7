"""What the API says of a document's likeness to other texts. Field names are part of the
contract."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import Field

from autonomy.core.originality import ComparedKind, MatchGroup, MatchKind, Part, SimilarityStatus
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
    exclude_groups: Annotated[list[MatchGroup], Field(max_length=len(MatchGroup))] = Field(
        default_factory=list
    )
    exclude_texts: Annotated[list[UUID], Field(max_length=100)] = Field(default_factory=list)
    """Their matches are left out. A word that several texts have belongs to the one with the
    longest match and is left out with it."""

    def settings(self) -> SimilaritySettings:
        return SimilaritySettings(
            exclude_quoted_and_cited=self.exclude_quotes,
            exclude_bibliography=self.exclude_bibliography,
            exclude_common_phrases=self.exclude_common_phrases,
            small_match_words=self.small_match_words,
            paraphrases=self.paraphrases,
            exclude_groups=frozenset(self.exclude_groups),
            exclude_texts=frozenset(map(str, self.exclude_texts)),
        )


class SimilarityGroup(Schema):
    group: MatchGroup
    words: int
    percent: float


class SimilarText(Schema):
    number: int
    """As the report numbers it, from 1; the same whatever counts."""
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


class SimilarityBound(Schema):
    part: Part
    looked_at: int
    of: int
    said: str
    """In words."""


class SimilarityOut(Schema):
    run_id: UUID
    artifact_id: UUID
    version: int
    newest_id: UUID
    newest_version: int
    """Of the run's documents; another than `version` when the report is of an older one."""
    title: str
    status: SimilarityStatus
    """`queued` and `running`: ask again in a second; the rest is filled in with `done`."""
    progress: int
    """How far it is while `running`, per cent."""
    ahead: int
    """Comparisons that are made or have waited longer, while `queued`."""
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
    bounds: list[SimilarityBound]
    """What else was not looked at; it can hide hints at paraphrases only."""
    limits: list[str]
    """All that was not looked at, `left_out` too, in words."""
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
    run_id: UUID | None
    artifact_id: UUID | None
    conversation_id: UUID | None
    """Of an earlier document, where it can be opened."""
    before: str
    text: str
    after: str
