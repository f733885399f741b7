"""The state of a run: what a checkpoint holds, and how concurrent updates merge.

Small by contract (< 50 KB): ids and scalars. Drafts, sources and passages are rows that the state
refers to. Every type that appears here is listed in `CHECKPOINTED_TYPES`, the allow-list of the
checkpointer's serializer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, TypedDict

from langgraph.channels import Topic
from langgraph.channels.delta import DeltaChannel

from autonomy.core import types
from autonomy.core.types import (
    Author,
    EventDraft,
    GateResult,
    Observation,
    Plan,
    Route,
    Steering,
    Step,
    StepError,
    StepKind,
    StepStatus,
    StopReason,
    Verdict,
    VerdictKind,
)

CHECKPOINTED_TYPES: tuple[tuple[str, str], ...] = tuple(
    (module, kind.__name__)
    for kind in (
        Author,
        EventDraft,
        GateResult,
        Observation,
        Plan,
        Route,
        Steering,
        Step,
        StepError,
        StepKind,
        StepStatus,
        StopReason,
        Verdict,
        VerdictKind,
    )
    # The module that defines it, which new checkpoints name, and the package, which older ones do.
    for module in (kind.__module__, types.__name__)
)
"""(module, class) pairs that a checkpoint may carry."""


def merge_plan(current: Plan | None, update: Plan | Sequence[Step] | None) -> Plan:
    """A `Plan` replaces the plan; steps replace the steps of the same id (parallel branches)."""
    if isinstance(update, Plan):
        return update
    if current is None:
        return Plan()
    return current.replace(*(update or ()))


def append(current: Sequence[Observation], updates: Sequence[object]) -> list[Observation]:
    """Batch reducer of the delta channel: associative, order-keeping."""
    merged = list(current)
    for update in updates:
        merged.extend(update if isinstance(update, list) else [update])  # type: ignore[list-item]
    return merged


def merge_answers(current: dict[str, bool], update: dict[str, bool]) -> dict[str, bool]:
    """Answers of parallel branches side by side; a later one about the same tool counts."""
    return {**current, **update}


class RunState(TypedDict, total=False):
    plan: Annotated[Plan, merge_plan]
    observations: Annotated[list[Observation], DeltaChannel(append, snapshot_frequency=50)]
    """Every attempt's outcome, oldest first."""
    verdict: Verdict
    route: Route
    document_id: str
    """Artifact id of the latest assembled document."""
    loops: int
    """How often `reflect` has run."""
    expansions: int
    repairs: int
    replans: int
    revisions: int
    """Rewrites of sections because a gate failed."""
    cycles: int
    """Similarity reports asked for so far."""
    cut: int
    shortened: int
    """Sentences and quotations, because of reports so far."""
    unfilled: str
    """Why the last of them left the draft too short, as a clause; empty where it did not."""
    cycle_id: str
    """The originality cycle that is open, or was last."""
    reported_similarity: float | None
    """Per cent, as the last similarity report said; None before a report or when unreadable."""
    reported_below: bool
    """The report said “less than” that figure."""
    quotations: str
    """A `Quotations` value: what may be done about proper quotations because of the report; empty
    where its figure does not count them."""
    report_accepted: bool | None
    """Whether the draft may stay as it is, by its checker or else by the target; None before a
    report."""
    report_expired: bool
    """The report that was waited for never came."""
    local_similarity: float | None
    """Per cent, of `local_document`, by the product's own engine; None when it was not compared."""
    local_quoted: float | None
    """Per cent of its words that are quoted and cited."""
    local_before: float | None
    """As `local_similarity`, of the draft that it revises."""
    local_document: str
    """Artifact id of the draft that was compared last."""
    notice: str
    """Why a rule path was taken although a model was wanted; shown in the document."""
    approved: bool
    """The person agreed to the plan, where they asked to be asked."""
    heard: int
    """Number of the last message of the person that was taken; commits with its effect."""
    steering: Steering
    """What the messages taken so far amount to."""
    tool_answers: Annotated[dict[str, bool], merge_answers]
    """Learnt tools that the person was asked about in this run, and whether it may call them."""
    stop_reason: str
    outbox: Annotated[list[EventDraft], Topic(EventDraft)]
    """Boundary events of this superstep; the checkpointer commits them with the checkpoint."""


class ActInput(TypedDict):
    """What one parallel branch of `act` is sent."""

    step: Step
    plan: Plan
    document_id: str
    notice: str
    steering: Steering | None
    tool_answers: dict[str, bool]
