"""A document's way over the workbench: its owner asks, a checker marks it and sends it back, the
run revises it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from docx.enum.text import WD_COLOR_INDEX
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import (
    PHONE,
    RUN_SECONDS,
    SECONDS,
    Visitor,
    ask,
    call,
    drop,
    overflow,
    shoot,
    violations,
)
from tests.files import marked
from tests.stack_process import StackProcess, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

SAVE_MS = 900
"""After this long without a key what is typed is saved, as `work.js` has it."""
CAROL = "carol.checks@example.org"
JOIN = (
    "from django.contrib.auth.models import Group, User; "
    f"User.objects.get(email='{CAROL}').groups.add(Group.objects.get(name='Checkers'))"
)
RUN_OUT = (
    "from django.db.models.functions import Now; from autonomy.models import Check; "
    "Check.objects.filter(status='claimed').update(lease_until=Now())"
)
WAITS = "Originality check"


def waiting_run(owner: Visitor, page: Page, paper: Path) -> None:
    """A run of the owner that waits for its similarity report."""
    drop(page, [paper])
    page.get_by_role("button", name="More").click()
    page.get_by_label("Highest similarity, per cent").fill("15")
    ask(page, "Write a 500-word essay on street trees and summer heat.")
    heading = page.get_by_role("heading", name=WAITS)
    expect(heading).to_be_visible(timeout=RUN_SECONDS * SECONDS)


def status(visitor: Visitor, address: str) -> int:
    """What the server answers this person."""
    return int(visitor.context.request.get(visitor.base_url + address).status)


LOOK = "document.dispatchEvent(new Event('visibilitychange'))"


def does_not_fold_up(page: Page) -> None:
    """A queue that somebody has gone down in stays as long as it is when it is looked at again."""
    [row] = call(page, "get", "/api/v2/checks?which=open&limit=50", {})["items"]
    first = datetime.fromisoformat(row["asked_at"])

    def many(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        start = int(asked.get("cursor", ["0"])[0])
        end = start + int(asked["limit"][0])
        rows = [row | {"title": "Document 0"}]
        for n in range(1, 60):
            later = (first + timedelta(seconds=n)).isoformat()
            rows.append(
                row | {"id": f"{row['id']}-{n}", "title": f"Document {n}", "asked_at": later}
            )
        following = str(end) if end < len(rows) else None
        route.fulfill(json={"items": rows[start:end], "next_cursor": following})

    page.route("**/api/v2/checks?*", many)
    rows = page.get_by_role("list", name="Documents").locator("> li")
    page.evaluate(LOOK)
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(60)
    with page.expect_response("**/api/v2/checks?*"):
        page.evaluate(LOOK)
    page.evaluate("() => fetch(location.href).then((answer) => answer.text())")
    assert rows.count() == 60
    shoot(page, "workbench-long-queue")
    page.unroute("**/api/v2/checks?*")
    page.reload()


def typed_while_it_is_read(page: Page, file: Path) -> None:
    """Upload a marked document, and write a note before the server has read it."""
    held: list[Route] = []
    page.route("**/marked", lambda route: held.append(route), times=1)
    note = page.get_by_label("For the owner and the revision")
    note.fill("First.")
    side = page.get_by_role("complementary", name="Your check")
    expect(side.get_by_text("Saved", exact=True)).to_be_visible()
    page.get_by_label("Highlighted document").set_input_files(file)
    assert eventually(lambda: bool(page.evaluate("true") and held))
    note.press("End")
    note.press_sequentially(" Second.")
    held[0].continue_()
    expect(note).to_have_value("First. Second.\n\nMind the dates.")
    note.press_sequentially(" Third.")
    whole = "First. Second. Third.\n\nMind the dates."
    expect(note).to_have_value(whole)
    expect(side.get_by_text("Saved", exact=True)).to_be_visible()
    expect(note).to_have_value(whole)
    shoot(page, "workbench-note-meanwhile")


def test_a_document_comes_back_from_its_checker(
    visit: Callable[..., Visitor], live_stack: StackProcess, paper: Path, tmp_path: Path
) -> None:
    visit().sign_up("first.of.all@example.org")  # who comes first is staff
    checker = visit()
    work = checker.sign_up(CAROL)
    expect(work.get_by_role("link", name="Workbench")).to_have_count(0)
    live_stack.manage("shell", "-c", JOIN)
    owner = visit()
    run = owner.sign_up("owner.of.document@example.org")
    assert status(owner, "/workbench/") == 404
    waiting_run(owner, run, paper)
    run.get_by_role("button", name="Ask a checker").click()
    expect(run.get_by_text("Checkers were asked")).to_be_visible()

    # The queue, and taking the document.
    work.reload()
    work.get_by_role("link", name="Workbench").click()
    expect(work.get_by_role("list", name="Documents")).to_be_visible()
    does_not_fold_up(work)
    expect(work.get_by_role("list", name="Documents")).to_be_visible()
    shoot(work, "workbench-queue")
    assert violations(work) == []
    work.get_by_role("button", name=re.compile("^Claim ")).first.click()
    text = work.get_by_role("region", name="Document")
    expect(text.get_by_role("heading", level=1)).to_be_visible()
    expect(work.get_by_text("With you for 30 minutes")).to_be_visible()
    path = work.url.split("/workbench/")[1].strip("/")
    assert status(owner, f"/workbench/{path}/") == 404

    # The document goes out, and comes back marked.
    with work.expect_download() as downloading:
        work.get_by_role("link", name="Download DOCX").click()
    paragraph = text.locator(".document p:has([data-marker])").first.inner_text()
    sentence = re.findall(r"[^()“”]{50,}", paragraph)[0].strip()
    data = marked.mark(Path(downloading.value.path()).read_bytes(), sentence, WD_COLOR_INDEX.YELLOW)
    file = tmp_path / "marked.docx"
    file.write_bytes(marked.comment_on_nothing(data, "Mind the dates."))
    typed_while_it_is_read(work, file)
    side = work.get_by_role("complementary", name="Your check")
    expect(side.get_by_text("1 passage", exact=True)).to_be_visible()
    work.get_by_label("Highlighted document").set_input_files(paper)
    expect(side.get_by_role("alert")).to_contain_text("Word document")
    work.get_by_label("Similarity (%)").fill("38")
    work.get_by_label("For the owner and the revision").fill("Put the marked sentence in quotes.")
    expect(side.get_by_text("Saved", exact=True)).to_be_visible()
    assert violations(work) == []
    assert overflow(work) == 0
    shoot(work, "workbench-document")
    phone = visit(viewport=PHONE, storage_state=checker.context.storage_state())
    small = phone.page(f"/workbench/{path}/")
    expect(small.get_by_label("Similarity (%)")).to_have_value("38")
    assert violations(small) == []
    assert overflow(small) == 0
    shoot(small, "workbench-phone-check")
    small.get_by_role("button", name="Document", exact=True).click()
    expect(small.get_by_role("region", name="Document")).to_be_visible()
    shoot(small, "workbench-phone-document")
    assert overflow(small) == 0
    small.close()

    # A lease that ran out is said, and nothing is lost.
    live_stack.manage("shell", "-c", RUN_OUT)
    work.get_by_label("For the owner and the revision").fill("Quote the marked sentence.")
    expect(side.get_by_text("Your time with this document ran out")).to_be_visible()
    expect(side.get_by_text("Not saved yet")).to_be_visible()
    shoot(work, "workbench-lease-ran-out")
    side.get_by_role("button", name="Claim it again").click()
    expect(side.get_by_text("Saved", exact=True)).to_be_visible()

    # A tab that nobody touches says that it lets the document go, and is heard when touched.
    idle = checker.context.new_page()
    idle.clock.install()
    idle.goto(work.url)
    expect(idle.get_by_text("With you for 30 minutes")).to_be_visible()
    idle.clock.fast_forward("30:05")
    forgotten = idle.get_by_role("alert")
    expect(forgotten).to_contain_text("Nobody has touched this page for a while")
    assert violations(idle) == []
    shoot(idle, "workbench-forgotten-tab")
    with idle.expect_response(lambda response: response.url.endswith("/renew")):
        idle.keyboard.press("Shift")
    expect(forgotten).to_have_count(0)
    idle.close()

    # Two tabs: one decides, the other is told.
    other = checker.page(f"/workbench/{path}/")
    expect(other.get_by_text("With you for 30 minutes")).to_be_visible()
    # Pressed right out of the note, whose last words are only then on their way.
    held: list[Route] = []
    work.route(f"**/api/v2/checks/{path}", lambda route: held.append(route))
    note = work.get_by_label("For the owner and the revision")
    note.press_sequentially(" Please")
    while not held:
        work.wait_for_timeout(20)
    for words in (" do", " so."):  # each is saved by itself, behind the one before
        note.press_sequentially(words)
        work.wait_for_timeout(SAVE_MS + 300)
    pressed = side.get_by_role("button", name="Send back")
    pressed.click()
    held.pop(0).continue_()
    work.unroute(f"**/api/v2/checks/{path}")
    expect(work.get_by_role("dialog")).to_be_visible()
    expect(note).to_have_value("Quote the marked sentence. Please do so.")
    work.get_by_role("dialog").get_by_role("button", name="Send back").click()
    expect(side.get_by_text("The run revises what you marked")).to_be_visible()
    shoot(work, "workbench-sent-back")
    other.get_by_label("For the owner and the revision").fill("Too late.")
    expect(other.get_by_text("This check is done already.")).to_be_visible()

    # The owner's run wakes, revises, and waits for the next report.
    expect(run.get_by_text("Sent back by")).to_be_visible(timeout=RUN_SECONDS * SECONDS)
    expect(run.get_by_text("Quote the marked sentence. Please do so.").first).to_be_visible()
    work.get_by_role("link", name="Next document").click()
    work.get_by_role("button", name="Done").click()
    expect(work.get_by_text("Sent back", exact=True)).to_be_visible()

    small = phone.page("/workbench/?show=done")
    expect(small.get_by_text("Sent back", exact=True)).to_be_visible()
    assert overflow(small) == 0
    assert checker.complaints == phone.complaints == owner.complaints == []
