from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings

from handywriterz.body_limit import FORM_OVERHEAD, BodyLimit, limit_for


class Reader:
    """An application that reads the whole body, as Django does, and says how much it got."""

    def __init__(self) -> None:
        self.read: int | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        read = 0
        while True:
            message = await receive()
            read += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        self.read = read
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def post(path: str, chunks: list[bytes], declared: int | None = None) -> tuple[Any, Reader]:
    sent: list[dict[str, Any]] = []
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": n + 1 < len(chunks)}
        for n, chunk in enumerate(chunks)
    ]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [] if declared is None else [(b"content-length", str(declared).encode())]
    reader = Reader()
    scope = {"type": "http", "path": path, "headers": headers}
    await BodyLimit(reader)(scope, receive, send)
    return sent, reader


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    env = settings.ENV.model_copy(update={"upload_max_bytes": 3 * 2**20})
    monkeypatch.setattr(settings, "ENV", env)


async def test_a_declared_length_is_refused_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small(monkeypatch)
    sent, reader = await post("/api/files", [b"x"], declared=200 * 2**20)
    problem = json.loads(sent[1]["body"])
    assert (sent[0]["status"], problem["code"]) == (413, "too_large")
    assert "at most 3 MB" in problem["detail"]
    assert reader.read is None


@pytest.mark.parametrize("declared", [None, 10])
async def test_a_body_that_says_nothing_or_too_little_is_counted(
    monkeypatch: pytest.MonkeyPatch, declared: int | None
) -> None:
    small(monkeypatch)
    sent, reader = await post("/api/files", [b"x" * 2**20] * 6, declared)
    assert sent[0]["status"] == 413
    assert reader.read is None


async def test_what_fits_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch)
    sent, reader = await post("/api/files", [b"x" * 2**20] * 3, declared=3 * 2**20)
    assert sent[0]["status"] == 200
    assert reader.read == 3 * 2**20


def test_only_uploads_may_be_large() -> None:
    assert limit_for("/api/files") == settings.ENV.upload_max_bytes + FORM_OVERHEAD
    assert limit_for("/api/chat") == settings.DATA_UPLOAD_MAX_MEMORY_SIZE


async def test_sockets_are_left_alone() -> None:
    seen: list[Any] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    await BodyLimit(application)({"type": "websocket"}, None, None)  # type: ignore[arg-type]
    assert seen == [{"type": "websocket"}]
