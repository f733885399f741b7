"""The simulator by the name of its first protocol, for tests that speak no other.

python manage.py simulate_provider --port 18800
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.providers.behaviours import Behaviour, failing
from tests.providers.received import Received
from tests.providers.simulator import Simulator

OpenAIServer = Simulator


@contextmanager
def running(server: Simulator | None = None, port: int = 0) -> Iterator[Simulator]:
    """The simulator on a thread of its own, so that any test or child process can use it."""
    with (server or Simulator()).on_a_thread(port) as started:
        yield started


__all__ = ["Behaviour", "OpenAIServer", "Received", "failing", "running"]
