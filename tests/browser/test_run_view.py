"""A run while it goes on: reloads, stopping, a lost socket, files that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import (
    RUN_SECONDS,
    SECONDS,
    Visitor,
    ask,
    at_rest,
    comes_to_be,
    drop,
    finished,
    reading_held,
    shoot,
    violations,
)
from tests.stack_process import StackProcess

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

Visit = Callable[..., Visitor]
REQUEST = "Write a 600-word report on street trees and summer heat."


@pytest.fixture(scope="module")
def state(visit: Visit) -> object:
    visitor = visit()
    visitor.sign_up("grace@example.org")
    return visitor.context.storage_state()


@pytest.fixture
def visitor(visit: Visit, state: object) -> Visitor:
    return visit(storage_state=state)


def _shown(page: Page) -> dict[str, str]:
    page.get_by_role("tab", name=re.compile("^Log")).click()
    log = page.get_by_role("tabpanel").inner_text()
    page.get_by_role("tab", name=re.compile("^Plan")).click()
    return {
        "status": page.locator(".run").get_attribute("data-status") or "",
        "doing": page.locator(".run-doing").inner_text(),
        "loop": page.locator(".loop").inner_text(),
        "plan": page.get_by_role("tabpanel").inner_text(),
        "log": log,
    }


def test_a_reload_in_mid_run_shows_the_same(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        drop(page, [paper])
        ask(page, REQUEST)
        expect(page.locator(".run")).to_have_attribute("data-status", "running")
        expect(page.locator(".step[data-status=running]")).to_be_visible()
        expect(page.locator(".run-doing")).to_contain_text("waiting until")  # its last word
        before = at_rest(lambda: _shown(page))
        assert before["log"].strip()
        page.reload()
        expect(page.locator(".step[data-status=running]")).to_be_visible()
        comes_to_be(lambda: _shown(page), before)
        expect(page.get_by_role("list", name="Files of this request")).to_have_text(paper.name)
    finished(page)
    expect(page.get_by_role("article", name=re.compile("^Document"))).to_be_visible()
    assert visitor.complaints == []


def test_stop_ends_the_run_and_says_what_is_kept(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        drop(page, [paper])
        ask(page, REQUEST)
        expect(page.locator(".step[data-status=running]")).to_be_visible()
        page.locator(".controls").get_by_role("button", name="Stop").click()
        finished(page, "cancelled")
    expect(page.get_by_text("You stopped this run.")).to_be_visible()
    page.locator(".notice").get_by_role("button", name="Go on from here in a copy").click()
    expect(page.get_by_role("button", name="Make the copy")).to_be_enabled()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    assert violations(page) == []
    assert visitor.complaints == []


def test_pause_and_resume_keep_the_run(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        drop(page, [paper])
        ask(page, REQUEST)
        expect(page.locator(".step[data-status=running]")).to_be_visible()
        page.get_by_role("button", name="Pause", exact=True).click()
        expect(page.locator(".run-doing")).to_have_text("Pausing after this step")
        page.reload()
        expect(page.locator(".run-doing")).to_have_text("Pausing after this step")
    # The pause takes effect at the next step boundary, which is the end of the reading.
    finished(page, "paused")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.reload()
    finished(page, "paused")
    expect(page.locator(".sidebar").get_by_text("paused", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Resume", exact=True)).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Go on with the paused run")).to_be_in_viewport()
    page.get_by_label("What should the run change?").fill("use APA")
    expect(page.get_by_role("button", name="Send to the run")).to_be_enabled()
    page.get_by_label("What should the run change?").fill("")
    shoot(page, "paused-desktop")
    assert violations(page) == []
    page.get_by_role("button", name="Go on with the paused run").click()
    finished(page)


def test_without_a_socket_the_run_is_followed_by_requests(visitor: Visitor, paper: Path) -> None:
    page = visitor.context.new_page()

    def refuse(socket: WebSocketRoute) -> None:
        socket.close(code=1011)

    page.route_web_socket(re.compile("/ws/"), refuse)
    page.goto(visitor.base_url)
    drop(page, [paper])
    ask(page, REQUEST)
    finished(page)
    page.get_by_role("button", name=re.compile("Worked for")).click()
    expect(page.get_by_role("tab", name=re.compile(r"^Plan \d+.\d+"))).to_be_visible()
    page.get_by_role("tab", name=re.compile("^Log")).click()
    expect(page.get_by_role("tabpanel")).to_contain_text("End")


def test_nothing_is_written_before_the_plan_is_agreed_to(visitor: Visitor, paper: Path) -> None:
    page = visitor.page()
    drop(page, [paper])
    page.get_by_role("button", name="More").click()
    page.get_by_label("Show me the plan before anything is written").check()
    ask(page, REQUEST)
    card = page.get_by_role("region", name="Approval of the plan")
    expect(card).to_be_visible(timeout=RUN_SECONDS * SECONDS)
    assert card.get_by_role("listitem").count() >= 2
    assert page.locator(".step", has_text="Write").first.get_attribute("data-status") == "pending"
    shoot(page, "approval-desktop-light")
    assert violations(page) == []
    card.get_by_role("button", name="Agree and write").click()
    finished(page)
    expect(card).to_have_count(0)


def test_files_that_cannot_be_used_say_why_and_can_be_removed(
    visitor: Visitor, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nthis is not a page\n")
    page = visitor.page()
    drop(page, [empty, broken])
    expect(page.get_by_text("This file is empty (0 bytes).")).to_be_visible()
    row = page.locator(".file", has_text="broken.pdf")
    expect(row).to_have_attribute("data-state", "bad")
    assert len(row.locator(".file-status").inner_text()) > 20
    shoot(page, "bad-files-desktop-light")
    for name in ("empty.pdf", "broken.pdf"):
        page.get_by_role("button", name=f"Remove {name}").click()
    expect(page.locator(".file")).to_have_count(0)


def test_a_file_that_cannot_be_read_is_not_traded_for_the_library(
    visitor: Visitor, tmp_path: Path
) -> None:
    broken = tmp_path / "torn.pdf"
    broken.write_bytes(b"%PDF-1.7\nthis is no page either\n")
    page = visitor.page()
    drop(page, [broken])
    expect(page.locator(".file")).to_have_attribute("data-state", "bad")
    expect(page.get_by_text("No source can be read yet")).to_be_visible()
    ask(page, REQUEST)
    finished(page, "failed")
    expect(page.get_by_text("No source could be read", exact=True)).to_be_visible()
    expect(page.locator(".reply")).to_contain_text("torn.pdf")


def test_what_an_example_chose_goes_with_it(visitor: Visitor, paper: Path) -> None:
    page = visitor.page()
    request, journey = page.get_by_label("What should be written?"), page.get_by_label("Journey")
    page.get_by_label("Level").select_option("undergraduate")
    page.get_by_role("button", name=re.compile("^Ask your sources")).click()
    expect(journey).to_have_value("answer")
    request.fill("")
    expect(journey).to_have_value("auto")
    page.get_by_role("button", name=re.compile("^Write a literature review")).click()
    expect(page.get_by_label("Length")).to_have_value("1200")
    page.reload()
    expect(journey).to_have_value("auto")
    expect(page.get_by_label("Length")).to_have_value("")
    expect(page.get_by_label("Level")).to_have_value("undergraduate")
    page.get_by_role("button", name=re.compile("^Ask your sources")).click()
    drop(page, [paper])
    expect(page.get_by_text("Uses 1 file", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    request.press("Enter")
    page.wait_for_url(re.compile("/c/"))
    expect(page.locator("#request")).to_be_focused()
    finished(page)
    expect(journey).to_have_value("auto")
    citation = page.locator(".answer [data-passages]").first
    expect(citation).to_be_visible()
    expect(page.get_by_role("region", name="Document")).to_have_count(0)
    assert violations(page) == []
    citation.focus()
    page.keyboard.press("Enter")
    source = page.get_by_role("region", name="Source", exact=True)
    expect(source.locator(".pdf-mark").first).to_be_visible(timeout=RUN_SECONDS * SECONDS)
    expect(source.get_by_label("Page", exact=True)).to_have_value(re.compile(r"\d+"))
    shoot(page, "answer-desktop-light")


def test_an_ok_starts_nothing_and_a_change_goes_on_from_before(
    visitor: Visitor, paper: Path
) -> None:
    page = visitor.page()
    drop(page, [paper])
    ask(page, REQUEST)
    finished(page)
    heading = page.get_by_role("region", name="Document").get_by_role("heading", level=1)
    title = heading.inner_text()
    expect(page).to_have_title(f"{title} · HandyWriterz")
    expect(page.locator(".conversation-list li").first).to_contain_text(title)
    request = page.get_by_label("What should be written?")
    request.fill("ok")
    request.press("Enter")
    expect(page.locator("#composer-error")).to_have_text(
        "Say what you would like written or answered."
    )
    expect(request).to_have_value("ok")
    request.fill("make it 300 words")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".run")).to_have_count(2)
    expect(page.locator("#request")).to_be_focused()
    expect(page.locator("#composer-error")).to_have_count(0)
    finished(page)
    expect(page.locator(".document-card h2").last).to_have_text(title)
    expect(page.locator(".request").last).to_contain_text("make it 300 words")


def test_a_question_that_the_sources_do_not_answer_is_not_made_up(
    visitor: Visitor, paper: Path
) -> None:
    page = visitor.page()
    drop(page, [paper])
    ask(page, "What do the papers say about the price of copper in 1970?")
    expect(page.locator(".run")).to_have_attribute(
        "data-status", re.compile("succeeded|failed"), timeout=RUN_SECONDS * SECONDS
    )
    expect(page.locator(".reply .notice, .reply .answer").first).to_be_visible()


def test_the_theme_is_chosen_once_and_kept(visitor: Visitor) -> None:
    page = visitor.page("/settings/")
    page.get_by_label("Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_label("Dark")).to_be_checked()
    page.get_by_label("System").check()
    expect(page.locator("html")).not_to_have_attribute("data-theme", re.compile("."))


def test_a_conversation_is_renamed_and_deleted_by_keyboard(visitor: Visitor) -> None:
    page = visitor.page()
    ask(page, "What is the effect of street trees?")
    expect(page.locator(".run")).to_be_visible()
    entry = page.locator(".conversation-list li").first
    entry.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Name", exact=True).fill("Pruning notes")
    page.keyboard.press("Enter")
    expect(entry).to_contain_text("Pruning notes")
    entry.get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url(visitor.base_url + "/")
    expect(page.get_by_role("link", name="Pruning notes")).to_have_count(0)
