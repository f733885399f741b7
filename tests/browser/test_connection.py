"""What a person sees when the line to the server fails, and that nothing is missing afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import (
    SECONDS,
    Visitor,
    ask,
    at_rest,
    comes_to_be,
    drop,
    finished,
    reading_held,
    violations,
)
from tests.stack_process import StackProcess

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

Visit = Callable[..., Visitor]
REQUEST = "Write a 600-word report on street trees and summer heat."


@pytest.fixture(scope="module")
def state(visit: Visit) -> object:
    visitor = visit()
    visitor.sign_up("lena@example.org")
    return visitor.context.storage_state()


@pytest.fixture
def visitor(visit: Visit, state: object) -> Visitor:
    return visit(storage_state=state)


class Line:
    """The socket between a page and the server, which a test can cut or make deaf."""

    def __init__(self, page: Page) -> None:
        self.opened = 0
        self.deaf = False
        self.refusing = False
        self._routes: list[WebSocketRoute] = []
        page.route_web_socket(re.compile("/ws/"), self._open)

    def _open(self, socket: WebSocketRoute) -> None:
        if self.refusing:
            socket.close(code=1011)
            return
        self.opened += 1
        self._routes.append(socket)
        server = socket.connect_to_server()
        server.on_message(lambda message: None if self.deaf else socket.send(message))

    def cut(self) -> None:
        self._routes[-1].close(code=1011)


def log_of(page: Page) -> list[str]:
    """Every entry of the run's log."""
    toggle = page.locator(".run-toggle").last
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    page.get_by_role("tab", name=re.compile("^Log")).click()
    expect(page.locator(".log .entry").first).to_be_visible()
    return page.locator(".log .entry").all_inner_texts()


def test_a_cut_line_is_mended_and_misses_nothing(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.context.new_page()
    line = Line(page)
    page.goto(visitor.base_url)
    with reading_held(live_stack):
        drop(page, [paper])
        ask(page, REQUEST)
        run = page.locator(".run")
        expect(run).to_have_attribute("data-connection", "live")
        assert line.opened == 1
        line.cut()
        expect(page.get_by_text("Connection lost. Reconnecting")).to_be_visible()
        expect(run).to_have_attribute("data-connection", "live")
        assert line.opened == 2
        line.cut()
    finished(page)
    seen = at_rest(lambda: log_of(page))
    page.reload()
    comes_to_be(lambda: log_of(page), seen)


def test_a_line_that_has_gone_silent_is_noticed_and_replaced(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.context.new_page()
    page.clock.install()
    line = Line(page)
    page.goto(visitor.base_url)
    with reading_held(live_stack):
        drop(page, [paper])
        ask(page, REQUEST)
        run = page.locator(".run")
        expect(run).to_have_attribute("data-connection", "live")
        line.deaf = True
        # It is said for two seconds, then a new line is tried: the clock stands still between looks.
        page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 3)
        said = page.get_by_text("Nothing heard for a while.")
        silent = 0
        while not said.is_visible() and silent < 70:
            page.clock.run_for(SECONDS)
            silent += 1
        assert 45 < silent < 70
        line.deaf = False
        page.clock.resume()
        expect(run).to_have_attribute("data-connection", "live")
        assert line.opened == 2
    finished(page)


def test_offline_is_said_and_what_happened_meanwhile_is_there_afterwards(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        drop(page, [paper])
        ask(page, REQUEST)
        expect(page.locator(".run")).to_have_attribute("data-connection", "live")
        visitor.context.set_offline(True)
        expect(page.get_by_text("You are offline.")).to_be_visible()
        page.get_by_label("What should the run change?").fill("make it 300 words")
        page.get_by_role("button", name="Send to the run").click()
        expect(page.locator("#composer-error")).to_be_visible()
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.get_by_text("Not paused")).to_be_visible()
        page.get_by_role("button", name="Send to the run").click(trial=True)
        assert violations(page) == []
    visitor.context.set_offline(False)
    finished(page)
    expect(page.locator("#composer-error")).to_have_count(0)
    expect(page.get_by_text("The run has ended; this would start a new one.")).to_be_visible()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    expect(page.get_by_role("article", name=re.compile("^Document"))).to_be_visible()


def test_two_tabs_show_the_same_run(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    one = visitor.page()
    with reading_held(live_stack):
        drop(one, [paper])
        conversation = ask(one, REQUEST)
        other = visitor.page(f"/c/{conversation}/")
        expect(other.locator(".run")).to_have_attribute("data-status", "running")
        other.get_by_role("button", name="Pause", exact=True).click()
        for page in (one, other):
            expect(page.locator(".run-doing")).to_have_text("Pausing after this step")
        one.get_by_role("button", name="Do not pause").click()
        expect(other.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    finished(one)
    finished(other)
    comes_to_be(lambda: log_of(one), at_rest(lambda: log_of(other)))
    assert visitor.complaints == []
