"""Words to a run that is live: where they go, what becomes of them, and that none is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocketRoute, expect

from tests.browser.conftest import (
    RUN_SECONDS,
    SECONDS,
    Visitor,
    ask,
    drop,
    finished,
    overflow,
    reading_held,
    shoot,
    violations,
)
from tests.stack_process import StackProcess

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

Visit = Callable[..., Visitor]
REQUEST = "Write a 900-word report on street trees and summer heat."


@pytest.fixture(scope="module")
def state(visit: Visit) -> object:
    visitor = visit()
    visitor.sign_up("mary@example.org")
    return visitor.context.storage_state()


@pytest.fixture
def visitor(visit: Visit, state: object) -> Visitor:
    return visit(storage_state=state)


def box(page: Page) -> Locator:
    return page.locator("#request")


def started(page: Page, paper: Path) -> str:
    """Ask for a document whose reading is held; the id of its conversation."""
    drop(page, [paper])
    conversation = ask(page, REQUEST)
    expect(page.locator(".step[data-status=running]")).to_be_visible()
    return conversation


def test_a_word_to_the_run_waits_for_the_step_and_is_then_taken_up(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    told = page.get_by_role("list", name="Messages to this run")
    with reading_held(live_stack):
        started(page, paper)
        expect(page.get_by_label("Steer this run")).to_be_checked()
        box(page).fill("make it 400 words")
        page.get_by_role("button", name="Send to the run").click()
        expect(told).to_contain_text("make it 400 words")
        expect(told).to_contain_text("Will be taken up after the current step")
        expect(box(page)).to_have_value("")
        expect(box(page)).to_be_focused()
        shoot(page, "steering-desktop-light")
        assert violations(page) == []
        page.reload()
        expect(told).to_contain_text("Will be taken up after the current step")
        expect(told.get_by_role("listitem")).to_have_count(1)
    finished(page)
    expect(told).to_contain_text("Taken up")
    expect(told).to_contain_text("400 words")
    # It opens by itself once, and stands in the address from then on.
    expect(page.get_by_role("region", name="Document")).to_be_visible()
    page.reload()
    expect(told).to_contain_text("Taken up")
    page.locator(".run-toggle").click()
    page.get_by_role("tab", name=re.compile("^Log")).click()
    log = page.get_by_role("tabpanel")
    expect(log.locator(".entry", has_text="make it 400 words").first).to_contain_text("You")
    expect(log.locator(".entry-label", has_text="Taken up")).to_have_count(1)
    words = page.get_by_role("region", name="Document").inner_text().split()
    assert len(words) < 700, "the document is as long as was asked first"
    assert visitor.complaints == []


def test_a_new_request_can_be_made_while_a_run_is_live(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        started(page, paper)
        box(page).focus()
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_label("Steer this run")).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_label("Ask something new")).to_be_checked()
        expect(page.get_by_label("Journey")).to_be_visible()
        box(page).fill("What do my sources say about shade?")
        box(page).press("Enter")
        expect(page.locator(".run")).to_have_count(2)
        expect(page.locator(".told")).to_have_count(0)
    expect(page.locator(".request")).to_have_count(2)
    for run in page.locator(".run").all():
        expect(run).to_have_attribute(
            "data-status", re.compile("succeeded|failed"), timeout=RUN_SECONDS * SECONDS
        )


def test_words_that_come_too_late_are_kept_and_become_a_request(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        conversation = started(page, paper)
        # The run ends in another tab, and this one has not heard of it yet.
        late = page.context.new_page()
        late.route_web_socket(re.compile("/ws/"), lambda socket: None)
        late.route(re.compile(r"/api/v2/runs/[0-9a-f-]+$"), lambda route: route.abort())
        late.route(re.compile("/events"), lambda route: route.abort())
        late.goto(f"{visitor.base_url}/c/{conversation}/")
        box(late).fill("make it 300 words")
        page.locator(".controls").get_by_role("button", name="Stop").click()
        finished(page, "cancelled")
        late.get_by_role("button", name="Send to the run").click()
        expect(late.locator("#composer-error")).to_contain_text("Your text is kept")
        expect(box(late)).to_have_value("make it 300 words")
        expect(late.get_by_label("Ask something new")).to_be_checked()
        expect(late.get_by_role("button", name="Send", exact=True)).to_be_enabled()
        assert violations(late) == []


def test_what_the_run_never_took_up_can_be_asked_anew(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        started(page, paper)
        box(page).fill("use APA")
        box(page).press("Enter")
        told = page.get_by_role("list", name="Messages to this run")
        expect(told).to_contain_text("use APA")
        page.get_by_role("button", name="Stop the run").click()
        finished(page, "cancelled")
    expect(told).to_contain_text("The run ended before it was taken up")
    told.get_by_role("button", name="Put it into a new request").click()
    expect(box(page)).to_have_value("use APA")
    expect(box(page)).to_be_focused()


def test_a_lost_answer_does_not_say_it_twice(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()  # it arrives; its answer does not
        route.abort()

    with reading_held(live_stack):
        started(page, paper)
        page.route(re.compile("/messages$"), lose)
        box(page).fill("focus on shade")
        box(page).press("Enter")
        expect(page.locator("#composer-error")).to_contain_text("Nothing you sent before is lost")
        expect(box(page)).to_have_value("focus on shade")
        box(page).press("Enter")
        expect(box(page)).to_have_value("")
        expect(page.locator(".told-message")).to_have_count(1)
    finished(page)
    expect(page.locator(".told-message")).to_have_count(1)


def test_why_words_were_not_taken_stays_when_the_page_becomes_live_only_then(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        conversation = started(page, paper)
        tab = page.context.new_page()
        held: list[str | bytes] = []
        sockets: list[WebSocketRoute] = []

        def hold(socket: WebSocketRoute) -> None:
            sockets.append(socket)
            socket.connect_to_server().on_message(lambda message: held.append(message))

        tab.route_web_socket(re.compile("/ws/"), hold)
        tab.route(re.compile(r"/api/v2/runs/[0-9a-f-]+$"), lambda route: route.abort())
        tab.route(re.compile("/messages$"), lambda route: route.abort())
        tab.goto(f"{visitor.base_url}/c/{conversation}/")
        expect(tab.locator(".run")).not_to_have_attribute("data-connection", "live")
        box(tab).fill("focus on shade")
        box(tab).press("Enter")
        refusal = tab.locator("#composer-error")
        expect(refusal).to_contain_text("Nothing you sent before is lost")
        for message in held:
            sockets[-1].send(message)
        expect(tab.locator(".run")).to_have_attribute("data-connection", "live")
        expect(refusal).to_be_visible()
        tab.close()
        page.get_by_role("button", name="Stop the run").click()
        finished(page, "cancelled")


def test_a_live_run_is_steered_on_a_phone(
    visit: Visit, state: object, live_stack: StackProcess, paper: Path
) -> None:
    visitor = visit(
        storage_state=state,
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        color_scheme="dark",
    )
    page = visitor.page()
    with reading_held(live_stack):
        started(page, paper)
        box(page).fill("use APA")
        page.get_by_role("button", name="Send to the run").tap()
        expect(page.locator(".told-message")).to_contain_text("use APA")
        shoot(page, "steering-phone-dark")
        assert overflow(page) <= 0
        assert violations(page) == []
