"""What was really connected to: a listening socket, and every attempt of the client's own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpcore2
import pytest

Address = tuple[str, int]


@dataclass
class Watch:
    """Connections that were attempted."""

    attempts: list[Address] = field(default_factory=list)
    stand_ins: dict[str, Address] = field(default_factory=dict)
    """Public addresses, and the local server that answers in their place."""
    open_to: set[Address] = field(default_factory=set)
    """What may be connected to without being a stand-in."""

    @property
    def inside(self) -> list[Address]:
        """Attempts that reached for something nobody had allowed."""
        return [
            one for one in self.attempts if one[0] not in self.stand_ins and one not in self.open_to
        ]


@contextmanager
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Record each TCP connection that the checked transport opens after its check."""
    watch = Watch()
    real = httpcore2.AnyIOBackend.connect_tcp

    async def connect_tcp(self: Any, host: str, port: int, *rest: Any, **named: Any) -> Any:
        watch.attempts.append((host, port))
        if host in watch.stand_ins:
            return await real(self, *watch.stand_ins[host], *rest, **named)
        if (host, port) in watch.open_to:
            return await real(self, host, port, *rest, **named)
        raise httpcore2.ConnectError("the test lets nobody out")

    monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", connect_tcp)
    yield watch


@contextmanager
def listening() -> Iterator[tuple[int, list[Address]]]:
    """A socket on this machine: its port, and who connected."""
    seen: list[Address] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                seen.append(address)
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], seen
        finally:
            done.set()
            thread.join()


async def numbers_only(host: str, port: int) -> list[str]:
    """A resolver that knows what the system makes of numbers, and no names."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(entry[4][0]) for entry in found]
