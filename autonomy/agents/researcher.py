"""Researcher: widens the search where evidence is weak: more queries, more passages, other files."""

from __future__ import annotations

from itertools import pairwise

from langgraph.runtime import Runtime

from autonomy.agents.revision import again, rewrite
from autonomy.agents.writer import topic_of
from autonomy.core.brief import read_brief
from autonomy.core.ports import Deps
from autonomy.core.state import RunState
from autonomy.core.types import EventDraft, Passage, Plan, Step, StepKind, StepStatus
from autonomy.core.words import content_words, key_terms, stems
from autonomy.tools.evidence import source_found, speaks_to
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


async def expand(state: RunState, runtime: Runtime[Deps]) -> RunState:
    """Search again for the sections that the verdict named, hand them what is new, and have what
    rests on it written again. Looks beyond the attached files only on the second attempt and only
    if the person did not limit the sources."""
    deps = runtime.context
    plan = state["plan"]
    brief = read_brief(deps.task)
    attempt = state.get("expansions", 0) + 1
    may_leave = bool(deps.task.source_ids) and not brief.only_attached
    elsewhere = attempt >= 2 and may_leave
    scope: list[str] = [] if elsewhere else list(deps.task.source_ids)
    evidence = plan.step("evidence")
    topic = str(evidence.input.get("topic", ""))
    if evidence.status is StepStatus.FAILED and topic:
        near = await deps.library.search(topic, limit=PASSAGES_PER_QUERY, source_ids=scope)
        if not await speaks_to(deps.library, topic, near, scope):
            return {
                "expansions": attempt
                if may_leave and not elsewhere
                else deps.journey.max_expansions,
                "outbox": [
                    EventDraft(
                        type="note",
                        source="researcher",
                        content=f"Searched again for “{topic}”: nothing that speaks to it.",
                    )
                ],
            }
    shares: dict[str, list[str]] = {
        str(n): list(ids) for n, ids in evidence.result.get("sections", {}).items()
    }
    for number in evidence.input["sections"]:
        shares.setdefault(str(number), [])
    taken = {pid for ids in shares.values() for pid in ids}
    found: dict[str, list[Passage]] = {}
    for step in _wanting(plan, state["verdict"].gaps):
        number = str(step.input["number"])
        about = topic_of(step, deps)
        seen = await deps.library.passages(shares[number][:8])
        queries = wider_queries(step, about, seen)
        section_scope = plan.step(f"search-{number}").input.get("source_ids") or scope
        rankings = [
            await deps.library.search(
                q, limit=PASSAGES_PER_QUERY, source_ids=[] if elsewhere else section_scope
            )
            for q in queries
        ]
        new = [p for p in fuse(rankings) if p.id not in taken][: PASSAGES_PER_QUERY // 2]
        taken.update(p.id for p in new)
        shares[number] += [p.id for p in new]
        if new:
            found[number] = new
        await deps.events.emit(
            EventDraft(
                type="action",
                source="researcher",
                content=f"Searched again for “{step.input['heading'] or about}”: {len(new)} new passages.",
                meta={
                    "step_id": f"search-{number}",
                    "tool": "library.search",
                    "input": {"queries": queries},
                },
            )
        )
    await _tell_new_sources(found, deps, elsewhere)
    # Still nothing at all: the step stays failed, and the critic ends the run for want of evidence.
    widened = _with_evidence(plan, evidence, shares, set(found)) if any(shares.values()) else plan
    gained = sum(len(new) for new in found.values())
    where = "your whole library" if elsewhere else "the same sources"
    said = f"Widened search in {where}: {gained} new passages for {len(found)} sections."
    # With nothing new here and nowhere else to look, another round would only repeat this one.
    more_to_try = gained or (not elsewhere and may_leave)
    return {
        "plan": widened,
        "expansions": attempt if more_to_try else max(attempt, deps.journey.max_expansions),
        "outbox": [
            EventDraft(
                type="plan.updated",
                source="researcher",
                content=said,
                meta={"plan": widened.model_dump(mode="json")},
            )
        ],
    }


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
    return rewrite(plan, steps)
