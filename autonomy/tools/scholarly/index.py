"""All registries behind one face: asked at once, each in its own time, their answers made one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from rapidfuzz import fuzz

from autonomy.core.csl import first_family, year_of
from autonomy.core.works import Answer, Fetched, FetchRefused, Found, OpenCopy, ProviderAnswer, Work
from autonomy.tools.fetch.asking import Asker
from autonomy.tools.fetch.desk import Desk, Told, untold
from autonomy.tools.fetch.fetcher import Fetcher
from autonomy.tools.fetch.lines import Unanswered
from autonomy.tools.scholarly import identifiers
from autonomy.tools.scholarly.cache import KeptAnswers, name_of
from autonomy.tools.scholarly.full_text import FullTexts
from autonomy.tools.scholarly.merging import fused
from autonomy.tools.scholarly.reading import plain
from autonomy.tools.scholarly.registry import Reference, Registry, Years

MOST_WORKS = 100
"""One question is answered with."""
MOST_IDENTIFIERS = 200
LONGEST_QUERY = 300
"""Characters."""
KNOW_COPIES = ("unpaywall", "europe_pmc", "openalex")
"""Registries that are asked where a work can be read."""
CANDIDATES = 5
"""Works that each registry may offer for one reference."""
SAME_TITLE = 90.0
"""Likeness (0 to 100) above which an identifier's work is the one that a reference describes."""


Question = Callable[[Registry, Asker], Awaitable[Sequence[Work] | None]]


