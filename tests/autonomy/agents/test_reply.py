"""Small talk through the whole loop."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from autonomy.core.ports import ModelUnavailable
from autonomy.core.types import Author, FileStatus, StopReason
from autonomy.export.markdown import write_markdown
from tests.autonomy.agents.test_loop import Ride
from tests.autonomy.agents.world import MemoryLibrary, NoModels, make_deps, make_library


class OnlySmall(NoModels):
    """A gateway with a model for the small role only."""

    def __init__(self, says: str | None) -> None:
        self.says = says
        self.asked: list[str] = []

    def available(self, role: str) -> bool:
        return role == "small"

    async def text(self, role: str, **given: Any) -> str:
        self.asked.append(role)
        if self.says is None:
            raise ModelUnavailable("it is away.")
        return self.says


@pytest.mark.parametrize("said", ["hi", "thanks!", "what can you do?", "Who are you?"])
async def test_small_talk_is_answered_without_any_source(said: str) -> None:
    ride = await Ride(make_deps(said, journey="answer", library=MemoryLibrary())).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    section = ride.document.sections[0]
    assert section.author is Author.RULE
    assert "written" in section.markdown
    assert ride.document.notice == ""
    assert ride.deps.library.queries == []  # type: ignore[attr-defined]
    assert ride.deps.notes.kept == []  # type: ignore[attr-defined]
    assert section.markdown in write_markdown(ride.document)


async def test_a_greeting_with_files_speaks_of_them_read_or_not() -> None:
    library = make_library()
    state = library.states["reefs"]
    library.states["reefs"] = state.model_copy(update={"status": FileStatus.PARSING})
    deps = make_deps("hi", journey="answer", library=library, source_ids=("reefs", "fishery"))
    ride = await Ride(deps).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED
    assert ride.document.sections[0].markdown == (
        "Hello. One source is ready and one file is being read: "
        "tell me what you would like written or answered."
    )


async def test_the_small_model_replies_where_there_is_one() -> None:
    models = OnlySmall(
        "Hello! See [my site](https://evil.example) [[p:abc]]. I write. You read. Ask me."
    )
    ride = await Ride(dataclasses.replace(make_deps("hi", journey="answer"), models=models)).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED, ride.state["verdict"].reason
    assert models.asked == ["small"]
    section = ride.document.sections[0]
    assert section.author is Author.MODEL
    assert section.markdown == "Hello! See my site . I write. You read. Ask me."


@pytest.mark.parametrize("says", [None, "", "word " * 400])
async def test_the_rule_replies_where_the_model_fails(says: str | None) -> None:
    models = OnlySmall(says)
    ride = await Ride(dataclasses.replace(make_deps("hi", journey="answer"), models=models)).go()

    assert ride.state["stop_reason"] == StopReason.COMPLETED
    assert ride.document.sections[0].author is Author.RULE


async def test_a_document_of_that_name_is_still_written_where_one_was_asked_for() -> None:
    ride = await Ride(make_deps("hi", journey="write")).go()

    assert all(step.id != "write-reply" for step in ride.state["plan"].steps)
