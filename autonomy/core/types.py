"""The vocabulary of a run: every value that crosses a boundary (state, events, API, storage)."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from autonomy.core.originality import Quotations
from autonomy.core.value import Value
from autonomy.core.works import ProviderAnswer, Retraction

# --------------------------------------------------------------------------- state machines


class RunStatus(StrEnum):
    """States of a run; the transitions are held by `autonomy.runtime.transitions`."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING_HUMAN = "waiting_human"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL_STATUSES = frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED})


class FileStatus(StrEnum):
    """Ingestion states of an uploaded file."""

    QUEUED = "queued"
    PARSING = "parsing"
    EMBEDDING = "embedding"
    READY = "ready"
    FAILED = "failed"


class CycleStatus(StrEnum):
    """States of one originality (Turnitin) cycle; `autonomy.runtime.cycle_states` holds the
    transitions."""

    AWAITING_REPORT = "awaiting_report"
    REPORT_READY = "report_ready"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    """No report came in time."""
    CLOSED = "closed"
    """The run ended before the cycle did; a run that is tried again opens it anew."""


OPEN_CYCLES = (CycleStatus.AWAITING_REPORT, CycleStatus.REPORT_READY)
"""A run has at most one cycle in one of these."""


class NotificationKind(StrEnum):
    """What a person is told of besides the run's own page."""

    WAITING = "waiting"
    """A run waits for them."""
    REMINDER = "reminder"
    """It still does."""
    DONE = "done"
    FAILED = "failed"
    CHECK = "check"
    """A document waits for a checker."""


class StepStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class StepKind(StrEnum):
    """What the executor does for a step."""

    TOOL = "tool"
    """Call the registered tool named in `Step.tool` with `Step.input`."""
    WRITE = "write"
    """Write one section from the passages found by the steps it depends on."""
    CODE = "code"
    """Run a program over a table of the person's in the sandbox, for tables and figures."""
    ASSEMBLE = "assemble"
    """Join the sections into one document version with verified citations."""


