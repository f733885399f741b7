"""What is said of a draft's likeness to other texts: by the product's own engine, and by a report
that a person brings. Offsets are characters of the text that was checked."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, Field

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


class Remedy(StrEnum):
    """What is done about a passage that is too close to its source. All of them are honest: none
    hides where words come from."""

    QUOTE = "quote"
    CITE = "cite"
    REPHRASE = "rephrase"
    """In other words, with the source named."""
    SHORTEN = "shorten"
    """The quotation cut down to its key clause; still quoted and cited."""
    CUT = "cut"
    KEEP = "keep"
    """Nothing is wrong with it, or nothing can be done without a person; the reason says which."""
    REWRITE = "rewrite"
    """Its section is written again: no remedy of a passage could save it."""
    RECOUNT = "recount"
    """It says in figures what other sections hold, and follows them."""


class Quotations(StrEnum):
    """What is done about quotations that are marked and cited as they should be, where nothing else
    brings a report's figure down to the target. They are no fault, so it is the person's to say."""

    KEEP = "keep"
    SHORTEN = "shorten"
    """The longest cut down to their key clause; still quoted and cited."""
    LEAVE_OUT = "leave_out"
    """Besides, whole sentences of quotation on which nothing rests."""


class FlaggedPassage(Value):
    """A passage of a draft that a report or the engine flagged, found in the document."""

    id: str = ""
    """Of the row that keeps it; empty before it is kept."""
    section_id: str
    """Empty when the passage is not found in the document: `text` is then as it was told."""
    text: str
    """As it stands in the section's Markdown, markers included."""
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    """In the section's Markdown."""
    source_id: str = ""
    """The person's source that it is like; empty when only the report knows."""
    source_title: str = ""
    group: MatchGroup
    told_by: str = "engine"
    """`engine`, `report`, or `checker` (a human's highlights)."""
    note: str = ""
    """What a checker wrote about it."""
    colour: str = ""
    """Of a checker's highlighting, such as `yellow`; empty where there is none."""
    kind: MatchKind | None = None
    """As the engine found it; None for what a report or a checker told."""


class ChangeVerdict(StrEnum):
    """What the product's own engine says of a passage after its remedy."""

    SETTLED = "settled"
    """It no longer flags it."""
    OPEN = "open"
    """It still flags it."""
    GONE = "gone"
    """The passage was cut."""
    KEPT = "kept"
    """It was left as it was."""
    UNCHECKED = "unchecked"
    """The draft could not be compared."""


class PassageChange(Value):
    """A flagged passage, what was done about it and why."""

    section_id: str
    heading: str = ""
    before: str
    """Whole sentences of the section's Markdown, markers included."""
    after: str
    """In their place; empty when they were cut."""
    remedy: Remedy
    reason: str
    """For people."""
    told_by: str = "engine"
    """A `Teller`: the first of those that flagged it, or for whose sake it was changed."""
    group: MatchGroup | None
    """What it lacked; None where it is no match, but follows from other changes."""
    note: str = ""
    """What a checker wrote about it."""
    source_id: str = ""
    source_title: str = ""
    author: str = "rule"
    """An `Author` value: who worded what stands there now."""
    verdict: ChangeVerdict = ChangeVerdict.UNCHECKED


class CheckVerdict(StrEnum):
    """What a person who checked a draft decided, whatever the target says."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class CheckStatus(StrEnum):
    """States of the job that a checker does for one originality cycle."""

    OPEN = "open"
    CLAIMED = "claimed"
    """By a checker, until the lease runs out."""
    DONE = "done"


class CheckOutcome(StrEnum):
    """How a check ended."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    """Nobody's verdict: its owner took it back, brought a report, or the run ended."""


