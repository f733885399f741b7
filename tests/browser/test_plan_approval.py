"""The plan as a form: changed, agreed to, asked about in words, and never overwritten unasked."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import (
    RUN_SECONDS,
    SECONDS,
    Visitor,
    ask,
    comes_to_be,
    drop,
    finished,
    overflow,
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
    visitor.sign_up("nora@example.org")
    return visitor.context.storage_state()


@pytest.fixture
def visitor(visit: Visit, state: object) -> Visitor:
    return visit(storage_state=state)


def card_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Approval of the plan")


def planned(page: Page, paper: Path) -> Locator:
    """Ask for a document whose plan is shown first; the card that shows it."""
    drop(page, [paper])
    page.get_by_role("button", name="More").click()
    page.get_by_label("Show me the plan before anything is written").check()
    ask(page, REQUEST)
    card = card_of(page)
    expect(card).to_be_visible(timeout=RUN_SECONDS * SECONDS)
    return card


def titles(card: Locator) -> list[str]:
    found: list[str] = card.locator(".part").evaluate_all(
        "parts => parts.map((p) => { const t = p.querySelector('.part-title'); return t.value ?? t.innerText; })"
    )
    return found


def headings_of(page: Page) -> list[str]:
    """The sections of the document that is open beside the conversation."""
    headings = page.get_by_role("region", name="Document").get_by_role("heading", level=2)
    expect(headings.first).to_be_visible()
    return headings.all_inner_texts()


def test_parts_are_renamed_moved_added_and_removed_by_keyboard(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    card = planned(page, paper)
    before = titles(card)
    assert before[0] == "Introduction"
    assert before[-1] == "Conclusion"
    assert violations(page) == []
    body = before[1:-1]
    assert len(body) >= 2
    down = card.get_by_role("button", name=f"Move {body[0]} down")
    down.focus()
    page.keyboard.press("Enter")
    assert titles(card)[1:3] == [body[1], body[0]]
    expect(card.get_by_text(f"{body[0]} is now part 3 of {len(before)}.")).to_be_attached()
    focused = page.evaluate("document.activeElement.closest('.part')?.dataset.key")
    assert focused == "write-1", "the focus goes along with the part that was moved"
    card.get_by_label("Title of part 2").fill("Shade at noon")
    card.get_by_label("Words of part 2").fill("220")
    card.get_by_role("button", name="Add a part").press("Enter")
    page.wait_for_function(
        "() => document.activeElement.matches('input') && document.activeElement.value === ''"
    )
    page.keyboard.type("Water in the soil")
    card.get_by_role("button", name="Remove Conclusion").click()
    wanted = ["Introduction", "Shade at noon", body[0], *body[2:], "Water in the soil"]
    assert titles(card) == wanted
    shoot(page, "plan-editor-desktop-light")
    page.reload()
    comes_to_be(lambda: titles(card), wanted)  # unsaved changes survive a reload
    card.get_by_role("button", name="Save changes").click()
    expect(card.get_by_text("The changed plan is saved.")).to_be_attached(
        timeout=RUN_SECONDS * SECONDS
    )
    assert titles(card) == wanted
    expect(card.get_by_label("Words of part 2")).to_have_value("220")
    expect(page.get_by_text("Edited by you, version 3").first).to_be_visible()
    card.get_by_role("button", name="Agree and write").click()
    finished(page)
    headings = headings_of(page)
    assert [heading for heading in headings if heading in wanted] == wanted
    assert "Conclusion" not in headings
    assert visitor.complaints == []


def test_a_part_is_dragged_to_another_place_and_saved_with_the_agreement(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    card = planned(page, paper)
    first, second = titles(card)[1:3]
    grips = card.locator(".part-grip[draggable=true]")
    grips.nth(0).drag_to(card.locator(".part").nth(2))
    comes_to_be(lambda: titles(card)[1:3], [second, first])
    card.get_by_role("button", name="Save and write").click()
    finished(page)
    assert [text for text in headings_of(page) if text in (first, second)] == [second, first]


def test_a_plan_with_a_fault_is_not_sent(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    card = planned(page, paper)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    card.get_by_label("Title of part 2").fill("")
    card.get_by_role("button", name="Save and write").click()
    expect(card.get_by_text("Give this part a title.")).to_be_visible()
    expect(card.get_by_label("Title of part 2")).to_have_attribute("aria-invalid", "true")
    assert "PUT" not in sent
    assert violations(page) == []
    page.get_by_role("button", name="Stop the run").click()
    finished(page, "cancelled")


def test_a_plan_that_was_changed_in_another_tab_is_shown_beside_ones_own_changes(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    card = planned(page, paper)
    other = visitor.page(page.url.removeprefix(visitor.base_url))
    mine, theirs = card, card_of(other)
    mine.get_by_label("Title of part 2").fill("My own words")
    theirs.get_by_label("Title of part 2").fill("Somebody else's words")
    theirs.get_by_role("button", name="Save changes").click()
    notice = mine.get_by_role("alert")
    expect(notice).to_contain_text("The plan was changed meanwhile", timeout=RUN_SECONDS * SECONDS)
    expect(notice).to_contain_text("Somebody else's words")
    expect(mine.get_by_label("Title of part 2")).to_have_value("My own words")
    expect(mine.get_by_role("button", name="Save changes")).to_be_disabled()
    shoot(page, "plan-stale-desktop-light")
    assert violations(page) == []
    notice.get_by_role("button", name="Go on with my changes").click()
    mine.get_by_role("button", name="Save changes").click()
    expect(theirs.get_by_label("Title of part 2")).to_have_value(
        "My own words", timeout=RUN_SECONDS * SECONDS
    )
    # Answered there while there are changes here: said, and nothing is thrown away.
    mine.get_by_label("Title of part 2").fill("Even better words")
    theirs.get_by_role("button", name="Agree and write").click()
    expect(page.get_by_text("The plan was already answered")).to_be_visible()
    page.get_by_role("button", name="Put them into a message").click()
    expect(page.locator("#request")).to_have_value(re.compile("Even better words"))
    finished(page)


def test_changes_are_asked_for_in_words(
    visitor: Visitor, live_stack: StackProcess, paper: Path
) -> None:
    page = visitor.page()
    card = planned(page, paper)
    card.get_by_role("button", name="Ask for changes in words").click()
    expect(page.locator("#request")).to_be_focused()
    expect(page.get_by_text("changes its plan and asks you again")).to_be_visible()
    page.keyboard.type("add a section on irrigation")
    page.keyboard.press("Enter")
    expect(card.locator(".part-title").nth(-2)).to_have_value(
        re.compile("irrigation", re.IGNORECASE), timeout=RUN_SECONDS * SECONDS
    )
    expect(page.locator(".told-message")).to_contain_text("Taken up")
    expect(card.locator(".plan-message")).to_contain_text("add a section on irrigation")
    expect(card.locator(".plan-message")).to_contain_text("Taken up")
    card.get_by_role("button", name="Agree and write").click()
    finished(page)


def test_a_plan_is_changed_on_a_phone(
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
    card = planned(page, paper)
    first, second = titles(card)[1:3]
    card.get_by_role("button", name=f"Move {first} down").tap()
    comes_to_be(lambda: titles(card)[1:3], [second, first])
    card.scroll_into_view_if_needed()
    shoot(page, "plan-editor-phone-dark")
    assert overflow(page) <= 0
    assert violations(page) == []
    card.get_by_role("button", name="Save and write").tap()
    finished(page)
