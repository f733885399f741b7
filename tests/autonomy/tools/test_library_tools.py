from __future__ import annotations

import pytest

from autonomy.core.types import FileState, FileStatus
from autonomy.tools.library_tools import SearchInput, SurveyInput, fuse, library_tools, survey_tool
from autonomy.tools.registry import ToolContext, ToolFailure
from tests.autonomy.agents.world import MemoryEvents, MemoryLibrary, make_library
from tests.autonomy.memory_effects import MemoryEffects


def context(library: MemoryLibrary) -> ToolContext:
    return ToolContext(
        library=library,
        events=MemoryEvents(),
        results={},
        effects=MemoryEffects(),
        key="k",
    )


async def test_a_survey_waits_until_the_files_can_be_searched() -> None:
    library = make_library()
    reading = FileState(source_id="reefs", file_name="reefs.pdf", status=FileStatus.PARSING)
    library.states["reefs"] = reading
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 3:
            library.states["reefs"] = reading.model_copy(update={"status": FileStatus.READY})

    output = await survey_tool(sleep).run(context(library), SurveyInput())

    assert len(naps) == 3
    assert set(output.source_ids) == {"reefs", "fishery"}


async def test_a_survey_goes_on_without_a_file_that_never_becomes_ready() -> None:
    library = make_library()
    library.states["reefs"] = FileState(
        source_id="reefs", file_name="reefs.pdf", status=FileStatus.QUEUED
    )

    async def sleep(seconds: float) -> None:
        return None

    output = await survey_tool(sleep, patience=2.0).run(context(library), SurveyInput())

    assert output.source_ids == ["fishery"]
    assert output.unreadable == ["reefs.pdf: still being read"]


async def test_nothing_to_cite_is_a_failure_with_its_reasons() -> None:
    with pytest.raises(ToolFailure, match="nothing to cite"):
        await survey_tool().run(context(MemoryLibrary()), SurveyInput())


async def test_several_queries_are_fused_into_one_ranking() -> None:
    library = make_library()
    search = next(t for t in library_tools() if t.name == "library.search")
    output = await search.run(
        context(library), SearchInput(queries=["grazing fish", "closed season"], limit=5)
    )

    ids = [hit.passage_id for hit in output.hits]
    assert len(ids) == len(set(ids))
    assert output.sources == 2


async def test_no_named_source_is_drowned_by_the_others() -> None:
    library = make_library()
    search = next(t for t in library_tools() if t.name == "library.search")
    given = SearchInput(queries=["grazing fish"], limit=1, source_ids=["reefs", "fishery"])
    alone = await search.run(context(library), given)
    balanced = await search.run(context(library), given.model_copy(update={"per_source": 2}))

    assert alone.sources == 1
    assert balanced.sources == 2
    ids = [hit.passage_id for hit in balanced.hits]
    assert len(ids) == len(set(ids))


async def test_queries_without_a_word_are_refused() -> None:
    search = next(t for t in library_tools() if t.name == "library.search")
    with pytest.raises(ToolFailure, match="no word to search for"):
        await search.run(context(make_library()), SearchInput(queries=["?!", "the of"]))


def test_fusion_prefers_what_several_rankings_agree_on() -> None:
    library = make_library()
    a, b, c = library.kept[:3]

    assert fuse([[a, b], [b, c]])[0].id == b.id
