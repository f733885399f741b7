"""Cycles of similarity reports, the product's own engine, and drafts that people bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from autonomy.core.originality import (
    CycleRecord,
    FlaggedPassage,
    PassageChange,
    Similarity,
)
from autonomy.core.rewriting import DraftTaken, ProposedChange


class OpenCycle(NamedTuple):
    """A cycle that waits for its report."""

    id: str
    number: int
    expires_at: str = ""
    """ISO 8601, UTC; empty when it waits for as long as it takes."""


class Cycles(Protocol):
    """Originality cycles of the run."""

    async def open(
        self,
        artifact_id: str,
        target: float,
        *,
        local: float | None = None,
        quoted: float | None = None,
    ) -> OpenCycle:
        """The open cycle for this document version, created if need be. `target`, `local` (by the
        product's own engine) and `quoted` (beside it: quoted and cited) are per cent."""
        ...

    async def close(self, cycle_id: str, *, accepted: bool) -> None: ...

    async def history(self) -> list[CycleRecord]:
        """All cycles of the run, oldest first."""
        ...

    async def flagged(self, cycle_id: str) -> list[FlaggedPassage]:
        """What a checker or a report flagged in the cycle's draft; those that were not found in it
        have no section."""
        ...

    async def record(
        self, cycle_id: str, changes: Sequence[PassageChange], document_id: str
    ) -> None:
        """Keep what was done about the flagged passages, in place of what was kept before, and the
        version that came of it."""
        ...


class Originality(Protocol):
    """The product's own engine: how like a draft is to the person's own sources and earlier
    documents; nothing else, not the web. Versions of the same run never count."""

    async def check(self, document_id: str) -> Similarity | None:
        """The draft against the run's sources, the rest of the person's library and their earlier
        documents; None when it could not be compared. Offsets count in
        `autonomy.export.draft_text.draft_text` of the document. Nothing outside is asked, and the
        same draft against the same texts gives the same answer."""
        ...

    async def flagged(self, document_id: str) -> list[FlaggedPassage]:
        """What of it wants a remedy, in the document's order, with its section and characters of
        the section's Markdown. A paraphrase among them is a hint, see its `kind`."""
        ...


class NoOriginality:
    """Nobody compares drafts."""

    async def check(self, document_id: str) -> Similarity | None:
        return None

    async def flagged(self, document_id: str) -> list[FlaggedPassage]:
        return []


class Drafts(Protocol):
    """Drafts that the person brought to be improved."""

    async def take(self, source_id: str) -> DraftTaken:
        """Read the person's file into blocks and store them as an artifact of the run, whose body
        is `{"draft": Draft, "ref": DraftText}`; the same file gives the same artifact.

        Raises:
            ToolFailure: it cannot be read, or is too long; in words for the person.
        """
        ...

    async def propose(self, artifact_id: str, changes: Sequence[ProposedChange]) -> None:
        """Store the changes that a version of the draft proposes, for its person to decide on.
        Proposing the same again keeps what was decided."""
        ...
