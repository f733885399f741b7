"""A small world for the agents: sources written for the tests, kept in memory behind the ports."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from autonomy.core.journey import load
from autonomy.core.originality import (
    ComparedKind,
    CycleRecord,
    FlaggedPassage,
    PassageChange,
    Similarity,
)
from autonomy.core.packing import Prompt
from autonomy.core.ports import Deps, OpenCycle
from autonomy.core.rewriting import DraftTaken, DraftText, ProposedChange
from autonomy.core.types import (
    CitationCheck,
    EventDraft,
    FileState,
    FileStatus,
    Passage,
    Source,
    TaskSettings,
    TaskSpec,
)
from autonomy.core.versions import Made
from autonomy.core.words import overlap, stems
from autonomy.export.document import Document
from autonomy.export.draft_text import draft_text
from autonomy.library.drafts.reading import read_draft
from autonomy.library.parsed import ParseFailure, ParseLimits
from autonomy.tools.drafts import draft_tools
from autonomy.tools.evidence import evidence_tools
from autonomy.tools.library_tools import library_tools
from autonomy.tools.literature import literature_tools
from autonomy.tools.registry import Tool, ToolFailure, ToolRegistry
from autonomy.tools.similarity import ComparedText, SimilaritySettings, compare
from autonomy.tools.similarity.drafts import flagged_passages
from tests.autonomy.memory_effects import MemoryEffects

REEFS = {
    "Abstract": "We present a ten-year survey of coral reefs along the Marra coast. Our results show that "
    "warm summers reduced living coral cover by 31 per cent between 2009 and 2018.",
    "Introduction": "Coral reefs shelter a quarter of all marine species although they cover little of the "
    "sea floor. Earlier surveys of coral reefs were too short to separate warming from storms.",
    "Methods": "We photographed forty fixed plots of coral reef every spring and counted living colonies on "
    "each photograph. Sea temperature was logged every hour at a depth of six metres on every reef.",
    "Results": "Living coral cover fell from 48.2 per cent to 33.1 per cent over the decade of the survey. "
    "Plots with dense seaweed lost coral twice as fast as plots that fish kept clear of seaweed.",
    "Discussion": "Grazing fish explain much of the difference because they keep young coral free of seaweed. "
    "Protecting grazing fish therefore allows coral reefs to recover faster after a warm summer.",
    "Limitations": "Our survey cannot say how coral reefs below twenty metres responded to warming. Future work "
    "should follow deep coral reefs with the same plots and the same loggers.",
}
FISHERY = {
    "Abstract": "This study examines how closed fishing seasons change the number of grazing fish on coral reefs. "
    "We find that reefs with a closed season held 2.4 times as many grazing fish after five years.",
    "Introduction": "Fishing pressure on coral reefs has grown since the coast road opened to lorries. Managers "
    "lack evidence that closing a fishery for a season helps coral reefs.",
    "Methods": "We compared nine closed coral reefs with nine open coral reefs using timed underwater counts. "
    "Observers swam the same route at noon and recorded every grazing fish longer than ten centimetres.",
    "Results": "Grazing fish increased by 140 per cent on closed reefs and by 9 per cent on open reefs. Coral cover "
    "on closed reefs was stable while it declined on open reefs over the same five years.",
    "Discussion": "Closed seasons work because grazing fish spawn in the months that the closure protects. Fishers "
    "accepted the closure when catches outside the closed reefs improved in the third year.",
    "Limitations": "Nine pairs of reefs are few, and the closed reefs were not chosen at random by the managers. "
    "It remains open whether coral reefs benefit once a closed season ends.",
}


def make_source(
    source_id: str, title: str, family: str, year: int, text: dict[str, str]
) -> tuple[Source, list[Passage]]:
    csl = {
        "type": "article-journal",
        "title": title,
        "author": [{"family": family, "given": "A."}, {"family": "Second", "given": "B."}],
        "issued": {"date-parts": [[year]]},
    }
    passages = [
        Passage(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source_id}/{heading}")),
            source_id=source_id,
            text=body,
            page=page,
            char_end=len(body),
            heading=heading,
            ordinal=page - 1,
        )
        for page, (heading, body) in enumerate(text.items(), start=1)
    ]
    return Source(
        id=source_id, csl=csl, file_name=f"{source_id}.pdf", passages=len(passages)
    ), passages


class MemoryLibrary:
    """`ports.Library` over a list, ranked by shared stems."""

    def __init__(self, *works: tuple[Source, list[Passage]]) -> None:
        self.works = {source.id: source for source, _ in works}
        self.kept = [p for _, passages in works for p in passages]
        self.states: dict[str, FileState] = {
            s.id: FileState(source_id=s.id, file_name=s.file_name, status=FileStatus.READY)
            for s in self.works.values()
        }
        self.queries: list[tuple[str, tuple[str, ...]]] = []

    async def search(
        self, query: str, *, limit: int = 8, source_ids: Sequence[str] = ()
    ) -> list[Passage]:
        self.queries.append((query, tuple(source_ids)))
        wanted = stems(query)
        scored = [
            p.model_copy(update={"score": overlap(wanted, stems(f"{p.heading} {p.text}"))})
            for p in self.kept
            if not source_ids or p.source_id in source_ids
        ]
        return sorted((p for p in scored if p.score), key=lambda p: (-p.score, p.id))[:limit]

    async def sources(self, source_ids: Sequence[str] = ()) -> list[Source]:
        ready = [s for s in self.works.values() if self.states[s.id].status is FileStatus.READY]
        return [s for s in ready if not source_ids or s.id in source_ids]

    async def passages(self, passage_ids: Sequence[str]) -> list[Passage]:
        by_id = {p.id: p for p in self.kept}
        return [by_id[i] for i in passage_ids if i in by_id]

    async def opening(self, source_id: str, *, limit: int = 6) -> list[Passage]:
        return [p for p in self.kept if p.source_id == source_id][:limit]

    async def neighbours(self, passage_id: str, *, radius: int = 1) -> list[Passage]:
        found = next((p for p in self.kept if p.id == passage_id), None)
        if found is None:
            return []
        return [
            p
            for p in self.kept
            if p.source_id == found.source_id and abs(p.ordinal - found.ordinal) <= radius
        ]

    async def relevance(self, query: str, *, source_ids: Sequence[str] = ()) -> float:
        wanted = stems(query)
        shares = [
            overlap(wanted, stems(p.text))
            for p in self.kept
            if not source_ids or p.source_id in source_ids
        ]
        return max(shares, default=0.0)

    async def files(self, source_ids: Sequence[str]) -> list[FileState]:
        return [s for s in self.states.values() if not source_ids or s.source_id in source_ids]


class MemoryArtifacts:
    def __init__(self) -> None:
        self.bodies: dict[str, dict[str, Any]] = {}
        self.checks: list[CitationCheck] = []
        self.made: dict[str, Made] = {}

    async def save(
        self, kind: str, title: str, body: dict[str, Any], made: Made | None = None
    ) -> str:
        artifact_id = f"{kind}-{len(self.bodies) + 1}"
        self.bodies[artifact_id] = body
        if made is not None:
            self.made[artifact_id] = made
        return artifact_id

    async def load(self, artifact_id: str) -> dict[str, Any]:
        return self.bodies[artifact_id]

    async def bind_citations(self, artifact_id: str, checks: Sequence[CitationCheck]) -> None:
        self.checks = list(checks)


class MemoryEvents:
    def __init__(self) -> None:
        self.emitted: list[EventDraft] = []

    async def emit(self, event: EventDraft) -> None:
        self.emitted.append(event)

    async def token(self, task_id: str, text: str) -> None:
        raise AssertionError("no model is configured, so nothing may stream")


class MemoryNotes:
    def __init__(self) -> None:
        self.kept: list[tuple[str, str]] = []

    async def remember(self, kind: str, text: str) -> None:
        self.kept.append((kind, text))

    async def recall(self, query: str, *, limit: int = 5) -> list[str]:
        return [text for _, text in self.kept if stems(query) & stems(text)][:limit]


class MemoryCycles:
    """`ports.Cycles` over a list; a test says what was reported before it resumes the run."""

    def __init__(self) -> None:
        self.records: list[CycleRecord] = []
        self.marked: list[FlaggedPassage] = []
        self.changes: dict[str, list[PassageChange]] = {}

    @property
    def closed(self) -> list[bool]:
        return [r.status == "accepted" for r in self.records if r.status != "awaiting_report"]

    async def open(
        self,
        artifact_id: str,
        target: float,
        *,
        local: float | None = None,
        quoted: float | None = None,
    ) -> OpenCycle:
        number = len(self.records) + 1
        self.records.append(
            CycleRecord(
                id=f"cycle-{number}",
                number=number,
                status="awaiting_report",
                document_id=artifact_id,
                local=local,
                quoted=quoted,
            )
        )
        return OpenCycle(f"cycle-{number}", number)

    def report(self, **found: Any) -> None:
        self.records[-1] = self.records[-1].model_copy(update=found)

    async def close(self, cycle_id: str, *, accepted: bool) -> None:
        self.report(status="accepted" if accepted else "rejected")

    async def history(self) -> list[CycleRecord]:
        return list(self.records)

    async def flagged(self, cycle_id: str) -> list[FlaggedPassage]:
        return self.marked

    async def record(
        self, cycle_id: str, changes: Sequence[PassageChange], document_id: str
    ) -> None:
        self.changes[cycle_id] = list(changes)


class MemoryOriginality:
    """`ports.Originality`: the real comparison, over the library's texts; nothing is encoded."""

    def __init__(self, library: MemoryLibrary, artifacts: MemoryArtifacts) -> None:
        self._library = library
        self._artifacts = artifacts

    def _texts(self) -> list[ComparedText]:
        return [
            ComparedText(
                id=source.id,
                title=str(source.csl["title"]),
                kind=ComparedKind.RUN_SOURCE,
                text="\n\n".join(p.text for p in self._library.kept if p.source_id == source.id),
                markers=frozenset(p.id for p in self._library.kept if p.source_id == source.id),
            )
            for source in self._library.works.values()
        ]

    def _compared(self, document_id: str) -> tuple[Document, Similarity]:
        document = Document.model_validate(self._artifacts.bodies[document_id])
        return document, compare(draft_text(document), self._texts(), SimilaritySettings(), None)

    async def check(self, document_id: str) -> Similarity | None:
        return self._compared(document_id)[1]

    async def flagged(self, document_id: str) -> list[FlaggedPassage]:
        return flagged_passages(*self._compared(document_id))


