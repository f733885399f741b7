"""The token that every write of a running segment carries."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fence:
    """Who may write for a run: only the holder of the newest number, and only while it runs."""

    run_id: str
    number: int


class FencedOut(Exception):
    """A write came from a segment that no longer owns its run. Nothing was written; whoever owns
    the run now goes on from the last checkpoint."""

    def __init__(self, fence: Fence) -> None:
        super().__init__(f"run {fence.run_id}: fence {fence.number} is stale")
        self.fence = fence
