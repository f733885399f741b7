"""Tools that ask registries: for works on a subject, and for what good sources cite or are cited by."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from autonomy.core.phrases import counted
from autonomy.core.ports import Repeat
from autonomy.core.words import stems
from autonomy.tools.literature.candidates import pooled
from autonomy.tools.literature.questions import (
    QUERY_CHARS,
    Question,
    Reached,
    provider_name,
    works_for,
)
from autonomy.tools.literature.telling import note
from autonomy.tools.registry import Tool, ToolContext, ToolFailure

AT_ONCE = 3
"""Questions on their way at the same time; each goes to several registries."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScholarlySearchInput(_Model):
    queries: list[str] = Field(
        min_length=1,
        max_length=12,
        description="Short queries, 2 to 8 words each, in the field's own vocabulary: concepts, "
        "methods, populations. No sentences, no operators.",
    )
    from_year: int | None = Field(
        default=None, ge=1500, le=2200, description="First year of publication; leave out for any."
    )
    to_year: int | None = Field(
        default=None, ge=1500, le=2200, description="Last year of publication; leave out for any."
    )


class FollowInput(_Model):
    source_ids: list[str] = Field(
        default_factory=list,
        max_length=20,
        description="Sources that came by search, the best first; empty means those that the "
        "steps before have kept.",
    )
    most_sources: int = Field(default=3, ge=1, le=10, description="How many of them to follow.")
    citing: bool = Field(default=True, description="Also what cites them, not only what they cite.")


class Asked(_Model):
    """What was asked and who answered; the works themselves are read from the run's record."""

    questions: list[Question]
    works: int
    answered: list[str] = Field(default_factory=list, description="Registries that answered.")
    silent: dict[str, str] = Field(
        default_factory=dict, description="Registries that could not be asked, and why."
    )
    said: str = Field(description="One sentence for people.")


async def ask_all(context: ToolContext, questions: Sequence[Question]) -> Asked:
    """Ask every question, a few at a time, and say who answered."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def ask(question: Question) -> Any:
        async with turn:
            return await works_for(context, question)

    found = await asyncio.gather(*(ask(question) for question in questions))
    answers = [answer for one in found for answer in one.answers]
    reached = Reached.of(answers)
    works = len(pooled((q, one.works) for q, one in zip(questions, found, strict=True)))
    if silence := reached.silence():
        await context.events.emit(note(silence))
    if reached.answered or not answers:
        by = ", ".join(provider_name(p) for p in reached.answered)
        said = f"{counted(works, 'different work')} found{f' through {by}' if by else ''}."
    else:
        said = "No registry could be asked."
    return Asked(
        questions=list(questions),
        works=works,
        answered=reached.answered,
        silent=reached.silent,
        said=f"{said} {silence}".strip() if reached.answered else said,
    )


async def _search(context: ToolContext, given: ScholarlySearchInput) -> Asked:
    queries = [" ".join(q.split())[:QUERY_CHARS] for q in given.queries if stems(q)]
    if not queries:
        raise ToolFailure(
            "bad_input", "The queries have no word to search for.", queries=given.queries
        )
    return await ask_all(
        context,
        [
            Question(
                text=query,
                from_year=given.from_year,
                to_year=given.to_year,
                limit=context.search.works_per_query,
            )
            for query in dict.fromkeys(queries)
        ],
    )


async def _follow(context: ToolContext, given: FollowInput) -> Asked:
    ids = given.source_ids or [
        str(source_id)
        for result in context.results.values()
        for source_id in result.get("source_ids", [])
    ]
    limit = context.search.works_per_query
    questions: list[Question] = []
    for source_id in ids[: given.most_sources]:
        questions.append(Question(kind="references", text=source_id, limit=limit))
        if given.citing:
            questions.append(Question(kind="citing", text=source_id, limit=limit))
    return await ask_all(context, questions)


def asking_tools() -> list[Tool[Any, Any]]:
    return [
        Tool(
            name="scholarly.search",
            description="Ask scholarly registries for publications on a subject. Gives candidates "
            "only; scholarly.keep judges them, reads the best and makes them citable.",
            input=ScholarlySearchInput,
            output=Asked,
            run=_search,
            repeat=Repeat.READ,
        ),
        Tool(
            name="scholarly.follow",
            description="Find further candidates in what good sources cite and in what cites them. "
            "Use it after scholarly.keep, when queries find nothing new.",
            input=FollowInput,
            output=Asked,
            run=_follow,
            repeat=Repeat.READ,
        ),
    ]
