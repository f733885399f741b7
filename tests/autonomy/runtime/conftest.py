"""A small graph over the real state, and runs to drive through it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from autonomy.core.types import Budget, TaskSettings, TaskSpec

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from autonomy.models import Run
    from autonomy.runtime.queue import Claim


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Doorbells and hints go nowhere unless a test marks itself with the `redis_url` fixture."""
    if "redis_url" in request.fixturenames:
        return
    from autonomy.runtime import couriers

    monkeypatch.setattr(couriers._doorbell, "send", lambda *message: None)
    monkeypatch.setattr(couriers._hints, "send", lambda *message: None)


@pytest.fixture
def threads(transactional_db: None) -> Iterator[None]:
    """Database threads that are closed before the test database is emptied."""
    from autonomy.runtime.db import close_pool

    yield
    close_pool()


@pytest.fixture
def start(threads: None, alice: User) -> Callable[..., Run]:
    """Queues a run of Alice's, or of `owner`."""
    from autonomy import services

    def make(goal: str = "Say hello", owner: User | None = None, **budget: Any) -> Run:
        settings = TaskSettings(budget=Budget(**budget))
        spec = TaskSpec(goal=goal, journey="write", settings=settings)
        return services.start_run(owner or alice, spec)

    return make


@pytest.fixture
def claim(threads: None) -> Callable[[], Claim]:
    """Claims the next run for a worker that holds no lock."""
    from autonomy.runtime import queue

    def take() -> Claim:
        found = queue.claim(1)
        assert found is not None
        return found

    return take


def run_async(coroutine: Any) -> Any:
    """Await `coroutine` in a new event loop of this thread."""
    return asyncio.run(coroutine)
