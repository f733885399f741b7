"""What a writer's model says, on its way into a section."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable

from autonomy.core.packing import Prompt
from autonomy.core.types import Author
from tests.autonomy.agents.test_loop import GOAL, Ride
from tests.autonomy.agents.world import NoModels, make_deps


class Scribe(NoModels):
    """A writer who says the same each time."""

    def __init__(self, said: str) -> None:
        self.said = said

    def available(self, role: str) -> bool:
        return role == "writer"

    async def text(
        self,
        role: str,
        *,
        key: str,
        prompt: Prompt,
        on_token: Callable[[str], Awaitable[None]] | None = None,
    ) -> str:
        return self.said


async def test_markers_of_nothing_that_was_shown_leave_no_trace_in_the_document() -> None:
    said = (
        "Grazing keeps reefs clear [p:deadbeef]. Others agree [[p:ffffff]], as do many "
        "[[p: a figure, p. 4]] in one survey [n: 45]. "
    )
    ride = await Ride(dataclasses.replace(make_deps(GOAL), models=Scribe(said))).go()

    written = [s.markdown for s in ride.document.sections if s.author is Author.MODEL]
    assert written
    for markdown in written:
        assert markdown.startswith(
            "Grazing keeps reefs clear. Others agree, as do many in one survey [n: 45]."
        )
