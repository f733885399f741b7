"""What a run leaves behind it, and what people say to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from autonomy.core.types import (
    CitationCheck,
    EventDraft,
    Told,
)
from autonomy.core.versions import Made


class Artifacts(Protocol):
    """Content-addressed, versioned outputs of the run. State only refers to their ids."""

    async def save(
        self, kind: str, title: str, body: dict[str, Any], made: Made | None = None
    ) -> str:
        """Store a new version of (run, kind) and return its id. Saving the same body twice
        returns the same id. `made` says why there is this version, for documents."""
        ...

    async def load(self, artifact_id: str) -> dict[str, Any]: ...

    async def bind_citations(self, artifact_id: str, checks: Sequence[CitationCheck]) -> None:
        """Replace the citation rows of that artifact."""
        ...


class Events(Protocol):
    """Progress events, appended at once. Boundary events travel in the state's `outbox`."""

    async def emit(self, event: EventDraft) -> None: ...

    async def token(self, task_id: str, text: str) -> None:
        """A piece of streamed text; shown live, never logged."""
        ...


class Messages(Protocol):
    """What the person told the run while it was going on."""

    async def after(self, number: int) -> list[Told]:
        """Messages with a higher number, oldest first. Reading marks them as read."""
        ...


class NoMessages:
    """Nobody speaks to the run."""

    async def after(self, number: int) -> list[Told]:
        return []
