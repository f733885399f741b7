"""Tools in the browser: look at a document, let it in, give its key, try it, put a version back, and
be asked in the chat before a run uses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import (
    SECONDS,
    Visitor,
    ask,
    call,
    finished,
    overflow,
    shoot,
    violations,
)
from tests.learnt.services import KEY, open_papers
from tests.learnt.serving import Served, serving
from tests.stack_process import StackProcess

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(560)]

Visit = Callable[..., Visitor]
PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def papers() -> Iterator[Served]:
    with serving(open_papers) as served:
        yield served


@pytest.fixture(scope="module")
def live_stack(papers: Served) -> Iterator[StackProcess]:
    stack = StackProcess(
        ready_made=True,
        SIGNUP="open",
        OUTSIDE_PRIVATE_HOSTS=f"127.0.0.1:{papers.port}",
        TOOL_TESTS_PER_MINUTE="1000",
    )
    try:
        yield stack.start()
    finally:
        stack.stop()
        stack.remove()


@pytest.fixture(scope="module")
def person(visit: Visit) -> Any:
    visitor = visit()
    visitor.sign_up("first@example.org")
    return visitor.context.storage_state()


def card(page: Page, name: str) -> Any:
    return page.locator(".tool").filter(has=page.get_by_text(name, exact=True))


def test_a_tool_is_let_in_tried_and_asked_about(visit: Visit, person: Any, papers: Served) -> None:
    visitor = visit(storage_state=person, viewport=LAPTOP)
    page = visitor.page("/settings/")
    page.get_by_role("link", name="Tools and their keys").click()
    expect(page.get_by_text("None yet.")).to_be_visible()

    page.get_by_label("Address of the document").fill(f"{papers.base}/openapi.yaml")
    page.get_by_role("button", name="Preview").click()
    preview = page.locator(".tool-preview")
    expect(preview).to_contain_text("It only reads", timeout=60 * SECONDS)
    expect(preview.get_by_text("used without asking").first).to_be_visible()
    expect(preview).to_contain_text(f"127.0.0.1:{papers.port}")
    expect(preview).to_contain_text("apiKeyQuery")
    assert violations(page) == []
    preview.scroll_into_view_if_needed()
    shoot(page, "tools-preview")
    preview.get_by_role("checkbox", name=re.compile("get_work")).uncheck()
    preview.get_by_role("button", name="Add 1 tool").click()

    tool = card(page, "open_papers.search_works")
    expect(tool).to_contain_text("needs a key", timeout=60 * SECONDS)
    expect(page.get_by_text("open_papers.get_work")).to_have_count(0)
    page.get_by_label("Host with its port").fill(f"127.0.0.1:{papers.port}")
    page.get_by_label("Name of the key, as the tool calls it").fill("apiKeyQuery")
    page.get_by_label("Key", exact=True).fill(KEY)
    page.get_by_role("button", name="Keep it").click()
    expect(tool).to_contain_text("not called yet", timeout=60 * SECONDS)

    tool.get_by_text("Try it, and its history").click()
    tool.get_by_label("Arguments, as JSON").fill('{"query": "sleep"')
    tool.get_by_role("button", name="Call it once").click()
    expect(tool).to_contain_text("This is not JSON yet")
    tool.get_by_label("Arguments, as JSON").fill('{"query": "sleep"}')
    tool.get_by_role("button", name="Call it once").click()
    expect(tool).to_contain_text("It answered as it promised", timeout=60 * SECONDS)
    expect(tool).to_contain_text("Sleep restriction")
    assert KEY not in page.content()
    assert violations(page) == []
    tool.scroll_into_view_if_needed()
    shoot(page, "tools")
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        tool.get_by_label(re.compile("When runs use")).select_option("ask")
    expect(tool.get_by_label(re.compile("When runs use"))).to_have_value("ask")

    ask_first(visitor, papers)
    assert visitor.complaints == []


def ask_first(visitor: Visitor, papers: Served) -> None:
    """A run that has nothing else asks, waits, and writes from what the tool found."""
    page = visitor.page("/")
    before = len(papers.asked)
    ask(page, "Write a 300-word report on sleep and memory.")
    question = page.get_by_role("region", name="Question about a tool")
    expect(question).to_contain_text("open_papers.search_works", timeout=120 * SECONDS)
    assert len(papers.asked) == before
    assert violations(page) == []
    shoot(page, "tools-question")
    page.reload()
    question.get_by_role("button", name="Use it in this run").click()
    finished(page)
    assert len(papers.asked) > before
    run = call(page, "get", "/api/v2/runs?limit=1", {})["items"][0]["id"]
    sources = call(page, "get", f"/api/v2/runs/{run}/sources", {})
    assert any(str(s["csl"].get("DOI", "")).startswith("10.5555/op.") for s in sources["items"])


def test_the_settings_say_by_themselves_when_the_sandbox_was_tried(
    visit: Visit, person: Any
) -> None:
    visitor = visit(storage_state=person, viewport=LAPTOP)
    page = visitor.page("/")
    asked: list[str] = []

    def still_trying(route: Route) -> None:
        asked.append(route.request.url)
        answer = route.fetch()
        body = answer.text()
        if len(asked) <= 2:  # as the server makes it while the attacks go on
            start, _, rest = body.partition('<section class="panel" id="code-state"')
            tag, _, rest = rest.partition(">")
            rest = rest.partition("</section>")[2]
            said = "<h2 id='code'>Code</h2><p>It is being found out.</p>"
            body = f'{start}<section class="panel" id="code-state"{tag} data-checking>{said}</section>{rest}'
        route.fulfill(response=answer, body=body)

    page.route("**/settings/", still_trying)
    page.goto(f"{visitor.base_url}/settings/")
    place = page.get_by_role("region", name="Code")
    expect(place).to_contain_text("It is being found out.")
    expect(place).to_contain_text(re.compile(r"^Code\s*(On|Off)\."), timeout=20 * SECONDS)
    assert len(asked) == 3, "nothing is asked once it is known"
    page.wait_for_timeout(2_500)
    assert len(asked) == 3
    assert visitor.complaints == []


REPAIR = """
from autonomy.core.learnt import Fix
from autonomy.models import Tool
from autonomy.runtime.tool_versions import settle
tool = Tool.objects.get(name="open_papers.search_works")
wrapper = 'response:\\n- rename: {"from": "/items/*/headline", "to": "/items/*/title"}\\n'
said = "renamed “title” to “headline”"
proof = {"passed": True, "reason": "", "recorded": 4, "fresh": 2}
evidence = {"changes": [{"kind": "rename", "said": said}], "proof": proof}
settle(tool.pk, tool.current_version, Fix(wrapper=wrapper, patch="", evidence=evidence), "shown", apply=False)
"""


def test_a_repair_that_waits_is_seen_agreed_to_and_undone_on_a_phone(
    visit: Visit, person: Any, live_stack: StackProcess
) -> None:
    live_stack.manage("shell", "-c", REPAIR)
    visitor = visit(storage_state=person, viewport=PHONE)
    page = visitor.page("/settings/tools/")
    tool = card(page, "open_papers.search_works")
    repair = tool.get_by_role("region", name="The agent made a repair. It waits for your yes.")
    expect(repair).to_contain_text("renamed “title” to “headline”")
    expect(repair).to_contain_text("4 recorded answers and 2 new answers come out as they should")
    repair.get_by_text("What changed, line by line").click()
    expect(repair.locator(".added").last).to_contain_text("/items/*/headline")
    assert overflow(page) == 0
    assert violations(page) == []
    repair.scroll_into_view_if_needed()
    shoot(page, "tools-repair-phone")

    repair.get_by_role("button", name="Use the repair").click()
    used = tool.get_by_role("region", name="The agent repaired this tool.")
    used.get_by_role("button", name="Undo the repair").click()
    expect(tool.get_by_role("region", name="A repair was taken back.")).to_be_visible()
    expect(tool).to_contain_text("version 3")
    assert visitor.complaints == []


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("tools-phone", {"viewport": PHONE}),
        ("tools-dark", {"viewport": LAPTOP, "color_scheme": "dark"}),
    ],
)
def test_the_page_fits_a_phone_and_the_dark(
    visit: Visit, person: Any, papers: Served, name: str, options: dict[str, Any]
) -> None:
    visitor = visit(storage_state=person, **options)
    page = visitor.page("/settings/tools/")
    page.get_by_label("Address of the document").fill(f"{papers.base}/openapi.yaml")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".tool-preview")).to_be_visible(timeout=60 * SECONDS)
    assert overflow(page) == 0
    assert violations(page) == []
    page.locator(".tool-preview").scroll_into_view_if_needed()
    shoot(page, name)
    page.evaluate("window.scrollTo(0, 0)")
    shoot(page, f"{name}-top")
