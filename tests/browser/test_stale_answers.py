"""Answers that come when the page has gone on: nothing of what is there by then is lost to them."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Visitor, call, shoot
from tests.stack_process import StackProcess, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

Visit = Callable[..., Visitor]
OWNER = "goes.on@example.org"
CONVERSATIONS = 104
"""Beside the one with documents: two pages of the list and some."""
SOURCES = 65
"""One page of the library and some."""

_SEED = """
import json
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from autonomy.export.document import Document, Section
from autonomy.models import Artifact
from chat.models import Conversation, Message
from tests.autonomy.api.world import finish, make_run
owner = User.objects.get(email={email!r})
made = Conversation.objects.bulk_create(
    Conversation(owner=owner, title="Question %03d" % n) for n in range({conversations})
)
for n, row in enumerate(made):
    row.updated_at = timezone.now() - timedelta(days=1, minutes=n)
Conversation.objects.bulk_update(made, ["updated_at"])
conversation = Conversation.objects.create(owner=owner, title="Two documents")
for title, versions in (("Tides", 2), ("Winds", 1)):
    run = make_run(owner, conversation, title=title)
    Message.objects.create(conversation=conversation, role="user", text=title, run=run)
    for number in range(1, versions + 1):
        section = Section(id="s1", heading="Of " + title, markdown="Version %d." % number)
        body = Document(title=title, sections=(section,)).model_dump(mode="json")
        Artifact.objects.create(
            run=run, kind="document", version=number, title=title, sha256="0" * 64, body=body,
        )
    finish(run)
