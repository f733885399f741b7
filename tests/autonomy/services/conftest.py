"""Runs to act upon, as the runtime's tests have them."""

from tests.autonomy.runtime.conftest import _no_broker, claim, start, threads

__all__ = ["_no_broker", "claim", "start", "threads"]
