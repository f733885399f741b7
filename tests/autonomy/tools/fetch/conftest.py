"""A fetcher that may call the made-up world, and nothing else that is private."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autonomy.core.llm.health import LocalHealth
from autonomy.tools.fetch.addresses import trusted_hosts
from autonomy.tools.fetch.cache import Memory
from autonomy.tools.fetch.fetcher import Fetcher, Limits
from tests.registries.fixtures import made_up_world, world_of_registries
from tests.registries.server import Registries

__all__ = ["made_up_world", "world_of_registries"]

MakeFetcher = Callable[..., Fetcher]


@pytest.fixture
def make_fetcher(made_up_world: Registries) -> MakeFetcher:
    """`make_fetcher(max_bytes=…, seconds=…, redirects=…)`."""

    def make(**limits: float) -> Fetcher:
        return Fetcher(
            LocalHealth(),
            "HandyWriterz/test (mailto:someone@example.org)",
            limits=Limits(**limits),  # type: ignore[arg-type]
            trusted=trusted_hosts(made_up_world.host),
            cache=Memory(),
        )

    return make
