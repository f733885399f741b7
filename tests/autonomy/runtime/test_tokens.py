"""Streamed text over Redis, and without it."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings

from autonomy.core.types import Event
from autonomy.runtime import tokens
from autonomy.runtime.fence import Fence
from autonomy.runtime.tokens import TokenStream, close_client, tokens_after
from tests.autonomy.runtime.conftest import run_async


async def _stream(run_id: str) -> tuple[list[Event], list[Event]]:
    stream = TokenStream(Fence(run_id, 3))
    for word in ("The ", "quick ", "fox"):
        stream.add("task-1", word)
    await stream.close()
    first, cursor = await tokens_after(run_id)
    stream.add("task-2", "next")
    await stream.close()
    second, cursor = await tokens_after(run_id, cursor)
    nothing, _ = await tokens_after(run_id, cursor)
    assert nothing == []
    await close_client()
    return list(first), list(second)


def test_text_is_batched_and_read_from_a_cursor(redis_url: str) -> None:
    first, second = run_async(_stream(str(uuid.uuid4())))
    assert [event.token for event in first] == ["The quick fox"]
    assert first[0].meta == {"task_id": "task-1", "fence": 3}
    assert [event.token for event in second] == ["next"]
    assert second[0].seq == 0


def test_without_redis_text_is_dropped_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "unix:///nonexistent/redis.sock")

    async def scene() -> None:
        stream = TokenStream(Fence("run", 1))
        stream.add("task", "lost")
        await stream.close()
        stream.add("task", "lost too")
        await stream.close()
        assert await tokens_after("run") == ((), "0-0")
        await close_client()

    run_async(scene())
    assert tokens._clients == {} or all(loop.is_closed() for loop in tokens._clients)
