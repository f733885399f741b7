"""Drive the ASGI application in this process: responses arrive piece by piece, and the test can
hang up in the middle."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

DEADLINE = 10.0
"""Seconds after which something that should have come counts as missing."""


class Stream:
    """A response under way."""

    def __init__(self, application: Any, scope: dict[str, Any], body: bytes = b"") -> None:
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._received.put_nowait({"type": "http.request", "body": body, "more_body": False})
        self._buffer = b""
        self.task = asyncio.create_task(application(scope, self._received.get, self._sent.put))
        self.status = 0
        self.headers: dict[str, str] = {}
        self.ended = False

    async def start(self) -> None:
        message = await asyncio.wait_for(self._sent.get(), DEADLINE)
        self.status = message["status"]
        self.headers = {k.decode().lower(): v.decode() for k, v in message["headers"]}

    async def block(self) -> str | None:
        """The next block (event or comment) of the stream, or None at its end."""
        while b"\n\n" not in self._buffer:
            message = await asyncio.wait_for(self._sent.get(), DEADLINE)
            self._buffer += message.get("body", b"")
            if not message.get("more_body", False):
                self.ended = True
                return None
        block, _, self._buffer = self._buffer.partition(b"\n\n")
        return block.decode()

    async def event(self) -> dict[str, Any] | None:
        """The next event with its cursor as `id`; comments are passed over."""
        while (block := await self.block()) is not None:
            fields = dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":")
            if "data" in fields:
                return {**json.loads(fields["data"]), "id": fields.get("id")}
        return None

    async def rest(self) -> list[dict[str, Any]]:
        """All events up to the end of the response."""
        found = []
        while (event := await self.event()) is not None:
            found.append(event)
        return found

    async def text(self) -> str:
        """The whole body of an ordinary response."""
        while not self.ended:
            message = await asyncio.wait_for(self._sent.get(), DEADLINE)
            self._buffer += message.get("body", b"")
            self.ended = not message.get("more_body", False)
        return self._buffer.decode()

    async def hang_up(self) -> None:
        """Leave, as a client that closes its connection, and wait until the server let go."""
        self._received.put_nowait({"type": "http.disconnect"})
        await asyncio.wait({self.task}, timeout=DEADLINE)
        assert self.task.done(), "the server has not let go"
        if not self.task.cancelled():
            self.task.result()


@contextlib.asynccontextmanager
async def get(path: str, key: str = "", **headers: str) -> AsyncIterator[Stream]:
    """GET `path` with an API key; hangs up at the end of the block."""
    from handywriterz.asgi import application

    address, _, query = path.partition("?")
    sent = [(b"host", b"localhost")]
    if key:
        sent.append((b"authorization", f"Bearer {key}".encode()))
    sent += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": address,
        "raw_path": address.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
        "headers": sent,
    }
    stream = Stream(application, scope)
    try:
        await stream.start()
        yield stream
    finally:
        await stream.hang_up()
