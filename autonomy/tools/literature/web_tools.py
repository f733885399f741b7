"""Tools for the web: search it, and read the pages that fit. Only where a search engine is configured."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from autonomy.core.phrases import counted
from autonomy.core.ports import Repeat
from autonomy.core.types import Reading
from autonomy.core.words import stems
from autonomy.core.works import FetchRefused, Page, Work
from autonomy.tools.literature import telling
from autonomy.tools.literature.candidates import Candidate
from autonomy.tools.literature.keeping import AT_ONCE, DELETED, Kept, Shelved
from autonomy.tools.literature.questions import (
    QUERY_CHARS,
    Question,
    Reached,
    engine,
    pages_for,
)
from autonomy.tools.literature.ranking import NEAR_COSINE
from autonomy.tools.registry import Tool, ToolContext, ToolFailure

PAGES_PER_QUERY = 10


class WebSearchInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    queries: list[str] = Field(
        min_length=1, max_length=8, description="What one would type into a search engine."
    )
    unless_found: bool = Field(
        default=False, description="Ask only if the steps before have kept no source."
    )


class PagesAsked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    questions: list[Question]
    pages: int
    answered: list[str] = Field(default_factory=list)
    silent: dict[str, str] = Field(default_factory=dict)
    said: str


class WebReadInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    topic: str = Field(min_length=1, description="What the document is about.")
    questions: list[Question] = Field(
        default_factory=list,
        description="Searches whose pages are judged; empty: the steps before.",
    )
    most: int = Field(default=4, ge=1, le=20, description="Pages to read.")
    known: list[str] = Field(default_factory=list, description="Sources that there are already.")
    required: bool = Field(default=False, description="Whether there is nothing else to cite.")


def _found(context: ToolContext) -> bool:
    return any(result.get("source_ids") for result in context.results.values())


async def _search(context: ToolContext, given: WebSearchInput) -> PagesAsked:
    if given.unless_found and _found(context):
        return PagesAsked(questions=[], pages=0, said="Not needed: sources were found.")
    queries = [" ".join(q.split())[:QUERY_CHARS] for q in given.queries if stems(q)]
    if not queries:
        raise ToolFailure("bad_input", "The queries have no word to search for.")
    questions = [
        Question(kind="web", text=q, limit=PAGES_PER_QUERY) for q in dict.fromkeys(queries)
    ]
    found = [await pages_for(context, question) for question in questions]
    reached = Reached.of([answer for one in found for answer in one.answers])
    if silence := reached.silence():
        await context.events.emit(telling.note(silence))
    pages = len({page.url for one in found for page in one.pages})
    said = f"{counted(pages, 'page')} found." if reached.answered else "No engine could be asked."
    return PagesAsked(
        questions=questions,
        pages=pages,
        answered=reached.answered,
        silent=reached.silent,
        said=f"{said} {silence}".strip(),
    )


def _as_work(page: Page) -> Work:
    now = datetime.now(UTC).date()
    return Work(
        csl={
            "type": "webpage",
            "title": page.title or page.url,
            "URL": page.url,
            "accessed": {"date-parts": [[now.year, now.month, now.day]]},
        },
        url=page.url,
        providers=(page.engine,) if page.engine else (),
    )


async def _read(context: ToolContext, given: WebReadInput) -> Kept:
    _, shelf = engine(context)
    questions = given.questions or [
        Question.model_validate(question)
        for result in context.results.values()
        for question in result.get("questions", [])
        if question.get("kind") == "web"
    ]
    candidates: dict[str, tuple[Candidate, Page]] = {}
    for question in questions:
        for page in (await pages_for(context, question)).pages:
            made = Candidate(work=_as_work(page), questions=[question])
            candidates.setdefault(page.url, (made, page))
    pages = list(candidates.values())[: context.search.candidates]
    texts = [f"{page.title}. {page.snippet}" for _, page in pages]
    near = [row[0] for row in await shelf.nearness([given.topic], texts)]
    ranked = sorted(zip(near, pages, strict=True), key=lambda item: (-item[0], item[1][1].url))
    chosen = [(c, p) for cosine, (c, p) in ranked if cosine >= NEAR_COSINE][: given.most]
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(candidate: Candidate, page: Page) -> Shelved:
        async with turn:
            return await context.effects.once(
                f"shelf:{candidate.key}",
                "read",
                lambda: _shelved(context, candidate, page),
                Shelved,
                repeat=Repeat.READ,
            )

    shelved = await asyncio.gather(*(one(c, p) for c, p in chosen))
    sources = {
        s.id: s
        for s in await context.library.sources([s.source_id for s in shelved if s.source_id])
    }
    kept: list[Shelved] = []
    for (candidate, _), got in zip(chosen, shelved, strict=True):
        source = sources.get(got.source_id)
        if source is None:
            await context.events.emit(telling.dropped(candidate, got.note or "it holds no text"))
        elif source.id not in {*given.known, *(k.source_id for k in kept)}:
            kept.append(got)
            reason = telling.kept_because(source, "a page on the topic")
            await context.events.emit(telling.kept(source, candidate, reason))
    read = {page.url for _, page in chosen}
    for cosine, (candidate, page) in ranked:
        if page.url not in read:
            off = cosine < NEAR_COSINE
            why = "it does not speak to the topic" if off else f"{len(chosen)} others fit better"
            await context.events.emit(telling.dropped(candidate, why))
    if not kept and given.required and not _found(context):
        raise ToolFailure(
            "no_evidence",
            "Nothing was written, because there is nothing to cite: "
            f"{_elsewhere(context)}no web page on “{given.topic}” could be read. "
            "Add files of your own and start again, or try again later.",
        )
    return Kept(
        source_ids=[k.source_id for k in kept],
        full_texts=len(kept),
        full_text_bytes=sum(k.bytes for k in kept),
        dropped=len(pages) - len(kept),
        said=f"{counted(len(kept), 'page')} kept of {len(pages)}."
        if pages
        else "No page was read.",
    )


def _elsewhere(context: ToolContext) -> str:
    """What registries came to before, for the sentence that nothing was found."""
    said = [str(r["nothing"]) for r in context.results.values() if r.get("nothing")]
    return f"{said[0]}; and " if said else ""


async def _shelved(context: ToolContext, candidate: Candidate, page: Page) -> Shelved:
    web, shelf = engine(context)
    try:
        fetched = await web.fetch(page.url)
    except FetchRefused as refused:
        return Shelved(note=refused.reason.rstrip("."))
    source = await shelf.add(
        candidate.work, fetched, query=candidate.query, reason="a page on the topic"
    )
    if source is None:
        return Shelved(bytes=len(fetched.body), note=DELETED)
    readable = bool(source.passages)
    return Shelved(
        source_id=source.id if readable else "",
        reading=source.reading if readable else Reading.NOTHING,
        bytes=len(fetched.body),
        note="" if readable else "its text could not be read",
    )


def web_tools() -> list[Tool[Any, Any]]:
    return [
        Tool(
            name="web.search",
            description="Ask a web search engine for pages. Gives candidates only; web.read reads "
            "them. Prefer scholarly.search for anything that research has treated.",
            input=WebSearchInput,
            output=PagesAsked,
            run=_search,
            repeat=Repeat.READ,
        ),
        Tool(
            name="web.read",
            description="Read the pages of web.search that fit the topic and make them citable.",
            input=WebReadInput,
            output=Kept,
            run=_read,
            repeat=Repeat.READ,
        ),
    ]
