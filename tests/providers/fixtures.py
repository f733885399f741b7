"""Fixtures for tests that need a provider: import them into a conftest or a test module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.providers.openai_server import OpenAIServer, running


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    """A simulated provider on a free port, with nothing scripted and no key asked for."""
    with running() as server:
        yield server
