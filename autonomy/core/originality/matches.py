"""Stretches of a draft that are like other texts, and how much of it they make up. Offsets are
characters of the text that was checked."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from autonomy.core.value import Value


class MatchKind(StrEnum):
    """How near the wording is."""

    VERBATIM = "verbatim"
    LIGHT = "light"
    """Words exchanged, added or left out; the order kept."""
    PARAPHRASE = "paraphrase"
    """The same said otherwise: near in meaning, few words in common. A hint, never a proof."""


class MatchGroup(StrEnum):
    """What is missing, as similarity reports group their matches."""

    NOT_CITED_OR_QUOTED = "not_cited_or_quoted"
    MISSING_QUOTATION = "missing_quotation"
    """Cited, but not between quotation marks."""
    MISSING_CITATION = "missing_citation"
    """Between quotation marks, but not cited."""
    CITED_AND_QUOTED = "cited_and_quoted"

    @classmethod
    def of(cls, *, quoted: bool, cited: bool) -> MatchGroup:
        """The group of words that stand between quotation marks or not, and are cited or not."""
        if cited:
            return cls.CITED_AND_QUOTED if quoted else cls.MISSING_QUOTATION
        return cls.MISSING_CITATION if quoted else cls.NOT_CITED_OR_QUOTED


class ComparedKind(StrEnum):
    """Where a text that a draft is compared with comes from."""

    RUN_SOURCE = "run_source"
    LIBRARY = "library"
    EARLIER_DOCUMENT = "earlier_document"


class Match(Value):
    """A stretch of the draft that is like a stretch of another text."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    """In the draft's text."""
    text_id: str
    """Of the text that it is like."""
    text_start: int = Field(ge=0)
    text_end: int = Field(ge=0)
    kind: MatchKind
    group: MatchGroup
    words: int = Field(ge=0)
    """Of the draft, that are counted."""
    score: float = Field(ge=0, le=1)
    """Share of its words in common; for a paraphrase the cosine."""
    excluded: str = ""
    """What keeps it out of the percentage: a key of `Similarity.excluded_words`; empty counts."""
    reasons: tuple[str, ...] = ()
    """All that may keep it out, whatever the settings say now."""
    size: float = Field(default=0, ge=0)
    """Words in common, as small matches are measured: signs of scripts without spaces are half."""
    instead: tuple[Match, ...] = ()
    """What its words match when its text is left out: other texts, in the draft's order, and what
    is left of this one between them. Empty where no other text has them."""


class Part(StrEnum):
    """What a comparison looks at only so much of."""

    DRAFT_SENTENCES = "draft_sentences"
    """Sentences of the draft, for paraphrases; from its beginning."""
    SENTENCE_PAIRS = "sentence_pairs"
    """Pairs of a sentence of the draft and one of a text, for paraphrases; those that share most
    words first."""
    NEIGHBOUR_PAIRS = "neighbour_pairs"
    """The same around a likely paraphrase; the likeliest first."""


class Bound(Value):
    """A limit that a comparison came to: what lies beyond it was not looked at."""

    part: Part
    looked_at: int = Field(ge=0)
    of: int = Field(ge=0)


class TextLikeness(Value):
    """How much of the draft is like one text. Overlapping matches count once, for the text that
    has the longest."""

    text_id: str
    title: str
    kind: ComparedKind
    words: int = Field(ge=0)
    percent: float = Field(ge=0, le=100)
    number: int = Field(default=0, ge=0)
    """From 1, most words first as they were counted first; it stays whatever counts later."""
    paraphrases: int = Field(default=0, ge=0)
    """Passages that may say the same as it otherwise; they are in no percentage."""


class Similarity(Value):
    """What the product's own engine found."""

    percent: float = Field(ge=0, le=100)
    """Of the counted words, in verbatim and lightly edited matches that are not excluded."""
    matched_words: int = Field(ge=0)
    counted_words: int = Field(ge=0)
    excluded_words: dict[str, int] = Field(default_factory=dict)
    """By what excluded them: `quoted_and_cited`, `bibliography`, `common_phrase`, `small_match`,
    `group`, `text`. The first two are not in `counted_words` either."""
    groups: dict[MatchGroup, int] = Field(default_factory=dict)
    """Words in each group, as far as they count."""
    texts: tuple[TextLikeness, ...] = ()
    """Most words first."""
    others: tuple[TextLikeness, ...] = ()
    """Texts that the draft is like only where some of `texts` are left out."""
    matches: tuple[Match, ...] = ()
    """In the draft's order, also those that are excluded."""
    words: int = Field(default=0, ge=0)
    """Of the draft's running text, headings aside."""
    bibliography_words: int = Field(default=0, ge=0)
    """Of these, in lists of references."""
    compared: int = Field(default=0, ge=0)
    """Texts of different wording that the draft was compared with."""
    left_out: int = Field(default=0, ge=0)
    """Texts beyond what the deployment compares with."""
    bounds: tuple[Bound, ...] = ()
    """What else was not looked at. It can only hide hints at paraphrases."""

    @property
    def quoted_percent(self) -> float:
        """Of all words but the bibliography: those that are quoted and cited, and so not in
        `percent`. A report that does not leave quotations out counts them."""
        quoted = self.excluded_words.get("quoted_and_cited", 0)
        words = self.counted_words + quoted
        return round(100 * quoted / words, 1) if words else 0.0


class SimilarityStatus(StrEnum):
    """States of one comparison by the engine."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
