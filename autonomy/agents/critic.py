"""Critic: looks at what happened, runs the gates on a finished draft, and says where to go next."""

from __future__ import annotations

import asyncio

from langgraph.runtime import Runtime

from autonomy.agents.analysed import load_analysis
from autonomy.agents.approval import wants_approval
from autonomy.agents.best_draft import in_all, take_best
from autonomy.agents.checking import check_claims
from autonomy.agents.data_plan import of_data_alone
from autonomy.agents.delivery import Judged, cleaned, report
from autonomy.agents.gates import run_gates
from autonomy.agents.length import asked_words
from autonomy.agents.likeness import within
from autonomy.agents.reach import may_use_tools
from autonomy.agents.reply import is_reply
from autonomy.agents.revision import reinstate, revise, wrap_up
from autonomy.agents.revision_words import what_was_lost
from autonomy.agents.rewrite_result import rewriting_gates
from autonomy.agents.routing import (
    Decision,
    Situation,
    finished,
    replan,
    route_draft,
    route_progress,
)
from autonomy.agents.steering import take
from autonomy.agents.tool_choice import fitting_tools
from autonomy.core.brief import read_brief
from autonomy.core.ports import Deps, task_id
from autonomy.core.state import RunState
from autonomy.core.types import (
    LIMIT_REASONS,
    EventDraft,
    GateResult,
    Plan,
    Route,
    Verdict,
    VerdictKind,
)
from autonomy.core.words import counted
from autonomy.export.document import Document

HANDED_OVER = frozenset({Route.END, Route.TURNITIN_PAUSE})


async def reflect(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Judge the superstep and choose the route; on a finished draft, run every gate first."""
    taken = await take(state, runtime.context, state["plan"])
    deps, plan = taken.deps, taken.plan or state["plan"]
    update: RunState = {**taken.update}
    events: list[EventDraft] = [*taken.events]
    exhausted = await deps.budget.exhausted()
    if not exhausted:
        again_up = state.get("stop_reason", "") in LIMIT_REASONS
        if again_up:
            update["stop_reason"] = ""
        if (back := reinstate(plan, rule_written=again_up)) is not None:
            plan = back
            events.append(_planned(plan, "There is budget again: what was left out is written."))
    if plan is not state["plan"]:
        update["plan"] = plan
    loops = update.get("loops", state.get("loops", 0)) + 1
    update["loops"] = loops
    brief = read_brief(deps.task)
    situation = Situation(
        plan=plan,
        journey=deps.journey,
        loops=loops,
        expansions=state.get("expansions", 0),
        repairs=state.get("repairs", 0),
        replans=state.get("replans", 0),
        revisions=update.get("revisions", state.get("revisions", 0)),
        cycles=state.get("cycles", 0),
        document_id=state.get("document_id", ""),
        # A rewriting is of the person's own words, and is held to no target.
        target_similarity=None if deps.journey.rewrites else deps.task.settings.target_similarity,
        reported_similarity=None if taken.changed else state.get("reported_similarity"),
        reported_below=state.get("reported_below", False),
        exhausted=exhausted,
        accepted=bool(state.get("report_accepted")) and not taken.changed,
        expired=state.get("report_expired", False) and not taken.changed,
        offers=may_use_tools(deps, brief) and bool(fitting_tools(deps, brief.topic).offers),
    )
    decision = route_progress(situation)
    if taken.replan and not exhausted:
        decision = replan()
    ending = decision is not None and decision[0].route is Route.END
    if decision is None or (ending and situation.document_id):
        document_id = state["document_id"]
        if situation.last_cycle_over:
            local = in_all(state.get("local_similarity"), state.get("local_quoted"))
            if (best := await take_best(document_id, local, deps)) is not None:
                document_id = update["document_id"] = best[0]
                events.append(best[1])
        # Nothing is handed over unchecked, not even the draft of a run that is out of budget.
        judged = await _judged(document_id, deps, task_id(runtime))
        gates = await _gates(judged, state, deps)
        if decision is None:
            decision = route_draft(situation, gates)
        else:
            decision = decision[0].model_copy(update={"gates": gates}), decision[1]
        if decision[0].route in HANDED_OVER:
            if not situation.accepted and (clean := await cleaned(judged, deps)) is not None:
                judged = clean
                update["document_id"] = clean.document_id
                events += clean.events
                decision = _again(decision, situation, await _gates(judged, state, deps))
            await report(judged, judged.removals, deps)
        if not deps.journey.rewrites:
            events.append(_checked(judged))
    verdict, stop = decision
    if verdict.kind is VerdictKind.RETRY:
        revised, extra = revise(plan, verdict)
        update["plan"] = revised
        update["revisions"] = situation.revisions + 1
        events.append(_planned(revised, extra))
    elif verdict.route is Route.ACT and situation.exhausted:
        wrapped = wrap_up(plan)
        update["plan"] = wrapped
        events.append(
            _planned(wrapped, "The rest is left out so that the draft can be handed over.")
        )
    elif verdict.route is Route.ACT and _ask_first(state, update, plan, deps):
        verdict = verdict.model_copy(
            update={"route": Route.ASK, "reason": "The plan is shown to you first, as you asked."}
        )
    elif verdict.route is Route.END:
        update["stop_reason"] = stop
        await _remember(situation, verdict, deps)
    update["verdict"] = verdict
    update["route"] = verdict.route
    update["outbox"] = [
        *events,
        EventDraft(
            type="verdict",
            source="critic",
            content=verdict.reason,
            meta={"verdict": verdict.model_dump(mode="json")},
        ),
    ]
    return update


def _ask_first(state: RunState, update: RunState, plan: Plan, deps: Deps) -> bool:
    """Whether a person who asked to see the plan has to agree before it goes on."""
    seen: RunState = {**state, **update, "plan": plan}
    return wants_approval(seen, deps)


async def _remember(situation: Situation, verdict: Verdict, deps: Deps) -> None:
    """Keep for later runs what this one wrote, and what stayed open."""
    if situation.document_id and not is_reply(situation.plan) and not deps.journey.rewrites:
        titles = [
            str(s.csl.get("title") or s.file_name)
            for s in await deps.library.sources(deps.task.source_ids)
        ]
        open_points = [g.message for g in verdict.gates if not g.passed]
        await deps.notes.remember(
            "document",
            f"“{situation.plan.title}” was written from {counted(len(titles), 'source')} ({'; '.join(titles[:5])}). "
            + (f"Open: {' '.join(open_points)}" if open_points else "Every gate passed."),
        )


async def _judged(document_id: str, deps: Deps, task: str) -> Judged:
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


async def _gates(judged: Judged, state: RunState, deps: Deps) -> tuple[GateResult, ...]:
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


def _again(before: Decision, situation: Situation, gates: tuple[GateResult, ...]) -> Decision:
    """The decision about a draft that was cut: handed over all the same, since everything else was
    tried before, with the reason that is true of it now."""
    verdict, stop = before
    if situation.exhausted or verdict.route is not Route.END:
        return verdict.model_copy(update={"gates": gates}), stop
    failed = [gate for gate in gates if not gate.passed]
    return finished(gates, failed, " ".join(gate.message for gate in failed))


def _checked(judged: Judged) -> EventDraft:
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


def _planned(plan: Plan, why: str) -> EventDraft:
    return EventDraft(
        type="plan.updated",
        source="critic",
        content=why,
        meta={"plan": plan.model_dump(mode="json")},
    )