class Index:
    """`core.ports.Scholar` over registries.

    Args:
        fetcher: for open copies; without one no full text is fetched.
        told: hears every answer that was not taken from the cache.
    """

    def __init__(
        self,
        registries: Sequence[Registry],
        desk: Desk,
        *,
        fetcher: Fetcher | None = None,
        told: Told = untold,
    ) -> None:
        self._registries = tuple(registries)
        self._desk = desk
        self._kept = KeptAnswers(desk.cache, desk.cache_seconds)
        self._fetcher = fetcher
        self._told = told

    @property
    def providers(self) -> tuple[str, ...]:
        return tuple(registry.name for registry in self._registries)

    # ------------------------------------------------------------------------------ questions

    async def search(
        self,
        query: str,
        *,
        limit: int = 20,
        from_year: int | None = None,
        to_year: int | None = None,
    ) -> Found:
        query = plain(query)[:LONGEST_QUERY]
        limit = max(1, min(limit, MOST_WORKS))
        if not query:
            return Found()
        years = Years(from_year, to_year)

        async def question(registry: Registry, ask: Asker) -> Sequence[Work] | None:
            return await registry.search(ask, query, limit, years)

        lists, answers = await self._all(("search", query, limit, from_year, to_year), question)
        return Found(works=tuple(fused(lists)[:limit]), answers=answers)

    async def identify(self, identifiers_: Sequence[str]) -> Found:
        wanted = identifiers.grouped(identifiers_[:MOST_IDENTIFIERS])
        if not wanted:
            return Found()

        async def question(registry: Registry, ask: Asker) -> Sequence[Work] | None:
            return await registry.identify(ask, wanted)

        lists, answers = await self._all(("identify", wanted), question)
        works = [work.model_copy(update={"score": 0.0}) for work in fused(lists)]
        return Found(works=tuple(works), answers=answers)

    async def lookup(self, csl: dict[str, Any]) -> Found:
        title = plain(csl.get("title"))
        carried = identifiers.of_reference(csl)
        found = Found()
        if carried:
            found = await self.identify([f"{kind}:{value}" for kind, value in carried.items()])
        alike = any(
            fuzz.ratio(title.lower(), str(work.csl["title"]).lower()) >= SAME_TITLE
            for work in found.works
        )
        if not title or alike:
            return found
        reference = Reference(title[:LONGEST_QUERY], first_family(csl), year_of(csl))

        async def question(registry: Registry, ask: Asker) -> Sequence[Work] | None:
            return await registry.find(ask, reference, CANDIDATES)

        lists, answers = await self._all(
            ("find", reference.title, reference.family, reference.year), question
        )
        described = sorted(
            fused(lists),
            key=lambda work: -fuzz.ratio(title.lower(), str(work.csl["title"]).lower()),
        )
        works = fused([found.works, described]) if found.works else described
        return Found(works=tuple(works), answers=_together(found.answers, answers))

    async def citing(self, work: Work, *, limit: int = 20) -> Found:
        limit = max(1, min(limit, MOST_WORKS))

        async def question(registry: Registry, ask: Asker) -> Sequence[Work] | None:
            return await registry.citing(ask, work, limit)

        lists, answers = await self._all(("citing", work.identifiers, limit), question)
        return Found(works=tuple(fused(lists)[:limit]), answers=answers)

    async def full_text(self, work: Work) -> Fetched:
        if self._fetcher is None or not self._registries:
            raise FetchRefused("unreachable", "Full texts are not fetched here.")
        own = tuple(f"{registry.base_url}/" for registry in self._registries)
        return await FullTexts(self._fetcher, self._more_copies, own).of(work)

    async def _more_copies(self, work: Work) -> tuple[OpenCopy, ...]:
        """What those who know of copies say of this work alone."""
        wanted = {"doi": [work.identifiers["doi"]]} if "doi" in work.identifiers else {}
        knowing = [one for one in self._registries if one.name in KNOW_COPIES]

        async def question(registry: Registry, ask: Asker) -> Sequence[Work] | None:
            return await registry.identify(ask, wanted)

        asked = [self._one(one, ("identify", wanted), question) for one in knowing if wanted]
        given = [one for one in await asyncio.gather(*asked) if one is not None]
        return tuple(copy for works, _ in given for one in works for copy in one.copies)

    # ------------------------------------------------------------------------------ asking

    async def _all(
        self, name: tuple[Any, ...], question: Question
    ) -> tuple[list[Sequence[Work]], tuple[ProviderAnswer, ...]]:
        """What each registry says, in their order; those without an answer to give are left out."""
        asked = await asyncio.gather(
            *(self._one(registry, name, question) for registry in self._registries)
        )
        given = [one for one in asked if one is not None]
        return [works for works, _ in given], tuple(answer for _, answer in given)

    async def _one(
        self, registry: Registry, name: tuple[Any, ...], question: Question
    ) -> tuple[Sequence[Work], ProviderAnswer] | None:
        kept_as = name_of(registry.name, registry.base_url, *name)
        known = await self._kept.get(kept_as)
        if known is not None:
            return known, _answered(registry.name, known)
        try:
            works = await self._desk.put(registry.line, partial(question, registry))
        except Unanswered as problem:
            answer = ProviderAnswer(
                provider=registry.name, answer=problem.answer, message=problem.message
            )
            await self._told(answer)
            return [], answer
        if works is None:
            return None
        await self._kept.put(kept_as, works)
        answer = _answered(registry.name, works)
        await self._told(answer)
        return works, answer


def _answered(name: str, works: Sequence[Work]) -> ProviderAnswer:
    answer = Answer.FOUND if works else Answer.NOTHING
    return ProviderAnswer(provider=name, answer=answer, count=len(works))


_RANK = (
    Answer.FOUND,
    Answer.NOTHING,
    Answer.RATE_LIMITED,
    Answer.UNREACHABLE,
    Answer.REFUSED,
)


def _together(
    first: Sequence[ProviderAnswer], second: Sequence[ProviderAnswer]
) -> tuple[ProviderAnswer, ...]:
    """One answer per registry over two questions: a failure of either is not hidden by nothing
    found in the other."""
    by_name: dict[str, ProviderAnswer] = {}
    for answer in (*first, *second):
        before = by_name.get(answer.provider)
        if before is None:
            by_name[answer.provider] = answer
        elif Answer.FOUND in (before.answer, answer.answer):
            better = before if before.answer is Answer.FOUND else answer
            by_name[answer.provider] = better.model_copy(
                update={"count": before.count + answer.count}
            )
        else:
            by_name[answer.provider] = max(before, answer, key=lambda one: _RANK.index(one.answer))
    return tuple(by_name.values())
