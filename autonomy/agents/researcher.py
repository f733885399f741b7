"""Researcher: widens the search where evidence is weak: more queries, other files, then outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from langgraph.runtime import Runtime

from autonomy.agents.look_plan import is_looking, kept_ids, tool_steps
from autonomy.agents.queries import outside_queries
from autonomy.agents.reach import Reach, reach_of
from autonomy.agents.revision import again, rewrite, set_aside
from autonomy.agents.widening import Round, Wanted, look_outside
from autonomy.agents.writer import topic_of
from autonomy.core.brief import Brief, read_brief
from autonomy.core.phrases import counted
from autonomy.core.ports import Deps, task_id
from autonomy.core.state import RunState
from autonomy.core.types import EventDraft, Passage, Plan, Step, StepKind, StepStatus
from autonomy.core.versions import Reason, VersionCause
from autonomy.core.words import content_words, key_terms, stems
from autonomy.tools.evidence import says_something, source_found, speaks_to
from autonomy.tools.library_tools import fuse

PASSAGES_PER_QUERY = 20
MAX_QUERIES = 8


def wider_queries(step: Step, topic: str, seen: list[Passage]) -> list[str]:
    """Queries beyond those that were tried: the heading alone, terms that recur in what was found
    (pseudo-relevance feedback), and the topic's own words in pairs."""
    tried = {q.lower() for q in step.input["queries"]}
    own = content_words(topic)
    ideas = [str(step.input["heading"]), topic]
    ideas += [
        f"{term} {topic}"
        for term in key_terms((p.text for p in seen), limit=3, exclude=stems(topic))
    ]
    ideas += [f"{a} {b}" for a, b in pairwise(own)]
    ideas += own
    fresh = dict.fromkeys(i for i in ideas if i.strip() and i.lower() not in tried)
    return list(fresh)[:MAX_QUERIES]


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where one round may look."""

    reach: Reach
    may_leave: bool
    """The person attached files, and the rest of their library is open to the run as well."""
    elsewhere: bool
    """This round looks in the whole library."""
    silent: bool
    """The topic is named, and nothing of what may be searched speaks to it."""
    topic: str
    source_ids: list[str]
    """What is searched; empty for the whole library."""


async def expand(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Look again for the sections that the verdict named, hand them what is new, and have what
    rests on it written again.

    A round looks in the same sources, then in the whole library, then outside, as far as the
    person and this server permit. It goes outside when nothing nearer speaks to the topic, gained
    anything or is left to try; a round that gains nothing anywhere is the last.
    """
    deps = runtime.context
    plan = state["plan"]
    brief = read_brief(deps.task)
    attempt = state.get("expansions", 0) + 1
    if all(step.id != "evidence" for step in plan.steps):
        return await _look_further(plan, attempt, brief, deps, task_id(runtime))
    evidence = plan.step("evidence")
    scope = await _scope(evidence, attempt, brief, deps)
    if scope.silent and not scope.reach.outside:
        return _nothing_speaks(scope, attempt, deps)
    hunt = _Hunt(deps, plan, evidence)
    wanting = _wanting(plan, state["verdict"].gaps)
    if not scope.silent:
        await hunt.inside(wanting, scope.source_ids, scope.elsewhere)
        await _tell_new_sources(hunt.found, deps, scope.elsewhere)
    inside = hunt.gained
    round_ = None
    if wanting and _goes_outside(scope, inside, attempt, plan, deps):
        allowed = frozenset(n for n, yes in state.get("tool_answers", {}).items() if yes)
        why = state["verdict"].reason
        round_ = await hunt.outside(wanting, brief, scope.reach, why, runtime, allowed)
    # Still nothing at all: the step stays failed, and the critic ends the run for want of evidence.
    some = any(hunt.shares.values())
    widened = _with_evidence(plan, evidence, hunt.shares, set(hunt.found)) if some else plan
    if round_ is not None:
        widened = _with_round(widened, round_)
    # With nothing new here and nowhere else to look, another round would only repeat this one.
    more_to_try = hunt.gained or (not scope.elsewhere and scope.may_leave and not scope.silent)
    return {
        "plan": widened,
        "expansions": attempt if more_to_try else max(attempt, deps.journey.max_expansions),
        "outbox": [_widened(widened, _said(hunt, inside, scope.elsewhere, round_))],
    }


