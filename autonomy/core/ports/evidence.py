"""Where evidence comes from: a person's library, registries, the web."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from autonomy.core.types import (
    FileState,
    Passage,
    Reading,
    ReferenceCheck,
    Source,
    SourceOrigin,
)
from autonomy.core.works import Fetched, Found, PagesFound, Work


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which of a person's sources a search looks into. A field left empty lets everything through;
    those that are set must all hold."""

    source_ids: tuple[str, ...] = ()
    conversation_id: str = ""
    """Only what was uploaded into this conversation."""
    from_year: int | None = None
    to_year: int | None = None
    """Year of publication, both ends included; sources without a year are then left out."""
    types: tuple[str, ...] = ()
    """CSL types, such as `article-journal`."""
    readings: tuple[Reading, ...] = ()
    origins: tuple[SourceOrigin, ...] = ()


EVERYTHING = SearchFilter()


class Library(Protocol):
    """The person's own sources, searched by meaning and by words (the vector repository)."""

    async def search(
        self,
        query: str,
        *,
        limit: int = 8,
        source_ids: Sequence[str] = (),
        within: SearchFilter = EVERYTHING,
        variety: float = 0.0,
    ) -> list[Passage]:
        """The best passages for `query`, best first, among the sources that are ready.

        Args:
            source_ids: where to look, joined with `within`; empty means everywhere.
            variety: 0 to 1, how much a passage is held back for repeating what better ones say.
        """
        ...

    async def sources(self, source_ids: Sequence[str] = ()) -> list[Source]:
        """Ready sources, in the order they were added; empty `source_ids` means all."""
        ...

    async def passages(self, passage_ids: Sequence[str]) -> list[Passage]:
        """These passages in the order asked for; ids that do not resolve are left out."""
        ...

    async def opening(self, source_id: str, *, limit: int = 6) -> list[Passage]:
        """The first passages of a source (abstract and introduction)."""
        ...

    async def neighbours(self, passage_id: str, *, radius: int = 1) -> list[Passage]:
        """The passage with those before and after it in its source."""
        ...

    async def relevance(self, query: str, *, source_ids: Sequence[str] = ()) -> float:
        """Cosine of the query and the passage nearest in meaning, -1 to 1, less what the nearest of
        so many passages has by chance; 0 with no passage."""
        ...

    async def files(self, source_ids: Sequence[str]) -> list[FileState]:
        """Where ingestion of these files stands; ids that are not the owner's are left out."""
        ...


class Scholar(Protocol):
    """Scholarly registries behind one face. What fails is in the answers, never an exception."""

    async def search(
        self,
        query: str,
        *,
        limit: int = 20,
        from_year: int | None = None,
        to_year: int | None = None,
    ) -> Found:
        """Works for `query`, deduplicated over the registries, best first."""
        ...

    async def identify(self, identifiers: Sequence[str]) -> Found:
        """The works of these `doi:…`, `arxiv:…`, `pmid:…`, `openalex:…` identifiers."""
        ...

    async def lookup(self, csl: dict[str, Any]) -> Found:
        """Candidates for one reference, by its identifier where it has one, else by title,
        authors and year; for checking it."""
        ...

    async def citing(self, work: Work, *, limit: int = 20) -> Found:
        """Works that cite `work`."""
        ...

    async def full_text(self, work: Work) -> Fetched:
        """A freely readable copy.

        Raises:
            FetchRefused: there is none, or it could not be had.
        """
        ...


class Web(Protocol):
    """Web search and pages, safe to point at addresses from outside."""

    async def search(self, query: str, *, limit: int = 10) -> PagesFound: ...

    async def fetch(self, url: str) -> Fetched:
        """One page or file, within limits of size and time; robots.txt is respected.

        Raises:
            FetchRefused: with the reason.
        """
        ...


class Shelf(Protocol):
    """Where works from outside become sources of the person's library."""

    async def find(self, work: Work) -> Source | None:
        """The source of the library that is `work`: same DOI or arXiv id, or same title, first
        author and year; None when there is none. It may have no text."""
        ...

    async def add(
        self,
        work: Work,
        fetched: Fetched | None = None,
        *,
        query: str = "",
        reason: str = "",
        standing: Mapping[str, Any] | None = None,
    ) -> Source | None:
        """Keep `work`: with its full text when `fetched` is given (read like an upload), else with
        its abstract. A work that the library has already (see `find`) is that source; text that a
        person gave it is never replaced. Returns once its passages can be searched, or reading
        failed: then `reading` says what is left of it. None when its owner deleted it meanwhile: it
        is not brought back.

        Args:
            standing: how it was ranked, kept in the source's record.
        """
        ...

    async def work(self, source_id: str) -> Work | None:
        """What registries said of a source that came by search; None for any other."""
        ...

    async def nearness(self, queries: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        """Cosine, -1 to 1, of each text (rows) with each query (columns) in meaning."""
        ...


class References(Protocol):
    """Whether sources are what registries know under their names."""

    async def check(
        self, sources: Sequence[Source], *, key: str, ask: bool = True
    ) -> list[ReferenceCheck]:
        """What is known of each, in their order: as it was stored lately for the same metadata,
        else as registries say now, unless nobody is to `ask` them. It ends within a bounded time: who did not answer by then is
        unreachable. `key` names the effect."""
        ...


class NoReferences:
    """Nobody asks registries."""

    async def check(
        self, sources: Sequence[Source], *, key: str, ask: bool = True
    ) -> list[ReferenceCheck]:
        return []


class Notes(Protocol):
    """Semantic memory: short facts and lessons that outlive a run."""

    async def remember(self, kind: str, text: str) -> None: ...

    async def recall(self, query: str, *, limit: int = 5) -> list[str]: ...
