"""A proxy that passes requests on to a real provider and keeps each exchange."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.providers import recording
from tests.providers.listening import Listening
from tests.providers.recording import KEPT_HEADERS, Exchange, canonical, short_path
from tests.providers.wire import HttpRequest, Wire

_NOT_PASSED_ON = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "transfer-encoding"}
)
_SECONDS = 600.0


class Recorder(Listening):
    """The proxy. Exchanges that broke off, and refusals of a key, are passed on and not kept: the
    ones are not whole, the others may quote the key.

    Args:
        path: a file that does not exist yet.
        upstream: address of the provider, with or without `/v1`.
    """

    def __init__(self, path: Path, upstream: str) -> None:
        super().__init__()
        parts = urlsplit(upstream)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"“{upstream}” is not the address of a provider.")
        self._path = path
        self._upstream = upstream.rstrip("/").removesuffix("/v1")
        self._http: httpx.AsyncClient | None = None
        recording.start(path, parts.hostname)

    async def start(self, port: int = 0) -> None:
        self._http = httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False)
        await super().start(port)

    async def stop(self) -> None:
        await super().stop()
        if self._http is not None:
            await self._http.aclose()

    async def _handle(self, wire: Wire, request: HttpRequest) -> bool:
        passing = asyncio.create_task(self._pass_on(wire, request))
        # The client says nothing more on this connection; when it hangs up, so do we.
        leaving = asyncio.create_task(wire.patient(None))
        done, _ = await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (passing, leaving):
            if task not in done:
                task.cancel()
        await asyncio.gather(passing, leaving, return_exceptions=True)
        if passing in done and (exchange := passing.result()) is not None:
            recording.append(self._path, exchange)
        return False

    async def _pass_on(self, wire: Wire, request: HttpRequest) -> Exchange | None:
        assert self._http is not None, "it was never started"
        headers = {k: v for k, v in request.headers.items() if k not in _NOT_PASSED_ON}
        # An answer that is packed could be read by nobody later.
        headers["accept-encoding"] = "identity"
        address = f"{self._upstream}/v1{short_path(request.path)}"
        blocks: list[tuple[float, bytes]] = []
        last = time.monotonic()
        try:
            async with self._http.stream(
                request.method,
                address + (f"?{request.query}" if request.query else ""),
                headers=headers,
                content=request.raw,
            ) as answer:
                kept = {k: answer.headers[k] for k in KEPT_HEADERS if k in answer.headers}
                shown = {k: v for k, v in kept.items() if k != "content-type"}
                await wire.open_stream(
                    kept.get("content-type", "application/octet-stream"),
                    answer.status_code,
                    {**shown, "connection": "close"},
                )
                async for block in answer.aiter_raw():
                    now = time.monotonic()
                    blocks.append((now - last, block))
                    last = now
                    await wire.chunk(block)
        except httpx.HTTPError:
            wire.tear()
            return None
        await wire.close_stream()
        if answer.status_code in (401, 403):
            return None
        return Exchange(
            request.method,
            short_path(request.path),
            canonical(_json(request.raw)),
            answer.status_code,
            kept,
            tuple(blocks),
        )


def _json(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        return {"unreadable": len(raw)}
    return body if isinstance(body, dict) else {"body": body}
