"""What a segment of a run gives its nodes: `core.ports.Deps`, built from the run's row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from autonomy.core import journey
from autonomy.core.llm import Gateway
from autonomy.core.ports import Deps, PlanLimits
from autonomy.core.types import TaskSpec
from autonomy.memory.embedding import shared_embedder
from autonomy.memory.semantic_repo import NoteRepository
from autonomy.memory.vector_repo import PassageRepository
from autonomy.models import Run
from autonomy.runtime.artifacts import RunArtifacts
from autonomy.runtime.budgets_ledger import RunLedger
from autonomy.runtime.cycles import RunCycles
from autonomy.runtime.db import run_db
from autonomy.runtime.effects import RunEffects
from autonomy.runtime.events import RunEvents
from autonomy.runtime.messages import RunMessages
from autonomy.runtime.model_calls import RunCalls
from autonomy.runtime.portfolios import portfolio_for
from autonomy.runtime.queue import Claim
from autonomy.runtime.tokens import TokenStream
from autonomy.runtime.tools import usable_tools
from autonomy.tools.evidence import evidence_tools
from autonomy.tools.library_tools import library_tools
from autonomy.tools.literature import literature_tools
from autonomy.tools.registry import ToolRegistry
from handywriterz.env import env


@dataclass(frozen=True, slots=True)
class Segment:
    """One claim of a run and what drives it."""

    claim: Claim
    run: Run
    tokens: TokenStream


@cache
def registry() -> ToolRegistry:
    """The built-in tools; one registry per process, so that their rate limits are shared."""
    return ToolRegistry([*library_tools(), *evidence_tools(), *literature_tools()])


def build_deps(segment: Segment) -> Deps:
    """Everything the nodes of this segment may use, all of it under the segment's fence."""
    fence = segment.claim.fence
    run = segment.run
    task = TaskSpec.model_validate(run.task)
    events = RunEvents(fence, segment.claim.attempt, segment.tokens)
    effects = RunEffects(fence)
    ledger = RunLedger(fence)
    embedder = shared_embedder()
    return Deps(
        run_id=fence.run_id,
        task=task,
        journey=journey.load(run.journey),
        library=PassageRepository(run.owner_id, embedder, run_db),
        notes=NoteRepository(run.owner_id, fence.run_id, embedder, run_db),
        artifacts=RunArtifacts(fence, run.owner_id),
        events=events,
        effects=effects,
        cycles=RunCycles(fence),
        models=Gateway(
            portfolio=portfolio_for(run.owner_id, task.settings.models),
            ledger=ledger,
            effects=effects,
            on_event=events.emit,
            seconds_left=ledger.seconds_left,
            log=RunCalls(fence.run_id, run.owner_id),
        ),
        budget=ledger,
        tools=usable_tools(registry()),
        messages=RunMessages(fence),
        limits=PlanLimits(parts=env().plan_max_sections, words=env().plan_section_max_words),
    )
