"""A small HTTP server for simulated providers: it listens, hands on each request, and can go down."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from tests.providers.wire import HttpRequest, Wire


class Listening(ABC):
    """The server; start and stop it on one event loop, inspect it from any thread."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def root_url(self) -> str:
        """For clients that add `/v1` themselves, as Anthropic's does."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """For clients that want the `/v1` in the address, as OpenAI's does."""
        return f"{self.root_url}/v1"

    async def start(self, port: int = 0) -> None:
        self._loop = asyncio.get_running_loop()
        await self._listen(port)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self.go_down()

    async def go_down(self) -> None:
        """Break off every connection and refuse new ones, as a host whose process has died."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await server.wait_closed()

    async def come_up(self) -> None:
        """Listen again, at the same port."""
        if self._server is None:
            await self._listen(self.port)

    def down(self) -> None:
        """`go_down` from any other thread; returns when it is down."""
        self._elsewhere(self.go_down())

    def up(self) -> None:
        """`come_up` from any other thread; returns when it listens."""
        self._elsewhere(self.come_up())

    async def _listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _elsewhere(self, work: object) -> None:
        assert self._loop is not None, "it was never started"
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)  # type: ignore[arg-type]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        wire = Wire(reader, writer)
        try:
            while await self._handle(wire, await wire.receive()):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # The client has gone, or speaks no HTTP: there is nobody to tell.
        finally:
            self._open.discard(writer)
            writer.close()

    @abstractmethod
    async def _handle(self, wire: Wire, request: HttpRequest) -> bool:
        """Answer one request; False ends the connection."""

    @contextmanager
    def on_a_thread(self, port: int = 0) -> Iterator[Self]:
        """The server on a thread of its own, so that any test or child process can use it."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="simulator", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self.start(port), loop).result(10)
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()
