"""How many requests one web process works on at once.

Each works in a thread with a database connection of its own, and PostgreSQL has only so many; the
workers need theirs. Who comes beyond the limit waits a little, then is asked to come back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from handywriterz.body_limit import Application, Receive, Send

RETRY_AFTER_SECONDS = 2


class _Busy(Exception):
    pass


class Admission:
    """ASGI middleware. A request takes a place once its body is there (a slow upload holds none)
    and gives it back when its answer begins (a stream or a slow reader holds none)."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._places = asyncio.Semaphore(settings.ENV.web_requests_at_once)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        asked = held = False

        async def received() -> dict[str, Any]:
            nonlocal asked, held
            message = await receive()
            if not asked and message["type"] == "http.request" and not message.get("more_body"):
                asked = True
                await self._wait()
                held = True
            return message

        async def answering(message: Mapping[str, Any]) -> None:
            nonlocal held
            if held:
                held = False
                self._places.release()
            await send(message)

        try:
            await self._application(scope, received, answering)
        except _Busy:  # while the body was read: nothing was sent yet
            await _refuse(scope, send)
        finally:
            if held:
                self._places.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(settings.ENV.web_wait_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise _Busy from None


async def _refuse(scope: dict[str, Any], send: Send) -> None:
    body = json.dumps(
        {
            "type": "urn:handywriterz:problem:busy",
            "title": "Busy",
            "status": 503,
            "detail": "More is asked of this server at the moment than it can answer. Nothing was "
            "done; try again in a few seconds.",
            "code": "busy",
            "instance": scope["path"],
            "errors": [],
        }
    ).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"retry-after", str(RETRY_AFTER_SECONDS).encode()),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
