"""People who watch: readers of server-sent events and of the WebSocket that come back when cut off.

On bare streams, so that a connection can be dropped at any byte and nothing but the reader's own
cursor helps it to go on.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

CONNECT_SECONDS = 10.0
QUIET_SECONDS = 25.0
"""A stream shows a sign of life every 20 s; one that is silent for longer is taken as dead."""
AGAIN_SECONDS = 0.25
"""Between two attempts to come back."""


class Gone(Exception):
    """The connection ended or was refused; `status` is that of the refusal."""

    def __init__(self, status: int = 0) -> None:
        super().__init__(f"status {status}" if status else "the connection ended")
        self.status = status


class Cut(Exception):
    """The viewer itself drops the connection here."""


class Link(Protocol):
    """An open way to a viewer's events."""

    async def next(self, *, half: bool = False) -> dict[str, Any] | None:
        """The next event (None: a sign of life). `half` reads a part of it and raises `Cut`."""
        ...


@asynccontextmanager
async def connection(
    port: int, request: bytes
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, int]]:
    """Send the head of a request; the streams after the head of its answer, and the status."""
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            writer.write(request)
            await writer.drain()
            head = await reader.readuntil(b"\r\n\r\n")
        yield reader, writer, int(head.split(None, 2)[1])
    finally:
        writer.transport.abort()  # no farewell: as a cable that is pulled


def head(path: str, port: int, **headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


class StreamLink:
    """Server-sent events, in chunks."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._buffer = b""

    async def _chunk(self) -> bytes:
        size = int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16)
        data = await self._reader.readexactly(size)
        await self._reader.readexactly(2)
        if not size:
            raise Gone
        return data

    async def next(self, *, half: bool = False) -> dict[str, Any] | None:
        async with asyncio.timeout(QUIET_SECONDS):
            while b"\n\n" not in self._buffer:
                if half and b"data:" in self._buffer:
                    raise Cut
                self._buffer += await self._chunk()
        block, _, rest = self._buffer.partition(b"\n\n")
        if half and b"data:" in block:
            raise Cut  # its bytes are here and count for nothing
        self._buffer = rest
        for line in block.split(b"\n"):
            if line.startswith(b"data:"):
                return dict(json.loads(line[5:]))
        return None


class SocketLink:
    """A WebSocket (RFC 6455) that has subscribed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, message: dict[str, Any]) -> None:
        await self._frame(0x1, json.dumps(message).encode())

    async def _frame(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        size = len(payload)
        head = bytes([0x80 | opcode])
        if size < 126:
            head += bytes([0x80 | size])
        else:
            head += struct.pack("!BH", 0x80 | 126, size)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self._writer.write(head + mask + masked)
        await self._writer.drain()

    async def next(self, *, half: bool = False) -> dict[str, Any] | None:
        async with asyncio.timeout(QUIET_SECONDS):
            first, second = await self._reader.readexactly(2)
            opcode, size = first & 0x0F, second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self._reader.readexactly(8))
            if half and opcode == 0x1:
                await self._reader.readexactly(size // 2)
                raise Cut
            payload = await self._reader.readexactly(size)
        if opcode == 0x8:
            raise Gone(struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 0)
        if opcode == 0x9:
            await self._frame(0xA, payload)
            return None
        if opcode != 0x1:
            return None
        message: dict[str, Any] = json.loads(payload)
        return None if message["type"] == "heartbeat" else message


@dataclass
class Viewer:
    """Somebody who follows one run and comes back whenever the connection ends.

    Keeps every logged event in the order of receipt, with doubles, and when each came.
    """

    port: int
    headers: dict[str, str]
    run_id: str
    conversation_id: str = ""
    """With it the events come through the WebSocket or the conversation's stream."""
    socket: bool = False
    seqs: list[int] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    arrived: list[float] = field(default_factory=list)
    """When each of `events` came, seconds since the epoch."""
    tokens: list[float] = field(default_factory=list)
    """When streamed text came."""
    connections: int = 0
    refusals: list[int] = field(default_factory=list)
    """Status or close code of every attempt that was turned away; 0 for no answer."""

    @property
    def last(self) -> int:
        return self.seqs[-1] if self.seqs else 0

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1]["type"] == "run.finished"

    @asynccontextmanager
    async def link(self) -> AsyncIterator[Link]:
        """One connection that goes on from the cursor."""
        if self.socket:
            request = head(
                f"/ws/conversations/{self.conversation_id}/",
                self.port,
                **self.headers,
                Upgrade="websocket",
                Connection="Upgrade",
                Sec_WebSocket_Key=base64.b64encode(os.urandom(16)).decode(),
                Sec_WebSocket_Version="13",
            )
        else:
            path = f"/api/v2/runs/{self.run_id}/events"
            after = str(self.last)
            if self.conversation_id:
                path, after = f"/api/stream/{self.conversation_id}", f"{self.run_id}:{self.last}"
            cursor = {"Last_Event_ID": after} if self.last else {}
            request = head(path, self.port, **self.headers, **cursor)
        async with connection(self.port, request) as (reader, writer, status):
            if status != (101 if self.socket else 200):
                raise Gone(status)
            self.connections += 1
            if self.socket:
                link = SocketLink(reader, writer)
                await link.send({"type": "subscribe", "after": {self.run_id: self.last}})
                yield link
            else:
                yield StreamLink(reader)

    async def once(
        self, *, most: int | None = None, half: bool = False, done: Callable[[], bool]
    ) -> None:
        """One connection, until `done`, its end, or (dropped by the viewer) after `most` events.

        Args:
            half: drop in the middle of the event after the last of `most`.
        """
        got = 0
        with contextlib.suppress(Cut):
            async with self.link() as link:
                while not done() and (most is None or got < most or half):
                    event = await link.next(half=half and most is not None and got >= most)
                    if event is not None:
                        got += self._take(event)

    def _take(self, event: dict[str, Any]) -> int:
        if event["type"] == "token":
            self.tokens.append(time.time())
            return 0
        if event.get("run_id") != self.run_id or not event["seq"]:
            return 0
        self.seqs.append(event["seq"])
        self.events.append(event)
        self.arrived.append(time.time())
        return 1

    async def follow(self, done: Callable[[], bool] | None = None) -> None:
        """Stay until `done` (the run's end, unless said otherwise), whatever happens between."""
        done = done or (lambda: self.ended)
        while not done():
            try:
                await self.once(done=done)
            except (Gone, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                self.refusals.append(error.status if isinstance(error, Gone) else 0)
            await asyncio.sleep(AGAIN_SECONDS if not done() else 0)
