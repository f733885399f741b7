"""Critic: looks at what happened, runs the gates on a finished draft, and says where to go next."""

from __future__ import annotations

from typing import NamedTuple

from langgraph.runtime import Runtime

from autonomy.agents.approval import wants_approval
from autonomy.agents.best_draft import in_all, take_best
from autonomy.agents.delivery import cleaned, report
from autonomy.agents.draft_gates import citations_told, draft_gates, judge_draft
from autonomy.agents.reach import may_use_tools
from autonomy.agents.reply import is_reply
from autonomy.agents.revision import reinstate, revise, wrap_up
from autonomy.agents.routing import (
    Decision,
    Situation,
    finished,
    replan,
    route_draft,
    route_progress,
)
from autonomy.agents.steering import Taken, take
from autonomy.agents.tool_choice import fitting_tools
from autonomy.core.brief import read_brief
from autonomy.core.phrases import counted
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

HANDED_OVER = frozenset({Route.END, Route.TURNITIN_PAUSE})


class Reached(NamedTuple):
    """How far `reflect` has come: its decision, and what of the state and the log goes with it."""

    decision: Decision
    update: RunState
    events: list[EventDraft]


async def reflect(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Judge the superstep and choose the route; on a finished draft, run every gate first."""
    taken = await take(state, runtime.context, state["plan"])
    deps = taken.deps
    exhausted = await deps.budget.exhausted()
    update, events = _taken_up(state, taken, exhausted)
    situation = _situation({**state, **update}, taken, exhausted)
    decision = route_progress(situation)
    if taken.replan and not exhausted:
        decision = replan()
    ending = decision is not None and decision[0].route is Route.END
    if decision is None or (ending and situation.document_id):
        # Nothing is handed over unchecked, not even the draft of a run that is out of budget.
        decision, found, told = await _judge(decision, situation, state, deps, task_id(runtime))
        update, events = {**update, **found}, events + told
    (verdict, stop), found, told = _carried_out(decision, situation, {**state, **update}, deps)
    if verdict.route is Route.END:
        await _remember(situation, verdict, deps)
        found["stop_reason"] = stop
    given = EventDraft(
        type="verdict",
        source="critic",
        content=verdict.reason,
        meta={"verdict": verdict.model_dump(mode="json")},
    )
    return {
        **update,
        **found,
        "verdict": verdict,
        "route": verdict.route,
        "outbox": [*events, *told, given],
    }


def _taken_up(
    state: RunState, taken: Taken, exhausted: str | None
) -> tuple[RunState, list[EventDraft]]:
    """What messages and a raised budget change before anything is judged."""
    update: RunState = {**taken.update}
    events = [*taken.events]
    plan = taken.plan or state["plan"]
    if not exhausted:
        again_up = state.get("stop_reason", "") in LIMIT_REASONS
        if again_up:
            update["stop_reason"] = ""
        if (back := reinstate(plan, rule_written=again_up)) is not None:
            plan = back
            events.append(_planned(plan, "There is budget again: what was left out is written."))
    if plan is not state["plan"]:
        update["plan"] = plan
    update["loops"] = update.get("loops", state.get("loops", 0)) + 1
    return update, events


def _situation(state: RunState, taken: Taken, exhausted: str | None) -> Situation:
    """All that the routes depend on. A report on a draft that a message has changed since says
    nothing of what it will be."""
    deps = taken.deps
    brief = read_brief(deps.task)
    return Situation(
        plan=state["plan"],
        journey=deps.journey,
        loops=state["loops"],
        expansions=state.get("expansions", 0),
        repairs=state.get("repairs", 0),
        replans=state.get("replans", 0),
        revisions=state.get("revisions", 0),
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


async def _judge(
    decision: Decision | None, situation: Situation, state: RunState, deps: Deps, task: str
) -> Reached:
    """Run the gates on the draft, and look through it a last time where it is handed over.

    Args:
        decision: that the run ends; None where the gates are to say how it goes on.
        state: before this superstep.
        task: the LangGraph task id that judgements are recorded under.
    """
    update: RunState = {}
    events: list[EventDraft] = []
    document_id = state["document_id"]
    if situation.last_cycle_over:
        local = in_all(state.get("local_similarity"), state.get("local_quoted"))
        if (best := await take_best(document_id, local, deps)) is not None:
            document_id = update["document_id"] = best[0]
            events.append(best[1])
    judged = await judge_draft(document_id, deps, task)
    gates = await draft_gates(judged, state, deps)
    if decision is None:
        decision = route_draft(situation, gates)
    else:
        decision = decision[0].model_copy(update={"gates": gates}), decision[1]
    if decision[0].route in HANDED_OVER:
        if not situation.accepted and (clean := await cleaned(judged, deps)) is not None:
            judged = clean
            update["document_id"] = clean.document_id
            events += clean.events
            decision = _again(decision, situation, await draft_gates(judged, state, deps))
        await report(judged, judged.removals, deps)
    if not deps.journey.rewrites:
        events.append(citations_told(judged))
    return Reached(decision, update, events)


def _carried_out(decision: Decision, situation: Situation, state: RunState, deps: Deps) -> Reached:
    """What the decision does to the plan, or to the route where the person is to be asked first.

    Args:
        state: with everything that this superstep has changed so far.
    """
    verdict, stop = decision
    plan = situation.plan
    if verdict.kind is VerdictKind.RETRY:
        revised, why = revise(plan, verdict)
        update: RunState = {"plan": revised, "revisions": situation.revisions + 1}
        return Reached(decision, update, [_planned(revised, why)])
    if verdict.route is Route.ACT and situation.exhausted:
        wrapped = wrap_up(plan)
        why = "The rest is left out so that the draft can be handed over."
        return Reached(decision, {"plan": wrapped}, [_planned(wrapped, why)])
    if verdict.route is Route.ACT and wants_approval(state, deps):
        asks = verdict.model_copy(
            update={"route": Route.ASK, "reason": "The plan is shown to you first, as you asked."}
        )
        return Reached((asks, stop), {}, [])
    return Reached(decision, {}, [])


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


def _again(before: Decision, situation: Situation, gates: tuple[GateResult, ...]) -> Decision:
    """The decision about a draft that was cut: handed over all the same, since everything else was
    tried before, with the reason that is true of it now."""
    verdict, stop = before
    if situation.exhausted or verdict.route is not Route.END:
        return verdict.model_copy(update={"gates": gates}), stop
    failed = [gate for gate in gates if not gate.passed]
    return finished(gates, failed, " ".join(gate.message for gate in failed))


def _planned(plan: Plan, why: str) -> EventDraft:
    return EventDraft(
        type="plan.updated",
        source="critic",
        content=why,
        meta={"plan": plan.model_dump(mode="json")},
    )
