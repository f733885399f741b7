"""What the API takes and gives. Field names are part of the contract; see docs/api.md."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from autonomy.core.originality import Quotations, ReportReading
from autonomy.core.ports import SearchFilter
from autonomy.core.types import (
    CitationVerdict,
    CycleStatus,
    FieldDifference,
    FileStatus,
    Finding,
    Reading,
    RunStatus,
    SourceOrigin,
    TaskSettings,
)


class _In(BaseModel):
    """Input: unknown fields are refused, so that a misspelt setting is never silently dropped."""

    model_config = ConfigDict(extra="forbid")


def _storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("The text holds a NUL character; remove it.")
    return value


Text = Annotated[str, AfterValidator(_storable)]
"""Text that PostgreSQL can keep; refused here, it never gets into the log of a failed statement."""


# --------------------------------------------------------------------------- runs


class TaskIn(_In):
    goal: str = Field(min_length=1)
    """What the document should be about."""
    file_ids: list[UUID] = Field(default_factory=list, max_length=500)
    """Uploaded files to work from; empty means the whole library."""
    settings: TaskSettings = Field(default_factory=TaskSettings)

    @field_validator("goal")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("Say what the document should be about.")
        return value


class RunIn(_In):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "journey": "write",
                "task_spec": {
                    "goal": "Compare convolutional and attention-based models of vision.",
                    "file_ids": [],
                    "settings": {"style": "apa", "length_words": 1200},
                },
            }
        },
    )

    journey: str = "write"
    task_spec: TaskIn
    title: Text = Field(default="", max_length=200)


class BudgetOut(Schema):
    tokens_limit: int
    tokens_spent: int
    tokens_reserved: int = 0
    seconds_limit: float
    seconds_spent: float
    usd_limit: float
    usd_spent: float
    usd_reserved: float = 0.0


class RunOut(Schema):
    """A run in a list."""

    id: UUID
    title: str
    journey: str
    status: RunStatus
    stop_reason: str = ""
    error: str = ""
    """What failed, in words; empty while nothing did."""
    conversation_id: UUID | None
    parent_id: UUID | None = None
    as_of_seq: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    budgets: BudgetOut


class WorkedModelOut(Schema):
    """A model that has answered for the run."""

    role: str
    """planner, writer, critic, debugger or small."""
    model: str
    calls: int
    """Requests that were answered."""
    simulated: bool
    """Its answers are made up by a simulator."""


class RunSnapshot(RunOut):
    """Everything a view needs to draw the run; events after `as_of_seq` bring it up to date."""

    task: dict[str, Any]
    plan: dict[str, Any] | None
    route: str
    last_observation: dict[str, Any] | None
    last_verdict: dict[str, Any] | None
    waiting_for: dict[str, Any] | None = None
    """What a person is asked for while the status is `waiting_human`."""
    requested: str = ""
    """`pause` while a pause is asked for and the current step goes on."""
    queue_position: int | None = None
    worker_up: bool = True
    artifact_id: UUID | None = None
    """The newest version of the document."""
    models: list[WorkedModelOut] = Field(default_factory=list)
    """Which models have worked for it, the first first; none: it worked by rules."""
    stream_url: str


class RunStarted(Schema):
    run_id: UUID
    status: RunStatus
    conversation_id: UUID | None
    url: str
    stream_url: str


class ForkIn(_In):
    checkpoint_id: Text | None = Field(default=None, max_length=64)
    """Where to branch off; the newest checkpoint when left out."""
    message: str = ""
    """What the branch should do differently; it is taken before anything else."""


class MessageIn(_In):
    message: str
    """What the run should do differently, in words."""


class MessageTaken(Schema):
    number: int
    taken: bool


class MessageOut(Schema):
    """What the run was told."""

    number: int
    text: str
    created_at: datetime
    taken_at: datetime | None
    """When the run took it; null while it has not."""


class PlanStepIn(_In):
    id: Text = Field(default="", max_length=60)
    """Of the writing step that is meant; empty for a new section."""
    title: Text = Field(min_length=1, max_length=200)
    words: int | None = Field(default=None, ge=1)
    focus: Text = Field(default="", max_length=300)
    """What the section should dwell on."""

    @field_validator("title")
    @classmethod
    def _said(cls, value: str) -> str:
        if not any(c.isalnum() for c in value):
            raise ValueError("Give this part a title.")
        return " ".join(value.split())


class PlanIn(_In):
    """The writing steps as they should be, in order; a step that is left out is removed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "version": 2,
                "title": "Attention and convolution",
                "steps": [
                    {"id": "write-introduction", "title": "Introduction"},
                    {"id": "write-2", "title": "Attention", "words": 400},
                    {"title": "Cost", "words": 200, "focus": "training time"},
                ],
                "approve": False,
            }
        },
    )

    version: int
    """Of the plan that was edited."""
    title: Text | None = Field(default=None, max_length=300)
    steps: list[PlanStepIn] = Field(min_length=1)
    approve: bool = False
    """Go on with it; otherwise the plan is shown once more."""