class VerdictKind(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict
    RETRY = "retry"
    PATCH = "patch"
    BRANCH = "branch"
    FAIL = "fail"


class Route(StrEnum):
    """Where control goes after `reflect`."""

    ACT = "act"
    EXPAND = "expand"
    REPAIR = "repair"
    PLAN = "plan"
    TURNITIN_PAUSE = "turnitin_pause"
    AMEND = "amend"
    """A report sent the draft back: its flagged passages get their remedies."""
    ASK = "await_approval"
    """The plan is shown to its person before anything (more) is written."""
    END = "end"


class StopReason(StrEnum):
    """Why a run ended (or ended early); shown to the person in plain words."""

    COMPLETED = "completed"
    GATES_UNMET = "gates_unmet"
    REPORT_EXPIRED = "report_expired"
    """The similarity report that the run waited for never came."""
    NO_EVIDENCE = "no_evidence"
    BUDGET_TOKENS = "budget_tokens"
    BUDGET_SECONDS = "budget_seconds"
    BUDGET_USD = "budget_usd"
    QUOTA = "quota"
    """The person's allowance for the day is used up."""
    LOOP_LIMIT = "loop_limit"
    CANCELLED = "cancelled"
    POISONED = "poisoned"
    ERROR = "error"


LIMIT_REASONS = frozenset(
    {StopReason.BUDGET_TOKENS, StopReason.BUDGET_SECONDS, StopReason.BUDGET_USD, StopReason.QUOTA}
)
"""Endings that more budget undoes."""

PLAN_APPROVAL = "plan_approval"
"""The kind of the interrupt that asks for agreement to a plan; answered `{"approved": true}`,
`{"edit": PlanEdit}` or `{"told": true}` (there are messages that say what to change)."""


TOOL_APPROVAL = "tool_approval"
"""The kind of the interrupt that asks whether a run may call a learnt tool; answered
`{"allowed": true|false}`. It counts for the whole run."""


class Author(StrEnum):
    """Who made a plan, a section or a verdict. Rule output is never shown as model output."""

    MODEL = "model"
    RULE = "rule"
    HUMAN = "human"


# --------------------------------------------------------------------------- the task


class Budget(Value):
    """Limits of one run. A limit reached is a named ending with the best draft so far."""

    tokens: int = Field(default=200_000, ge=0, le=50_000_000)
    """Model tokens, input plus output."""
    seconds: float = Field(default=900.0, gt=0, le=86_400)
    """Seconds of run time (waiting for a person costs nothing)."""
    usd: float = Field(default=5.0, ge=0, le=10_000)
    """US dollars of provider cost."""


class Wish(StrEnum):
    """What of a draft is to be improved."""

    GRAMMAR = "grammar"
    """Spelling, punctuation and consistency too."""
    CLARITY = "clarity"
    CONCISION = "concision"
    TONE = "tone"
    """An academic tone."""
    STRUCTURE = "structure"
    """Hints on paragraphs and headings; none is moved."""
    CITATIONS = "citations"
    """Hints on what wants a citation, and on references that do not match; none is invented."""


SearchScope = Literal["auto", "files", "scholarly", "everything"]


class TaskSettings(Value):
    """What a person may choose for one document."""

    style: str = Field(default="harvard", min_length=1, max_length=120)
    """Citation style: harvard, apa, mla, chicago, vancouver, or the id of a bundled CSL style."""
    length_words: int | None = Field(default=None, ge=100, le=30_000)
    level: str | None = Field(default=None, max_length=60)
    language: str = Field(default="en", max_length=35)
    models: dict[Annotated[str, Field(max_length=20)], Annotated[str, Field(max_length=500)]] = (
        Field(default_factory=dict, max_length=10)
    )
    """Role to model string, overriding the deployment's."""
    approve_plan: bool = False
    search: SearchScope = "auto"
    """Where evidence may come from. auto: own files first, registries where those fall short;
    files: own files only; scholarly: registries besides the attached files; everything: own files,
    registries and the web from the start."""
    improve: tuple[Wish, ...] = ()
    """What of a draft is to be improved; empty reads it from the words of the request."""
    appendix: bool = True
    """Exports end with a list of the citations and works that stayed in doubt, where any did."""
    target_similarity: float | None = Field(default=None, ge=0, le=100)
    """Per cent; set means the run pauses for a similarity report before it ends."""
    quotations: Quotations = Quotations.SHORTEN
    """What a report over the target may do to quotations that are marked and cited as they should
    be: keep, shorten (the longest, to their key clause) or leave_out (besides, whole sentences).
    Whoever hands in a report may say otherwise for it."""
    budget: Budget = Field(default_factory=Budget)


class TaskSpec(Value):
    """What was asked, unchanged for the life of the run."""

    goal: str = Field(min_length=1, max_length=20_000)
    journey: str = Field(default="write", pattern=r"^[a-z][a-z_]{0,30}$")
    source_ids: tuple[str, ...] = Field(default=(), max_length=500)
    """Sources (uploaded files) the person attached; empty means the whole library."""
    settings: TaskSettings = Field(default_factory=TaskSettings)

    @field_validator("goal")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not any(character.isalnum() for character in value):
            raise ValueError("Say what the document should be about.")
        return value.strip()


# --------------------------------------------------------------------------- evidence


class SourceOrigin(StrEnum):
    """How a source came into the library."""

    UPLOAD = "upload"
    IMPORT = "import"
    """A reference of a BibTeX, RIS or CSL-JSON file; has metadata, and text if a file is added."""
    SCHOLARLY = "scholarly"
    WEB = "web"


class Reading(StrEnum):
    """How much of a source can be searched."""

    FULL_TEXT = "full_text"
    ABSTRACT = "abstract"
    NOTHING = "nothing"
    """Metadata only: it can be listed, and never cited for a claim."""


class ReferenceVerdict(StrEnum):
    """What registries say of a source's metadata; empty in storage while nobody has asked."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    """Registries know the work and describe it otherwise."""
    NOT_FOUND = "not_found"
    """Registries answered, and none knows such a work."""
    UNREACHABLE = "unreachable"
    """Nobody could be asked."""


class Source(Value):
    """A citable work. `csl` is CSL-JSON (https://docs.citationstyles.org) without `id`."""

    id: str
    csl: dict[str, Any]
    file_name: str = ""
    passages: int = 0
    origin: SourceOrigin = SourceOrigin.UPLOAD
    reading: Reading = Reading.FULL_TEXT
    verification: ReferenceVerdict | None = None
    """None while nobody has asked."""
    retracted: bool = False


class FileState(Value):
    """How far the ingestion of one uploaded file has come."""

    source_id: str
    file_name: str
    status: FileStatus
    error: str = ""


class Passage(Value):
    """A stretch of a source's text that a claim can be bound to."""

    id: str
    source_id: str
    text: str
    page: int | None = None
    """1-based physical page; None for formats without pages."""
    char_start: int = 0
    """Offset of `text` in the text of that page (or of the whole document without pages)."""
    char_end: int = 0
    heading: str = ""
    """Heading path joined by ' › '."""
    ordinal: int = 0
    """Position of the passage within its source, from 0."""
    score: float = 0.0
    """Fused rank score of the query that found it; 0 outside a search."""
    highlights: tuple[tuple[int, int], ...] = ()
    """Where in `text` words of that query stand, as (start, end); empty outside a search."""


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


class FieldDifference(Value):
    """A field that a source and the registries describe differently."""

    field: str
    """Its CSL name: title, author, issued, DOI, container-title."""
    ours: str
    theirs: str


class ReferenceCheck(Value):
    """What registries say of one source."""

    source_id: str = ""
    verdict: ReferenceVerdict | None = None
    """None: it was not asked about, and `reason` says why."""
    reason: str = ""
    """A sentence for people."""
    differences: tuple[FieldDifference, ...] = ()
    offered: dict[str, Any] = Field(default_factory=dict)
    """The registries' own CSL-JSON, where they know the work."""
    remarks: tuple[str, ...] = ()
    """What is no difference and worth knowing, as sentences."""
    notices: tuple[Retraction, ...] = ()
    retracted: bool = False
    answers: tuple[ProviderAnswer, ...] = ()
    url: str = ""
    """Where the registry describes it."""
    fingerprint: str = ""
    """Of the metadata that was compared."""
    checked_at: str = ""
    """ISO 8601, UTC."""


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


# --------------------------------------------------------------------------- plan and loop


class Step(Value):
    """One node of the plan graph."""

    id: str
    kind: StepKind
    title: str
    tool: str | None = None
    input: dict[str, Any] = Field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    status: StepStatus = StepStatus.PENDING
    attempts: int = 0
    summary: str = ""
    """One sentence for people: what came of it."""
    result: dict[str, Any] = Field(default_factory=dict)
    """Ids and scalars only: passage ids, an artifact id, counts."""


class Plan(Value):
    version: int = 1
    author: Author = Author.RULE
    title: str = ""
    rationale: str = ""
    simulated: bool = False
    """Title and sections are a simulated model's."""
    steps: tuple[Step, ...] = ()

    def step(self, step_id: str) -> Step:
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)

    def replace(self, *changed: Step) -> Plan:
        """The same plan with `changed` steps put in place of those of the same id."""
        by_id = {step.id: step for step in changed}
        return self.model_copy(update={"steps": tuple(by_id.get(s.id, s) for s in self.steps)})

    def ready(self) -> tuple[Step, ...]:
        """Pending steps whose dependencies are done or skipped."""
        settled = {s.id for s in self.steps if s.status in (StepStatus.DONE, StepStatus.SKIPPED)}
        return tuple(
            s for s in self.steps if s.status is StepStatus.PENDING and settled >= set(s.depends_on)
        )

    def portion(self, step: Step) -> Plan:
        """The plan as far as `step` depends on it: what a parallel branch is sent."""
        number = str(step.input.get("number", ""))
        kept = []
        for other in self.steps:
            if other.id == "evidence" and number:
                own = other.result.get("sections", {}).get(number, [])
                kept.append(other.model_copy(update={"result": {"sections": {number: own}}}))
            elif other.id in step.depends_on or other.id == "evidence":
                kept.append(other)
        return self.model_copy(update={"steps": tuple(kept)})

    def failed(self) -> tuple[Step, ...]:
        return tuple(s for s in self.steps if s.status is StepStatus.FAILED)


class SectionEdit(Value):
    """One writing step as a person wants it."""

    id: str = ""
    """Of the step that is there; empty for a new section."""
    title: str
    words: int | None = None
    """None leaves its words, or gives a new section the others' average."""
    focus: str = ""
    """What it should dwell on; empty leaves it as it is."""


class PlanEdit(Value):
    """The writing steps of a plan as a person wants them: what is left out is removed."""

    version: int
    """Of the plan that was edited."""
    title: str | None = None
    steps: tuple[SectionEdit, ...]
    approve: bool = False
    """Agree to the plan as edited; otherwise it is shown once more."""


class Told(Value):
    """A message of the person to their run."""

    number: int
    text: str


class Steering(Value):
    """What the messages that a run has taken amount to. What is unset stays as it was asked."""

    messages: tuple[str, ...] = ()
    """The latest of them, oldest first: guidance for models."""
    length_words: int | None = None
    style: str | None = None
    title: str = ""
    focus: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    """Sections that were asked for, by their subject."""
    dropped: tuple[str, ...] = ()
    ask_plan: bool = False
    """Show the plan before anything is written, whatever the task's settings say."""


class StepError(Value):
    """Why a step failed, classified so that the self-debugger can act."""

    code: str
    """`bad_input`, `not_found`, `no_evidence`, `unknown_tool`, `rate_limited`, `unavailable`,
    `auth`, `budget`, `bug`, `code_failed` (the program of a code step), `no_table`."""
    message: str
    detail: dict[str, Any] = Field(default_factory=dict)


class Observation(Value):
    """What came of one attempt at a step."""

    step_id: str
    attempt: int = 1
    ok: bool
    summary: str
    result: dict[str, Any] = Field(default_factory=dict)
    error: StepError | None = None
    author: Author = Author.RULE


class GateResult(Value):
    """One deterministic check of the draft."""

    gate: str
    passed: bool
    observed: str
    expected: str
    message: str


class Verdict(Value):
    kind: VerdictKind
    route: Route
    reason: str
    author: Author = Author.RULE
    gates: tuple[GateResult, ...] = ()
    gaps: tuple[str, ...] = ()
    """Numbers of the sections that want more evidence, for the researcher."""


# --------------------------------------------------------------------------- events


EventType = Literal[
    "run.started",
    "plan.updated",
    "step.started",
    "action",
    "observation",
    "verdict",
    "note",
    "retry",
    "token",
    "section.committed",
    "source.found",
    "citation.verified",
    "budget",
    "turnitin.awaiting_report",
    "turnitin.report_ready",
    "turnitin.revised",
    "turnitin.expired",
    "artifact.created",
    "interrupt",
    "attempt.restarted",
    "run.paused",
    "run.resumed",
    "run.finished",
    "error",
    "heartbeat",
]


class EventDraft(Value):
    """An event before the log gave it a sequence number."""

    type: EventType
    content: str = Field(default="", max_length=20_000)
    """One line for people."""
    source: str = ""
    """The node or part that speaks: planner, executor, writer, critic, …"""
    meta: dict[str, Any] = Field(default_factory=dict)
    """Typed detail for the UI (plan, step, gates, budget, …): JSON, ids and scalars."""


class Event(Value):
    """The envelope of SSE `data:` and WebSocket frames."""

    type: EventType
    seq: int
    """Per run, gapless from 1; 0 for frames that are not in the log (token, heartbeat)."""
    ts: str
    """ISO 8601, UTC."""
    conversation_id: str | None = None
    run_id: str | None = None
    content: str | None = None
    token: str | None = None
    source: str | None = None
    meta: dict[str, Any] | None = None
