"""One round of looking outside for sections that want evidence: search, follow, keep, read.

Everything goes through the registered tools, so that limits, records and reasons are those of the
plan's own steps. The round leaves a finished step in the plan that says what it asked and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autonomy.agents.look_plan import (
    MORE,
    as_query,
    asked_queries,
    followed_ids,
    is_looking,
    kept_ids,
    period_of,
    spent,
)
from autonomy.agents.queries import outside_queries
from autonomy.agents.reach import Reach, kept_wanted
from autonomy.agents.tool_choice import best_of, fitting_tools
from autonomy.agents.tool_repair import event_of, mend_called
from autonomy.core.brief import Brief
from autonomy.core.period import without_period
from autonomy.core.ports import Deps, OutcomeUnknown, ResultLost
from autonomy.core.types import EventDraft, Passage, Plan, Source, Step, StepKind, StepStatus
from autonomy.tools.learnt.run_tools import LEARN, SEARCH
from autonomy.tools.registry import ToolContext, ToolFailure

FOLLOWED = 3
"""Sources whose references one round follows."""
PAGES = 4
MOST_SECTION_QUERIES = 12
MOST_TOOL_QUERIES = 6


@dataclass(slots=True)
class Round:
    """What one look outside came to."""

    source_ids: list[str] = field(default_factory=list)
    """New to the run."""
    questions: list[dict[str, Any]] = field(default_factory=list)
    full_texts: int = 0
    full_text_bytes: int = 0
    said: list[str] = field(default_factory=list)
    tool: str = "scholarly.search"
    """That it began with."""

    def add(self, result: Mapping[str, Any]) -> None:
        self.questions += result.get("questions", [])
        self.source_ids += [i for i in result.get("source_ids", []) if i not in self.source_ids]
        self.full_texts += int(result.get("full_texts", 0))
        self.full_text_bytes += int(result.get("full_text_bytes", 0))
        if result.get("said"):
            self.said.append(str(result["said"]))

    def step(self, number: int) -> Step:
        """The finished step that tells of it."""
        return Step(
            id=f"{MORE}{number}",
            kind=StepKind.TOOL,
            title="Look for more sources",
            tool=self.tool,
            status=StepStatus.DONE,
            attempts=1,
            summary=self.summary(),
            result={
                "source_ids": self.source_ids,
                "questions": self.questions,
                "full_texts": self.full_texts,
                "full_text_bytes": self.full_text_bytes,
            },
        )

    def summary(self) -> str:
        return " ".join(self.said) or "There was nothing new to ask."


async def look_outside(
    deps: Deps,
    brief: Brief,
    reach: Reach,
    plan: Plan,
    gaps: Sequence[Step],
    *,
    topic: str,
    why: str,
    task: str,
    seen: Sequence[Passage],
    sources: Sequence[Source],
    allowed: frozenset[str] = frozenset(),
) -> Round:
    """Look for sources that `gaps` want; what is new is in the person's library afterwards.

    Args:
        why: what the critic said.
        task: keys the calls.
        seen: passages that were found so far; `sources`: what they are from.
        allowed: tools that ask first, and that the person has let this run use.
    """
    round_ = Round(tool=_first(reach))
    number = sum(1 for s in plan.steps if is_looking(s)) + 1
    queries, author = await outside_queries(
        deps,
        brief.model_copy(update={"topic": topic}),
        key=f"{task}:queries",
        gaps=gaps,
        why=why,
        seen=seen,
        titles=[str(s.csl.get("title") or s.file_name) for s in sources],
        asked=frozenset(asked_queries(plan)),
    )
    use = _Tools(deps, f"{task}:outside-{number}", f"{MORE}{number}", round_)
    if queries:
        await deps.events.emit(
            EventDraft(
                type="action",
                source="researcher",
                content=f"Looking outside for: {'; '.join(queries)}.",
                meta={
                    "step_id": f"{MORE}{number}",
                    "tool": _first(reach),
                    "input": {"queries": queries},
                    "author": author,
                },
            )
        )
    known = list(dict.fromkeys([*deps.task.source_ids, *kept_ids(plan), *(s.id for s in sources)]))
    if reach.scholarly:
        await _scholarly(deps, brief, plan, gaps, queries, known, topic, use)
    if reach.tools:
        # What registries were asked before is new to a tool.
        own = queries or [as_query(topic)]
        await _with_tools(deps, brief, own, known, topic, allowed, use)
    asked_for_web = deps.task.settings.search == "everything"
    if reach.web and queries and (asked_for_web or not round_.source_ids):
        await use("web.search", {"queries": queries[:3]})
        web = [q for q in round_.questions if q.get("kind") == "web"]
        if web:
            await use(
                "web.read",
                {"topic": topic, "questions": web, "most": PAGES, "known": known},
            )
    round_.source_ids = [i for i in round_.source_ids if i not in known]
    return round_


def _first(reach: Reach) -> str:
    """The tool that a round begins with."""
    if reach.scholarly:
        return "scholarly.search"
    return SEARCH if reach.tools else "web.search"


class _Tools:
    """Calls registered tools for one round. A learnt tool that failed is mended where that can be
    proven, and called again; one that fails for good costs the round its part only."""

    def __init__(self, deps: Deps, key: str, step_id: str, round_: Round) -> None:
        self._deps = deps
        self._key = key
        self._step_id = step_id
        self.round = round_
        self.learnt: list[str] = []
        """Names of tools that this round learnt."""

    async def __call__(self, name: str, given: Mapping[str, Any]) -> None:
        try:
            result = await self._called(name, given)
        except ToolFailure as failure:
            result = await self._mended(name, given, failure)
        if result is not None:
            self.round.add(result)
            self.learnt += result.get("tools", [])

    async def _called(self, name: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """What the tool gave back; None where nobody can say, which the round then does."""
        context = ToolContext(
            library=self._deps.library,
            events=self._deps.events,
            results={},
            effects=self._deps.effects,
            key=f"{self._key}:{name}:{given.get('tool') or given.get('offer') or ''}",
            scholar=self._deps.scholar,
            web=self._deps.web,
            shelf=self._deps.shelf,
            search=self._deps.search,
            tools=self._deps.tools,
            learning=self._deps.learning,
        )
        try:
            output = await self._deps.tools.call(name, context, given)
        except (OutcomeUnknown, ResultLost) as lost:
            who = given.get("tool") or name
            self.round.said.append(f"What {who} found cannot be used: {lost.why}.")
            return None
        result: dict[str, Any] = output.model_dump(mode="json")
        return result

    async def _mended(
        self, name: str, given: Mapping[str, Any], failure: ToolFailure
    ) -> dict[str, Any] | None:
        """What the tool gave back once it was mended; None where it was not."""
        error = failure.error
        learnt = str(error.detail.get("tool") or given.get("tool") or "")
        mend = await mend_called(learnt, error, self._deps, f"{self._key}:mend:{learnt}")
        if mend is None:
            self.round.said.append(str(failure))
            return None
        await self._deps.events.emit(event_of(mend, self._step_id))
        self.round.said.append(mend.said)
        if not mend.mended:
            return None
        try:
            # What it answered before it failed stands in the ledger and is not asked for again.
            return await self._called(name, given)
        except ToolFailure as again:
            self.round.said.append(str(again))
            return None


async def _with_tools(
    deps: Deps,
    brief: Brief,
    queries: Sequence[str],
    known: Sequence[str],
    topic: str,
    allowed: frozenset[str],
    use: _Tools,
) -> None:
    """Search with the learnt tools that fit; where those bring nothing, learn one from the
    catalogue and search with that. A tool that asks first is asked about in the plan's own steps,
    not in the middle of a round."""
    period = period_of(deps)
    given = {
        "queries": list(queries)[:MOST_TOOL_QUERIES],
        "topic": without_period(topic),
        "most": max(3, kept_wanted(deps, brief) // 2),
        "from_year": period.first,
        "to_year": period.last,
        "known": list(known),
    }
    fitting = fitting_tools(deps, topic)
    for name in fitting.tools:
        if name in allowed or not deps.tools.asks(name):
            await use(SEARCH, {**given, "tool": name})
    if use.round.source_ids:
        return
    for offer in fitting.offers:
        await use(LEARN, {"offer": offer})
    for name in best_of(deps, use.learnt, topic):
        await use(SEARCH, {**given, "tool": name})


async def _scholarly(
    deps: Deps,
    brief: Brief,
    plan: Plan,
    gaps: Sequence[Step],
    queries: Sequence[str],
    known: Sequence[str],
    topic: str,
    use: _Tools,
) -> None:
    period = period_of(deps)
    years = {"from_year": period.first, "to_year": period.last}
    if queries:
        await use("scholarly.search", {"queries": list(queries), **years})
    followed = followed_ids(plan)
    best = [i for i in kept_ids(plan) if i not in followed][:FOLLOWED]
    if best:
        await use("scholarly.follow", {"source_ids": best, "most_sources": FOLLOWED})
    asked = [q for q in use.round.questions if q.get("kind") != "web"]
    if not asked:
        return
    texts = max(0, deps.search.full_texts - spent(plan, "full_texts"))
    size = max(0, deps.search.full_text_bytes - spent(plan, "full_text_bytes"))
    wanted = [str(q) for s in gaps for q in s.input.get("queries", [])]
    await use(
        "scholarly.keep",
        {
            "topic": without_period(topic),
            "queries": list(dict.fromkeys([*queries, *wanted]))[:MOST_SECTION_QUERIES],
            "questions": asked,
            "most": max(3, kept_wanted(deps, brief) // 2),
            "full_texts": texts,
            "full_text_bytes": size,
            "known": list(known),
            **years,
        },
    )
