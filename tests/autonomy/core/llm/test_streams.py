"""Streamed texts that break off, stall or are cancelled, in every protocol."""

from __future__ import annotations

import asyncio
import time

import pytest

from autonomy.core.llm import Access, CallLimits
from autonomy.core.packing import Part, Prompt
from tests.autonomy.core.llm.fakes import Bench
from tests.patience import patience
from tests.providers.behaviours import Behaviour

DIALECTS = ("openai", "openai-responses", "anthropic")
TEXT = " ".join(
    f"Survey {n} found that reef number {n} had lost {n + 10} of its {n + 60} colonies [[p:a{n}]]."
    for n in range(20)
)
WORDS = len(TEXT.split())


class Screen:
    """What a reader sees: pieces, voided when the log says so."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.shown = ""
        self.pieces = 0
        self._voided = 0

    async def __call__(self, piece: str) -> None:
        voided = self.bench.kinds().count("attempt.restarted")
        if voided > self._voided:
            self._voided, self.shown = voided, ""
        self.shown += piece
        self.pieces += 1


def prompt(words: int = WORDS) -> Prompt:
    return Prompt("writer", "v1", "Role: writer.", (Part("Write."),), 4_000, words)


def speak(bench: Bench, dialect: str) -> None:
    bench.access = {"anthropic": Access("anthropic", None, bench.server.root_url)}
    bench.models = (f"{dialect}:simulated",)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("quietly", [False, True], ids=["torn", "in good order"])
async def test_a_text_that_broke_off_late_is_gone_on_with(
    bench: Bench, dialect: str, quietly: bool
) -> None:
    speak(bench, dialect)
    bench.server.default = lambda _: TEXT
    bench.server.script.append(Behaviour(cut_share=0.6, end_quietly=quietly))
    screen = Screen(bench)

    text = await bench.gateway().text("writer", key="k", prompt=prompt(), on_token=screen)

    assert text == TEXT
    assert screen.shown == TEXT
    second = bench.server.requests[1]
    assert TEXT.startswith(second.begun)
    assert len(second.begun.split()) > WORDS / 3
    assert [e.type for e in bench.events] == ["attempt.restarted", "note"]
    assert bench.events[-1].meta["resumed_words"] == len(second.begun.split())
    assert [r.outcome for r in bench.log.records] == ["network", "answered"]
    assert len(bench.ledger.settled) == 2


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_text_that_broke_off_early_starts_again(bench: Bench, dialect: str) -> None:
    speak(bench, dialect)
    bench.server.default = lambda _: TEXT
    bench.server.script.append(Behaviour(cut_share=0.2))
    screen = Screen(bench)

    text = await bench.gateway().text("writer", key="k", prompt=prompt(), on_token=screen)

    assert text == screen.shown == TEXT
    assert bench.server.requests[1].begun == ""
    assert [e.type for e in bench.events] == ["attempt.restarted", "retry"]


async def test_a_text_that_breaks_off_twice_is_joined_twice(bench: Bench) -> None:
    bench.server.default = lambda _: TEXT
    bench.server.script += [Behaviour(cut_share=0.5), Behaviour(cut_share=0.6)]
    screen = Screen(bench)

    text = await bench.gateway().text("writer", key="k", prompt=prompt(), on_token=screen)

    assert text == screen.shown == TEXT


async def test_a_rest_that_does_not_go_on_is_asked_for_anew_from_the_beginning(
    bench: Bench,
) -> None:
    bench.server.default = lambda _: TEXT
    bench.server.script.append(Behaviour(cut_share=0.6))
    bench.server.script.append(
        Behaviour(content="Sure, here is the rest of the text:\n\nSurvey 99 found nothing at all.")
    )
    screen = Screen(bench)

    text = await bench.gateway().text("writer", key="k", prompt=prompt(), on_token=screen)

    assert text == screen.shown == TEXT
    assert bench.server.requests[2].begun == ""
    assert [r.outcome for r in bench.log.records] == ["network", "malformed", "answered"]


async def test_a_text_that_ended_at_its_token_limit_is_gone_on_with(bench: Bench) -> None:
    bench.server.default = lambda _: TEXT
    bench.server.script.append(Behaviour(content=TEXT[:900], finish_reason="length"))
    screen = Screen(bench)

    text = await bench.gateway().text("writer", key="k", prompt=prompt(), on_token=screen)

    assert text == screen.shown == TEXT
    assert [r.outcome for r in bench.log.records] == ["cut", "answered"]


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_stream_that_stands_still_counts_as_broken_off(bench: Bench, dialect: str) -> None:
    speak(bench, dialect)
    bench.limits = CallLimits(stall_seconds=0.2)
    bench.server.default = lambda _: TEXT
    bench.server.script.append(Behaviour(stall_after=40))
    screen = Screen(bench)
    began = time.monotonic()

    text = await bench.gateway().text("writer", key="k", prompt=prompt(), on_token=screen)

    assert text == screen.shown == TEXT
    assert time.monotonic() - began < patience(10)
    assert bench.log.records[0].outcome == "network"
    assert await asyncio.to_thread(bench.server.hung_up.wait, 20), "the stalled socket is closed"


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("dialect", DIALECTS)
async def test_cancelling_closes_the_socket_within_a_second_and_books_and_records_the_call(
    bench: Bench, dialect: str, streamed: bool
) -> None:
    speak(bench, dialect)
    bench.server.behaviour = (
        Behaviour(content=TEXT, chunk_delay=5) if streamed else Behaviour(delay=30)
    )
    task = asyncio.create_task(
        bench.gateway().text(
            "writer", key="k", prompt=prompt(), on_token=Screen(bench) if streamed else None
        )
    )
    assert await asyncio.to_thread(bench.server.arrived.wait, 10)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await asyncio.to_thread(bench.server.hung_up.wait, 20)
    assert time.monotonic() - began < patience(1.0)
    assert bench.ledger.open == {}
    assert list(bench.ledger.settled) == ["k#1"]
    assert [r.outcome for r in bench.log.records] == ["cancelled"]


async def test_cancelling_while_waiting_for_the_rate_costs_nothing_and_sends_nothing(
    bench: Bench,
) -> None:
    bench.limits = CallLimits(requests_per_minute=1)
    gateway = bench.gateway()
    await gateway.text("writer", key="a", prompt=prompt())
    waiting = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    bench.clock.sleep = sleep  # type: ignore[method-assign]
    task = asyncio.create_task(bench.gateway().text("writer", key="b", prompt=prompt()))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(bench.server.requests) == len(bench.log.records) == 1
    assert bench.ledger.released == ["b#1"]


async def test_a_text_that_stays_cut_is_written_by_the_next_model(bench: Bench) -> None:
    bench.models = ("openai:short", "openai:long")
    bench.server.default = lambda _: TEXT
    bench.limits = CallLimits(attempts=2)
    bench.server.script.append(Behaviour(content=TEXT[:700], finish_reason="length"))
    screen = Screen(bench)

    text = await bench.gateway().text("writer", key="k", prompt=prompt(), on_token=screen)

    assert text == screen.shown == TEXT
    assert [r.body["model"] for r in bench.server.requests] == ["short", "long"]


@pytest.mark.parametrize("models", [("openai:one",), ("openai:one", "openai:two")])
async def test_a_text_that_every_model_cuts_ends_at_its_last_whole_sentence_and_a_note_says_so(
    bench: Bench, models: tuple[str, ...]
) -> None:
    bench.models = models
    bench.limits = CallLimits(attempts=2)
    bench.server.behaviour = Behaviour(content=TEXT[:700], finish_reason="length")
    screen = Screen(bench)
    short = Prompt("writer", "v1", "Role: writer.", (Part("Write."),), 4_000, 1_000)

    text = await bench.gateway().text("writer", key="k", prompt=short, on_token=screen)

    assert TEXT.startswith(text)
    assert text.endswith("]].")
    assert screen.shown == text
    assert [e.meta["code"] for e in bench.events if e.type == "note"][-1] == "cut"


async def test_a_cut_text_is_kept_when_the_next_model_fails(bench: Bench) -> None:
    bench.models = ("openai:one", "openai:two")
    bench.limits = CallLimits(attempts=2)
    bench.server.script.append(Behaviour(content=TEXT[:700], finish_reason="length"))
    bench.server.script.append(Behaviour(trouble="model_not_found"))
    screen = Screen(bench)

    text = await bench.gateway().text("writer", key="k", prompt=prompt(), on_token=screen)

    assert TEXT.startswith(text)
    assert len(text) > 500
    assert screen.shown == text