class BudgetIn(_In):
    """New limits; what is left out stays. A limit below what is spent ends the run soon."""

    tokens: int | None = Field(default=None, strict=True, ge=0, le=50_000_000)
    seconds: float | None = Field(default=None, strict=True, gt=0, le=86_400)
    usd: float | None = Field(default=None, strict=True, ge=0, le=10_000)


class CheckpointOut(Schema):
    checkpoint_id: str
    parent_checkpoint_id: str | None
    step: int | None
    source: str
    created_at: datetime


# --------------------------------------------------------------------------- deliverables


class ArtifactOut(Schema):
    id: UUID
    kind: Literal["document", "report", "figure", "data", "section"]
    version: int
    title: str
    created_at: datetime
    sha256: str
    downloads: dict[str, str]
    """Format to address; empty for kinds that are not documents."""


class DraftVersion(Schema):
    """That a document is a version of somebody's own draft."""

    word: bool
    """The draft is a Word document, whose layout is kept."""
    proposed: bool
    """It proposes changes: see `…/rewriting/{artifact_id}`."""


class Computation(Schema):
    """How tables and figures of a document were computed from one data file."""

    artifact_id: UUID
    """Of the analysis: its program is to be had with `format=py`, its data with `format=csv`."""
    run_id: UUID
    file_name: str
    sheet: str = ""
    rows: int
    columns: int
    remarks: list[str] = []
    """What is to be known of how the file was read, as sentences."""
    author: str
    """rule or model: who wrote the program."""
    simulated: bool = False
    program: str
    """What is particular to this analysis."""
    source_sha256: str
    data_sha256: str
    program_sha256: str
    versions: dict[str, str]
    tier: str
    """How the code was held."""
    seconds: float
    """Run time of the program."""


class ArtifactDetail(ArtifactOut):
    html: str | None = None
    """The document as an HTML fragment; citations are links with `data-passages`."""
    words: int | None = None
    style: str | None = None
    """The citation style that `html` is in."""
    draft: DraftVersion | None = None
    computed: list[Computation] = []
    """How its tables and figures were computed."""
    body: dict[str, Any] | None = None
    """The content of anything that is not a document."""


class SourceOut(Schema):
    id: UUID | None
    """Null for a work that was looked at and dropped: it is in nobody's library."""
    csl: dict[str, Any]
    """CSL-JSON without `id`."""
    file_name: str = ""
    verification: str = ""
    """"", verified, mismatch, not_found or unreachable."""
    passages_count: int = 0
    origin: SourceOrigin | None = None
    reading: Reading | None = None
    """How much of it can be searched."""
    doi: str = ""
    url: str = ""
    verification_reason: str = ""
    differences: list[FieldDifference] = []
    """Fields that registries describe otherwise."""
    retracted: bool = False
    standing: dict[str, Any] = Field(default_factory=dict)
    """How it was ranked: `score` and its parts, each 0 to 1, and the same in words."""
    query: str = ""
    """What found it."""
    provider: str = ""
    """Who described it: registries or search engines, the leading one first."""
    kept: bool = True
    reason: str = ""
    """Why it was kept or dropped, for people."""


