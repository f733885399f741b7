"""A draft of one's own, from the composer to the Word file that is handed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.autonomy.library.drafts.accepting import body_of, decided, texts
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    RUN_SECONDS,
    SECONDS,
    Visitor,
    overflow,
    shoot,
    violations,
)
from tests.files.drafts import rich_draft, simple, written
from tests.stack_process import eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]


HOLD_FIRST_DECISION = """() => {
    const real = window.fetch;
    const gate = new Promise((letGo) => { window.letGo = letGo; });
    window.answers = 0;
    let asked = 0;
    window.fetch = async (path, options) => {
        if (options?.method !== "PATCH") return real(path, options);
        asked += 1;
        const first = asked === 1;
        const answer = await real(path, options);
        window.answers += 1;
        if (first) await gate;
        return answer;
    };
}"""
"""The page hears the answer to its next decision only after `letGo()`; `answers` have come."""


def test_a_draft_is_improved_decided_on_downloaded_and_brought_back(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    data = rich_draft(700)
    path = written(data, tmp_path / "My thesis draft.docx")
    visitor = visit(viewport=DESKTOP)
    page = visitor.sign_up("drafter@example.org")
    page.get_by_label("Journey").select_option("rewrite")
    page.get_by_role("button", name="Grammar and spelling").click()
    page.get_by_role("button", name="Concision").click()
    page.locator("input[type=file][aria-label=Files]").set_input_files(str(path))
    page.get_by_label("What should be written?").fill("Improve my draft")
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    shoot(page, "rewriting-composer-desktop-light")
    assert violations(page) == []
    page.get_by_role("button", name="Send").click()

    changes = page.get_by_role("region", name="Changes to your draft")
    expect(changes).to_be_visible(timeout=RUN_SECONDS * SECONDS)
    expect(changes.get_by_text("no language model took part")).to_be_visible()
    first = changes.locator("[data-change='1']")
    expect(first).to_have_attribute("data-decision", "undecided")

    # By keyboard: look at the first, accept two, reject one, take one back.
    changes.get_by_role("heading", name="Changes to your draft").focus()
    page.keyboard.press("j")
    expect(first).to_be_focused()
    expect(changes.get_by_role("complementary", name="About change 1")).to_be_visible()
    for key in ("a", "a", "r"):
        page.keyboard.press(key)
    expect(changes.locator("[data-decision='rejected']")).to_have_count(1)
    expect(changes.get_by_role("status").first).to_contain_text("2 accepted, 1 rejected")
    shoot(page, "rewriting-changes-desktop-light")
    assert violations(page) == []

    # A reload and a second tab show the same; the second tab's word reaches the first, though it is
    # closed at once.
    page.reload()
    expect(changes.locator("[data-decision='accepted']")).to_have_count(2)
    other = visitor.page(page.url.removeprefix(visitor.base_url))
    there = other.get_by_role("region", name="Changes to your draft")
    there.locator("[data-change='3']").click()
    there.get_by_role("button", name="Take back").click()
    expect(there.locator("[data-decision='rejected']")).to_have_count(0)
    other.close()

    def rejected() -> int:
        page.evaluate("window.dispatchEvent(new Event('focus'))")
        return changes.locator("[data-decision='rejected']").count()

    assert eventually(lambda: rejected() == 0, every=0.5)

    # Of two decisions the answer to the first comes last: both stand.
    page.evaluate(HOLD_FIRST_DECISION)
    changes.locator("[data-change='3']").press("Enter")  # its words stand on two lines here
    page.keyboard.press("a")
    page.keyboard.press("a")
    assert eventually(lambda: page.evaluate("window.answers") == 2)
    page.evaluate("window.letGo()")
    expect(changes.get_by_role("status").first).to_contain_text("4 accepted")
    expect(changes.locator("[data-decision='accepted']")).to_have_count(4)
    for number in (4, 3):
        changes.locator(f"[data-change='{number}']").press("Enter")
        page.keyboard.press("u")
    expect(changes.get_by_role("status").first).to_contain_text("2 accepted")

    # A change stands in its sentence, not under it.
    first = changes.locator(".change").first
    assert first.evaluate("one => getComputedStyle(one).display") == "inline"

    # The person's own file: accepted changes are made, the others tracked.
    panel = page.get_by_role("region", name="Document", exact=True)
    panel.get_by_role("button", name="Download").click()
    with page.expect_download() as started:
        page.get_by_role("menuitem", name="Word, tracked changes").click()
    assert started.value.suggested_filename == "my-thesis-draft-tracked.docx"
    tracked = Path(started.value.path()).read_bytes()
    refused = "\n".join(texts(decided(tracked, "HandyWriterz", accept=False)))
    assert "\n".join(texts(body_of(data))).count("In order to") - refused.count("In order to") == 1

    # What was left and what is worth a look lead back to the text.
    changes.get_by_role("button", name=re.compile("^Worth a look")).click()
    changes.get_by_role("button", name="Show in the text").first.click()
    expect(changes.locator(".draft-block.flash")).to_have_count(1)

    # Kept as a version; the history compares it, and brings the draft back.
    changes.get_by_role("button", name="Keep as a version").click()
    expect(page.get_by_text("Version 3 has what you accepted")).to_be_visible()
    panel.get_by_role("button", name="History").click()
    history = page.get_by_role("region", name="History of the document")
    for headline in ("Edited", "With the proposed changes", "Your draft"):
        expect(history.get_by_text(headline, exact=True)).to_be_visible()
    shoot(page, "history-desktop-light")
    assert violations(page) == []
    history.get_by_role("button", name="Compare the first with the newest").click()
    compared = page.get_by_role("region", name="Comparison of two versions")
    expect(compared.locator("del").nth(1)).to_be_visible()
    expect(compared.locator("ins").nth(1)).to_be_visible()
    shoot(page, "compare-desktop-light")
    assert violations(page) == []
    compared.get_by_role("button", name="Back to the history").click()
    history.get_by_role("button", name="Bring back").last.click()
    page.get_by_role("button", name="Bring it back").click()
    expect(history.get_by_text("An earlier version brought back")).to_be_visible()

    # On a phone, in the dark: everything fits and can be reached.
    state = visitor.context.storage_state()
    small = visit(viewport=PHONE, color_scheme="dark", storage_state=state, has_touch=True)
    phone = small.page(re.sub(r"#.*", "", page.url).removeprefix(visitor.base_url))
    phone.get_by_role("button", name="Open", exact=True).click()
    phone.locator(".document-choices select").first.select_option(label="Version 2")
    expect(phone.get_by_role("region", name="Changes to your draft")).to_be_visible()
    phone.locator("[data-change='5']").press("Enter")
    expect(phone.get_by_role("complementary", name="About change 5")).to_be_visible()
    shoot(phone, "rewriting-changes-phone-dark")
    assert violations(phone) == []
    assert overflow(phone) <= 0
    assert visitor.complaints + small.complaints == []


CLEAN = (
    "The boats left the bay at dawn, and nobody on the pier waved.",
    "The boats left the bay at dawn because the tide had turned in the night and the harbour master, "
    "who had watched the water from his window since four, had sent the boy round to every house on "
    "the quay to say that whoever meant to fish the outer bank today should go at once or not at all.",
    "By noon the wind had dropped, and the first of them came home with a full hold.",
)
"""Nothing that a rule would change, and one sentence that is worth a look."""


def test_a_draft_in_which_nothing_is_found_is_told_as_that_and_offered_as_it_is(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    path = written(simple(*CLEAN), tmp_path / "Harbour notes.docx")
    visitor = visit(viewport=DESKTOP)
    page = visitor.sign_up("nothing@example.org")
    page.get_by_label("Journey").select_option("rewrite")
    page.locator("input[type=file][aria-label=Files]").set_input_files(str(path))
    page.get_by_label("What should be written?").fill("Improve my draft")
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    page.get_by_role("button", name="Send").click()

    found = page.get_by_role("region", name="Changes to your draft")
    expect(found.get_by_role("heading", name="Nothing was found to change")).to_be_visible(
        timeout=RUN_SECONDS * SECONDS
    )
    said = found.get_by_role("status")
    expect(said).to_contain_text("was looked through by rule, and nothing was found to change")
    expect(said).to_contain_text(
        "A language model would also look whether sentences can be clearer"
    )
    # What is worth a look is all there is, and stands open.
    expect(found.get_by_role("button", name=re.compile("^Worth a look"))).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(found.locator(".claim-card")).to_have_count(1)
    expect(found.get_by_role("button", name="Keep as a version")).to_have_count(0)
    expect(page.get_by_text("is ready")).to_have_count(0)
    expect(page.get_by_text("As you brought it: nothing was found to change")).to_be_visible()
    shoot(page, "rewriting-nothing-desktop-light")
    assert violations(page) == []
    found.get_by_role("button", name="Show in the text").click()
    expect(found.locator(".draft-block.flash")).to_contain_text("because the tide had turned")

    # The file is offered as it was brought, and there is one version of it.
    panel = page.get_by_role("region", name="Document", exact=True)
    panel.get_by_role("button", name="Download").click()
    expect(
        page.get_by_role("menuitem", name=re.compile("tracked|accepted|rejected"))
    ).to_have_count(0)
    with page.expect_download() as started:
        page.get_by_role("menuitem", name="Word", exact=False).click()
    assert started.value.suggested_filename == "harbour-notes.docx"
    assert texts(body_of(Path(started.value.path()).read_bytes())) == texts(
        body_of(path.read_bytes())
    )
    panel.get_by_role("button", name="History").click()
    history = page.get_by_role("region", name="History of the document")
    expect(history.get_by_text("Your draft", exact=True)).to_be_visible()
    expect(history.get_by_text("With the proposed changes", exact=True)).to_have_count(0)

    # A reload shows the same.
    page.reload()
    expect(found.get_by_role("heading", name="Nothing was found to change")).to_be_visible()
    assert visitor.complaints == []
