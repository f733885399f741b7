"""Built-in tools over the person's own library: survey it, search it, read around a passage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from pydantic import BaseModel, ConfigDict, Field

from autonomy.core.ports import Repeat
from autonomy.core.types import EventDraft, FileStatus, Passage
from autonomy.core.words import stems
from autonomy.tools.registry import Tool, ToolContext, ToolFailure

FILES_WAIT_SECONDS = 900.0
"""Longest a survey waits for files that are still being read."""
POLL_SECONDS = 0.4


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SurveyInput(_Model):
    source_ids: list[str] = Field(
        default_factory=list, description="Empty means the whole library."
    )
    instead: str = Field(
        default="", description="What could be done besides adding files, when there are none."
    )


class SurveyOutput(_Model):
    source_ids: list[str] = Field(description="Sources that can be cited.")
    passages: int
    unreadable: list[str] = Field(default_factory=list, description="File name and reason.")


class SearchInput(_Model):
    queries: list[str] = Field(min_length=1, max_length=12)
    limit: int = Field(default=10, ge=1, le=60, description="Passages per query.")
    source_ids: list[str] = Field(
        default_factory=list, description="Empty means the whole library."
    )
    per_source: int = Field(
        default=0,
        ge=0,
        le=10,
        description="Passages that each named source may add beyond the best, so that none is drowned.",
    )


class Hit(_Model):
    passage_id: str
    source_id: str
    score: float


class SearchOutput(_Model):
    hits: list[Hit]
    sources: int


class ReadInput(_Model):
    passage_id: str
    radius: int = Field(default=1, ge=1, le=5)


class ReadOutput(_Model):
    passage_ids: list[str]
    text: str


def fuse(rankings: list[list[Passage]]) -> list[Passage]:
    """Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009; k = 60) of several
    rankings, best first; `score` carries the fused score."""
    scores: dict[str, float] = {}
    found: dict[str, Passage] = {}
    for ranking in rankings:
        for rank, passage in enumerate(ranking):
            scores[passage.id] = scores.get(passage.id, 0.0) + 1.0 / (60 + rank)
            found[passage.id] = passage
    ranked = sorted(found.values(), key=lambda p: (-scores[p.id], p.id))
    return [p.model_copy(update={"score": round(scores[p.id], 6)}) for p in ranked]


def survey_tool(
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    patience: float = FILES_WAIT_SECONDS,
) -> Tool[SurveyInput, SurveyOutput]:
    async def run(context: ToolContext, given: SurveyInput) -> SurveyOutput:
        waited, told = 0.0, False
        while True:
            states = await context.library.files(given.source_ids)
            pending = [s for s in states if s.status not in (FileStatus.READY, FileStatus.FAILED)]
            if not pending or waited >= patience:
                break
            if not told:
                told = True
                names = ", ".join(s.file_name for s in pending[:3])
                await context.events.emit(
                    EventDraft(
                        type="note",
                        source="executor",
                        content=f"Waiting until {names} can be searched.",
                        meta={"kind": "progress"},
                    )
                )
            await sleep(POLL_SECONDS)
            waited += POLL_SECONDS
        ready = await context.library.sources(given.source_ids)
        unreadable = [f"{s.file_name}: {s.error}" for s in states if s.status is FileStatus.FAILED]
        unreadable += [f"{s.file_name}: still being read" for s in pending]
        if not ready:
            reason = "; ".join(unreadable) or "there are no files in the library"
            advice = f" Add files and start again, {given.instead}." if given.instead else ""
            raise ToolFailure(
                "no_evidence",
                f"There is nothing to cite: {reason.rstrip('.')}.{advice}",
                unreadable=unreadable,
            )
        return SurveyOutput(
            source_ids=[s.id for s in ready],
            passages=sum(s.passages for s in ready),
            unreadable=unreadable,
        )

    return Tool(
        name="library.survey",
        description="Wait until the files are read, then say which sources can be cited.",
        input=SurveyInput,
        output=SurveyOutput,
        run=run,
        repeat=Repeat.READ,
        recorded=False,
    )


async def _search(context: ToolContext, given: SearchInput) -> SearchOutput:
    queries = [query for query in given.queries if stems(query)]
    if not queries:
        raise ToolFailure(
            "bad_input", "The queries have no word to search for.", queries=given.queries
        )
    library = context.library
    rankings = await asyncio.gather(
        *(library.search(q, limit=given.limit, source_ids=given.source_ids) for q in queries)
    )
    passages = fuse(list(rankings))[: given.limit * 2]
    if given.per_source:
        passages += await _each_source(context, given, queries, {p.id for p in passages})
    return SearchOutput(
        hits=[Hit(passage_id=p.id, source_id=p.source_id, score=p.score) for p in passages],
        sources=len({p.source_id for p in passages}),
    )


async def _each_source(
    context: ToolContext, given: SearchInput, queries: list[str], known: set[str]
) -> list[Passage]:
    """The best passages of every named source that the common ranking left out."""
    added: list[Passage] = []
    for source_id in given.source_ids:
        own = await asyncio.gather(
            *(
                context.library.search(q, limit=given.per_source, source_ids=[source_id])
                for q in queries
            )
        )
        added += [p for p in fuse(list(own))[: given.per_source] if p.id not in known]
    return added


async def _read(context: ToolContext, given: ReadInput) -> ReadOutput:
    passages = await context.library.neighbours(given.passage_id, radius=given.radius)
    if not passages:
        raise ToolFailure(
            "not_found", "That passage is not in the library.", passage_id=given.passage_id
        )
    return ReadOutput(
        passage_ids=[p.id for p in passages], text="\n\n".join(p.text for p in passages)
    )


def library_tools() -> list[
    Tool[SurveyInput, SurveyOutput] | Tool[SearchInput, SearchOutput] | Tool[ReadInput, ReadOutput]
]:
    """The built-in tools, ready for a registry."""
    return [
        survey_tool(),
        Tool(
            name="library.search",
            description="Find passages of the person's own sources by meaning and by words.",
            input=SearchInput,
            output=SearchOutput,
            run=_search,
            repeat=Repeat.READ,
            recorded=False,
        ),
        Tool(
            name="library.read",
            description="Read a passage together with the passages around it.",
            input=ReadInput,
            output=ReadOutput,
            run=_read,
            repeat=Repeat.READ,
            recorded=False,
        ),
    ]