async def _scope(evidence: Step, attempt: int, brief: Brief, deps: Deps) -> _Scope:
    reach = reach_of(deps, brief)
    may_leave = bool(deps.task.source_ids) and reach.library and not brief.only_attached
    elsewhere = attempt >= 2 and may_leave
    source_ids: list[str] = [] if elsewhere else list(deps.task.source_ids)
    topic = str(evidence.input.get("topic", ""))
    silent = False
    if evidence.status is StepStatus.FAILED and topic:
        near = await deps.library.search(topic, limit=PASSAGES_PER_QUERY, source_ids=source_ids)
        silent = not await speaks_to(deps.library, topic, near, source_ids)
    return _Scope(reach, may_leave, elsewhere, silent, topic, source_ids)


def _goes_outside(scope: _Scope, inside: int, attempt: int, plan: Plan, deps: Deps) -> bool:
    """Whether nothing nearer is left to try, or the plan's sources are from outside already."""
    nearer = not scope.silent and inside and not scope.elsewhere
    last = attempt >= deps.journey.max_expansions
    return scope.reach.outside and (not nearer or last or bool(kept_ids(plan)))


def _nothing_speaks(scope: _Scope, attempt: int, deps: Deps) -> RunState:
    again = scope.may_leave and not scope.elsewhere
    note = EventDraft(
        type="note",
        source="researcher",
        content=f"Searched again for “{scope.topic}”: nothing that speaks to it.",
    )
    return {"expansions": attempt if again else deps.journey.max_expansions, "outbox": [note]}


def _widened(plan: Plan, said: str) -> EventDraft:
    return EventDraft(
        type="plan.updated",
        source="researcher",
        content=said,
        meta={"plan": plan.model_dump(mode="json")},
    )


async def _look_further(plan: Plan, attempt: int, brief: Brief, deps: Deps, task: str) -> RunState:
    """Nothing was found to plan a document from: learn what the catalogue offers on the topic, and
    search with that. What failed so far is left out."""
    queries, _ = await outside_queries(deps, brief, key=f"{task}:queries")
    added = tool_steps(deps, brief, queries, kept_ids(plan), required=True)
    left_out = [set_aside(step, step.summary) for step in plan.failed()]
    widened = plan.replace(*left_out).model_copy(update={"version": plan.version + 1})
    widened = widened.model_copy(update={"steps": (*widened.steps, *added)})
    event = _widened(widened, f"Widened the search: {'; '.join(step.title for step in added)}.")
    return {"plan": widened, "expansions": attempt, "outbox": [event]}


def _said(hunt: _Hunt, inside: int, elsewhere: bool, round_: Round | None) -> str:
    where = "your whole library" if elsewhere else "the same sources"
    sections = counted(len(hunt.found), "section")
    said = f"Widened search in {where}: {counted(inside, 'new passage')} for {sections}."
    if round_ is None:
        return said
    if not inside:
        said = f"{counted(hunt.gained, 'new passage')} for {sections}."
    outside = counted(len(round_.source_ids), "new source")
    said = f"Looked outside: {outside}. {round_.summary()} {said}"
    return said if hunt.gained else f"{said} This round gained nothing, so it was the last."


