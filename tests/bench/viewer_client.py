"""Many viewers of conversations, in one process that does little more than note arrival times.

Orders come as lines of JSON on standard input, answers leave as lines of JSON. A full WebSocket
client would cost more than the server it measures, so frames are cut by hand.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import struct
import sys
import time
from typing import Any

SEQ = re.compile(rb'"seq": ?(\d+)')
CONNECTING_AT_ONCE = 50
SLOW_RECEIVE_BUFFER = 4096


def masked(text: bytes) -> bytes:
    """A client's text frame of less than 64 KB."""
    mask = os.urandom(4)
    length = len(text)
    head = b"\x81" + (
        struct.pack("!B", 0x80 | length) if length < 126 else struct.pack("!BH", 0x80 | 126, length)
    )
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(text))


class Frames:
    """Cuts a server's bytes into the payloads of its text frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.open = False
        """The handshake is over."""

    def feed(self, data: bytes) -> list[bytes]:
        self._buffer += data
        if not self.open:
            head, separator, rest = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return []
            if b" 101 " not in head.splitlines()[0]:
                raise ConnectionError(head.splitlines()[0].decode())
            self.open, self._buffer = True, rest
        found, at, have = [], 0, len(self._buffer)
        while have - at >= 2:
            length, start = self._buffer[at + 1] & 0x7F, at + 2
            if length == 126:
                start += 2
                if have < start:
                    break
                (length,) = struct.unpack_from("!H", self._buffer, at + 2)
            elif length == 127:
                start += 8
                if have < start:
                    break
                (length,) = struct.unpack_from("!Q", self._buffer, at + 2)
            if have < start + length:
                break
            if self._buffer[at] & 0x0F == 1:
                found.append(bytes(self._buffer[start : start + length]))
            at = start + length
        del self._buffer[:at]
        return found


class Viewer(asyncio.Protocol):
    """Reads as fast as it can; keeps (seq, time) of what came since the last `take`."""

    def __init__(self, hello: bytes) -> None:
        self._hello = hello
        self._frames = Frames()
        self.seqs: list[int] = []
        self.times: list[float] = []
        self.transport: asyncio.Transport | None = None
        self.lost: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        at, was_open = time.monotonic(), self._frames.open
        for payload in self._frames.feed(data):
            self.take(payload, at)
        if self._frames.open and not was_open:
            self.subscribe(masked(b'{"type":"subscribe"}'))

    def subscribe(self, frame: bytes) -> None:
        assert self.transport is not None
        self.transport.write(frame)

    def take(self, payload: bytes, at: float) -> None:
        match = SEQ.search(payload)
        if match and (seq := int(match[1])):
            self.seqs.append(seq)
            self.times.append(at)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = repr(exc)


class SlowViewer(Viewer):
    """Takes about one event per second off its socket until it is told to hurry."""

    def __init__(self, hello: bytes, event_bytes: int) -> None:
        super().__init__(hello)
        self._event_bytes = event_bytes
        self._plug: socket.socket | None = None
        self.hurry = asyncio.Event()

    def subscribe(self, frame: bytes) -> None:
        assert self._plug is not None
        self._plug.send(frame)  # fits into the buffer of a socket that has sent next to nothing

    async def run(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        with socket.socket() as plug:
            self._plug = plug
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_RECEIVE_BUFFER)
            plug.setblocking(False)
            await loop.sock_connect(plug, ("127.0.0.1", port))
            await loop.sock_sendall(plug, self._hello)
            while True:
                size = 65536 if self.hurry.is_set() else self._event_bytes
                data = await loop.sock_recv(plug, size)
                if not data:
                    self.lost = "closed"
                    return
                self.data_received(data)
                if not self.hurry.is_set():
                    try:
                        async with asyncio.timeout(1.0):
                            await self.hurry.wait()
                    except TimeoutError:
                        pass


class Audience:
    """All viewers of this process."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self.viewers: list[Viewer] = []
        self._tasks: list[asyncio.Task[None]] = []

    def _hello(self, conversation: str) -> bytes:
        request = (
            f"GET /ws/conversations/{conversation}/ HTTP/1.1\r\nHost: localhost\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Authorization: Bearer {self._key}\r\n\r\n"
        )
        return request.encode()

    async def join(self, conversations: list[str], count: int, slow: int, event_bytes: int) -> None:
        """`count` quick viewers, spread over the conversations, and `slow` slow ones."""
        loop = asyncio.get_running_loop()
        hellos = [self._hello(conversation) for conversation in conversations]
        gate = asyncio.Semaphore(CONNECTING_AT_ONCE)

        async def one(index: int) -> None:
            async with gate:
                viewer = Viewer(hellos[index % len(hellos)])
                self.viewers.append(viewer)
                await loop.create_connection(lambda: viewer, "127.0.0.1", self._port)
                await self._heard(viewer)

        await asyncio.gather(*(one(index) for index in range(count)))
        for index in range(slow):
            viewer = SlowViewer(hellos[index % len(hellos)], event_bytes)
            self.viewers.append(viewer)
            self._tasks.append(asyncio.create_task(viewer.run(self._port)))

    async def _heard(self, viewer: Viewer) -> None:
        async with asyncio.timeout(60):
            while not viewer.seqs:
                if viewer.lost:
                    raise ConnectionError(viewer.lost)
                await asyncio.sleep(0.005)

    async def settle(self, last: int, seconds: float, *, slow_too: bool) -> None:
        """Wait until everybody has seen event `last`, or the time is over."""
        watched = [v for v in self.viewers if slow_too or not isinstance(v, SlowViewer)]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if all(v.seqs and v.seqs[-1] >= last for v in watched):
                return
            await asyncio.sleep(0.05)

    def report(self) -> list[dict[str, Any]]:
        return [
            {
                "slow": isinstance(v, SlowViewer),
                "seqs": v.seqs,
                "times": v.times,
                "lost": v.lost,
            }
            for v in self.viewers
        ]

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        for viewer in self.viewers:
            if viewer.transport is not None:
                viewer.transport.abort()
        self.viewers, self._tasks = [], []


async def main() -> None:
    orders = asyncio.StreamReader(limit=2**20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    audience: Audience | None = None
    while line := await orders.readline():
        order = json.loads(line)
        answer: Any = True
        if order["do"] == "join":
            audience = Audience(order["port"], order["key"])
            await audience.join(
                order["conversations"], order["count"], order["slow"], order["event_bytes"]
            )
        elif audience is None:
            raise RuntimeError("nobody has joined")
        elif order["do"] == "hurry":
            for viewer in audience.viewers:
                if isinstance(viewer, SlowViewer):
                    viewer.hurry.set()
        elif order["do"] == "settle":
            await audience.settle(order["last"], order["seconds"], slow_too=order["slow_too"])
        elif order["do"] == "report":
            answer = audience.report()
        elif order["do"] == "leave":
            await audience.leave()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
