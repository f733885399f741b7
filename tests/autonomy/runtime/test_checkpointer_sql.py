"""The checkpointer: LangGraph's conformance suite, fences, delta channels, strict reading."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate

from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver
from autonomy.runtime.db import close_pool

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _close_threads() -> Iterator[None]:
    yield
    close_pool()


async def test_passes_the_whole_conformance_suite(capsys: pytest.CaptureFixture[str]) -> None:
    @checkpointer_test(name="DjangoCheckpointSaver")
    async def saver() -> AsyncGenerator[BaseCheckpointSaver[str], None]:
        yield DjangoCheckpointSaver()

    report = await validate(saver)

    counts = {name: result.tests_passed for name, result in report.results.items()}
    with capsys.disabled():
        print(f"\nconformance: {counts}, {sum(counts.values())} passed")
    assert all(result.detected for result in report.results.values())
    assert [r.failures for r in report.results.values() if r.failures] == []
    assert sum(result.tests_skipped for result in report.results.values()) == 0