class CitationOut(Schema):
    marker: int
    claim: str
    passage_id: UUID | None
    """Null when the file was deleted since; `text` keeps what the claim was bound to."""
    source_id: UUID | None
    page: int | None
    text: str
    verdict: CitationVerdict
    author: str
    reason: str
    findings: list[Finding] = []
    """Facts of the claim that the passage does not have, or has otherwise."""
    judgements: int = 0
    """How many judgements the verdict rests on: 0 by rule, 2 where a second one agreed."""
    artifact_id: UUID


class PassageText(Schema):
    id: UUID
    text: str
    page: int | None
    heading: str
    ordinal: int


class PassageOut(PassageText):
    """A passage with what a reader needs to judge it."""

    char_start: int
    char_end: int
    boxes: list[list[float]] = []
    """Its lines on the page as fractions of its size from the top left: left, top, width, height."""
    source_id: UUID
    file_name: str
    csl: dict[str, Any]
    viewable: bool = False
    """Whether the source is a PDF whose page can be shown."""
    place: int = 1
    """The number of its page in `/api/v2/sources/{id}/pages/{n}`."""
    before: list[PassageText]
    after: list[PassageText]


# --------------------------------------------------------------------------- files


class FileOut(Schema):
    id: UUID
    file_name: str
    status: FileStatus
    progress: float
    """0 to 1: passages embedded so far while the file is being read."""
    error: str = ""
    error_code: str = ""
    pages: int | None
    pages_read: int = 0
    passages_count: int
    """Passages of the pages that are read."""
    embedded_count: int = 0
    """Passages of them that can be found."""
    size_bytes: int
    media_type: str
    sha256: str
    metadata: dict[str, Any]
    """CSL-JSON: title, author, issued, DOI, …"""
    metadata_edited: bool
    created_at: datetime
    ready_at: datetime | None


class RejectedFile(Schema):
    file_name: str
    code: str
    detail: str


class StyleOut(Schema):
    id: str
    """To be given wherever a style is asked for."""
    title: str
    own: bool
    uuid: UUID | None = None
    """Of a style of your own: names it for removal."""


class StylesOut(Schema):
    own: list[StyleOut]
    bundled: list[StyleOut]


class BadReference(Schema):
    """An entry of a bibliography that is no reference; the others were taken all the same."""

    key: str
    line: int
    """1-based line of the file that it starts on; 0 where the format has no lines."""
    message: str


class TakenReference(Schema):
    id: UUID
    """Of the source in the library."""
    key: str
    """The entry's own name in the file."""
    title: str
    outcome: Literal["added", "updated", "known"]
    """`updated`: it took the entry's metadata. `known`: it kept its own."""
    remark: str = ""


class ImportOut(Schema):
    file_name: str
    format: Literal["bibtex", "ris", "csl-json"]
    added: int
    updated: int
    known: int
    references: list[TakenReference]
    problems: list[BadReference]


class FilesOut(Schema):
    id: UUID | None
    """The first accepted file, for clients that send one; null when all were bibliographies."""
    files: list[FileOut]
    imported: list[ImportOut] = []
    """Bibliographies (BibTeX, RIS, CSL-JSON) among the files: their references were taken into
    the library."""
    rejected: list[RejectedFile] = []
    """Files of the same request that were refused, each with its reason."""


class PersonName(_In):
    family: Text = Field(min_length=1, max_length=200)
    given: Text = Field(default="", max_length=200)


class FileMetadataIn(_In):
    """Corrections to a file's bibliographic data; what is left out stays, null removes."""

    title: Text | None = Field(default=None, max_length=1000)
    authors: list[PersonName | Text] | None = Field(default=None, max_length=500)
    """`{"family": "Lovelace", "given": "Ada"}` or “Lovelace, Ada”."""
    year: int | None = Field(default=None, ge=0, le=2200)
    doi: Text | None = Field(default=None, max_length=200)
    type: Text | None = Field(default=None, max_length=60, pattern=r"^[a-z][a-z_-]*$")
    """CSL type, e.g. article-journal, book, chapter."""
    container_title: Text | None = Field(default=None, max_length=500)
    """Journal or book."""


# --------------------------------------------------------------------------- originality


