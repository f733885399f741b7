"""Questions to registries and search engines, each asked once in a run.

A question's answer is an effect of the run under a key made of the question alone. So a step that
needs the works again (to judge and keep them, after the step that searched) reads the record, a
restart asks nothing twice, and no query is repeated in a later round. State carries the question,
never the answer.
"""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import BaseModel, Field

from autonomy.core.ports import Repeat, Scholar, Shelf, Web
from autonomy.core.value import Value
from autonomy.core.works import Answer, Found, PagesFound, ProviderAnswer
from autonomy.tools.registry import ToolContext, ToolFailure

QUERY_CHARS = 300


class Question(Value):
    """One question to the outside."""

    kind: Literal["query", "references", "citing", "web"] = "query"
    text: str = Field(max_length=QUERY_CHARS)
    """The query; for references and citing works the id of the source in the library."""
    from_year: int | None = None
    to_year: int | None = None
    limit: int = Field(default=20, ge=1, le=100)

    @property
    def key(self) -> str:
        """Of its answer in the run's ledger."""
        said = f"{self.kind}|{' '.join(self.text.lower().split())}|{self.from_year}|{self.to_year}"
        return f"outside:{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def not_configured(what: str) -> ToolFailure:
    return ToolFailure(
        "not_configured",
        f"{what} is switched off on this server, so nothing was looked for there.",
    )


def registries(context: ToolContext) -> tuple[Scholar, Shelf]:
    """Where works are asked for, and where they are kept.

    Raises:
        ToolFailure: no registry is configured.
    """
    if context.scholar is None or context.shelf is None:
        raise not_configured("Search in scholarly registries")
    return context.scholar, context.shelf


def engine(context: ToolContext) -> tuple[Web, Shelf]:
    """As `registries`, for the web."""
    if context.web is None or context.shelf is None:
        raise not_configured("Search on the web")
    return context.web, context.shelf


async def works_for(context: ToolContext, question: Question) -> Found:
    """Works that answer the question, from the run's record when it was asked before.

    Raises:
        ToolFailure: no registry is configured.
    """
    scholar, shelf = registries(context)

    async def ask() -> Found:
        if question.kind == "query":
            return await scholar.search(
                question.text,
                limit=question.limit,
                from_year=question.from_year,
                to_year=question.to_year,
            )
        work = await shelf.work(question.text)
        if work is None:
            return Found()
        if question.kind == "citing":
            return await scholar.citing(work, limit=question.limit)
        return (
            await scholar.identify(work.references[: question.limit])
            if work.references
            else Found()
        )

    return await context.effects.once(question.key, "search", ask, Found, repeat=Repeat.READ)


async def pages_for(context: ToolContext, question: Question) -> PagesFound:
    """Web pages for a query, as `works_for`."""
    web, _ = engine(context)

    async def ask() -> PagesFound:
        return await web.search(question.text, limit=question.limit)

    return await context.effects.once(question.key, "search", ask, PagesFound, repeat=Repeat.READ)


PROVIDER_NAMES = {
    "openalex": "OpenAlex",
    "crossref": "Crossref",
    "arxiv": "arXiv",
    "semantic_scholar": "Semantic Scholar",
    "pubmed": "PubMed",
    "europe_pmc": "Europe PMC",
    "unpaywall": "Unpaywall",
    "searxng": "SearXNG",
    "brave": "Brave Search",
    "tavily": "Tavily",
    "duckduckgo": "DuckDuckGo",
}


def provider_name(provider: str) -> str:
    return PROVIDER_NAMES.get(provider, provider.replace("_", " "))


class Reached(BaseModel):
    """Who answered at least once, and who never did and why. Not to have been asked is not to have
    found nothing."""

    answered: list[str] = Field(default_factory=list)
    silent: dict[str, str] = Field(default_factory=dict)
    """Provider to one clause that says why."""

    @classmethod
    def of(cls, answers: list[ProviderAnswer]) -> Reached:
        answered = dict.fromkeys(
            a.provider for a in answers if a.answer in (Answer.FOUND, Answer.NOTHING)
        )
        silent = {
            a.provider: (a.message or str(a.answer).replace("_", " ")).rstrip(".")
            for a in answers
            if a.provider not in answered
        }
        return cls(answered=list(answered), silent=silent)

    def silence(self) -> str:
        """A sentence on who could not be asked; empty when everybody could."""
        if not self.silent:
            return ""
        named = "; ".join(f"{provider_name(p)} ({why})" for p, why in self.silent.items())
        return f"Could not be asked: {named}."