class MemoryDrafts:
    """Drafts by source id, read in this process."""

    def __init__(self, artifacts: MemoryArtifacts, files: Mapping[str, Path]) -> None:
        self._artifacts = artifacts
        self._files = files
        self.proposed: dict[str, list[ProposedChange]] = {}

    async def take(self, source_id: str) -> DraftTaken:
        path = self._files[source_id]
        try:
            draft = read_draft(path, path.name, ParseLimits())
        except ParseFailure as failure:
            raise ToolFailure("no_draft", failure.message) from failure
        ref = DraftText(
            draft_id="", source_id=source_id, file_name=path.name, media_type=draft.media_type
        )
        body = {"draft": draft.model_dump(mode="json"), "ref": ref.model_dump(mode="json")}
        draft_id = await self._artifacts.save("data", draft.title, body)
        return DraftTaken(
            draft_id=draft_id,
            title=draft.title,
            words=draft.words(),
            blocks=len(draft.blocks),
            remarks=draft.remarks,
        )

    async def propose(self, artifact_id: str, changes: Sequence[ProposedChange]) -> None:
        self.proposed[artifact_id] = list(changes)


def draft_deps(path: Path, goal: str = "Improve my draft", **settings: Any) -> Deps:
    """Deps of a run that improves the draft at `path`."""
    library = MemoryLibrary()
    library.states["draft"] = FileState(
        source_id="draft", file_name=path.name, status=FileStatus.READY
    )
    deps = make_deps(
        goal,
        journey="rewrite",
        library=library,
        tools=draft_tools(),
        source_ids=("draft",),
        **settings,
    )
    artifacts = cast("MemoryArtifacts", deps.artifacts)
    return dataclasses.replace(deps, drafts=MemoryDrafts(artifacts, {"draft": path}))


