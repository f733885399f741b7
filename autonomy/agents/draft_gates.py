"""A finished draft held against all that can be said of it: passages, registries, gates."""

from __future__ import annotations

import asyncio

from autonomy.agents.analysed import load_analysis
from autonomy.agents.checking import check_claims
from autonomy.agents.data_plan import of_data_alone
from autonomy.agents.delivery import Judged
from autonomy.agents.gates import run_gates
from autonomy.agents.length import asked_words
from autonomy.agents.likeness import within
from autonomy.agents.revision_words import what_was_lost
from autonomy.agents.rewrite_result import rewriting_gates
from autonomy.core.phrases import counted
from autonomy.core.ports import Deps
from autonomy.core.state import RunState
from autonomy.core.types import EventDraft, GateResult, Plan
from autonomy.export.document import Document


async def judge_draft(document_id: str, deps: Deps, task: str) -> Judged:
    """The latest document with every citation checked and stored, and every cited work held
    against registries meanwhile."""
    document = Document.model_validate(await deps.artifacts.load(document_id))
    checks, references = await asyncio.gather(
        check_claims(document, deps, task),
        deps.references.check(document.sources, key="cited", ask=_may_ask(deps)),
    )
    await deps.artifacts.bind_citations(document_id, checks)
    return Judged(document_id, document, checks, references)


def _may_ask(deps: Deps) -> bool:
    """Whether registries may hear of the cited works: not where the person keeps to their files."""
    return deps.journey.gates.references_checked and deps.task.settings.search != "files"


async def draft_gates(judged: Judged, state: RunState, deps: Deps) -> tuple[GateResult, ...]:
    """What the journey's gates say of the draft, with what the run knows besides."""
    if deps.journey.rewrites:
        kept = await rewriting_gates(judged.document, deps)
        target = deps.task.settings.target_similarity
        if target is None:
            return kept
        return *kept, await within(target, judged.document_id, deps)
    available = await deps.library.sources(_searched(state["plan"], deps))
    # Data say as much as they say.
    expected = None if of_data_alone(state["plan"]) else asked_words(deps)
    return run_gates(
        judged.document,
        judged.checks,
        deps.journey,
        references=judged.references,
        asked_words=expected,
        lost=what_was_lost(
            state.get("cut", 0), state.get("shortened", 0), state.get("unfilled", "")
        ),
        available_sources=len(available),
        likeness=_likeness(state, judged.document_id),
        analyses=[await load_analysis(one, deps) for one in judged.document.analyses],
    )


def _likeness(state: RunState, document_id: str) -> tuple[float, float | None] | None:
    """What the product's own engine says of a revised draft, and said of the one before."""
    local = state.get("local_similarity")
    if local is None or state.get("local_document") != document_id:
        return None
    return local, state.get("local_before")


def _searched(plan: Plan, deps: Deps) -> list[str]:
    """Where the evidence was looked for; empty means the whole library."""
    evidence = next((s for s in plan.steps if s.id == "evidence"), None)
    named = evidence.input.get("source_ids") if evidence else None
    return [str(n) for n in named] if named else list(deps.task.source_ids)


def citations_told(judged: Judged) -> EventDraft:
    """The event that counts the verdicts on citations and cited works."""
    counts: dict[str, int] = {}
    for check in judged.checks:
        counts[check.verdict] = counts.get(check.verdict, 0) + 1
    said = ", ".join(
        f"{number} {verdict.replace('_', ' ')}" for verdict, number in sorted(counts.items())
    )
    works: dict[str, int] = {}
    for reference in judged.references:
        if reference.verdict is not None:
            works[reference.verdict] = works.get(reference.verdict, 0) + 1
    told = ", ".join(f"{n} {v.replace('_', ' ')}" for v, n in sorted(works.items()))
    return EventDraft(
        type="citation.verified",
        source="critic",
        content=f"{len(judged.checks)} citations checked: {said or 'none'}."
        + (f" {counted(sum(works.values()), 'reference')} looked up: {told}." if told else ""),
        meta={"counts": counts, "references": works},
    )
