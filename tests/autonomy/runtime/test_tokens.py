"""Streamed text over Redis, and without it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.conf import settings
from redis.exceptions import ConnectionError as RedisAway

from autonomy.runtime import tokens
from autonomy.runtime.fence import Fence
from autonomy.runtime.tokens import Piece, TokenStream, close_client, pieces_after, utf16_length


@pytest.fixture
async def run_id(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    monkeypatch.setattr(tokens, "BATCH_SECONDS", 0.0)
    yield str(uuid.uuid4())
    await close_client()


async def write(stream: TokenStream, task: str, *words: str) -> None:
    """Each word in an entry of its own."""
    for word in words:
        stream.add(task, word)
        await stream.close()


async def read(run_id: str, cursor: str = "0-0") -> tuple[list[Piece], str]:
    pieces, cursors = await pieces_after({run_id: cursor})
    return pieces, cursors[run_id]


def shown(pieces: list[Piece]) -> list[tuple[str, int, int, str]]:
    return [(p.task_id, p.part, p.offset, p.text) for p in pieces]


async def test_words_that_come_together_leave_together(run_id: str) -> None:
    stream = TokenStream(Fence(run_id, 3))
    for word in ("The ", "quick ", "fox"):
        stream.add("t", word)
    await stream.close()
    pieces, _ = await read(run_id)
    assert shown(pieces) == [("t", 0, 0, "The quick fox")]
    assert pieces[0].fence == 3


async def test_text_is_read_on_from_a_cursor_and_says_where_it_belongs(run_id: str) -> None:
    stream = TokenStream(Fence(run_id, 1))
    await write(stream, "t", "One \U0001f600")
    _, cursor = await read(run_id)
    await write(stream, "t", " two")
    pieces, cursor = await read(run_id, cursor)
    assert shown(pieces) == [("t", 0, 6, " two")], "an emoji is two UTF-16 units"
    assert await read(run_id, cursor) == ([], cursor)


async def test_half_a_character_breaks_neither_the_view_nor_the_run(run_id: str) -> None:
    stream = TokenStream(Fence(run_id, 1))
    await write(stream, "t", "One \ud83d", "\ude00 two", " three")
    pieces, _ = await read(run_id)
    assert "".join(p.text for p in pieces) == "One ?? two three"
    assert [p.offset for p in pieces] == [0, 5, 10]


async def test_what_cannot_be_sent_is_dropped_and_made_up_for_later(
    run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(tokens, "_sendable", lambda text: text)
    stream = TokenStream(Fence(run_id, 1))
    await write(stream, "t", "\ud800")
    assert (await read(run_id))[0] == []
    stream.restart("t")
    await write(stream, "t", "One")
    assert [p.text for p in (await read(run_id))[0]] == ["One"]


async def test_text_that_comes_while_an_entry_is_sent_is_not_left_behind(
    run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = TokenStream(Fence(run_id, 1))
    send = stream._send

    async def slow(entries: Any) -> bool:
        if entries[0]["text"] == "a":
            stream.add("t", "b")
        return await send(entries)

    monkeypatch.setattr(stream, "_send", slow)
    await write(stream, "t", "a")
    assert shown((await read(run_id))[0]) == [("t", 0, 0, "a"), ("t", 0, 1, "b")]


async def test_the_whole_text_is_repeated_now_and_then(
    run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "WHOLE_EVERY", 3)
    await write(TokenStream(Fence(run_id, 1)), "t", *"abcde")
    assert [(p.offset, p.text) for p in (await read(run_id))[0]] == [
        (0, "a"),
        (1, "b"),
        (0, "abc"),
        (3, "d"),
        (4, "e"),
    ]


async def test_a_long_text_is_not_repeated(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "WHOLE_EVERY", 2)
    monkeypatch.setattr(tokens, "WHOLE_CHARS", 3)
    await write(TokenStream(Fence(run_id, 1)), "t", *"abcdef")
    assert max(len(p.text) for p in (await read(run_id))[0]) <= 3


async def test_the_stream_is_capped(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "KEEP_ENTRIES", 10)
    stream = TokenStream(Fence(run_id, 1))
    for _ in range(300):
        await write(stream, "t", "x")
    assert await tokens.client().xlen(tokens.key(run_id)) < 200


async def test_what_was_lost_without_redis_comes_with_the_next_piece(
    run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PAUSE_SECONDS", 0.0)
    stream = TokenStream(Fence(run_id, 1))
    await write(stream, "t", "seen ")
    execute = tokens.client().pipeline().__class__.execute

    async def away(*_: Any, **__: Any) -> None:
        raise RedisAway("gone")

    monkeypatch.setattr("redis.asyncio.client.Pipeline.execute", away)
    await write(stream, "t", "lost ")
    monkeypatch.setattr("redis.asyncio.client.Pipeline.execute", execute)
    await write(stream, "t", "found")
    assert [(p.offset, p.text) for p in (await read(run_id))[0]] == [
        (0, "seen "),
        (0, "seen lost found"),
    ]


async def test_a_restarted_task_says_so_before_its_new_text(run_id: str) -> None:
    stream = TokenStream(Fence(run_id, 1))
    stream.restart("t")
    await stream.close()
    assert await read(run_id) == ([], "0-0"), "nothing was there to be void"
    await write(stream, "t", "void")
    stream.restart("t")
    await stream.close()
    await write(stream, "t", "new")
    assert shown((await read(run_id))[0]) == [
        ("t", 0, 0, "void"),
        ("t", 1, 0, ""),
        ("t", 1, 0, "new"),
    ]


async def test_several_runs_are_read_at_once(run_id: str) -> None:
    other = str(uuid.uuid4())
    await write(TokenStream(Fence(run_id, 1)), "t", "a")
    await write(TokenStream(Fence(other, 1)), "t", "b")
    pieces, cursors = await pieces_after({run_id: "0-0", other: "0-0", str(uuid.uuid4()): "0-0"})
    assert {(p.run_id, p.text) for p in pieces} == {(run_id, "a"), (other, "b")}
    assert await pieces_after(cursors) == ([], cursors)


async def test_without_redis_text_is_dropped_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "unix:///nonexistent/redis.sock")
    monkeypatch.setattr(tokens, "BATCH_SECONDS", 0.0)
    stream = TokenStream(Fence("run", 1))
    await write(stream, "task", "lost", "lost too")
    assert await pieces_after({"run": "0-0"}) == ([], {"run": "0-0"})
    await close_client()
    assert asyncio.get_running_loop() not in tokens._clients


@pytest.mark.parametrize(("text", "units"), [("", 0), ("aé", 2), ("a\U0001f600", 3)])
def test_lengths_are_counted_as_javascript_does(text: str, units: int) -> None:
    assert utf16_length(text) == units == len(text.encode("utf-16-le")) // 2
