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
from autonomy.core.types import (
    Author,
    EventDraft,
    Passage,
    Plan,
    Source,
    Step,
    StepKind,
    StepStatus,
)
from autonomy.tools.learnt.run_tools import LEARN, SEARCH
from autonomy.tools.registry import ToolContext, ToolFailure

FOLLOWED = 3
"""Sources whose references one round follows."""
PAGES = 4
MOST_SECTION_QUERIES = 12
MOST_TOOL_QUERIES = 6
MOST_WEB_QUERIES = 3


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


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a round looks for, and from where it starts."""

    brief: Brief
    reach: Reach
    plan: Plan
    gaps: Sequence[Step]
    """Writing steps that want evidence."""
    topic: str
    why: str
    """What the critic said."""
    seen: Sequence[Passage]
    """Passages that were found so far."""
    sources: Sequence[Source]
    """What they are from."""
    allowed: frozenset[str] = frozenset()
    """Tools that ask first, and that the person has let this run use."""

    @property
    def number(self) -> int:
        """Of the round, from 1."""
        return 1 + sum(1 for step in self.plan.steps if is_looking(step))

    def known(self, deps: Deps) -> list[str]:
        """Ids of sources that would be nothing new."""
        own = (source.id for source in self.sources)
        return list(dict.fromkeys([*deps.task.source_ids, *kept_ids(self.plan), *own]))


async def look_outside(deps: Deps, wanted: Wanted, *, task: str) -> Round:
    """Look for sources that the gaps want; what is new is in the person's library afterwards.

    Args:
        task: the LangGraph task id that calls are recorded under.
    """
    reach, topic = wanted.reach, wanted.topic
    round_ = Round(tool=_first(reach))
    queries, author = await outside_queries(
        deps,
        wanted.brief.model_copy(update={"topic": topic}),
        key=f"{task}:queries",
        gaps=wanted.gaps,
        why=wanted.why,
        seen=wanted.seen,
        titles=[str(s.csl.get("title") or s.file_name) for s in wanted.sources],
        asked=frozenset(asked_queries(wanted.plan)),
    )
    step_id = f"{MORE}{wanted.number}"
    if queries:
        await deps.events.emit(_looking(step_id, round_.tool, queries, author))
    use = _Tools(deps, f"{task}:outside-{wanted.number}", step_id, round_)
    known = wanted.known(deps)
    if reach.scholarly:
        await _scholarly(deps, wanted, queries, known, use)
    if reach.tools:
        # What registries were asked before is new to a tool.
        await _with_tools(deps, wanted, queries or [as_query(topic)], known, use)
    asked_for_web = deps.task.settings.search == "everything"
    if reach.web and queries and (asked_for_web or not round_.source_ids):
        await _web(topic, queries, known, use)
    round_.source_ids = [i for i in round_.source_ids if i not in known]
    return round_


def _looking(step_id: str, tool: str, queries: list[str], author: Author) -> EventDraft:
    return EventDraft(
        type="action",
        source="researcher",
        content=f"Looking outside for: {'; '.join(queries)}.",
        meta={"step_id": step_id, "tool": tool, "input": {"queries": queries}, "author": author},
    )


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
        subject = given.get("tool") or given.get("offer") or ""
        context = ToolContext.of(self._deps, f"{self._key}:{name}:{subject}")
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
    deps: Deps, wanted: Wanted, queries: Sequence[str], known: Sequence[str], use: _Tools
) -> None:
    """Search with the learnt tools that fit; where those bring nothing, learn one from the
    catalogue and search with that. A tool that asks first is asked about in the plan's own steps,
    not in the middle of a round."""
    period = period_of(deps)
    given = {
        "queries": list(queries)[:MOST_TOOL_QUERIES],
        "topic": without_period(wanted.topic),
        "most": max(3, kept_wanted(deps, wanted.brief) // 2),
        "from_year": period.first,
        "to_year": period.last,
        "known": list(known),
    }
    fitting = fitting_tools(deps, wanted.topic)
    for name in fitting.tools:
        if name in wanted.allowed or not deps.tools.asks(name):
            await use(SEARCH, {**given, "tool": name})
    if use.round.source_ids:
        return
    for offer in fitting.offers:
        await use(LEARN, {"offer": offer})
    for name in best_of(deps, use.learnt, wanted.topic):
        await use(SEARCH, {**given, "tool": name})


async def _scholarly(
    deps: Deps, wanted: Wanted, queries: Sequence[str], known: Sequence[str], use: _Tools
) -> None:
    """Ask registries, follow the references of what was kept, keep what fits of the answers."""
    period = period_of(deps)
    years = {"from_year": period.first, "to_year": period.last}
    if queries:
        await use("scholarly.search", {"queries": list(queries), **years})
    followed = followed_ids(wanted.plan)
    best = [i for i in kept_ids(wanted.plan) if i not in followed][:FOLLOWED]
    if best:
        await use("scholarly.follow", {"source_ids": best, "most_sources": FOLLOWED})
    asked = [q for q in use.round.questions if q.get("kind") != "web"]
    if not asked:
        return
    texts = max(0, deps.search.full_texts - spent(wanted.plan, "full_texts"))
    size = max(0, deps.search.full_text_bytes - spent(wanted.plan, "full_text_bytes"))
    sections = [str(q) for s in wanted.gaps for q in s.input.get("queries", [])]
    await use(
        "scholarly.keep",
        {
            "topic": without_period(wanted.topic),
            "queries": list(dict.fromkeys([*queries, *sections]))[:MOST_SECTION_QUERIES],
            "questions": asked,
            "most": max(3, kept_wanted(deps, wanted.brief) // 2),
            "full_texts": texts,
            "full_text_bytes": size,
            "known": list(known),
            **years,
        },
    )


async def _web(topic: str, queries: Sequence[str], known: Sequence[str], use: _Tools) -> None:
    """Search the web, and read what was found."""
    await use("web.search", {"queries": list(queries)[:MOST_WEB_QUERIES]})
    web = [q for q in use.round.questions if q.get("kind") == "web"]
    if web:
        given = {"topic": topic, "questions": web, "most": PAGES, "known": list(known)}
        await use("web.read", given)
