"""Refuse bodies that are too large before Django copies and parses them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

FORM_OVERHEAD = 1024 * 1024
"""Bytes a multipart form may need besides its file."""
READ_ON_SECONDS = 120.0
UPLOAD_PATHS = ("/api/files", "/api/v2/turnitin/")


class _TooLarge(Exception):
    pass


class BodyLimit:
    """ASGI middleware. `Content-Length` is believed when it says too much and counted along when
    it says nothing or too little."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        limit = limit_for(scope["path"])
        if _declared(scope) > limit:
            await _read_on(receive)
            await _refuse(scope, send, limit)
            return
        received = 0

        async def counted() -> dict[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _TooLarge
            return message

        try:
            await self._application(scope, counted, send)
        except _TooLarge:  # Django reads the whole body before it answers: nothing was sent yet
            await _read_on(receive)
            await _refuse(scope, send, limit)


async def _read_on(receive: Receive) -> None:
    """Let the rest of the body pass by, for a while: a browser shows a refusal only once it has
    sent everything; hung up on before, it shows a broken connection."""
    try:
        async with asyncio.timeout(READ_ON_SECONDS):
            while (await receive()).get("more_body", False):
                pass
    except TimeoutError:
        return


def limit_for(path: str) -> int:
    """Bytes that a body sent to `path` may have."""
    if path.startswith(UPLOAD_PATHS):
        return settings.ENV.upload_max_bytes + FORM_OVERHEAD
    return max(settings.DATA_UPLOAD_MAX_MEMORY_SIZE, FORM_OVERHEAD)


def _declared(scope: dict[str, Any]) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"")
    return int(value) if value.isdigit() and len(value) < 19 else 0


async def _refuse(scope: dict[str, Any], send: Send, limit: int) -> None:
    megabytes = (limit - FORM_OVERHEAD) // 2**20
    upload = scope["path"].startswith(UPLOAD_PATHS)
    detail = (
        f"The upload is too large; at most {megabytes:,} MB are accepted at once. "
        "Send files one by one, or split the large one."
        if upload
        else "The body of the request is larger than this address accepts."
    )
    body = json.dumps(
        {
            "type": "urn:handywriterz:problem:too_large",
            "title": "Too large",
            "status": 413,
            "detail": detail,
            "code": "too_large",
            "instance": scope["path"],
            "errors": [],
        }
    ).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