class _Hunt:
    """What one round finds, section by section."""

    def __init__(self, deps: Deps, plan: Plan, evidence: Step) -> None:
        self._deps = deps
        self._plan = plan
        self.shares: dict[str, list[str]] = {
            str(n): list(ids) for n, ids in evidence.result.get("sections", {}).items()
        }
        for number in evidence.input["sections"]:
            self.shares.setdefault(str(number), [])
        self._taken = {pid for ids in self.shares.values() for pid in ids}
        self.found: dict[str, list[Passage]] = {}

    @property
    def gained(self) -> int:
        return sum(len(new) for new in self.found.values())

    def _hand(self, number: str, rankings: list[list[Passage]]) -> list[Passage]:
        free = (p for p in fuse(rankings) if p.id not in self._taken and says_something(p))
        new = list(islice(free, PASSAGES_PER_QUERY // 2))
        self._taken.update(p.id for p in new)
        self.shares[number] += [p.id for p in new]
        if new:
            self.found[number] = [*self.found.get(number, []), *new]
        return new

    async def inside(self, wanting: Sequence[Step], scope: list[str], elsewhere: bool) -> None:
        """Search the person's own sources with wider queries."""
        library = self._deps.library
        for step in wanting:
            number = str(step.input["number"])
            about = topic_of(step, self._deps)
            seen = await library.passages(self.shares[number][:8])
            queries = wider_queries(step, about, seen)
            own = self._plan.step(f"search-{number}").input.get("source_ids") or scope
            rankings = [
                await library.search(
                    q, limit=PASSAGES_PER_QUERY, source_ids=[] if elsewhere else own
                )
                for q in queries
            ]
            new = self._hand(number, rankings)
            await self._deps.events.emit(
                EventDraft(
                    type="action",
                    source="researcher",
                    content=f"Searched again for “{step.input['heading'] or about}”: {counted(len(new), 'new passage')}.",
                    meta={
                        "step_id": f"search-{number}",
                        "tool": "library.search",
                        "input": {"queries": queries},
                    },
                )
            )

    async def outside(
        self,
        wanting: Sequence[Step],
        brief: Brief,
        reach: Reach,
        why: str,
        runtime: Runtime[Deps],
        allowed: frozenset[str],
    ) -> Round:
        """Look outside, and search what came of it for every section that wants evidence."""
        deps, library = self._deps, self._deps.library
        seen = await library.passages(
            [pid for s in wanting for pid in self.shares[str(s.input["number"])][:8]]
        )
        ids = list(dict.fromkeys(p.source_id for p in seen))
        wanted = Wanted(
            brief=brief,
            reach=reach,
            plan=self._plan,
            gaps=wanting,
            topic=topic_of(wanting[0], deps),
            why=why,
            seen=seen,
            sources=await library.sources(ids) if ids else [],
            allowed=allowed,
        )
        round_ = await look_outside(deps, wanted, task=task_id(runtime))
        for step in wanting if round_.source_ids else ():
            queries = [topic_of(step, deps), *step.input["queries"]]
            rankings = [
                await library.search(str(q), limit=PASSAGES_PER_QUERY, source_ids=round_.source_ids)
                for q in dict.fromkeys(queries)
            ]
            self._hand(str(step.input["number"]), rankings)
        return round_


def _wider(step: Step, source_ids: list[str]) -> Step:
    named = step.input.get("source_ids")
    if not named or not (step.id == "evidence" or step.id.startswith("search-")):
        return step
    wider = list(dict.fromkeys([*named, *source_ids]))
    return step.model_copy(update={"input": {**step.input, "source_ids": wider}})


def _with_round(plan: Plan, round_: Round) -> Plan:
    """The plan with the round's own step before what rests on it, and its sources among those
    that are searched."""
    number = sum(1 for s in plan.steps if is_looking(s)) + 1
    steps = [_wider(step, round_.source_ids) for step in plan.steps]
    place = next((i for i, s in enumerate(steps) if s.id.startswith("search-")), 0)
    return plan.model_copy(update={"steps": (*steps[:place], round_.step(number), *steps[place:])})


def _wanting(plan: Plan, gaps: tuple[str, ...]) -> list[Step]:
    return [
        s for s in plan.steps if s.kind is StepKind.WRITE and str(s.input.get("number", "")) in gaps
    ]


async def _tell_new_sources(found: dict[str, list[Passage]], deps: Deps, elsewhere: bool) -> None:
    attached = set(deps.task.source_ids)
    ids = dict.fromkeys(p.source_id for new in found.values() for p in new)
    for source in await deps.library.sources(list(ids)) if ids else []:
        if elsewhere and source.id not in attached:
            reason = (
                "not among the attached files; found in your library when the search was widened"
            )
            await deps.events.emit(source_found(source, reason))


def _with_evidence(
    plan: Plan, evidence: Step, shares: dict[str, list[str]], changed: set[str]
) -> Plan:
    done = evidence.model_copy(
        update={
            "status": StepStatus.DONE,
            "result": {
                **evidence.result,
                "sections": shares,
                "thin": [n for n, ids in shares.items() if len(ids) < 2],
            },
        }
    )
    plan = plan.replace(done)
    steps = [again(s) for s in _wanting(plan, tuple(changed)) if s.status is not StepStatus.PENDING]
    why = f"More evidence was found for {counted(len(changed), 'section')}."
    return rewrite(plan, steps, Reason(cause=VersionCause.EVIDENCE, why=why))
