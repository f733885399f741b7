"""A worker dies in the middle of a sentence: what the page shows while another one takes over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import (
    DESKTOP,
    RUN_SECONDS,
    SECONDS,
    Visitor,
    ask,
    drop,
    finished,
)
from tests.providers.openai_server import Behaviour, OpenAIServer, running
from tests.stack_process import StackProcess

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

REQUEST = "Write a 600-word report on street trees and summer heat."

_WATCH = """() => {
    window.seen = [];
    const look = () => {
        for (const section of document.querySelectorAll(".draft-live")) {
            const title = section.querySelector("h2")?.innerText ?? "";
            window.seen.push([title, section.innerText.slice(title.length).trim()]);
        }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
}"""
"""Keep what each streaming section has shown, whenever the page changes."""


@pytest.fixture(scope="module")
def simulator() -> Iterator[OpenAIServer]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def model_stack(simulator: OpenAIServer) -> Iterator[StackProcess]:
    """The product with a model: the simulated provider."""
    stack = StackProcess(
        ready_made=True,
        SIGNUP="open",
        OPENAI_BASE_URL=simulator.base_url,
        HANDYWRITERZ_MODEL="openai:simulated",
    )
    try:
        yield stack.start()
    finally:
        stack.stop()
        stack.remove()


@pytest.fixture(scope="module")
def visitor(chromium: Browser, model_stack: StackProcess) -> Iterator[Visitor]:
    with ExitStack() as contexts:
        context = chromium.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
        contexts.callback(context.close)
        visitor = Visitor(context, model_stack.base_url)
        visitor.sign_up("rosa@example.org").close()
        yield visitor


@pytest.fixture
def slow(simulator: OpenAIServer) -> Iterator[Callable[..., None]]:
    """`slow(chunk_delay=…)` for the test; afterwards the simulator is fast again."""

    def make(**behaviour: Any) -> None:
        simulator.behaviour = Behaviour(**behaviour)

    yield make
    simulator.behaviour = Behaviour()
    simulator.script.clear()


def writing(page: Page, paper: Path) -> None:
    """Ask for a document and wait until its text streams."""
    drop(page, [paper])
    ask(page, REQUEST)
    page.get_by_role("tab", name=re.compile("^Draft")).click()
    expect(page.locator(".draft-live").first).to_be_visible(timeout=RUN_SECONDS * SECONDS)
    page.evaluate(_WATCH)


def _letters(text: str) -> str:
    """The text without passage markers and whatever Markdown makes of spaces and signs."""
    return re.sub(r"[^A-Za-z]+", "", re.sub(r"\[\[[^\]]*\]\]", "", text))


def wrongly_shown(page: Page, simulator: OpenAIServer) -> list[str]:
    """Texts that the page has shown and that are the beginning of no answer of the model: doubled,
    mixed, or with a piece missing."""
    answers = [_letters(simulator.default(r)) for r in simulator.requests if r.role == "writer"]
    shown = {_letters(text) for _, text in page.evaluate("window.seen")}
    assert any(len(text) > 40 for text in shown), "nothing was streamed"
    return [text for text in shown if not any(answer.startswith(text) for answer in answers)]


def test_text_of_a_worker_that_died_is_never_shown_beside_that_of_the_next(
    visitor: Visitor,
    model_stack: StackProcess,
    simulator: OpenAIServer,
    paper: Path,
    slow: Callable[..., None],
) -> None:
    slow(chunk_delay=0.25)
    page = visitor.page()
    writing(page, paper)
    expect(page.locator(".draft-live").first).to_contain_text(re.compile(r".{120}", re.DOTALL))
    model_stack.kill("runs")
    page.get_by_role("tab", name=re.compile("^Log")).click()
    expect(page.locator(".log .entry-label", has_text="Restarted")).to_be_visible(
        timeout=RUN_SECONDS * SECONDS
    )
    page.get_by_role("tab", name=re.compile("^Draft")).click()
    slow()
    finished(page)
    assert wrongly_shown(page, simulator) == []
    expect(page.get_by_role("article", name=re.compile("^Document"))).to_be_visible()
    assert visitor.complaints == []


def test_a_reload_in_mid_sentence_shows_the_sentence_from_its_start(
    visitor: Visitor, simulator: OpenAIServer, paper: Path, slow: Callable[..., None]
) -> None:
    slow(chunk_delay=0.25)
    page = visitor.page()
    writing(page, paper)
    live = page.locator(".draft-live").first
    expect(live).to_contain_text(re.compile(r".{120}", re.DOTALL))
    before = live.inner_text()
    page.reload()
    page.get_by_role("tab", name=re.compile("^Draft")).click()
    expect(live).to_contain_text(before[:100].split("\n")[-1][:60])
    page.evaluate(_WATCH)
    slow()
    finished(page)
    assert wrongly_shown(page, simulator) == []


def test_a_call_that_breaks_off_and_is_made_again_doubles_nothing(
    visitor: Visitor, simulator: OpenAIServer, paper: Path, slow: Callable[..., None]
) -> None:
    page = visitor.page()
    simulator.script.append(Behaviour())  # the planner's answer
    for _ in range(6):
        simulator.script.append(Behaviour(chunk_delay=0.1, cut_after=14))
    slow(chunk_delay=0.05)
    writing(page, paper)
    slow()
    finished(page)
    assert wrongly_shown(page, simulator) == []
