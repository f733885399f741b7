"""HTTP/1.1 on one connection, as bare as a simulator may be: it has to break the protocol too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came in."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    raw: bytes


class Wire:
    """One client's connection. Every method raises `ConnectionError` when the client has gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def receive(self) -> HttpRequest:
        """The next request.

        Raises:
            asyncio.IncompleteReadError: the client ended the connection.
        """
        head = await self._reader.readuntil(b"\r\n\r\n")
        request_line, *header_lines = head.decode("latin-1").rstrip().split("\r\n")
        method, target, _ = request_line.split(" ", 2)
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in header_lines)
        }
        path, _, query = target.partition("?")
        raw = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return HttpRequest(method, path, query, headers, raw)

    async def json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        await self.whole(status, json.dumps(body, ensure_ascii=False).encode(), JSON, headers)

    async def whole(
        self,
        status: int,
        data: bytes,
        content_type: str,
        headers: Mapping[str, str] | None = None,
        *,
        torn_after: int | None = None,
    ) -> None:
        """Answer at once; with `torn_after`, only that many bytes of what was announced."""
        self._writer.write(
            _head(status, content_type, {"content-length": str(len(data)), **(headers or {})})
            + data[:torn_after]
        )
        await self._writer.drain()
        if torn_after is not None:
            self.tear()

    async def open_stream(
        self, content_type: str, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Begin an answer of unknown length, to be sent in chunks."""
        self._writer.write(
            _head(status, content_type, {"transfer-encoding": "chunked", **(headers or {})})
        )
        await self._writer.drain()

    async def chunk(self, block: bytes) -> None:
        self._writer.write(b"%x\r\n%b\r\n" % (len(block), block))
        await self._writer.drain()

    async def close_stream(self) -> None:
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()

    def tear(self) -> None:
        """Break the connection off, as a crash or a cut cable does."""
        self._writer.transport.abort()

    async def patient(self, seconds: float | None) -> bool:
        """Wait (None: for ever); False as soon as the client hangs up."""
        try:
            return bool(await asyncio.wait_for(self._reader.read(1), seconds))
        except TimeoutError:
            return True


def _head(status: int, content_type: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Simulated", f"content-type: {content_type}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
