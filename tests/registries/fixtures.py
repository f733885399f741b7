"""The made-up world as a fixture: import `world_of_registries` and `made_up_world` in a conftest
or test module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.registries.server import Registries, registries


@pytest.fixture(scope="session")
def world_of_registries() -> Iterator[Registries]:
    """One server for the whole session."""
    with registries() as running:
        yield running


@pytest.fixture
def made_up_world(world_of_registries: Registries) -> Registries:
    """The server, healed of what other tests did to it."""
    world_of_registries.heal()
    return world_of_registries
