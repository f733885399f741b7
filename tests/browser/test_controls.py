"""Budgets raised, copies made from a step, places in line, used-up allowances."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    RUN_SECONDS,
    SECONDS,
    Visitor,
    ask,
    call,
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
    visitor.sign_up("olga@example.org")
    return visitor.context.storage_state()


@pytest.fixture
def visitor(visit: Visit, state: object) -> Visitor:
    return visit(storage_state=state)


def limit_minutes(page: Page, minutes: str) -> None:
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Minutes of run time").fill(minutes)
    dialog.get_by_role("button", name=re.compile("^(Set the limits|Continue)$")).click()


def test_a_run_that_ended_by_its_budget_goes_on_with_more(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        drop(page, [paper])
        ask(page, REQUEST)
        expect(page.locator(".run")).to_have_attribute("data-status", "running")
        page.get_by_role("button", name="Change the budget").click()
        expect(page.get_by_label("Tokens", exact=True)).to_have_value("200000")
        assert violations(page) == []
        limit_minutes(page, "0.001")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_text(re.compile("% of the time limit is used"))).to_be_visible()
        shoot(page, "budget-near-desktop-light")
    expect(page.get_by_text("Stopped at the time limit", exact=True)).to_be_visible(
        timeout=RUN_SECONDS * SECONDS
    )
    shoot(page, "budget-ended-desktop-light")
    assert violations(page) == []
    page.get_by_role("button", name="Continue with more").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Minutes of run time")).to_be_focused()
    limit_minutes(page, "0.0005")
    expect(dialog.get_by_role("alert")).to_contain_text("more than")
    limit_minutes(page, "15")
    expect(dialog).to_have_count(0)
    finished(page)
    expect(page.get_by_text("Stopped at the time limit", exact=True)).to_have_count(0)
    expect(page.get_by_role("article", name=re.compile("^Document"))).to_be_visible()
    expect(page.locator(".answer").last).to_contain_text("is ready")


def test_a_copy_goes_on_from_a_step_another_way(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    drop(page, [paper])
    ask(page, REQUEST)
    finished(page)
    page.locator(".run-toggle").click()
    page.get_by_role("tab", name=re.compile("^Log")).click()
    plan = page.locator(".log .entry", has_text=re.compile("^.*Plan.*Plan 2", re.DOTALL))
    button = plan.get_by_role("button", name=re.compile("^Go on from here in a copy"))
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("What should be different?")).to_be_focused()
    page.keyboard.type("make it 300 words")
    shoot(page, "copy-desktop-light")
    assert violations(page) == []
    dialog.get_by_role("button", name="Make the copy").click()
    expect(page.locator(".run")).to_have_count(2)
    expect(page.locator(".copy-of")).to_contain_text("A copy of an earlier run")
    expect(page.locator(".told-message")).to_contain_text("make it 300 words")
    finished(page)
    expect(page.locator(".told-message")).to_contain_text("Taken up")
    expect(page.locator(".run").first).to_have_attribute("data-status", "succeeded")
    page.reload()
    expect(page.locator(".run")).to_have_count(2)
    expect(page.locator(".copy-of")).to_be_visible()
    expect(page.locator(".answer")).to_have_count(2)
    assert visitor.complaints == []


def test_who_waits_is_told_the_place_in_line(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    with reading_held(live_stack):
        drop(page, [paper])
        conversation = ask(page, REQUEST)
        expect(page.locator(".run")).to_have_attribute("data-status", "running")
        for _ in range(4):  # three of one person are driven at once
            body = {"message": REQUEST, "conversation_id": conversation}
            assert call(page, "post", "/api/chat", body)["status"] == "accepted"
        page.reload()
        expect(page.locator(".run-doing").nth(3)).to_have_text("Next in line")
        expect(page.locator(".run-doing").nth(4)).to_have_text("2nd in line")
        shoot(page, "queue-desktop-light")
        page.locator(".run").nth(3).get_by_role("button", name="Stop").click()
        expect(page.locator(".run-doing").nth(4)).to_have_text("Next in line")
        for number in (0, 1, 2, 4):
            page.locator(".run").nth(number).get_by_role("button", name="Stop").click()
        expect(page.locator(".run[data-status=cancelled]")).to_have_count(5)


def test_a_used_up_allowance_says_when_it_starts_anew_and_keeps_the_words(
    visit: Visit, live_stack: StackProcess
) -> None:
    visitor = visit()
    page = visitor.sign_up("petra@example.org")
    live_stack.manage(
        "shell",
        "-c",
        "from django.contrib.auth.models import User; from autonomy.models import Quota; "
        "Quota.objects.create(user=User.objects.get(email='petra@example.org'), runs_per_day=1)",
    )
    ask(page, "What do my sources say about shade?")
    expect(page.locator(".run")).to_have_attribute(
        "data-status", re.compile("succeeded|failed"), timeout=RUN_SECONDS * SECONDS
    )
    box = page.locator("#request")
    box.fill("What do my sources say about soil water?")
    box.press("Enter")
    notice = page.locator("#composer-error")
    expect(notice).to_contain_text("Your message is kept here.")
    expect(notice).to_contain_text(re.compile(r"Send it again after .*\d\d:\d\d"))
    expect(box).to_have_value("What do my sources say about soil water?")
    expect(page.locator(".run")).to_have_count(1)
    shoot(page, "quota-desktop-light")
    assert violations(page) == []
    page.reload()
    expect(box).to_have_value("What do my sources say about soil water?")
    expect(page.locator(".request")).to_have_count(1)


def test_without_a_worker_a_request_waits_and_says_so(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    drop(page, [paper])
    expect(page.locator(".file")).to_have_attribute("data-state", "ready", timeout=60_000)
    live_stack.kill("runs", signal.SIGSTOP)
    try:
        ask(page, REQUEST)
        expect(page.get_by_text("Queued, no worker is running")).to_be_visible(timeout=60_000)
        shoot(page, "no-worker-desktop-light")
        assert violations(page) == []
    finally:
        live_stack.kill("runs", signal.SIGCONT)
    finished(page)