class NoModels:
    """No-model mode: every role takes its rule path."""

    def available(self, role: str) -> bool:
        return False

    def simulated(self, key: str) -> bool:
        return False

    def unavailable(self, role: str) -> str:
        return ""

    async def structured(
        self, role: str, *, key: str, prompt: Prompt, output: type[BaseModel]
    ) -> Any:
        raise AssertionError("an unavailable model was called")

    async def text(
        self,
        role: str,
        *,
        key: str,
        prompt: Prompt,
        on_token: Callable[[str], Awaitable[None]] | None = None,
    ) -> str:
        raise AssertionError("an unavailable model was called")


class Purse:
    def __init__(self) -> None:
        self.reached: str | None = None

    async def snapshot(self) -> dict[str, float]:
        return {}

    async def exhausted(self) -> str | None:
        return self.reached


def make_library() -> MemoryLibrary:
    return MemoryLibrary(
        make_source("reefs", "Ten years on the reefs of Marra", "Okoye", 2019, REEFS),
        make_source("fishery", "Closed seasons and grazing fish", "Lindqvist", 2021, FISHERY),
    )


def make_deps(
    goal: str,
    *,
    journey: str = "write",
    library: MemoryLibrary | None = None,
    tools: Sequence[Tool[Any, Any]] = (),
    source_ids: tuple[str, ...] = (),
    **settings: Any,
) -> Deps:
    """Deps of a run over the two test papers; `tools` replace built-in ones of the same name."""
    built_in = {t.name: t for t in (*library_tools(), *evidence_tools(), *literature_tools())}
    built_in.update({t.name: t for t in tools})
    return Deps(
        run_id="run",
        task=TaskSpec(
            goal=goal, journey=journey, source_ids=source_ids, settings=TaskSettings(**settings)
        ),
        journey=load(journey),
        library=library if library is not None else make_library(),
        notes=MemoryNotes(),
        artifacts=MemoryArtifacts(),
        events=MemoryEvents(),
        effects=MemoryEffects(),
        cycles=MemoryCycles(),
        models=NoModels(),
        budget=Purse(),
        tools=ToolRegistry(built_in.values()),
    )
