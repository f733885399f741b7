"""Models in the browser: connect one, choose who does what, and see what it did, on a first visit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import (
    RUN_SECONDS,
    SECONDS,
    Visitor,
    ask,
    call,
    drop,
    finished,
    overflow,
    shoot,
    violations,
)
from tests.providers.behaviours import Behaviour
from tests.providers.simulator import Simulator
from tests.stack_process import StackProcess, eventually, free_port

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

Visit = Callable[..., Visitor]
KEY = "sk-right-and-never-to-be-seen"
REQUEST = "Write a 600-word report on street trees and summer heat."
EVERYWHERE = re.compile(r"^Simulated$")


@pytest.fixture(scope="module")
def live_stack() -> Iterator[StackProcess]:
    """A deployment that nobody has visited: whoever signs up first is its administrator."""
    stack = StackProcess(ready_made=True, SIGNUP="open", MODEL_TESTS_PER_MINUTE="1000")
    try:
        yield stack.start()
    finally:
        stack.stop()
        stack.remove()


@pytest.fixture(scope="module")
def staff(visit: Visit) -> Any:
    visitor = visit()
    visitor.sign_up("first@example.org")
    return visitor.context.storage_state()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(api_key=KEY).on_a_thread() as server:
        yield server


@pytest.fixture
def page(visit: Visit, staff: Any) -> Iterator[Page]:
    """The page of the administrator, who has chosen nothing and connected nothing."""
    visitor = visit(storage_state=staff)
    page = visitor.page("/settings/models/")
    forget(page)
    page.reload()
    yield page
    assert visitor.complaints == []


def forget(page: Page) -> None:
    """Remove whatever an earlier test has stored."""
    state = call(page, "get", "/api/v2/models", {})
    for scope in ("user", "deployment"):
        roles = dict.fromkeys(state["choices"][scope], "")
        if roles:
            call(page, "put", "/api/v2/models/roles", {"scope": scope, "roles": roles})
    for connection in state["connections"]:
        if connection["id"]:
            call(page, "remove", f"/api/v2/models/connections/{connection['id']}", None)


def connect(page: Page, server: Simulator, label: str = "Lab", *, scope: str = "user") -> str:
    """Store a connection to `server` as the page does after a test; its slug."""
    body = {
        "provider": "compatible",
        "base_url": server.base_url,
        "api_key": KEY,
        "label": label,
        "scope": scope,
    }
    tested = call(page, "post", "/api/v2/models/test", body)
    assert tested["ok"], tested["sentence"]
    made = call(page, "post", "/api/v2/models/connections", body)
    slug: str = made["slug"]
    return slug


def use(page: Page, *models: str, role: str = "default") -> None:
    """Choose models for the person whose page this is."""
    body = {"scope": "user", "roles": {role: ", ".join(models)}}
    assert call(page, "put", "/api/v2/models/roles", body)["roles"]


def choose(page: Page, tile: str) -> None:
    page.get_by_role("radio", name=tile).check()


def fill(page: Page, address: str, key: str = KEY) -> None:
    choose(page, "Another address")
    page.get_by_label("Address", exact=True).fill(address)
    page.get_by_label("Key, if it asks for one").fill(key)


def press_test(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Test")).last.click()


def worked(page: Page) -> None:
    """Open the newest run that is done."""
    page.get_by_role("button", name=re.compile("Worked for")).last.click()


def test_from_the_notice_that_there_is_no_model_to_a_document_marked_as_simulated(
    page: Page, visit: Visit, staff: Any, paper: Path
) -> None:
    with Simulator().on_a_thread() as server:
        page.goto("/".join(page.url.split("/")[:3]) + "/")
        expect(page.get_by_text("No language model is connected")).to_be_visible()
        page.get_by_role("link", name="Connect a model").click()
        expect(page.get_by_text("Runs work without a model, by rules")).to_be_visible()
        choose(page, "Try it without a model")
        expect(page.get_by_text("manage.py simulate_provider")).to_be_visible()
        page.get_by_label("Address", exact=True).fill(server.base_url)
        press_test(page)
        expect(page.get_by_text(re.compile(r"It answers, in \d"))).to_be_visible()
        assert server.requests, "nothing was asked"
        facts = page.locator(".facts")
        expect(facts).to_contain_text("Fills in a form")
        expect(facts).to_contain_text("the simulator")
        expect(page.locator(".trial").get_by_text(EVERYWHERE)).to_be_visible()
        shoot(page, "models-tested")
        assert violations(page) == []
        page.get_by_role("button", name="Save and use it for everything").click()
        expect(page.get_by_text("simulated writes")).to_be_visible()
        page.reload()
        expect(page.get_by_text("simulated writes")).to_be_visible()
        page.get_by_role("link", name="New document").last.click()

        expect(page.get_by_text("No language model is connected")).to_have_count(0)
        drop(page, [paper])
        ask(page, REQUEST)
        finished(page)
        run, document = page.locator(".run"), page.locator(".document-card")
        for place in (run, document, page.locator(".no-model")):
            expect(place.get_by_text(EVERYWHERE)).to_be_visible()
        page.reload()
        worked(page)
        expect(page.locator(".run-models")).to_contain_text("planned, wrote and judged")
        expect(page.get_by_role("link", name="Every call")).to_be_visible()
        if page.locator(".document-panel").count() == 0:
            document.get_by_role("button", name="Open").click()
        expect(page.locator(".document-bar").get_by_text(EVERYWHERE)).to_be_visible()
        shoot(page, "models-simulated-run")
        assert violations(page) == []


def test_an_address_that_speaks_as_anthropic_does_is_connected_and_named(
    page: Page, simulator: Simulator
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    choose(page, "Anthropic")
    page.get_by_label("Key", exact=True).fill(KEY)
    page.locator(".more summary").click()
    page.get_by_label("Address, if it is not Anthropic’s own").fill(simulator.root_url)
    page.get_by_label("Model to test").fill("simulated")
    press_test(page)
    trial = page.locator(".connect .trial")
    expect(trial.get_by_text(re.compile(r"It answers, in \d"))).to_be_in_viewport()
    expect(trial).to_be_focused()
    save = page.get_by_role("button", name="Save and use it for everything")
    expect(save).to_be_in_viewport()
    shoot(page, "models-anthropic-address")
    assert violations(page) == []
    save.click()
    row = page.locator(".connection", has=page.get_by_role("heading", name="Simulator"))
    expect(row).to_contain_text("Tested just now")
    [made] = call(page, "get", "/api/v2/models", {})["connections"]
    assert (made["provider"], made["label"]) == ("anthropic", "Simulator")
    page.goto(page.url.replace("settings/models/", ""))
    expect(page.get_by_label("Model").locator("option").first).to_have_text("Automatic: simulated")
    expect(page.locator(".composer").get_by_text(EVERYWHERE)).to_be_visible()
    expect(page.get_by_role("button", name="Latest")).to_have_count(0)
    shoot(page, "models-home-simulated")


def test_a_model_that_runs_could_not_reach_does_not_pass_for_one_that_works(
    page: Page, simulator: Simulator, paper: Path
) -> None:
    with Simulator(api_key=KEY).on_a_thread() as dead:
        first = connect(page, dead, "Slow lab")
        second = connect(page, simulator, "Sound")
        use(page, f"{first}:simulated", f"{second}:simulated")
    page.goto(page.url.replace("settings/models/", ""))
    drop(page, [paper])
    ask(page, REQUEST)
    finished(page)
    worked(page)
    told = page.locator(".troubles > summary")
    expect(told).to_have_text(re.compile(f"^{first} stopped answering; {second} took over"))
    told.click()
    shoot(page, "models-took-over")
    page.goto("/".join(page.url.split("/")[:3]) + "/settings/models/")
    row = page.locator(".connection", has_text="Slow lab")
    expect(row.get_by_text(re.compile("Not answering|Did not answer"))).to_be_visible()
    expect(row).to_contain_text("Tested")
    shoot(page, "models-not-answering")
    assert violations(page) == []


def test_a_wrong_key_is_told_and_what_was_typed_stays(page: Page, simulator: Simulator) -> None:
    fill(page, simulator.base_url, "sk-wrong")
    press_test(page)
    notice = page.locator(".trial").get_by_role("alert")
    expect(notice).to_contain_text("No answer")
    expect(notice).to_contain_text(re.compile("key", re.I))
    assert "sk-wrong" not in notice.inner_text()
    expect(page.get_by_label("Address", exact=True)).to_have_value(simulator.base_url)
    expect(page.get_by_label("Key, if it asks for one")).to_have_value("sk-wrong")
    assert violations(page) == []
    page.get_by_label("Key, if it asks for one").fill(KEY)
    press_test(page)
    expect(page.get_by_text(re.compile(r"It answers, in \d"))).to_be_visible()
    assert call(page, "get", "/api/v2/models", {})["connections"] == []


def test_an_address_where_nothing_is_says_what_to_look_at(page: Page) -> None:
    fill(page, f"http://127.0.0.1:{free_port()}", "")
    press_test(page)
    notice = page.locator(".trial").get_by_role("alert")
    expect(notice).to_contain_text("No answer")
    assert len(notice.inner_text()) > 40
    page.get_by_label("Address", exact=True).fill("not an address")
    press_test(page)
    expect(notice).to_contain_text(re.compile("address", re.I))
    expect(page.get_by_label("Address", exact=True)).to_have_value("not an address")


def test_a_key_is_kept_replaced_and_removed_without_being_shown(
    page: Page, simulator: Simulator
) -> None:
    fill(page, simulator.base_url)
    page.get_by_label("Your name for it").fill("Lab")
    press_test(page)
    page.get_by_role("button", name="Save and use it for everything").click()
    row = page.locator(".connection", has_text="Lab")
    expect(row).to_contain_text("key kept")
    expect(row.get_by_text("Works", exact=True)).to_be_visible()
    assert KEY not in page.content()
    assert KEY not in str(call(page, "get", "/api/v2/models", {}))

    simulator.refused_keys.add(KEY)
    row.get_by_role("button", name="Test Lab").click()
    expect(row.get_by_role("alert")).to_contain_text("No answer")
    expect(row.get_by_text("Does not work", exact=True)).to_be_visible()
    simulator.api_key = "sk-new"
    row.get_by_role("button", name="Replace the key of Lab").click()
    row.get_by_label("New key").fill("sk-new")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The new key is kept")).to_be_visible()
    row.get_by_role("button", name="Test Lab").click()
    expect(row.get_by_text("Works", exact=True)).to_be_visible()
    assert "sk-new" not in page.content()

    row.get_by_role("button", name="Remove Lab").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(row).to_have_count(0)


def test_who_does_what_is_chosen_ordered_by_keyboard_and_stays(
    page: Page, simulator: Simulator
) -> None:
    slug = connect(page, simulator)
    page.reload()
    add = page.get_by_label("Add a model").first
    add.select_option(f"{slug}:simulated")
    order = page.get_by_role("list", name="Models for everything").get_by_role("listitem")
    expect(order).to_have_count(1)
    add.select_option(f"{slug}:simulated-small")
    expect(order).to_have_count(2)
    expect(add).to_be_focused()
    up = page.get_by_role("button", name="Move simulated-small up")
    up.focus()
    page.keyboard.press("Enter")
    expect(order.first).to_contain_text("simulated-small")
    expect(page.get_by_role("button", name="Move simulated-small down")).to_be_focused()
    # Whoever has gone on by the time that it is stored is not brought back.
    held: list[Route] = []
    page.route("**/api/v2/models/roles", lambda route: held.append(route))
    page.keyboard.press("Enter")
    back = page.get_by_role("link", name="Back to settings")
    back.focus()
    while not held:
        page.wait_for_timeout(20)
    held.pop().continue_()
    page.unroute("**/api/v2/models/roles")
    expect(order.last).to_contain_text("simulated-small")
    expect(back).to_be_focused()
    page.get_by_role("button", name="Move simulated-small up").click()
    expect(order.first).to_contain_text("simulated-small")
    page.get_by_role("button", name="Different models for different work").click()
    critic = page.locator(".role", has=page.get_by_role("heading", name="Critic"))
    critic.get_by_label("Add a model").select_option("none")
    expect(critic).to_contain_text("No model is called")
    shoot(page, "models-roles")
    assert violations(page) == []
    page.reload()
    expect(order.first).to_contain_text("simulated-small")
    expect(critic).to_contain_text("Rules only")  # what was chosen is not folded away
    page.get_by_role("button", name="Take Rules only out").click()
    expect(critic.get_by_role("listitem")).to_have_count(0)
    chosen = call(page, "get", "/api/v2/models", {})["choices"]["user"]
    assert chosen == {"default": f"{slug}:simulated-small, {slug}:simulated"}


def test_a_request_may_name_its_model_or_none(
    page: Page, simulator: Simulator, paper: Path
) -> None:
    slug = connect(page, simulator)
    use(page, f"{slug}:simulated")
    page.goto(page.url.replace("settings/models/", ""))
    drop(page, [paper])
    page.get_by_label("Model").select_option("none")
    ask(page, REQUEST)
    finished(page)
    asked = len(simulator.requests)
    expect(page.locator(".run").get_by_text("By rules", exact=True)).to_be_visible()
    worked(page)
    expect(page.locator(".run-models")).to_contain_text("by rules only, as you chose")
    expect(page.get_by_label("Model")).to_have_value("none")  # until something else is chosen

    page.get_by_label("Model").select_option(f"{slug}:simulated-small")
    page.get_by_label("What should be written?").fill("What do my sources say about heat?")
    page.keyboard.press("Enter")
    expect(page.locator(".run")).to_have_count(2)
    finished(page)
    expect(page.locator(".run").last.get_by_text(EVERYWHERE)).to_be_visible()
    models = {request.body["model"] for request in simulator.requests[asked:]}
    assert models == {"simulated-small"}
    page.reload()
    expect(page.get_by_label("Model")).to_have_value(f"{slug}:simulated-small")


def test_why_a_model_was_waited_for_and_begun_anew_is_told(
    page: Page, simulator: Simulator, paper: Path
) -> None:
    slug = connect(page, simulator)
    use(page, f"{slug}:simulated")
    page.goto(page.url.replace("settings/models/", ""))
    drop(page, [paper])
    simulator.script.append(Behaviour(trouble="rate_limit", headers={"Retry-After": "8"}))
    simulator.script.append(Behaviour())  # the plan
    simulator.script.append(Behaviour(cut_share=0.2, chunk_delay=0.02))
    simulator.script.extend([Behaviour(chunk_delay=0.1)] * 3)
    ask(page, REQUEST)
    expect(page.locator(".run-doing").last).to_have_text(
        re.compile("simulated is asked too often; trying again in"), timeout=RUN_SECONDS * SECONDS
    )
    page.get_by_role("tab", name=re.compile("^Draft")).click()
    expect(page.locator(".draft-anew")).to_contain_text(
        "The answer broke off", timeout=RUN_SECONDS * SECONDS
    )
    finished(page)
    page.reload()
    worked(page)
    page.get_by_text(re.compile(r"^Waited or asked again .*; began an answer anew$")).click()
    for label in ("Waited", "Begun anew"):
        expect(page.locator(".troubles").get_by_text(label, exact=True).first).to_be_visible()
    shoot(page, "models-interruptions")
    assert violations(page) == []


def test_a_model_that_took_over_is_named(page: Page, simulator: Simulator, paper: Path) -> None:
    with Simulator(api_key=KEY).on_a_thread() as broke:
        first = connect(page, broke, "Broke")
        second = connect(page, simulator, "Sound")
        use(page, f"{first}:simulated-small", f"{second}:simulated")
        broke.spent_keys.add(KEY)
        page.goto(page.url.replace("settings/models/", ""))
        drop(page, [paper])
        ask(page, REQUEST)
        finished(page)
    worked(page)
    line = page.locator(".run-models")
    expect(line).to_contain_text(f"simulated ({second}) planned, wrote and judged")
    expect(line).not_to_contain_text("simulated-small (")
    page.get_by_text("simulated-small has no credit left; simulated took over").click()
    expect(line.get_by_text("Other model", exact=True).first).to_be_visible()
    expect(line).to_contain_text(re.compile("quota|credit"))


def test_an_answer_that_was_lost_makes_no_second_connection(
    page: Page, simulator: Simulator
) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost or route.request.method != "POST":
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()  # it arrives; its answer does not
        route.abort()

    page.route(re.compile("/models/connections$"), lose)
    fill(page, simulator.base_url)
    page.get_by_label("Your name for it").fill("Lab")
    press_test(page)
    save = page.get_by_role("button", name="Save and use it for everything")
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing you sent before is lost")
    save.click()
    expect(page.locator(".connection")).to_have_count(1)
    [made] = call(page, "get", "/api/v2/models", {})["connections"]
    assert made["label"] == "Lab"


def test_a_choice_is_not_undone_by_what_was_asked_for_before_it(
    page: Page, simulator: Simulator
) -> None:
    slug = connect(page, simulator)
    use(page, f"{slug}:simulated")
    page.reload()
    order = page.get_by_role("list", name="Models for everything").get_by_role("listitem")
    expect(order).to_have_count(1)
    early: list[Callable[[], None]] = []

    def hold(route: Route) -> None:
        answer = route.fetch()
        early.append(lambda: route.fulfill(response=answer))

    page.route(re.compile("/api/v2/models$"), hold, times=1)
    page.get_by_role("button", name="Test Lab").click()
    assert eventually(lambda: bool(page.evaluate("true") and early))
    page.get_by_label("Add a model").first.select_option(f"{slug}:simulated-small")
    expect(order).to_have_count(2)
    early[0]()
    page.evaluate("() => fetch(location.href).then((answer) => answer.text())")
    assert order.count() == 2
    shoot(page, "models-chosen-meanwhile")


def test_what_staff_connect_for_everybody_others_use_and_cannot_touch(
    page: Page, simulator: Simulator, visit: Visit
) -> None:
    page.get_by_role("radio", name="For everybody").check()
    fill(page, simulator.base_url)
    page.get_by_label("Your name for it").fill("House model")
    press_test(page)
    page.get_by_role("button", name="Save and use it for everything").click()
    expect(page.locator(".connection", has_text="House model")).to_be_visible()

    other = visit(viewport={"width": 360, "height": 780}, color_scheme="dark")
    other.sign_up("guest@example.org")
    theirs = other.page("/settings/models/")
    row = theirs.locator(".connection", has_text="House model")
    expect(row).to_contain_text("For everybody")
    expect(row.get_by_role("button")).to_have_count(0)
    expect(theirs.get_by_role("radio", name="For everybody")).to_have_count(0)
    expect(theirs.get_by_text("simulated writes")).to_be_visible()
    theirs.get_by_role("button", name="Different models for different work").click()
    choose(theirs, "A server of your own")
    assert overflow(theirs) == 0
    assert violations(theirs) == []
    shoot(theirs, "models-phone-dark")
    assert other.complaints == []


def test_a_run_that_was_started_in_another_window_appears(
    page: Page, visit: Visit, staff: Any, paper: Path
) -> None:
    page.goto(page.url.replace("settings/models/", ""))
    drop(page, [paper])
    conversation = ask(page, REQUEST)
    finished(page)
    other = visit(storage_state=staff).page(f"/c/{conversation}/")
    finished(other)
    page.get_by_label("What should be written?").fill("What do my sources say about shade?")
    page.keyboard.press("Enter")
    expect(other.locator(".request").last).to_contain_text("about shade")
    expect(other.locator(".run")).to_have_count(2)
    finished(other)
    expect(page.locator(".request")).to_have_count(2)
