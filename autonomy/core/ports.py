"""What a node may use: protocols that the outside (memory, runtime) implements.

State is data, dependencies are tools: nothing here is ever checkpointed. LangGraph hands one
`Deps` to every node as its runtime context.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

from langgraph.runtime import Runtime
from pydantic import BaseModel

from autonomy.core.analysis import AnalysisLimits, Tables
from autonomy.core.learnt import Exchange, Fix, RepairCase, Settled
from autonomy.core.originality import (
    CycleRecord,
    FlaggedPassage,
    PassageChange,
    Similarity,
)
from autonomy.core.packing import Prompt
from autonomy.core.rewriting import DraftTaken, ProposedChange, Rewriting
from autonomy.core.sandbox import NoSandbox, Sandbox
from autonomy.core.types import (
    CitationCheck,
    EventDraft,
    FileState,
    Passage,
    Reading,
    ReferenceCheck,
    Source,
    SourceOrigin,
    TaskSpec,
    Told,
)
from autonomy.core.versions import Made
from autonomy.core.works import Fetched, Found, PagesFound, Work

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which of a person's sources a search looks into. A field left empty lets everything through;
    those that are set must all hold."""

    source_ids: tuple[str, ...] = ()
    conversation_id: str = ""
    """Only what was uploaded into this conversation."""
    from_year: int | None = None
    to_year: int | None = None
    """Year of publication, both ends included; sources without a year are then left out."""
    types: tuple[str, ...] = ()
    """CSL types, such as `article-journal`."""
    readings: tuple[Reading, ...] = ()
    origins: tuple[SourceOrigin, ...] = ()


EVERYTHING = SearchFilter()


class Library(Protocol):
    """The person's own sources, searched by meaning and by words (the vector repository)."""

    async def search(
        self,
        query: str,
        *,
        limit: int = 8,
        source_ids: Sequence[str] = (),
        within: SearchFilter = EVERYTHING,
        variety: float = 0.0,
    ) -> list[Passage]:
        """The best passages for `query`, best first, among the sources that are ready.

        Args:
            source_ids: where to look, joined with `within`; empty means everywhere.
            variety: 0 to 1, how much a passage is held back for repeating what better ones say.
        """
        ...

    async def sources(self, source_ids: Sequence[str] = ()) -> list[Source]:
        """Ready sources, in the order they were added; empty `source_ids` means all."""
        ...

    async def passages(self, passage_ids: Sequence[str]) -> list[Passage]:
        """These passages in the order asked for; ids that do not resolve are left out."""
        ...

    async def opening(self, source_id: str, *, limit: int = 6) -> list[Passage]:
        """The first passages of a source (abstract and introduction)."""
        ...

    async def neighbours(self, passage_id: str, *, radius: int = 1) -> list[Passage]:
        """The passage with those before and after it in its source."""
        ...

    async def relevance(self, query: str, *, source_ids: Sequence[str] = ()) -> float:
        """Cosine of the query and the passage nearest in meaning, -1 to 1, less what the nearest of
        so many passages has by chance; 0 with no passage."""
        ...

    async def files(self, source_ids: Sequence[str]) -> list[FileState]:
        """Where ingestion of these files stands; ids that are not the owner's are left out."""
        ...


class Scholar(Protocol):
    """Scholarly registries behind one face. What fails is in the answers, never an exception."""

    async def search(
        self,
        query: str,
        *,
        limit: int = 20,
        from_year: int | None = None,
        to_year: int | None = None,
    ) -> Found:
        """Works for `query`, deduplicated over the registries, best first."""
        ...

    async def identify(self, identifiers: Sequence[str]) -> Found:
        """The works of these `doi:…`, `arxiv:…`, `pmid:…`, `openalex:…` identifiers."""
        ...

    async def lookup(self, csl: dict[str, Any]) -> Found:
        """Candidates for one reference, by its identifier where it has one, else by title,
        authors and year; for checking it."""
        ...

    async def citing(self, work: Work, *, limit: int = 20) -> Found:
        """Works that cite `work`."""
        ...

    async def full_text(self, work: Work) -> Fetched:
        """A freely readable copy.

        Raises:
            FetchRefused: there is none, or it could not be had.
        """
        ...


