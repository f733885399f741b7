"""Publications as the outside describes them: what registries and search engines answer.

A `Work` is not yet in anybody's library; once it is kept there, it is a `Source` with passages.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from autonomy.core.value import Value


class Answer(StrEnum):
    """How one provider answered one question. `NOTHING` and `UNREACHABLE` are never the same."""

    FOUND = "found"
    NOTHING = "nothing"
    """It answered, and knows no such work."""
    RATE_LIMITED = "rate_limited"
    UNREACHABLE = "unreachable"
    """No answer, a server error, or an answer that cannot be read."""
    REFUSED = "refused"
    """Key missing or wrong, robots.txt, or an address that may not be called."""


class ProviderAnswer(Value):
    """What came of asking one provider."""

    provider: str
    """openalex, crossref, arxiv, semantic_scholar, europe_pmc, pubmed, unpaywall, searxng, …"""
    answer: Answer
    count: int = 0
    message: str = ""
    """One sentence for people, where it did not answer."""


class OpenCopy(Value):
    """A freely readable copy of a work."""

    url: str
    media_type: str = ""
    """As the registry says it; the bytes decide."""
    licence: str = ""
    version: str = ""
    """publishedVersion, acceptedVersion, submittedVersion, or empty."""


class Retraction(Value):
    """A notice that changes what a work may be cited for."""

    kind: str
    """retraction, expression_of_concern, correction, withdrawal."""
    date: str = ""
    """ISO date, as far as known."""
    doi: str = ""
    """Of the notice."""
    provider: str = ""

    @property
    def ends(self) -> bool:
        """Whether the work no longer stands; after other notices it may still be cited."""
        return self.kind in ("retraction", "withdrawal")


class Work(Value):
    """A publication as one or several registries describe it."""

    csl: dict[str, Any]
    """CSL-JSON without `id`."""
    identifiers: dict[str, str] = Field(default_factory=dict)
    """doi (bare, lower case), arxiv (without version), pmid, pmcid, openalex, semantic_scholar."""
    providers: tuple[str, ...] = ()
    """Who describes it, first the one whose words `csl` has."""
    abstract: str = ""
    url: str = ""
    """Landing page for people."""
    copies: tuple[OpenCopy, ...] = ()
    cited_by: int | None = None
    references: tuple[str, ...] = Field(default=(), max_length=300)
    """What it cites, as `doi:…`, `openalex:…`, `arxiv:…`."""
    notices: tuple[Retraction, ...] = ()
    versions: tuple[str, ...] = ()
    """Other versions of the same work (a preprint of what was published), as `doi:…`, `arxiv:…`."""
    score: float = 0.0
    """Fused rank over the providers that found it; 0 outside a search."""

    @property
    def retracted(self) -> bool:
        return any(notice.ends for notice in self.notices)


class Found(Value):
    """Works for one question, best first, and how each provider answered."""

    works: tuple[Work, ...] = ()
    answers: tuple[ProviderAnswer, ...] = ()

    @property
    def reached(self) -> bool:
        """Whether at least one provider answered at all."""
        return any(a.answer in (Answer.FOUND, Answer.NOTHING) for a in self.answers)


class Fetched(Value):
    """A file or page from outside, complete and within the limits."""

    url: str
    """Where it came from, after redirects."""
    media_type: str
    file_name: str
    body: bytes
    licence: str = ""
    """Of this copy, as the registry that named it says."""


class Page(Value):
    """A web page as search engines list it."""

    url: str
    title: str
    snippet: str = ""
    engine: str = ""


class PagesFound(Value):
    pages: tuple[Page, ...] = ()
    answers: tuple[ProviderAnswer, ...] = ()


class FetchRefused(Exception):
    """A page or file was not fetched; `reason` is a sentence for people, `code` one of
    `address`, `robots`, `too_large`, `timeout`, `redirects`, `status`, `media_type`,
    `unreachable`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
