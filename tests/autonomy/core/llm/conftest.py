from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.autonomy.core.llm.fakes import Bench
from tests.providers.fixtures import openai_server
from tests.providers.openai_server import OpenAIServer

__all__ = ["bench", "openai_server"]


@pytest.fixture
async def bench(openai_server: OpenAIServer) -> AsyncIterator[Bench]:
    bench = Bench(openai_server)
    yield bench
    await bench.providers.aclose()