print(json.dumps(str(conversation.pk)))
"""

_POLLS = """() => {
    const { setInterval, clearInterval } = window;
    const every = new Map();
    window.setInterval = (call, ms) => {
        const id = setInterval(() => {}, 2 ** 30);
        every.set(id, [ms, call]);
        return id;
    };
    window.clearInterval = (id) => {
        every.delete(id);
        clearInterval(id);
    };
    window.tick = (ms) => [...every.values()].forEach(([period, call]) => period === ms && call());
}"""
"""What a page asks again and again it asks when `tick(period)` says so, and not else."""

_CHECKER = """async (view) => {
    const { html, render } = await import("/static/js/lib/view.js");
    const { Checker } = await import("/static/js/run/checker.js");
    const place = document.createElement("div");
    document.querySelector("main").replaceChildren(place);
    render(html`<${Checker} view=${view} waiting=${true} />`, place);
}"""


@dataclass
class World:
    visitor: Visitor
    conversation: str
    """With two documents; the first has two versions."""

    def open(self, address: str = "/") -> Page:
        page = self.visitor.context.new_page()
        page.on("pageerror", lambda error: self.visitor.complaints.append(f"script: {error}"))
        page.add_init_script(f"({_POLLS})()")
        page.goto(self.visitor.base_url + address)
        return page


@pytest.fixture(scope="module")
def world(visit: Visit, live_stack: StackProcess) -> World:
    visitor = visit()
    page = visitor.sign_up(OWNER)
    seed = _SEED.format(email=OWNER, conversations=CONVERSATIONS)
    done = live_stack.manage("shell", "-c", seed)
    references = [
        {"id": f"r{n}", "type": "book", "title": f"Book {n:02}", "DOI": f"10.1234/{n}"}
        for n in range(SOURCES)
    ]
    call(page, "post", "/api/v2/sources/import", {"text": json.dumps(references)})
    return World(visitor, json.loads(done.stdout.strip().splitlines()[-1]))


class Held:
    """The answer to the next such request, which the page gets when it is let go."""

    def __init__(self, page: Page, address: str, method: str = "GET", **instead: Any) -> None:
        """`instead` is what `Route.fulfill` takes; without it the server is asked at once."""
        self._page = page
        self._method = method
        self._instead = instead
        self._taken = False
        self._answers: list[Callable[[], None]] = []
        page.route(re.compile(address), self._take)

    def _take(self, route: Route) -> None:
        if self._taken or route.request.method != self._method:
            route.fallback()
            return
        self._taken = True
        answer = self._instead or {"response": route.fetch()}
        self._answers.append(lambda: route.fulfill(**answer))

    def wait(self) -> None:
        """Until the server has answered. Playwright hears of it while the page is spoken to."""
        assert eventually(lambda: bool(self._page.evaluate("true") and self._answers))

    def give(self) -> None:
        self.wait()
        self._answers[0]()

    def let_go(self) -> None:
        """Give the page its answer, and the time of a way to the server and back with it."""
        self.give()
        self._page.evaluate("() => fetch(location.href).then((answer) => answer.text())")


# ------------------------------------------------------------------------- the list at the side


def titles(page: Page) -> list[str]:
    return page.locator(".conversation-list .conversation-title").all_inner_texts()


def look_again(page: Page) -> None:
    """Let the list be looked at again, as it is every few seconds."""
    held = Held(page, r"/api/conversations\?limit=50$")
    page.evaluate("tick(5000)")
    held.let_go()


def choose(page: Page, title: str, what: str) -> None:
    page.get_by_role("button", name=f"Options for {title}", exact=True).click()
    page.get_by_role("menuitem", name=what).click()


def agree(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()


def row(page: Page, title: str) -> Locator:
    return page.locator(".conversation-list > li", has_text=title)


def test_older_conversations_are_listed_once_and_stay(world: World) -> None:
    page = world.open()
    rows = page.locator(".conversation-list > li")
    older = page.get_by_role("button", name="Older conversations")
    expect(rows).to_have_count(50)
    page.route(re.compile("cursor="), lambda route: route.abort(), times=1)
    older.click()
    expect(page.get_by_text("The server cannot be reached")).to_be_visible()
    older.click()
    expect(rows).to_have_count(100)
    look_again(page)
    expect(rows).to_have_count(100)
    older.click()
    expect(rows).to_have_count(CONVERSATIONS + 1)
    known = titles(page)
    assert len(set(known)) == len(known)
    look_again(page)
    expect(older).to_have_count(0)
    assert titles(page) == known
    shoot(page, "sidebar-older-conversations")

    # An old one is taken up again: it is the first now, and the others stand where they were.
    def taken_up(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        first = body["items"][0]
        last = {"id": oldest, "title": known[-1], "updated_at": datetime.now(UTC).isoformat()}
        body["items"] = [first | last, *body["items"][:-1]]
        route.fulfill(response=answer, json=body)

    address = rows.last.locator("a").get_attribute("href")
    oldest = (address or "").split("/")[2]
    page.route(re.compile(r"/api/conversations\?limit=50$"), taken_up)
    page.evaluate("tick(5000)")
    expect(rows.first).to_contain_text(known[-1])
    assert titles(page) == [known[-1], *known[:-1]]
    assert world.visitor.complaints == []
    page.close()


def test_what_was_deleted_does_not_come_back_for_a_moment(world: World) -> None:
    page = world.open()
    first, second, third = titles(page)[10:13]
    deletion = Held(page, "/api/conversations/[0-9a-f-]+$", "DELETE")
    choose(page, first, "Delete")
    agree(page)
    deletion.wait()
    choose(page, second, "Delete")
    deletion.let_go()
    expect(row(page, first)).to_have_count(0)
    agree(page)
    expect(row(page, second)).to_have_count(0)
    assert first not in titles(page)

    poll = Held(page, r"/api/conversations\?limit=50$")
    page.evaluate("tick(5000)")
    poll.wait()
    choose(page, third, "Delete")
    agree(page)
    expect(row(page, third)).to_have_count(0)
    poll.let_go()
    assert third not in titles(page)
    assert len(titles(page)) == 47
    look_again(page)
    assert len(titles(page)) == 50
    assert world.visitor.complaints == []
    page.close()


# ------------------------------------------------------------------------------------- sources


def book(page: Page, number: int) -> Locator:
    return page.get_by_role("button", name=f"Book {number:02}", exact=True)


def test_a_source_that_was_checked_does_not_displace_what_is_open_by_then(world: World) -> None:
    page = world.open("/library/")
    panel = page.get_by_role("region", name="Source", exact=True)
    checks = [Held(page, "/verify$", "POST"), Held(page, "/verify$", "POST")]
    book(page, 64).click()
    panel.get_by_role("tab", name="About").click()
    panel.get_by_role("button", name="Check now").click()
    checks[1].wait()
    book(page, 63).click()
    expect(panel.get_by_role("heading", name="Book 63")).to_be_visible()
    expect(panel.get_by_role("button", name="Check now")).to_be_enabled()
    panel.get_by_role("button", name="Check now").click()
    checks[0].wait()
    panel.get_by_role("tab", name="Reference").click()
    publisher = panel.get_by_label("Publisher")
    publisher.fill("Harbour Press")
    for held in reversed(checks):
        with page.expect_response(re.compile("/api/v2/sources/[0-9a-f-]+$")):
            held.let_go()
        page.evaluate("() => fetch(location.href).then((answer) => answer.text())")
        expect(panel.get_by_role("heading", name="Book 63")).to_be_visible()
        expect(publisher).to_have_value("Harbour Press")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_text("Corrected by you")).to_be_visible()
    expect(panel.get_by_role("button", name="Save")).to_be_disabled()
    expect(publisher).to_have_value("Harbour Press")
    shoot(page, "source-checked-meanwhile")
    assert world.visitor.complaints == []
    page.close()


def test_more_of_the_library_arrives_while_files_are_being_read(world: World) -> None:
    page = world.visitor.context.new_page()
    page.add_init_script(f"({_POLLS})()")

    def reading(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["counts"]["queued"] = 1
        route.fulfill(response=answer, json=body)

    page.route(re.compile(r"/api/v2/sources\?(?!.*cursor=)"), reading)
    page.goto(f"{world.visitor.base_url}/library/")
    rows = page.locator(".library-row")
    expect(rows).to_have_count(60)
    expect(page.get_by_role("button", name=re.compile("1$")).first).to_be_visible()
    more = Held(page, "/api/v2/sources.*cursor=")
    page.get_by_role("button", name="Show more").click()
    more.wait()
    page.evaluate("tick(1500)")
    more.let_go()
    expect(rows).to_have_count(SOURCES)
    page.close()


# ---------------------------------------------------------------------------- the conversation


def card(page: Page, title: str) -> Locator:
    return page.get_by_role("article", name=f"Document: {title}")


def test_a_version_that_was_brought_back_does_not_displace_another_document(world: World) -> None:
    page = world.open(f"/c/{world.conversation}/")
    panel = page.get_by_role("region", name="Document", exact=True)
    card(page, "Tides").get_by_role("button", name="Open").click()
    panel.get_by_role("button", name="History").click()
    panel.get_by_role("button", name="Bring back").click()
    restored = Held(page, "/restore$", "POST")
    page.get_by_role("button", name="Bring it back").click()
    restored.wait()
    card(page, "Winds").get_by_role("button", name="Open").click()
    expect(card(page, "Winds").get_by_role("button", name="Close")).to_be_visible()
    restored.let_go()
    expect(page.get_by_text("Version 1 is back, as version 3.")).to_be_visible()
    expect(panel.get_by_role("heading", name="Of Winds")).to_be_visible()
    expect(panel.get_by_role("alert")).to_have_count(0)
    shoot(page, "document-another-meanwhile")
    assert world.visitor.complaints == []
    page.close()


def test_what_is_written_while_a_message_is_sent_is_kept(world: World) -> None:
    page = world.open()
    accepted = {
        "conversation_id": world.conversation,
        "run_id": str(uuid.uuid4()),
        "message_id": str(uuid.uuid4()),
    }
    sent = Held(page, "/api/chat$", "POST", status=202, json=accepted)
    box = page.locator("#request")
    box.fill("How high are tides?")
    box.press("Enter")
    sent.wait()
    box.press_sequentially(" And what of winds?")
    sent.give()
    page.wait_for_url(re.compile(world.conversation))
    expect(box).to_have_value("And what of winds?")
    shoot(page, "composer-written-meanwhile")
    page.goto(world.visitor.base_url)
    expect(box).to_have_value("")
    page.close()


def test_what_was_asked_of_a_checker_is_not_forgotten_again(world: World) -> None:
    page = world.open()
    offered = {"offered": True, "always": False, "check": None, "decided": None}
    asked = {"status": "open", "asked_at": datetime.now(UTC).isoformat()}
    answers = {"GET": offered, "POST": offered | {"check": asked}}
    page.route(
        "**/turnitin/r/checker", lambda route: route.fulfill(json=answers[route.request.method])
    )
    page.evaluate(_CHECKER, {"id": "r", "cycle": {"cycle_id": "c", "status": "awaiting_report"}})
    button = page.get_by_role("button", name="Ask a checker")
    expect(button).to_be_visible()
    look = Held(page, "/turnitin/r/checker$", json=offered)
    page.evaluate("tick(20000)")
    look.wait()
    button.click()
    said = page.get_by_text("Checkers were asked")
    expect(said).to_be_visible()
    look.let_go()
    expect(said).to_be_visible()
    expect(button).to_have_count(0)
    page.close()