class ReportIn(_In):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "cycle_id": "01890f6e-0000-7000-8000-000000000000",
                "observed_similarity": 12.5,
            }
        },
    )

    cycle_id: UUID
    report_url: Text = Field(default="", max_length=1000)
    observed_similarity: float | None = Field(default=None, ge=0, le=100)
    """Per cent; leave out when the report gives no number."""
    note: Text = Field(default="", max_length=5000)
    quotations: Quotations | None = None
    """What may be done about quotations that are marked and cited as they should be, where nothing
    else brings the figure down to the target: keep, shorten or leave_out. Left out as the run's
    setting says."""


class CycleOut(Schema):
    cycle_id: UUID
    run_id: UUID
    number: int
    status: CycleStatus
    artifact_id: UUID
    target_similarity: float
    local_similarity: float | None
    """By the product's own engine: like your own sources or earlier documents, and not quoted and
    cited; per cent."""
    local_quoted: float | None
    """Beside it: quoted from them and cited, per cent."""
    observed_similarity: float | None
    observed_below: bool
    """The report says “less than” the observed similarity."""
    report_url: str
    report_file_name: str
    reading: ReportReading | None
    """What could be read of the report's file; null without one."""
    note: str
    quotations: str
    """What was said with the report about proper quotations; empty as the run's setting."""
    verdict: str
    """A checker's, `accepted` or `rejected`; empty where the target decides."""
    revised_id: UUID | None
    """The version that was made because of the report."""
    changes: int
    """Passages of the draft that were looked at because of it: see `…/changes`."""
    created_at: datetime
    reported_at: datetime | None
    closed_at: datetime | None
    reminders: int
    expires_at: datetime | None
    """When the run stops waiting; null when it waits for as long as it takes."""


class OriginalityOut(Schema):
    run_id: UUID
    run_status: RunStatus
    current: CycleOut | None
    """The open cycle, or the last one."""
    cycles: list[CycleOut]
    statement: str
    """What was not reached, in a sentence or two, of a run that is over; empty where there is
    nothing to say."""


# --------------------------------------------------------------------------- the rest


class MemoryHit(Schema):
    kind: Literal["passage", "note"]
    id: UUID | None
    text: str
    source_id: UUID | None = None
    title: str = ""
    page: int | None = None
    score: float = 0.0
    heading: str = ""
    highlights: list[tuple[int, int]] = Field(
        default_factory=list,
        description="Where in `text` words of the query stand: start and end, in characters.",
    )


class MemoryWithin(Schema):
    """Which sources a search looks into; what is left out lets everything through."""

    source_id: list[UUID] = Field(default_factory=list, max_length=200)
    conversation_id: UUID | None = Field(None, description="Only what was uploaded into it.")
    year_from: int | None = Field(None, ge=0, le=9999, description="Sources without a year go too.")
    year_to: int | None = Field(None, ge=0, le=9999)
    type: list[Text] = Field(
        default_factory=list, max_length=50, description="CSL types, such as article-journal."
    )
    reading: list[Reading] = Field(default_factory=list)
    origin: list[SourceOrigin] = Field(default_factory=list)

    def as_filter(self) -> SearchFilter:
        return SearchFilter(
            source_ids=tuple(map(str, self.source_id)),
            conversation_id="" if self.conversation_id is None else str(self.conversation_id),
            from_year=self.year_from,
            to_year=self.year_to,
            types=tuple(self.type),
            readings=tuple(self.reading),
            origins=tuple(self.origin),
        )


class MemoryOut(Schema):
    query: str
    items: list[MemoryHit]


class HealthOut(Schema):
    db: str
    redis: str
    worker: str
    version: str


class OutsideOut(Schema):
    provider: str
    answer: str
    """found, nothing, rate_limited, unreachable, refused; empty when it was not asked lately."""
    message: str
    at: str
    """ISO time, UTC."""


class HealthDetailOut(HealthOut):
    outside: list[OutsideOut]
    """Registries and the search engine that are switched on, and how each answered last."""
    code_execution: str
    """`on (bubblewrap)`, `on (unshare)`, `off (why, and what to install)`, or `checking` for the
    first seconds of this web process."""


class LiveOut(Schema):
    status: Literal["ok"] = "ok"
    version: str
