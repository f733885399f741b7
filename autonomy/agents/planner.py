"""Planner: reads the request and the sources, and makes or remakes the plan."""

from __future__ import annotations

from langgraph.runtime import Runtime

from autonomy.agents.data_plan import (
    answer_from_data,
    attached_tables,
    data_alone,
    keep_computed,
    not_computed,
    tables_of,
)
from autonomy.agents.draft_plan import HONEST, asks_to_evade, parts_plan, reading_plan
from autonomy.agents.look_plan import is_looking, kept_ids, look_plan, settled
from autonomy.agents.outline import Outline, OutlineSection, rule_outline
from autonomy.agents.plan_comparison import described
from autonomy.agents.plan_edit import keep_finished
from autonomy.agents.queries import outside_queries
from autonomy.agents.reach import Reach, may_use_tools, on_topic, reach_of, why_outside
from autonomy.agents.reply import is_small_talk, reply_plan
from autonomy.agents.revision import again, because
from autonomy.agents.rewrite_result import keep_original, load_draft
from autonomy.agents.steering import asked_in, shaped, take
from autonomy.agents.tool_calls import Calls, calls_for
from autonomy.agents.writer import OPENING_PASSAGES
from autonomy.agents.writing_plan import steps_plan, survey_plan
from autonomy.agents.writing_steps import is_section
from autonomy.core import prompts
from autonomy.core.brief import Brief, read_brief
from autonomy.core.phrases import clause
from autonomy.core.ports import BudgetExhausted, Deps, ModelUnavailable, task_id
from autonomy.core.state import RunState
from autonomy.core.types import (
    Author,
    EventDraft,
    Plan,
    Source,
    Steering,
    Step,
    StepKind,
    StepStatus,
    StopReason,
)
from autonomy.core.words import key_terms, stems
from autonomy.library.reference_headings import is_references_heading

_TOPIC_CANDIDATES = 12
"""Terms that the sources share, among which their topic is looked for."""


