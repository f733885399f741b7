"""So many at once, in turn, and a clear word to those who cannot be served."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.conf import settings

from handywriterz.admission import Admission


class Slow:
    """An application that reads its body, works until it is let go, and answers."""

    def __init__(self) -> None:
        self.working = 0
        self.most = 0
        self.go = asyncio.Event()
        self.begun = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        self.working += 1
        self.most = max(self.most, self.working)
        self.begun.set()
        await self.go.wait()
        if scope["path"] == "/fails":
            self.working -= 1
            raise ValueError
        await send({"type": "http.response.start", "status": 200, "headers": []})
        self.working -= 1
        if scope["path"] == "/stream":
            await asyncio.Event().wait()
        await send({"type": "http.response.body", "body": b""})


async def ask(application: Admission, path: str = "/", chunks: int = 1) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    left = chunks

    async def receive() -> dict[str, Any]:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": b"x", "more_body": left > 0}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    await application({"type": "http", "path": path, "headers": []}, receive, send)
    return sent


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"web_requests_at_once": 2, "web_wait_seconds": 0.2}
    monkeypatch.setattr(settings, "ENV", settings.ENV.model_copy(update=limits))


async def test_no_more_than_the_limit_are_worked_on_and_all_are_served(small: None) -> None:
    slow = Slow()
    application = Admission(slow)
    asked = [asyncio.create_task(ask(application)) for _ in range(4)]
    await slow.begun.wait()
    slow.go.set()
    answers = await asyncio.gather(*asked)
    assert [answer[0]["status"] for answer in answers] == [200] * 4
    assert slow.most == 2


async def test_who_waits_too_long_is_told_to_come_back(small: None) -> None:
    slow = Slow()
    application = Admission(slow)
    first = [asyncio.create_task(ask(application)) for _ in range(2)]
    await slow.begun.wait()

    refused = await ask(application, "/api/chat")

    assert refused[0]["status"] == 503
    assert dict(refused[0]["headers"])[b"retry-after"]
    assert json.loads(refused[1]["body"])["code"] == "busy"
    slow.go.set()
    await asyncio.gather(*first)
    assert (await ask(application))[0]["status"] == 200


async def test_a_stream_holds_no_place(small: None) -> None:
    slow = Slow()
    slow.go.set()
    application = Admission(slow)
    streams = [asyncio.create_task(ask(application, "/stream")) for _ in range(5)]
    assert (await ask(application))[0]["status"] == 200
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)


async def test_a_failing_or_cancelled_request_gives_its_place_back(small: None) -> None:
    slow = Slow()
    application = Admission(slow)
    held = [asyncio.create_task(ask(application)) for _ in range(2)]
    await slow.begun.wait()
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    slow.go.set()
    for _ in range(3):
        with pytest.raises(ValueError, match=r"^$"):
            await ask(application, "/fails")
    assert (await ask(application))[0]["status"] == 200


async def test_a_body_on_its_way_holds_no_place(small: None) -> None:
    slow = Slow()
    slow.go.set()
    application = Admission(slow)
    never = asyncio.Event()

    async def trickle() -> dict[str, Any]:
        await never.wait()
        raise AssertionError

    async def send(message: Any) -> None:
        raise AssertionError

    scope = {"type": "http", "path": "/api/files", "headers": []}
    uploads = [asyncio.create_task(application(scope, trickle, send)) for _ in range(5)]
    assert (await ask(application, chunks=3))[0]["status"] == 200
    for upload in uploads:
        upload.cancel()
    await asyncio.gather(*uploads, return_exceptions=True)
