"""Answers that never end, and characters that cannot be sent on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
from pydantic_ai import messages

from autonomy.core.llm import Access, CallLimits, providers
from autonomy.core.llm.hearing import Hearing, clean, most_chars
from autonomy.core.llm.portfolio import Scope
from autonomy.core.outbound import bounded, checked_client
from autonomy.core.ports import ModelUnavailable
from tests.autonomy.core.llm.fakes import Bench, said
from tests.patience import patience
from tests.providers.shapes import Page, completion, serving

ROOM = CallLimits().output_tokens


def chunk(finish: str | None = None, **delta: str) -> bytes:
    body = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(body)}\n\n".encode()


class Endless:
    """Heeds no limit and never stops."""

    def __init__(self, block: bytes, content_type: str = "text/event-stream") -> None:
        self._block = block
        self._type = content_type
        self.sent = 0
        self.hung_up = threading.Event()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", self._type)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        framed = b"%x\r\n%b\r\n" % (len(self._block), self._block)
        try:
            while self.sent < 500_000_000:
                handler.wfile.write(framed)
                self.sent += len(self._block)
        except OSError:
            self.hung_up.set()


def answering(text: str, streamed: bool) -> Page:
    if not streamed:
        return Page(completion(text))
    raw = chunk(content=text) + chunk(finish="stop") + b"data: [DONE]\n\n"
    return Page(raw=raw, headers={"Content-Type": "text/event-stream"})


def connect(bench: Bench, url: str, scope: Scope = "deployment") -> None:
    bench.access = {"lab": Access("compatible", None, f"{url}/v1", "lab", scope)}
    bench.models = ("lab:m",)


@contextlib.contextmanager
def endless(bench: Bench, flood: Endless, scope: Scope = "deployment") -> Iterator[None]:
    with serving({"/v1/chat/completions": Page(write=flood)}) as shape:
        connect(bench, shape.url, scope)
        yield


async def show(piece: str) -> None:
    """Nobody looks."""


# ----------------------------------------------------------------------------- without end


@pytest.mark.parametrize("delta", ["content", "reasoning_content"])
async def test_a_stream_without_end_is_hung_up_on_and_costs_what_was_set_aside(
    bench: Bench, delta: str
) -> None:
    flood = Endless(chunk(**{delta: "y " * 30_000}))
    bench.limits = CallLimits(attempts=1)
    shown: list[str] = []

    async def keep(piece: str) -> None:
        shown.append(piece)

    with endless(bench, flood):
        with contextlib.suppress(ModelUnavailable):  # a thought without end says nothing
            await bench.gateway().text("writer", key="k", prompt=said("Write."), on_token=keep)
        assert await asyncio.to_thread(flood.hung_up.wait, 20)

    assert len("".join(shown)) <= most_chars(ROOM)
    assert flood.sent < 20_000_000, "what lies in the sockets' buffers, no more"
    (booked,) = bench.ledger.settled.values()
    assert booked["output_tokens"] <= ROOM
    assert not booked["price_known"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_text_beyond_its_room_is_cut_as_if_the_server_had(
    bench: Bench, streamed: bool
) -> None:
    long = "many words " * 2_000
    bench.limits = CallLimits(output_tokens=200, attempts=1)

    with serving({"/v1/chat/completions": answering(long, streamed)}) as shape:
        connect(bench, shape.url)
        text = await bench.gateway().text(
            "writer", key="k", prompt=said("Write."), on_token=show if streamed else None
        )

    assert most_chars(200) - 20 < len(text) <= most_chars(200)
    (answer,) = bench.effects.recorded.values()
    assert json.loads(answer)["cut"] is True
    (booked,) = bench.ledger.settled.values()
    assert booked["output_tokens"] == (200 if streamed else 9), "as it said, else what it may have"


async def test_others_have_their_turn_beside_a_flood_and_cancelling_ends_it_at_once(
    bench: Bench,
) -> None:
    flood = Endless(chunk(role="assistant") * 500)  # never a word, so never full
    with endless(bench, flood):
        task = asyncio.create_task(
            bench.gateway().text("writer", key="k", prompt=said("Write."), on_token=show)
        )
        async with asyncio.timeout(20):
            while flood.sent < 1_000_000:
                await asyncio.sleep(0.01)
        longest, last = 0.0, time.monotonic()
        for _ in range(50):
            await asyncio.sleep(0.005)
            now = time.monotonic()
            longest, last = max(longest, now - last), now
        task.cancel()
        began = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(flood.hung_up.wait, 20)
        assert time.monotonic() - began < patience(1.0)

    assert longest < 1.0
    assert bench.ledger.open == {}


@pytest.mark.parametrize("scope", ["environment", "deployment", "user"])
async def test_a_whole_answer_without_end_is_read_up_to_a_bound_whoever_connected_it(
    bench: Bench, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        providers,
        "checked_client",
        lambda private: checked_client(private=private, max_bytes=1_000_000),
    )
    monkeypatch.setattr(providers, "bounded", lambda client: bounded(client, 1_000_000))
    flood = Endless(b" " * 60_000, "application/json")
    bench.limits = CallLimits(attempts=1, attempt_seconds=20)

    with endless(bench, flood, scope), pytest.raises(ModelUnavailable):
        await bench.gateway().text("writer", key="k", prompt=said("Write."))

    assert await asyncio.to_thread(flood.hung_up.wait, 20)
    assert flood.sent < 20_000_000


# ----------------------------------------------------------------------------- characters


def text_event(text: str) -> messages.PartDeltaEvent:
    return messages.PartDeltaEvent(index=0, delta=messages.TextPartDelta(content_delta=text))


def test_what_cannot_be_stored_is_taken_out() -> None:
    assert clean("all\x00 you \ud800 need \ud83d\ude00") == "all you \ufffd need \U0001f600"


def test_the_halves_of_a_character_that_come_apart_are_joined() -> None:
    hearing = Hearing(100)
    pieces = [hearing.take(text_event(text)) for text in ("one \ud83d", "\ude00 two", "\udc00")]
    assert pieces == ["one ", "\U0001f600 two", "\ufffd"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_reader_never_sees_a_character_that_cannot_be_sent(
    bench: Bench, streamed: bool
) -> None:
    torn = "Attention \ud800 is all\x00 you need."
    shown: list[str] = []

    async def keep(piece: str) -> None:
        shown.append(piece)

    with serving({"/v1/chat/completions": answering(torn, streamed)}) as shape:
        connect(bench, shape.url)
        text = await bench.gateway().text(
            "writer", key="k", prompt=said("Write."), on_token=keep if streamed else None
        )

    assert text == "Attention \ufffd is all you need."
    assert "".join(shown) == (text if streamed else "")