class CheckDeed(StrEnum):
    """What happened to a check, for its history."""

    ASKED = "asked"
    CLAIMED = "claimed"
    RELEASED = "released"
    EXPIRED = "expired"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    REPORT = "report"
    REPORT_REMOVED = "report_removed"
    MARKED = "marked"
    MARKS_REMOVED = "marks_removed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Teller(StrEnum):
    """Who flags passages, `FlaggedPassage.told_by`, or for whose sake they are changed."""

    ENGINE = "engine"
    REPORT = "report"
    CHECKER = "checker"
    TARGET = "target"
    """Nobody found fault with it: the person's target asks for less quotation."""
    REVISER = "reviser"
    """It follows from what was changed elsewhere."""


FLAGGING = frozenset({Teller.ENGINE, Teller.REPORT, Teller.CHECKER})
"""Those that find a passage."""


class CycleRecord(Value):
    """One originality cycle as the agents see it."""

    id: str
    number: int
    status: str
    """A `CycleStatus`."""
    document_id: str
    """The version that was handed over for a report."""
    observed: float | None = None
    """Per cent, as the report says; None before there is one, or when it gives no figure."""
    below: bool = False
    """The report says “less than” `observed`."""
    local: float | None = None
    """Per cent, by the product's own engine."""
    quoted: float | None = None
    """Per cent of the words that are quoted from compared texts and cited; not in `local`."""


def percent_said(value: float, *, below: bool = False) -> str:
    """A percentage in words. A bound stays a bound: “less than 1 %” is neither 1 % nor 0 %."""
    return f"{'less than ' if below else ''}{value:g} %"


class Percent(Value):
    """A percentage as a report prints it."""

    value: float = Field(ge=0, le=100)
    below: bool = False
    """Printed as “<1 %”: `value` is an upper bound, not a measurement."""


class ReportFormat(StrEnum):
    CLASSIC_PDF = "classic_pdf"
    SIMILARITY_PDF = "similarity_pdf"
    HTML = "html"
    JSON = "json"


class ReportedSource(Value):
    number: int
    title: str
    kind: str = ""
    """Such as `internet`, `publication`, `student_paper`; empty when it cannot be read."""
    percent: Percent | None = None


class ReportedPassage(Value):
    """A passage that the report highlights."""

    text: str
    page: int | None = None
    """Of the report's file, from 1."""
    source_number: int | None = None
    group: MatchGroup | None = None


class ReadReport(Value):
    """What could be read of a report that a person uploaded. What could not be read is None, never
    0, and `unread` says why."""

    format: ReportFormat
    language: str = ""
    title: str | None = None
    submission_id: str | None = None
    """Of the document at the service that checked it."""
    word_count: int | None = None
    character_count: int | None = None
    similarity: Percent | None = None
    by_kind: dict[str, Percent] = Field(default_factory=dict)
    """`internet`, `publication`, `student_paper`."""
    groups: dict[MatchGroup, Percent] = Field(default_factory=dict)
    group_counts: dict[MatchGroup, int] = Field(default_factory=dict)
    """Matches in each group."""
    sources: tuple[ReportedSource, ...] = ()
    passages: tuple[ReportedPassage, ...] = ()
    flags: tuple[str, ...] = ()
    """Integrity flags, such as hidden text or replaced characters, in the report's words."""
    excluded: tuple[str, ...] = ()
    """What the report's filters left out: `quotes`, `bibliography`, `small_matches`, …"""
    unread: dict[str, str] = Field(default_factory=dict)
    """Field → why it could not be read."""


USER_PROVIDED = "user-provided, not verified"


class UnfoundPassage(BaseModel):
    """A passage that a report marks and that is not found in the draft."""

    text: str
    reason: str


class ReportReading(BaseModel):
    """What is kept of a report's file beside the file. Whoever brought it may have made it."""

    report: ReadReport | None = None
    """Without its passages: those that were found are flagged in the draft."""
    unreadable: str = ""
    """Why nothing of the file could be read; the figure was given by hand then."""
    fit: str = ""
    """Whether it is of this draft: `fits` or `cannot_tell`; one that does not fit is refused."""
    fit_reason: str = ""
    marked: int = 0
    """Passages that the report marks."""
    found: int = 0
    """Of those, in the draft."""
    not_found: tuple[UnfoundPassage, ...] = ()
    """The first of the others."""
    provenance: str = USER_PROVIDED