class Web(Protocol):
    """Web search and pages, safe to point at addresses from outside."""

    async def search(self, query: str, *, limit: int = 10) -> PagesFound: ...

    async def fetch(self, url: str) -> Fetched:
        """One page or file, within limits of size and time; robots.txt is respected.

        Raises:
            FetchRefused: with the reason.
        """
        ...


class Offer(NamedTuple):
    """A document or server that staff let runs learn tools from."""

    name: str
    good_for: str
    """Subjects and kinds of evidence, in staff's words."""


class Learning(Protocol):
    """Learning tools in a run, from the catalogue that staff keep and from nowhere else."""

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What could be learnt, without what was learnt already."""
        ...

    async def learn(self, offer: str) -> list[str]:
        """Learn the tools of one offer, which are in the run's registry then; their names. Learning
        again changes nothing.

        Raises:
            autonomy.tools.learnt.document.NotLearnt: with the reason.
        """
        ...


class Shelf(Protocol):
    """Where works from outside become sources of the person's library."""

    async def find(self, work: Work) -> Source | None:
        """The source of the library that is `work`: same DOI or arXiv id, or same title, first
        author and year; None when there is none. It may have no text."""
        ...

    async def add(
        self,
        work: Work,
        fetched: Fetched | None = None,
        *,
        query: str = "",
        reason: str = "",
        standing: Mapping[str, Any] | None = None,
    ) -> Source:
        """Keep `work`: with its full text when `fetched` is given (read like an upload), else with
        its abstract. A work that the library has already (see `find`) is that source; text that a
        person gave it is never replaced. Returns once its passages can be searched, or reading
        failed: then `reading` says what is left of it.

        Args:
            standing: how it was ranked, kept in the source's record.
        """
        ...

    async def work(self, source_id: str) -> Work | None:
        """What registries said of a source that came by search; None for any other."""
        ...

    async def nearness(self, queries: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        """Cosine, -1 to 1, of each text (rows) with each query (columns) in meaning."""
        ...


class References(Protocol):
    """Whether sources are what registries know under their names."""

    async def check(
        self, sources: Sequence[Source], *, key: str, ask: bool = True
    ) -> list[ReferenceCheck]:
        """What is known of each, in their order: as it was stored lately for the same metadata,
        else as registries say now, unless nobody is to `ask` them. It ends within a bounded time: who did not answer by then is
        unreachable. `key` names the effect."""
        ...


class NoReferences:
    """Nobody asks registries."""

    async def check(
        self, sources: Sequence[Source], *, key: str, ask: bool = True
    ) -> list[ReferenceCheck]:
        return []


class Notes(Protocol):
    """Semantic memory: short facts and lessons that outlive a run."""

    async def remember(self, kind: str, text: str) -> None: ...

    async def recall(self, query: str, *, limit: int = 5) -> list[str]: ...


class Artifacts(Protocol):
    """Content-addressed, versioned outputs of the run. State only refers to their ids."""

    async def save(
        self, kind: str, title: str, body: dict[str, Any], made: Made | None = None
    ) -> str:
        """Store a new version of (run, kind) and return its id. Saving the same body twice
        returns the same id. `made` says why there is this version, for documents."""
        ...

    async def load(self, artifact_id: str) -> dict[str, Any]: ...

    async def bind_citations(self, artifact_id: str, checks: Sequence[CitationCheck]) -> None:
        """Replace the citation rows of that artifact."""
        ...


class Events(Protocol):
    """Progress events, appended at once. Boundary events travel in the state's `outbox`."""

    async def emit(self, event: EventDraft) -> None: ...

    async def token(self, task_id: str, text: str) -> None:
        """A piece of streamed text; shown live, never logged."""
        ...


class Repeat(StrEnum):
    """What may be done when nobody knows whether a call was carried out."""

    READ = "read"
    """Nothing outside changes: call again."""
    IDEMPOTENT = "idempotent"
    """The callee knows repetitions by the key it is given: call again with the same key."""
    ONCE = "once"
    """Never call again before somebody has said that it was not done."""


class Asked(StrEnum):
    """What the outside says of a call whose result it cannot give."""

    NOT_DONE = "not_done"
    CANNOT_SAY = "cannot_say"


class NotDone(Exception):
    """Raised by a call that is sure to have changed nothing outside, so that it may be made again.

    Any other exception of a call that is not `Repeat.READ` leaves its outcome unknown: the request
    may have arrived.
    """


class OutcomeUnknown(Exception):
    """A call may have changed the outside world; nobody can say whether it did. It is not made
    again under this key until it is settled."""

    def __init__(self, key: str, kind: str, why: str = "") -> None:
        super().__init__(f"the outcome of {kind} “{key}” is unknown{f': {why}' if why else ''}")
        self.key = key
        self.kind = kind
        self.why = why


class ResultLost(Exception):
    """A call was carried out, but what it returned is not at hand: it was too large to keep, or
    a person settled it without a result. It is not made again."""

    def __init__(self, key: str, kind: str, why: str) -> None:
        super().__init__(f"{kind} “{key}” was done, but its result is lost: {why}")
        self.key = key
        self.kind = kind
        self.why = why


class ResultTooLarge(ResultLost):
    """A `Repeat.READ` call returned more than is kept. Nothing was changed outside; asking for
    less may help."""


class Effects(Protocol):
    """Exactly-once ledger of everything that costs money or touches the outside."""

    async def once(
        self,
        key: str,
        kind: str,
        call: Callable[[], Awaitable[M]],
        model: type[M],
        *,
        repeat: Repeat | None = None,
        reconcile: Callable[[], Awaitable[M | Asked]] | None = None,
    ) -> M:
        """Run `call` and record its result under `key`, or return the recorded result.

        Args:
            key: the same when a crashed superstep is run again: `task_id` and a call index.
            repeat: what a lost outcome allows; None takes it from `kind` (model calls are READ,
                what is not known to be harmless is ONCE).
            reconcile: asks the outside whether the call under this key was carried out: its
                result, or an `Asked`. Only needed for `Repeat.ONCE`.

        Raises:
            OutcomeUnknown, ResultLost: see there.
            Whatever `call` raises, when that leaves no doubt about the outside.
        """
        ...

    def outside_key(self, key: str) -> str:
        """The name of the call for the other side (an `Idempotency-Key`): unique over all runs,
        at most 255 printable characters, the same at every repetition."""
        ...


class OpenCycle(NamedTuple):
    """A cycle that waits for its report."""

    id: str
    number: int
    expires_at: str = ""
    """ISO 8601, UTC; empty when it waits for as long as it takes."""


class Cycles(Protocol):
    """Originality cycles of the run."""

    async def open(
        self,
        artifact_id: str,
        target: float,
        *,
        local: float | None = None,
        quoted: float | None = None,
    ) -> OpenCycle:
        """The open cycle for this document version, created if need be. `target`, `local` (by the
        product's own engine) and `quoted` (beside it: quoted and cited) are per cent."""
        ...

    async def close(self, cycle_id: str, *, accepted: bool) -> None: ...

    async def history(self) -> list[CycleRecord]:
        """All cycles of the run, oldest first."""
        ...

    async def flagged(self, cycle_id: str) -> list[FlaggedPassage]:
        """What a checker or a report flagged in the cycle's draft; those that were not found in it
        have no section."""
        ...

    async def record(
        self, cycle_id: str, changes: Sequence[PassageChange], document_id: str
    ) -> None:
        """Keep what was done about the flagged passages, in place of what was kept before, and the
        version that came of it."""
        ...


class Originality(Protocol):
    """The product's own engine: how like a draft is to the person's own sources and earlier
    documents; nothing else, not the web. Versions of the same run never count."""

    async def check(self, document_id: str) -> Similarity | None:
        """The draft against the run's sources, the rest of the person's library and their earlier
        documents; None when it could not be compared. Offsets count in
        `autonomy.export.draft_text.draft_text` of the document. Nothing outside is asked, and the
        same draft against the same texts gives the same answer."""
        ...

    async def flagged(self, document_id: str) -> list[FlaggedPassage]:
        """What of it wants a remedy, in the document's order, with its section and characters of
        the section's Markdown. A paraphrase among them is a hint, see its `kind`."""
        ...


class NoOriginality:
    """Nobody compares drafts."""

    async def check(self, document_id: str) -> Similarity | None:
        return None

    async def flagged(self, document_id: str) -> list[FlaggedPassage]:
        return []


class Messages(Protocol):
    """What the person told the run while it was going on."""

    async def after(self, number: int) -> list[Told]:
        """Messages with a higher number, oldest first. Reading marks them as read."""
        ...


class NoMessages:
    """Nobody speaks to the run."""

    async def after(self, number: int) -> list[Told]:
        return []


class ModelGateway(Protocol):
    """The one way to call a language model."""

    def available(self, role: str) -> bool:
        """Whether a model is configured for `role` (planner, writer, critic, debugger, small) and its
        circuit is closed. False sends the agent down its rule path."""
        ...

    def unavailable(self, role: str) -> str:
        """Why no model of `role` can be called now although somebody chose models or
        rules, as `ModelUnavailable.reason` says it; empty when one can, or nobody chose."""
        ...

    def simulated(self, key: str) -> bool:
        """Whether what `structured` or `text` answered under `key` was said by a simulated model:
        what is made of it has to say so."""
        ...

    async def structured(self, role: str, *, key: str, prompt: Prompt, output: type[M]) -> M:
        """One call whose answer is parsed into `output` (parse ladder of the design).

        Raises:
            ModelUnavailable: no usable answer; take the rule path and say so.
            BudgetExhausted: the run may not spend what the call needs.
        """
        ...

    async def text(
        self,
        role: str,
        *,
        key: str,
        prompt: Prompt,
        on_token: Callable[[str], Awaitable[None]] | None = None,
    ) -> str:
        """One call whose answer is prose, streamed through `on_token`. Raises as `structured`."""
        ...


class Drafts(Protocol):
    """Drafts that the person brought to be improved."""

    async def take(self, source_id: str) -> DraftTaken:
        """Read the person's file into blocks and store them as an artifact of the run, whose body
        is `{"draft": Draft, "ref": DraftText}`; the same file gives the same artifact.

        Raises:
            ToolFailure: it cannot be read, or is too long; in words for the person.
        """
        ...

    async def propose(self, artifact_id: str, changes: Sequence[ProposedChange]) -> None:
        """Store the changes that a version of the draft proposes, for its person to decide on.
        Proposing the same again keeps what was decided."""
        ...


class NoCall(Exception):
    """A call could not even be made; the message says why, for people."""


class ToolRepairs(Protocol):
    """Learnt tools as the self-debugger mends them."""

    async def case(self, tool: str) -> RepairCase | None:
        """The tool as it stands, with its recordings; None when it may not be mended."""
        ...

    async def ask(self, case: RepairCase, wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
        """Make a call that changes nothing under another wrapper: how it is answered, whatever
        that is. Neither counted nor recorded.

        Raises:
            NoCall: nobody answered.
        """
        ...

    async def settle(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        """Make a version of a proven fix, applied or proposed as the server's policy says; once for
        each `key`, and only while the version that failed is still the one in use."""
        ...

    async def settled(self, key: str) -> Settled | None:
        """What became of the fix of that key before; None when there was none."""
        ...

    async def propose(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        """Keep an unproven fix for staff to look at; as `settle` otherwise."""
        ...


class NoToolRepairs:
    """No tool is mended."""

    async def case(self, tool: str) -> RepairCase | None:
        return None

    async def ask(self, case: RepairCase, wrapper: str, arguments: Mapping[str, Any]) -> Exchange:
        raise NoCall("No tool is mended here.")

    async def settle(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        raise NoCall("No tool is mended here.")

    async def settled(self, key: str) -> Settled | None:
        return None

    async def propose(self, case: RepairCase, fix: Fix, key: str) -> Settled:
        raise NoCall("No tool is mended here.")


class BudgetMeter(Protocol):
    """The run's account: read here, spent only through `ModelGateway` and tools."""

    async def snapshot(self) -> dict[str, float]:
        """`tokens_spent, tokens_limit, seconds_spent, seconds_limit, usd_spent, usd_limit`."""
        ...

    async def exhausted(self) -> str | None:
        """The `StopReason` value of the limit that is reached, or None."""
        ...


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """How far a person's words may stretch a plan."""

    parts: int = 40
    """Writing steps."""
    words: int = 10_000
    """Of one part."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """How far one run may look outside."""

    works_per_query: int = 20
    candidates: int = 40
    """Works that are judged in one round."""
    kept: int = 12
    """Sources kept in one round."""
    full_texts: int = 8
    """Full texts and pages fetched in one run."""
    full_text_bytes: int = 60_000_000
    """Of all of them together."""
    round_seconds: float = 180.0
    """Until one round fetches nothing more."""


@dataclass(frozen=True, slots=True)
class Guards:
    """What stands between a model's words and a document. All of it is always on: only an evaluation
    takes one away, to show what it is for."""

    prose: bool = True
    """Links, images, HTML, tool calls and its own instructions are taken out of what a model wrote."""
    claims: bool = True
    """Each claim is held against the passage that it cites."""


@dataclass(frozen=True, slots=True)
class Deps:
    """Everything a node is given besides its state."""

    run_id: str
    task: TaskSpec
    journey: Any
    """`autonomy.core.journey.Journey`."""
    library: Library
    notes: Notes
    artifacts: Artifacts
    events: Events
    effects: Effects
    cycles: Cycles
    models: ModelGateway
    budget: BudgetMeter
    tools: Any
    """`autonomy.tools.registry.ToolRegistry`."""
    messages: Messages = NoMessages()  # noqa: RUF009 - stateless
    references: References = NoReferences()  # noqa: RUF009 - stateless
    originality: Originality = NoOriginality()  # noqa: RUF009 - stateless
    limits: PlanLimits = PlanLimits()
    scholar: Scholar | None = None
    """None where no registry is configured."""
    web: Web | None = None
    """None where no search engine is configured."""
    shelf: Shelf | None = None
    search: SearchLimits = SearchLimits()
    drafts: Drafts | None = None
    tables: Tables | None = None
    """None where nobody reads tables to compute with."""
    analysis: AnalysisLimits = AnalysisLimits()  # noqa: RUF009 - a value
    learning: Learning | None = None
    """None where there is no catalogue."""
    rewriting: Rewriting = Rewriting()  # noqa: RUF009 - a value
    sandbox: Sandbox = NoSandbox()  # noqa: RUF009 - stateless
    """Where code runs; off where nothing here can hold it."""
    guards: Guards = Guards()
    repairs: ToolRepairs = NoToolRepairs()  # noqa: RUF009 - stateless
    guidance: tuple[str, ...] = ()
    """What the person said while the work went on, for models; see `agents.steering.steered`."""


def task_id(runtime: Runtime[Deps]) -> str:
    """LangGraph's id of the running task: the same when a crashed superstep is run again, so it
    keys effects."""
    info = runtime.execution_info
    return info.task_id if info else ""


class ModelUnavailable(Exception):
    """No model answered usably; `reason` says why in words fit for the run's log."""

    def __init__(self, reason: str, code: str = "unavailable") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class BudgetExhausted(Exception):
    """A limit of the run is reached; `stop_reason` is a `StopReason` value."""

    def __init__(self, stop_reason: str, message: str) -> None:
        super().__init__(message)
        self.stop_reason = stop_reason