async def plan(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Make the plan: first what to read, then, once that is done, the outline and its steps."""
    # The plan's channel starts as an empty plan, not as nothing.
    former = state["plan"] if state.get("plan") and state["plan"].steps else None
    taken = await take(state, runtime.context, former)
    deps, former = taken.deps, taken.plan
    steering = taken.update.get("steering") or state.get("steering")
    brief = read_brief(deps.task)
    update: RunState = {"loops": state.get("loops", 0), **taken.update}
    if deps.journey.rewrites:
        return await _rewriting(former, deps, update, taken.events)
    if former is None and not is_small_talk(deps):
        await _recall(brief, deps)
    if former is None and is_small_talk(deps):
        made = reply_plan(deps.task.goal)
    elif former is None and (alone := await _of_data(deps, brief)) is not None:
        made = alone
    elif (looking := await _looking(deps, brief, former, task_id(runtime))) is not None:
        made = looking
    elif former is None and (deps.journey.survey or await _still_reading(deps)):
        made = survey_plan(deps.task.source_ids, instead=_instead(deps, brief))
    else:
        made, notice = await _outlined(deps, brief, former, task_id(runtime), steering)
        update["notice"] = notice  # An earlier plan's says nothing of this one.
        if notice:
            await deps.events.emit(EventDraft(type="note", source="planner", content=notice))
        if former is not None:
            update["replans"] = state.get("replans", 0) + 1
            if steering is not None and any(is_section(s) for s in former.steps):
                made = because(made, asked_in(steering.messages[-1:]))
    update["plan"] = made
    update["outbox"] = [
        *(event for event in taken.events if event.type != "plan.updated"),
        EventDraft(
            type="plan.updated",
            source="planner",
            content=_announced(made, state.get("plan")),
            meta={"plan": made.model_dump(mode="json")},
        ),
    ]
    return update


async def _of_data(deps: Deps, brief: Brief) -> Plan | None:
    """The plan of a document from nothing but the attached tables, or of an answer that they give;
    None when there is more to it, or nothing can be computed here."""
    if not deps.journey.survey:
        return await answer_from_data(deps, brief)
    tables = await attached_tables(deps, brief)
    if not tables or await not_computed(deps, tables):
        return None
    words = brief.length_words or deps.journey.default_words
    reading = survey_plan(deps.task.source_ids).steps
    return data_alone(tables, brief, words, version=1, done=reading)


async def _rewriting(
    former: Plan | None, deps: Deps, update: RunState, events: list[EventDraft]
) -> RunState:
    """The plan that improves a draft: to read it, then, once it is read, its parts. The draft as it
    was brought is the document's first version."""
    if former is None:
        made = reading_plan(deps)
        if asks_to_evade(deps.task.goal):
            await deps.events.emit(EventDraft(type="note", source="planner", content=HONEST))
        if deps.task.settings.target_similarity is not None:
            said = (
                "No similarity report is asked for: a rewriting changes words of your own, and is "
                "not held to a target."
            )
            await deps.events.emit(EventDraft(type="note", source="planner", content=said))
    else:
        read = former.step("read")
        draft, ref = await load_draft(str(read.result["draft_id"]), deps)
        made = parts_plan(draft, read, deps, version=former.version + 1)
        update["document_id"] = await keep_original(draft, ref, deps)
        update["replans"] = 1
    update["plan"] = made
    update["outbox"] = [
        *(event for event in events if event.type != "plan.updated"),
        EventDraft(
            type="plan.updated",
            source="planner",
            content=f"Plan {made.version}: {made.rationale}",
            meta={"plan": made.model_dump(mode="json")},
        ),
    ]
    return update


def _announced(made: Plan, shown: Plan | None) -> str:
    """What a plan is made of; of one made anew, what is different from the plan that was shown."""
    if shown is None or not any(is_section(step) for step in shown.steps):
        return f"Plan {made.version}: {len(made.steps)} steps. {made.rationale}"
    what = described(shown, made)
    return f"Plan {made.version}: {what}." if what else "Nothing in the plan changed."


async def _recall(brief: Brief, deps: Deps) -> None:
    """Tell the person what was written on this before; earlier work is worth building on."""
    for note in await deps.notes.recall(brief.topic, limit=2):
        await deps.events.emit(
            EventDraft(type="note", source="planner", content=f"From earlier: {note}")
        )


async def _looking(deps: Deps, brief: Brief, former: Plan | None, task: str) -> Plan | None:
    """The plan that looks for sources outside first; None when that is not wanted, not possible,
    or done."""
    reach = reach_of(deps, brief)
    if any(is_looking(s) or is_section(s) for s in _steps(former)):
        return None
    may_call = may_use_tools(deps, brief) and bool(deps.tools.learnt())
    if not reach.outside and not may_call:
        return None
    states = await deps.library.files(deps.task.source_ids)
    if former is None and any(state.status not in ("ready", "failed") for state in states):
        return None  # What is still being read may be all that is wanted; the survey waits for it.
    named = await calls_for(deps, key=f"{task}:calls") if may_call else Calls()
    for said in named.notes:
        await deps.events.emit(EventDraft(type="note", source="planner", content=said))
    known = await deps.library.sources(deps.task.source_ids)
    why = await why_outside(deps, brief, reach, known)
    if not why and not named.calls:
        return None
    own = await _own(deps, brief, reach)
    queries: list[str] = []
    if why:
        queries, _ = await outside_queries(deps, brief, key=f"{task}:queries")
    else:
        reach = Reach(library=reach.library)
        why = f"You asked for {' and '.join(dict.fromkeys(call.tool for call in named.calls))} to be used."
    await deps.events.emit(EventDraft(type="note", source="planner", content=why))
    read = next((s for s in _steps(former) if s.id == "read"), None)
    return look_plan(
        deps,
        brief,
        reach,
        queries,
        why=why,
        known=[source.id for source in own],
        required=not own and not named.calls,
        calls=named.calls,
        read=read,
        version=former.version + 1 if former else 1,
    )


def _steps(plan: Plan | None) -> tuple[Step, ...]:
    return plan.steps if plan else ()


async def _own(deps: Deps, brief: Brief, reach: Reach) -> list[Source]:
    """What the person has for this document: what they attached, or else what their library
    holds on the topic."""
    if deps.task.source_ids:
        return await deps.library.sources(deps.task.source_ids)
    if not reach.library:
        return []
    return await on_topic(deps, brief.topic, own_only=True)


def _instead(deps: Deps, brief: Brief) -> str:
    """What else a person without files could do, where they have ruled it out themselves."""
    if deps.scholar is None or deps.shelf is None or reach_of(deps, brief).outside:
        return ""
    return "or let it look in scholarly registries"


async def _still_reading(deps: Deps) -> bool:
    """Whether files of this task cannot be searched yet, or there are none at all (then even an
    answer begins with a survey, which waits or says what is missing)."""
    states = await deps.library.files(deps.task.source_ids)
    pending = any(state.status not in ("ready", "failed") for state in states)
    return pending or not await deps.library.sources(deps.task.source_ids)


async def _outlined(
    deps: Deps, brief: Brief, former: Plan | None, task: str, steering: Steering | None
) -> tuple[Plan, str]:
    """The plan that writes the document, and a notice when a model was wanted but not to be had."""
    read = next((s for s in former.steps if s.id == "read"), None) if former else None
    known = read.result.get("source_ids", []) if read else list(deps.task.source_ids)
    if any(is_looking(s) for s in _steps(former)):
        own = await _own(deps, brief, reach_of(deps, brief))
        known = list(dict.fromkeys([*(s.id for s in own), *kept_ids(former)])) or known
    sources = await deps.library.sources(known)
    # What a question asks of data is computed from the start, or else read as text.
    tables = tables_of(deps, sources) if deps.journey.survey else []
    undone = await not_computed(deps, tables)
    if undone:
        await deps.events.emit(EventDraft(type="note", source="planner", content=undone))
        tables = []
    version = former.version + 1 if former else 1
    kept = tuple(settled(former)) if former else ()
    if tables:
        computed = {source.id for source in tables}
        sources = [source for source in sources if source.id not in computed]
        known = [source.id for source in sources]
        if not sources:
            words = brief.length_words or deps.journey.default_words
            alone = data_alone(tables, brief, words, version=version, done=kept)
            return keep_computed(alone, former), ""
    if not brief.named and deps.journey.survey:
        brief = brief.model_copy(update={"topic": await _topic_of(sources, deps)})
    outline, notice = await _outline(deps, brief, sources, task, former)
    if notice and former is not None and any(is_section(s) for s in former.steps):
        # A plan that a model made is not thrown away for the template because the model is gone.
        return _kept(former, deps), notice.replace("was made by rule", "was left as it is")
    outline, journey = shaped(outline, deps.journey, steering, deps.limits)
    made = steps_plan(
        outline, journey, brief, known, version=version, done=kept, tables=tables, undone=undone
    )
    made = keep_computed(made, former)
    if former is not None:
        made = keep_finished(made, former, (s.heading for s in outline.sections if s.keep))
    return made, notice


def _kept(former: Plan, deps: Deps) -> Plan:
    """The plan as it stands, for a writer that is told what the planner could not be."""
    version = former.version + 1
    if not deps.models.available("writer"):
        return former.model_copy(update={"version": version})
    redone = [again(s) for s in former.steps if s.kind is StepKind.WRITE or s.id == "assemble"]
    return former.replace(*redone).model_copy(update={"version": version})


async def _topic_of(sources: list[Source], deps: Deps) -> str:
    """What the sources have in common, for a request that names no topic: terms that recur in
    their openings, or else their titles."""
    openings = [await deps.library.opening(s.id, limit=OPENING_PASSAGES) for s in sources[:12]]
    titles = [str(s.csl.get("title") or s.file_name) for s in sources]
    # Of terms that as many sources have, those that titles are made of say best what it is about.
    named = stems(" ".join(titles))
    shared = key_terms(
        (" ".join(p.text for p in passages) for passages in openings), limit=_TOPIC_CANDIDATES
    )
    shared.sort(key=lambda term: -len(stems(term) & named))
    terms = shared or key_terms((p.text for passages in openings for p in passages), limit=2)
    terms = terms[:2]
    return " and ".join(terms) if terms else "; ".join(titles[:3])


async def _outline(
    deps: Deps, brief: Brief, sources: list[Source], task: str, former: Plan | None
) -> tuple[Outline, str]:
    fixed = rule_outline(deps.journey, brief, sources)
    if deps.journey.annotations or not deps.journey.survey:
        return fixed, ""
    if not deps.models.available("planner"):
        reason = deps.models.unavailable("planner")
        return fixed, f"The plan was made by rule, because {reason}" if reason else ""
    openings = [p for s in sources[:12] for p in await deps.library.opening(s.id, limit=3)]
    prompt = prompts.planner(
        task=deps.task,
        journey_title=deps.journey.title,
        words=brief.length_words or deps.journey.default_words,
        sources=sources,
        openings=openings,
        guidance=deps.guidance,
        outline=[
            (str(s.input["heading"]), s.status is StepStatus.DONE)
            for s in (former.steps if former else ())
            if is_section(s)
        ],
    )
    try:
        answer = await deps.models.structured(
            "planner",
            key=f"{task}:plan",
            prompt=prompt,
            output=prompts.PlannedDocument,
        )
    except ModelUnavailable as error:
        return fixed, f"The plan was made by rule, because {error.reason}"
    except BudgetExhausted as limit:
        if limit.stop_reason == StopReason.BUDGET_SECONDS:
            raise
        return fixed, f"The plan was made by rule, because {clause(str(limit))}"
    total = sum(max(s.words, 1) for s in answer.sections) or 1
    sections = tuple(
        OutlineSection(
            heading=s.heading,
            purpose=s.purpose,
            queries=tuple(q for q in s.queries if q.strip())[:6] or (f"{s.heading} {brief.topic}",),
            share=max(s.words, 1) / total * len(answer.sections),
            keep=s.keep,
        )
        for s in answer.sections
        if s.heading.strip().lower() not in {"introduction", "conclusion"}
        and not is_references_heading(s.heading)
    )
    if not sections:
        return fixed, "The plan was made by rule, because the model's outline had no body sections."
    return Outline(
        title=answer.title or fixed.title,
        sections=sections,
        author=Author.MODEL,
        rationale=answer.rationale,
        simulated=deps.models.simulated(f"{task}:plan"),
    ), ""
