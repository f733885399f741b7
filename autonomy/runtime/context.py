"""What a segment of a run gives its nodes: `core.ports.Deps`, built from the run's row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from autonomy.agents.reach import may_use_tools, reach_of
from autonomy.agents.tool_calls import offered
from autonomy.core import journey
from autonomy.core.analysis import AnalysisLimits
from autonomy.core.brief import read_brief
from autonomy.core.llm import Gateway
from autonomy.core.llm.portfolio import Portfolio
from autonomy.core.ports import Deps, PlanLimits, SearchLimits
from autonomy.core.rewriting import Rewriting
from autonomy.core.types import TaskSpec
from autonomy.memory.embedding import shared_embedder
from autonomy.memory.semantic_repo import NoteRepository
from autonomy.memory.shelf import LibraryShelf
from autonomy.memory.vector_repo import PassageRepository
from autonomy.models import Run
from autonomy.runtime.artifacts import RunArtifacts
from autonomy.runtime.budgets_ledger import RunLedger
from autonomy.runtime.couriers import ring_file
from autonomy.runtime.cycles import RunCycles
from autonomy.runtime.datasets import RunTables
from autonomy.runtime.db import run_db
from autonomy.runtime.drafts import RunDrafts
from autonomy.runtime.effects import RunEffects
from autonomy.runtime.embedders import asker
from autonomy.runtime.events import RunEvents
from autonomy.runtime.learnt_tools import usable_learnt
from autonomy.runtime.messages import RunMessages
from autonomy.runtime.model_calls import RunCalls
from autonomy.runtime.originality import RunOriginality
from autonomy.runtime.outside import shared_scholar, shared_web
from autonomy.runtime.portfolios import portfolio_for
from autonomy.runtime.queue import Claim
from autonomy.runtime.references import RunReferences
from autonomy.runtime.sandboxes import ProcessSandbox
from autonomy.runtime.tokens import TokenStream
from autonomy.runtime.tool_learning import RunLearning
from autonomy.runtime.tool_repairs import RunToolRepairs
from autonomy.runtime.tools import usable_tools
from autonomy.tools.drafts import draft_tools
from autonomy.tools.evidence import evidence_tools
from autonomy.tools.learnt.call_tool import CALL, call_tools
from autonomy.tools.learnt.run_tools import LEARNING, run_tools
from autonomy.tools.library_tools import library_tools
from autonomy.tools.literature import SCHOLARLY, WEB, literature_tools
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
    return ToolRegistry(
        [
            *library_tools(),
            *evidence_tools(),
            *literature_tools(),
            *draft_tools(),
            *run_tools(),
            *call_tools(),
        ]
    )


@dataclass(frozen=True, slots=True)
class Grounds:
    """What the rest of a segment's dependencies is built on. An evaluation may put others in their
    place, to show what they are good for; nothing else does."""

    effects: RunEffects
    ledger: RunLedger
    portfolio: Portfolio

    @classmethod
    def of(cls, segment: Segment) -> Grounds:
        fence, run = segment.claim.fence, segment.run
        models = TaskSpec.model_validate(run.task).settings.models
        return cls(RunEffects(fence), RunLedger(fence), portfolio_for(run.owner_id, models))


def build_deps(segment: Segment, grounds: Grounds | None = None) -> Deps:
    """Everything the nodes of this segment may use, all of it under the segment's fence."""
    fence = segment.claim.fence
    run = segment.run
    task = TaskSpec.model_validate(run.task)
    events = RunEvents(fence, segment.claim.attempt, segment.tokens)
    grounds = grounds or Grounds.of(segment)
    effects, ledger = grounds.effects, grounds.ledger
    embedder = shared_embedder()
    scholar = shared_scholar() if env().registries else None
    web = shared_web() if env().web_search != "off" else None
    artifacts = RunArtifacts(fence, run.owner_id)
    tools = usable_tools(registry())
    learnt = usable_learnt(run.owner_id, ledger)
    tools.add(offered(learnt, f"{run.title} {task.goal}", env().tools_offered_max))
    deps = Deps(
        run_id=fence.run_id,
        task=task,
        journey=journey.load(run.journey),
        library=PassageRepository(run.owner_id, embedder, run_db, asker),
        notes=NoteRepository(run.owner_id, fence.run_id, embedder, run_db),
        artifacts=artifacts,
        events=events,
        effects=effects,
        cycles=RunCycles(fence),
        models=Gateway(
            portfolio=grounds.portfolio,
            ledger=ledger,
            effects=effects,
            on_event=events.emit,
            seconds_left=ledger.seconds_left,
            log=RunCalls(fence.run_id, run.owner_id),
        ),
        budget=ledger,
        tools=tools,
        repairs=RunToolRepairs(run.owner_id),
        learning=RunLearning(run.owner_id, tools, ledger),
        messages=RunMessages(fence),
        references=RunReferences(
            run.owner_id, shared_scholar(), effects, asks=bool(env().registries)
        ),
        limits=PlanLimits(parts=env().plan_max_sections, words=env().plan_section_max_words),
        scholar=scholar,
        web=web,
        shelf=LibraryShelf(
            run.owner_id,
            embedder,
            run_db,
            ring=ring_file,
            patience=env().search_read_seconds,
            most_bytes=min(env().upload_max_bytes, env().fetch_max_bytes),
        ),
        originality=RunOriginality(run.owner_id, embedder),
        search=search_limits(),
        sandbox=ProcessSandbox(),
        drafts=RunDrafts(fence, run.owner_id, artifacts),
        tables=RunTables(run.owner_id),
        analysis=analysis_limits(),
        rewriting=Rewriting(
            chunk_words=env().rewrite_chunk_words, parts_at_once=env().rewrite_parts_at_once
        ),
    )
    # A tool that may not be used is not there, whoever (a model included) asks for it.
    tools.drop(_unreachable(deps))
    return deps


def _unreachable(deps: Deps) -> frozenset[str]:
    brief = read_brief(deps.task)
    reach = reach_of(deps, brief)
    barred = frozenset() if reach.scholarly else SCHOLARLY
    if not reach.web:
        barred |= WEB
    if not may_use_tools(deps, brief):
        barred |= LEARNING | {CALL} | {tool.name for tool in deps.tools.learnt()}
    return barred


def analysis_limits() -> AnalysisLimits:
    """How far this deployment lets one analysis go."""
    return AnalysisLimits(
        files=env().analysis_files_max,
        parts=env().analysis_parts_max,
        figure_bytes=env().analysis_figure_bytes,
        result_bytes=env().analysis_result_bytes,
        program_chars=env().analysis_program_chars,
    )


def search_limits() -> SearchLimits:
    """How far this deployment lets one run look outside."""
    return SearchLimits(
        works_per_query=env().search_works_per_query,
        candidates=env().search_candidates_max,
        kept=env().search_sources_max,
        full_texts=env().search_full_texts_max,
        full_text_bytes=env().search_bytes_max,
        round_seconds=env().search_round_seconds,
    )
