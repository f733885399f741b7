"""What lies outside the small world of the agents: registries, a web and a shelf, kept in memory."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from autonomy.core.ports import Deps, SearchLimits
from autonomy.core.types import FileState, FileStatus, Passage, Reading, Source, SourceOrigin
from autonomy.core.words import overlap, stems
from autonomy.core.works import (
    Answer,
    Fetched,
    FetchRefused,
    Found,
    OpenCopy,
    Page,
    PagesFound,
    ProviderAnswer,
    Work,
)
from autonomy.tools.literature.sameness import key_of, names_of
from tests.autonomy.agents.world import MemoryLibrary, make_deps

SENTENCES = (
    "We followed {n} stretches of river and counted {topic} in water and sediment every month.",
    "Our results show that {topic} rose by {n} per cent between the first and the last year.",
    "However, our method cannot tell how much of the {topic} came from roads and how much from sewers.",
    "We propose a sampling design for {topic} that needs half as many samples as earlier designs.",
    "Previous work on {topic} was limited to a few sites, which left the main problem open.",
)


def make_work(
    number: int, topic: str = "microplastics in rivers", *, year: int = 2022, **changes: Any
) -> Work:
    """A work with an abstract of its own sentences; its numbers tell it from others."""
    abstract = " ".join(s.format(topic=topic, n=number + 20) for s in SENTENCES)
    given: dict[str, Any] = {
        "csl": {
            "type": "article-journal",
            "title": f"Study {number} of {topic} and what carries them",
            "author": [{"family": f"Author{number}", "given": "A."}],
            "issued": {"date-parts": [[year]]},
            "container-title": f"Journal {number % 5}",
            "DOI": f"10.5555/work.{number}",
        },
        "identifiers": {"doi": f"10.5555/work.{number}"},
        "providers": ("openalex",),
        "abstract": abstract,
        "url": f"https://registry.example/{number}",
        "cited_by": number * 3,
    }
    return Work(**{**given, **changes})


class MemoryScholar:
    """`ports.Scholar` over a list; `silent` makes every registry unreachable."""

    def __init__(self, *works: Work, silent: bool = False) -> None:
        self.works = list(works)
        self.silent = silent
        self.asked: list[tuple[str, int | None, int | None]] = []
        self.fetched: list[str] = []
        self.followed: list[str] = []
        self.cited: dict[str, list[Work]] = {}
        """DOI to the works that cite it."""

    def _answer(self, works: Sequence[Work]) -> Found:
        if self.silent:
            said = "it did not answer within 15 seconds."
            return Found(
                answers=(
                    ProviderAnswer(provider="openalex", answer=Answer.UNREACHABLE, message=said),
                )
            )
        answer = Answer.FOUND if works else Answer.NOTHING
        return Found(
            works=tuple(works),
            answers=(
                ProviderAnswer(provider="openalex", answer=answer, count=len(works)),
                ProviderAnswer(
                    provider="europe_pmc",
                    answer=Answer.UNREACHABLE,
                    message="it answered with an error.",
                ),
            ),
        )

    async def search(
        self,
        query: str,
        *,
        limit: int = 20,
        from_year: int | None = None,
        to_year: int | None = None,
    ) -> Found:
        self.asked.append((query, from_year, to_year))
        wanted = stems(query)
        fits = [(overlap(wanted, stems(f"{w.csl['title']} {w.abstract}")), w) for w in self.works]
        best = sorted((f for f in fits if f[0] > 0.3), key=lambda f: -f[0])
        return self._answer([w for _, w in best][:limit])

    async def identify(self, identifiers: Sequence[str]) -> Found:
        self.followed += identifiers
        return self._answer([w for w in self.works if names_of(w) & set(identifiers)])

    async def lookup(self, csl: dict[str, Any]) -> Found:
        return self._answer([])

    async def citing(self, work: Work, *, limit: int = 20) -> Found:
        return self._answer(self.cited.get(work.identifiers.get("doi", ""), [])[:limit])

    async def full_text(self, work: Work) -> Fetched:
        self.fetched.append(key_of(work))
        if not work.copies:
            raise FetchRefused("status", "There is no free copy.")
        url = work.copies[0].url
        if "gone" in url:
            raise FetchRefused("status", "The server answered 404.")
        return Fetched(url=url, media_type="text/plain", file_name="a.txt", body=b"full text")


class MemoryWeb:
    """`ports.Web` over pages: address to title and text."""

    def __init__(self, **pages: tuple[str, str]) -> None:
        self.pages = {f"https://web.example/{name}": page for name, page in pages.items()}
        self.asked: list[str] = []

    async def search(self, query: str, *, limit: int = 10) -> PagesFound:
        self.asked.append(query)
        return PagesFound(
            pages=tuple(
                Page(url=url, title=title, snippet=text[:200], engine="searxng")
                for url, (title, text) in self.pages.items()
            ),
            answers=(ProviderAnswer(provider="searxng", answer=Answer.FOUND),),
        )

    async def fetch(self, url: str) -> Fetched:
        body = self.pages[url][1].encode()
        return Fetched(url=url, media_type="text/html", file_name="page.html", body=body)


def _as_read(part: str) -> str:
    """A paragraph of Markdown as the library reads it: of a table, header and rows."""
    lines = [line.strip("| ") for line in part.split("\n")]
    return "\n".join(line for line in lines if not line.startswith("---"))


class MemoryShelf:
    """`ports.Shelf` that puts what it is given into a `MemoryLibrary`."""

    def __init__(self, library: MemoryLibrary) -> None:
        self._library = library
        self.works: dict[str, Work] = {}
        self.added: list[str] = []
        self.standings: list[Mapping[str, Any]] = []

    async def find(self, work: Work) -> Source | None:
        for source_id, known in self.works.items():
            if names_of(known) & names_of(work):
                return self._library.works[source_id]
        return None

    async def add(
        self,
        work: Work,
        fetched: Fetched | None = None,
        *,
        query: str = "",
        reason: str = "",
        standing: Mapping[str, Any] | None = None,
    ) -> Source:
        self.added.append(key_of(work))
        self.standings.append(standing or {})
        if (there := await self.find(work)) is not None:
            return there
        text = fetched.body.decode() if fetched and work.csl["type"] == "webpage" else work.abstract
        source_id = str(uuid.uuid5(uuid.NAMESPACE_URL, key_of(work)))
        sentences = [s.strip() for s in text.split(". ") if s.strip()]
        if fetched and fetched.media_type == "text/markdown":
            sentences = [_as_read(part) for part in text.split("\n\n") if part[:1] != "#"]
        passages = [
            Passage(
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source_id}/{n}")),
                source_id=source_id,
                text=sentence if sentence[-1] == "." or " | " in sentence else f"{sentence}.",
                heading=text.split("\n")[0][2:] if text[:2] == "# " else "Abstract",
                ordinal=n,
            )
            for n, sentence in enumerate(sentences)
        ]
        reading = Reading.NOTHING if not passages else Reading.ABSTRACT
        source = Source(
            id=source_id,
            csl=work.csl,
            passages=len(passages),
            origin=SourceOrigin.WEB if work.csl["type"] == "webpage" else SourceOrigin.SCHOLARLY,
            reading=Reading.FULL_TEXT if fetched and passages else reading,
        )
        self._library.works[source_id] = source
        self._library.kept += passages
        self._library.states[source_id] = FileState(
            source_id=source_id, file_name="", status=FileStatus.READY
        )
        self.works[source_id] = work
        return source

    async def work(self, source_id: str) -> Work | None:
        return self.works.get(source_id)

    async def nearness(self, queries: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
        return [[overlap(stems(q), stems(text)) ** 2 for q in queries] for text in texts]


class ForgetfulShelf(MemoryShelf):
    """Whose owner deletes every source at the moment in which it is added, or the first `most`."""

    def __init__(self, library: MemoryLibrary, most: int = 1_000) -> None:
        super().__init__(library)
        self.most = most

    async def add(self, work: Work, *given: Any, **said: Any) -> Source | None:  # type: ignore[override]
        if len(self.added) >= self.most:
            return await super().add(work, *given, **said)
        self.added.append(key_of(work))
        return None


def open_copy(url: str = "https://journal.example/a.pdf") -> dict[str, Any]:
    return {"copies": (OpenCopy(url=url),)}


def outside_deps(
    goal: str,
    scholar: MemoryScholar | None,
    *,
    library: MemoryLibrary | None = None,
    web: MemoryWeb | None = None,
    limits: SearchLimits | None = None,
    **more: Any,
) -> Deps:
    """Deps of a run that may look outside; without `library` the person has no files."""
    library = library if library is not None else MemoryLibrary()
    deps = make_deps(goal, library=library, **more)
    return dataclasses.replace(
        deps,
        scholar=scholar,
        web=web,
        shelf=MemoryShelf(library),
        search=limits or SearchLimits(),
    )
