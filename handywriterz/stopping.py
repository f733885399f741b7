"""What has to be told before the web server stops, so that nothing endless keeps it waiting."""

from __future__ import annotations

from collections.abc import Callable

_callbacks: list[Callable[[], None]] = []


def before_stop(callback: Callable[[], None]) -> None:
    """Have `callback` called in the event loop once the server is about to stop."""
    _callbacks.append(callback)


def announce_stop() -> None:
    """The server is about to stop."""
    for callback in _callbacks:
        callback()
