"""All that a node is handed, with its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langgraph.runtime import Runtime

from autonomy.core.analysis import AnalysisLimits, Tables
from autonomy.core.ports.effects import Effects
from autonomy.core.ports.evidence import (
    Library,
    NoReferences,
    Notes,
    References,
    Scholar,
    Shelf,
    Web,
)
from autonomy.core.ports.learning import Learning, NoToolRepairs, ToolRepairs
from autonomy.core.ports.models import BudgetMeter, ModelGateway
from autonomy.core.ports.originality import Cycles, Drafts, NoOriginality, Originality
from autonomy.core.ports.record import Artifacts, Events, Messages, NoMessages
from autonomy.core.rewriting import Rewriting
from autonomy.core.sandbox import NoSandbox, Sandbox
from autonomy.core.types import (
    TaskSpec,
)


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
