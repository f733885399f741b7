"""The tool that judges what was found, reads the best of it, and puts it into the library."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from autonomy.core.period import Period
from autonomy.core.phrases import counted
from autonomy.core.ports import Repeat
from autonomy.core.types import Reading
from autonomy.core.works import FetchRefused
from autonomy.tools.literature import telling
from autonomy.tools.literature.candidates import Candidate, pooled
from autonomy.tools.literature.choice import Choice, choose
from autonomy.tools.literature.questions import (
    Question,
    Reached,
    provider_name,
    registries,
    works_for,
)
from autonomy.tools.literature.ranking import Judged, judge, text_of
from autonomy.tools.registry import Tool, ToolContext, ToolFailure

DELETED = "it was deleted meanwhile"
"""Why nothing is kept of a source that its owner removed while a run put it on the shelf."""
AT_ONCE = 3
"""Full texts on their way at the same time."""
TEXT_CHARS = 1_500
"""Of title and abstract that are compared with the topic."""


class KeepInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    topic: str = Field(min_length=1, description="What the document is about.")
    queries: list[str] = Field(
        default_factory=list,
        max_length=24,
        description="What its parts are about, so that a work may fit one of them well.",
    )
    questions: list[Question] = Field(
        default_factory=list,
        description="Questions whose works are judged; empty means those of the steps before.",
    )
    most: int = Field(default=8, ge=1, le=50, description="Sources to keep.")
    full_texts: int = Field(default=6, ge=0, le=50, description="Full texts to fetch and read.")
    full_text_bytes: int = Field(default=60_000_000, ge=0, description="Of all of them, bytes.")
    from_year: int | None = Field(default=None, description="Drop what was published before.")
    to_year: int | None = Field(default=None, description="Drop what was published after.")
    known: list[str] = Field(
        default_factory=list, description="Sources that the work has already: not kept again."
    )
    required: bool = Field(
        default=False, description="Whether there is nothing to write from without these."
    )


class Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source_ids: list[str] = Field(description="Sources that can be cited now, best first.")
    full_texts: int = Field(default=0, description="Read in full.")
    full_text_bytes: int = 0
    abstracts: int = Field(default=0, description="Of which there is only the abstract.")
    dropped: int = 0
    nothing: str = Field(default="", description="Why nothing was kept, as a clause.")
    said: str = Field(description="One sentence for people.")


class Shelved(BaseModel):
    """What came of keeping one work; recorded, so that a restart fetches nothing twice."""

    source_id: str = ""
    reading: Reading = Reading.NOTHING
    bytes: int = 0
    note: str = ""
    """Why there is no full text although there was a free copy, or nothing at all."""


async def _keep(context: ToolContext, given: KeepInput) -> Kept:
    registries(context)
    questions = given.questions or [
        Question.model_validate(question)
        for result in context.results.values()
        for question in result.get("questions", [])
    ]
    found = [(question, await works_for(context, question)) for question in questions]
    reached = Reached.of([answer for _, one in found for answer in one.answers])
    pool = pooled((question, one.works) for question, one in found)
    pool = await _unknown(context, pool, given.known)
    period = Period(given.from_year, given.to_year)
    choice = choose(await _ranked(context, given, pool, period), given.most, period)
    shelved = await _shelve(context, given, choice)
    kept, full, size = await _tell(context, given, choice, shelved)
    if not kept and given.required:
        raise ToolFailure(*nothing_to_cite(given.topic, reached, choice))
    abstracts = sum(1 for one, _ in kept if one.reading is Reading.ABSTRACT)
    return Kept(
        source_ids=[one.source_id for one, _ in kept],
        full_texts=full,
        full_text_bytes=size,
        abstracts=abstracts,
        dropped=len(pool) - len(kept),
        nothing="" if kept else why_nothing(given.topic, reached, choice),
        said=_said(len(kept), full, abstracts, len(pool), reached),
    )


async def _unknown(
    context: ToolContext, pool: Sequence[Candidate], known: Sequence[str]
) -> list[Candidate]:
    """The candidates that the work does not have already, as many as are judged."""
    _, shelf = registries(context)
    fresh: list[Candidate] = []
    for candidate in pool:
        if len(fresh) == context.search.candidates:
            break
        there = await shelf.find(candidate.work) if known else None
        if there is None or there.id not in known:
            fresh.append(candidate)
    return fresh


async def _ranked(
    context: ToolContext, given: KeepInput, pool: Sequence[Candidate], period: Period
) -> list[Judged]:
    _, shelf = registries(context)
    queries = list(dict.fromkeys(q for q in given.queries if q.strip()))
    texts = [text_of(candidate.work)[:TEXT_CHARS] for candidate in pool]
    cosines = await shelf.nearness([given.topic, *queries], texts)
    return judge(
        pool,
        cosines,
        topic=given.topic,
        queries=queries,
        period=period,
        this_year=datetime.now(UTC).year,
    )


class _Allowance:
    """What may still be fetched in this round."""

    def __init__(self, given: KeepInput, seconds: float) -> None:
        self.texts = given.full_texts
        self.bytes = given.full_text_bytes
        self.until = time.monotonic() + seconds

    def take(self) -> bool:
        if self.texts < 1 or self.bytes < 1 or time.monotonic() > self.until:
            return False
        self.texts -= 1
        return True


async def _shelve(context: ToolContext, given: KeepInput, choice: Choice) -> list[Shelved]:
    """Put every chosen work on the shelf, the best first in line for their full text."""
    allowance = _Allowance(given, context.search.round_seconds)
    turn = asyncio.Semaphore(AT_ONCE)
    wanted = sum(1 for judged in choice.kept if judged.work.copies)
    if texts := min(wanted, given.full_texts):
        await context.events.emit(
            telling.note(f"Reading {counted(texts, 'free full text')} and further abstracts.")
        )

    async def one(judged: Judged) -> Shelved:
        async with turn:
            return await context.effects.once(
                f"shelf:{judged.candidate.key}",
                "read",
                lambda: _shelved(context, judged, allowance),
                Shelved,
                repeat=Repeat.READ,
            )

    return list(await asyncio.gather(*(one(judged) for judged in choice.kept)))


async def _shelved(context: ToolContext, judged: Judged, allowance: _Allowance) -> Shelved:
    scholar, shelf = registries(context)
    work = judged.work
    fetched, why = None, ""
    there = await shelf.find(work)
    has_text = there is not None and there.passages and there.reading is Reading.FULL_TEXT
    if not has_text and work.copies and allowance.take():
        try:
            fetched = await scholar.full_text(work)
            allowance.bytes -= len(fetched.body)
        except FetchRefused as refused:
            allowance.texts += 1
            why = refused.reason.rstrip(".")
    source = await shelf.add(
        work,
        fetched,
        query=judged.candidate.query,
        reason=judged.words(),
        standing=judged.standing(),
    )
    size = len(fetched.body) if fetched is not None else 0
    if source is None:
        return Shelved(bytes=size, note=DELETED)
    if fetched is not None and source.reading is not Reading.FULL_TEXT:
        why = "its full text could not be read"
    return Shelved(
        source_id=source.id if source.passages else "",
        reading=source.reading if source.passages else Reading.NOTHING,
        bytes=size,
        note=why,
    )


async def _tell(
    context: ToolContext, given: KeepInput, choice: Choice, shelved: Sequence[Shelved]
) -> tuple[list[tuple[Shelved, Judged]], int, int]:
    """Say of each work what came of it; those that can be cited now, and what was fetched."""
    sources = {
        source.id: source
        for source in await context.library.sources([s.source_id for s in shelved if s.source_id])
    }
    kept: list[tuple[Shelved, Judged]] = []
    met: set[str] = set(given.known)
    for judged, one in zip(choice.kept, shelved, strict=True):
        source = sources.get(one.source_id)
        if source is None:
            why = one.note or "nothing of it could be read"
            await context.events.emit(telling.dropped(judged.candidate, why))
        elif source.retracted:
            await context.events.emit(telling.dropped(judged.candidate, "it was retracted"))
        elif source.id not in met:
            met.add(source.id)
            kept.append((one, judged))
            reason = telling.kept_because(source, judged.words(), one.note)
            await context.events.emit(telling.kept(source, judged.candidate, reason))
    for judged, why in choice.dropped:
        await context.events.emit(telling.dropped(judged.candidate, why))
    full = sum(1 for one, _ in kept if one.bytes and one.reading is Reading.FULL_TEXT)
    return kept, full, sum(one.bytes for one in shelved)


def _said(kept: int, full: int, abstracts: int, judged: int, reached: Reached) -> str:
    if not kept:
        said = f"None of {counted(judged, 'work')} was kept."
    else:
        said = (
            f"{counted(kept, 'source')} kept of {counted(judged, 'work')}: "
            f"{full} read in full, {abstracts} by abstract."
        )
    return f"{said} {reached.silence()}".strip()


def why_nothing(topic: str, reached: Reached, choice: Choice) -> str:
    """Why there is no source, as a clause. Silence of the registries is never told as an absence
    of literature."""
    if not reached.answered:
        who = reached.silence().removesuffix(".") or "No registry was asked"
        return (
            f"no scholarly registry could be reached. {who}. That says nothing of what has been "
            f"published on “{topic}”"
        )
    asked = ", ".join(provider_name(p) for p in reached.answered)
    silence = f". {reached.silence().removesuffix('.')}" if reached.silent else ""
    found = len(choice.kept) + len(choice.dropped)
    if not found:
        return f"{asked} named no work for “{topic}”{silence}"
    reasons = Counter(why for _, why in choice.dropped).most_common(1)
    mostly = f" (mostly because {reasons[0][0]})" if reasons else ""
    return (
        f"{asked} named {counted(found, 'work')} for “{topic}”, and none can be cited"
        f"{mostly}{silence}"
    )


def nothing_to_cite(topic: str, reached: Reached, choice: Choice) -> tuple[str, str]:
    """The code and the sentences that a run ends with when it has no source at all."""
    code, advice = ("no_evidence", "say it in other words")
    if not reached.answered:
        code, advice = ("unreachable", "try again later")
    return code, (
        "Nothing was written, because there is nothing to cite: "
        f"{why_nothing(topic, reached, choice)}. Add files of your own and start again, or {advice}."
    )


def keeping_tools() -> list[Tool[Any, Any]]:
    return [
        Tool(
            name="scholarly.keep",
            description="Judge the candidates of scholarly.search or scholarly.follow against the "
            "topic, keep the best, fetch their free full texts (else use their abstracts), and make "
            "them citable. Retracted works and works off the topic are dropped; each gets a reason.",
            input=KeepInput,
            output=Kept,
            run=_keep,
            repeat=Repeat.READ,
        )
    ]
