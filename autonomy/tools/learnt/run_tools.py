"""Built-in tools that learn others in a run, and that search with them: what those find is judged
and kept like anything else from outside."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from autonomy.core.period import Period
from autonomy.core.phrases import counted
from autonomy.core.ports import Repeat, Shelf
from autonomy.core.types import Reading
from autonomy.core.words import stems
from autonomy.core.works import Work
from autonomy.tools.learnt.document import NotLearnt
from autonomy.tools.learnt.searching import best, finds_works, query_arguments
from autonomy.tools.learnt.values import LearntOutput
from autonomy.tools.learnt.works import works_in
from autonomy.tools.literature import telling
from autonomy.tools.literature.candidates import pooled
from autonomy.tools.literature.choice import Choice, choose
from autonomy.tools.literature.keeping import AT_ONCE, DELETED, TEXT_CHARS, Kept, Shelved
from autonomy.tools.literature.questions import QUERY_CHARS, Question
from autonomy.tools.literature.ranking import judge, text_of
from autonomy.tools.registry import Tool, ToolContext, ToolFailure, ToolRegistry

LEARN, SEARCH = "tools.learn", "tools.search"
LEARNING = frozenset({LEARN, SEARCH})
RESULTS = 20
"""Works asked for with one query."""
MOST_TOOLS = 2
"""Of those that one document brought, searched with in one step."""


class LearnInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    offer: str = Field(min_length=1, description="Name of an entry of the catalogue.")
    unless_found: bool = Field(
        default=False, description="Learn only if the steps before have kept no source."
    )


class Learned(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tools: list[str] = Field(description="Names of the tools that can be called now.")
    said: str = Field(description="One sentence for people.")


class SearchInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tool: str = Field(default="", description="A learnt tool; empty: those that were just learnt.")
    queries: list[str] = Field(min_length=1, max_length=8)
    topic: str = Field(min_length=1, description="What the document is about.")
    most: int = Field(default=6, ge=1, le=50, description="Sources to keep.")
    from_year: int | None = None
    to_year: int | None = None
    known: list[str] = Field(default_factory=list, description="Sources that there are already.")
    required: bool = Field(default=False, description="Whether there is nothing else to cite.")
    unless_found: bool = Field(
        default=False, description="Search only if the steps before have kept no source."
    )


class Searched(Kept):
    """As `Kept`, with the questions that were put, so that no later round repeats them."""

    questions: list[Question] = Field(default_factory=list)


NOT_NEEDED = "Not needed: sources were found."


async def _learn(context: ToolContext, given: LearnInput) -> Learned:
    if given.unless_found and _before(context):
        return Learned(tools=[], said=NOT_NEEDED)
    if context.learning is None:
        raise ToolFailure("not_configured", "No tools can be learnt on this server.")
    try:
        names = await context.learning.learn(given.offer)
    except NotLearnt as why:
        code = (
            "unavailable"
            if why.code in ("address", "not_called", "server", "unreachable")
            else "schema_drift"
        )
        raise ToolFailure(code, f"“{given.offer}” could not be learnt: {why.reason}") from why
    return Learned(tools=names, said=f"Learnt {counted(len(names), 'tool')} from {given.offer}.")


async def _search(context: ToolContext, given: SearchInput) -> Searched:
    shelf, tools = context.shelf, context.tools
    if shelf is None or tools is None:
        raise ToolFailure("not_configured", "Nothing from outside can be kept here.")
    if given.unless_found and _before(context):
        return Searched(source_ids=[], said=NOT_NEEDED)
    chosen = _chosen(context, given, tools)
    queries = [" ".join(q.split())[:QUERY_CHARS] for q in given.queries if stems(q)]
    questions = [Question(text=q) for q in dict.fromkeys(queries)]
    found: list[tuple[Question, list[Work]]] = []
    for tool in chosen:
        for question in questions:
            found.append((question, await _asked(context, tools, tool, question.text)))
    candidates = pooled(found)[: context.search.candidates]
    period = Period(given.from_year, given.to_year)
    texts = [text_of(candidate.work)[:TEXT_CHARS] for candidate in candidates]
    cosines = await shelf.nearness([given.topic, *queries], texts)
    judged = judge(
        candidates,
        cosines,
        topic=given.topic,
        queries=queries,
        period=period,
        this_year=datetime.now(UTC).year,
    )
    choice = choose(judged, given.most, period)
    kept = await _kept(context, shelf, choice, set(given.known))
    names = ", ".join(tool.name for tool in chosen) or "no tool that could be learnt"
    if not kept and given.required and not _before(context):
        raise ToolFailure(
            "no_evidence",
            f"Nothing was written, because there is nothing to cite: {names} named "
            f"{counted(len(candidates), 'work')} for “{given.topic}”, and none can be cited. "
            "Add files of your own and start again, or say it in other words.",
        )
    return Searched(
        source_ids=kept,
        abstracts=len(kept),
        dropped=len(candidates) - len(kept),
        questions=questions,
        said=f"{counted(len(kept), 'source')} kept of {counted(len(candidates), 'work')} that "
        f"{names} named.",
    )


def _chosen(context: ToolContext, given: SearchInput, tools: ToolRegistry) -> list[Tool[Any, Any]]:
    learnt = {tool.name: tool for tool in tools.learnt()}
    if given.tool:
        if given.tool not in learnt:
            raise ToolFailure(
                "unknown_tool", f"There is no tool “{given.tool}” now.", known=sorted(learnt)
            )
        return [learnt[given.tool]]
    named = [n for r in context.results.values() for n in r.get("tools", []) if n in learnt]
    fitting = [learnt[n] for n in dict.fromkeys(named) if finds_works(learnt[n])]
    # What asks first has a step of its own.
    return best((t for t in fitting if not t.asks), given.topic, MOST_TOOLS)


async def _asked(
    context: ToolContext, tools: ToolRegistry, tool: Tool[Any, Any], query: str
) -> list[Work]:
    arguments = query_arguments((tool.schemas or ({}, {}))[0], query, RESULTS)
    if arguments is None:
        raise ToolFailure("bad_input", f"{tool.name} cannot be asked for a topic.")
    inner = context.for_call(f"{context.key}:{tool.name}:{query}")
    answer = await tools.call(tool.name, inner, arguments)
    value = answer.value if isinstance(answer, LearntOutput) else answer.model_dump(mode="json")
    return works_in(value, tool.name.partition(".")[0])


async def _kept(context: ToolContext, shelf: Shelf, choice: Choice, known: set[str]) -> list[str]:
    """Put what was chosen on the shelf and say of each work what came of it; ids of the sources
    that are new."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(judged: Any) -> Shelved:
        async with turn:

            async def add() -> Shelved:
                source = await shelf.add(
                    judged.work,
                    None,
                    query=judged.candidate.query,
                    reason=judged.words(),
                    standing=judged.standing(),
                )
                if source is None:
                    return Shelved(note=DELETED)
                reading = source.reading if source.passages else Reading.NOTHING
                return Shelved(source_id=source.id if source.passages else "", reading=reading)

            return await context.effects.once(
                f"shelf:{judged.candidate.key}", "read", add, Shelved, repeat=Repeat.READ
            )

    shelved = await asyncio.gather(*(one(judged) for judged in choice.kept))
    ids = [s.source_id for s in shelved if s.source_id]
    sources = {s.id: s for s in await context.library.sources(ids)} if ids else {}
    fresh: list[str] = []
    for judged, got in zip(choice.kept, shelved, strict=True):
        source = sources.get(got.source_id)
        if source is None:
            why = got.note or "it holds no text"
            await context.events.emit(telling.dropped(judged.candidate, why))
        elif source.id not in known and source.id not in fresh:
            fresh.append(source.id)
            reason = telling.kept_because(source, judged.words())
            await context.events.emit(telling.kept(source, judged.candidate, reason))
    for judged, why in choice.dropped:
        await context.events.emit(telling.dropped(judged.candidate, why))
    return fresh


def _before(context: ToolContext) -> bool:
    return any(result.get("source_ids") for result in context.results.values())


def run_tools() -> list[Tool[Any, Any]]:
    return [
        Tool(
            name=LEARN,
            description="Learn the tools of an entry of this server's catalogue, so that they can "
            "be called in this run. Only what staff put there can be learnt.",
            input=LearnInput,
            output=Learned,
            run=_learn,
            repeat=Repeat.READ,
            recorded=False,
        ),
        Tool(
            name=SEARCH,
            description="Search with a learnt tool that finds publications, judge what it names "
            "against the topic, and make the best of it citable.",
            input=SearchInput,
            output=Searched,
            run=_search,
            repeat=Repeat.READ,
        ),
    ]
