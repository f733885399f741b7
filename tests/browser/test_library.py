"""The library in a browser: files dropped, read, described, searched, read on their page, removed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visitor, overflow, shoot, violations
from tests.browser.papers import GREEN_ROOFS, STREET_TREES

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

Visit = Callable[..., Visitor]
READING_MS = 90_000
WORDS = "Shade explains most of the difference in the afternoon"

COVERED = """(words) => {
    // Where the words stand by the text layer, against what the marks cover.
    const page = document.querySelector(".pdf-page");
    const layer = page.querySelector(".pdf-text");
    const walker = document.createTreeWalker(layer, NodeFilter.SHOW_TEXT);
    const letters = (text) => text.toLowerCase().replace(/[^a-z]/g, "");
    const wanted = letters(words);
    const places = [];
    let all = "";
    while (walker.nextNode()) {
        const node = walker.currentNode;
        [...node.data].forEach((letter, offset) => {
            if (letters(letter)) { places.push([node, offset]); all += letters(letter); }
        });
    }
    const start = all.indexOf(wanted);
    if (start < 0) return { found: false };
    const marks = [...page.querySelectorAll(".pdf-mark")].map((mark) => mark.getBoundingClientRect());
    let inside = 0;
    for (let i = start; i < start + wanted.length; i += 1) {
        const [node, offset] = places[i];
        const range = document.createRange();
        range.setStart(node, offset);
        range.setEnd(node, offset + 1);
        const box = range.getBoundingClientRect();
        const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
        inside += marks.some((m) => m.left - 1 <= x && x <= m.right + 1 && m.top <= y && y <= m.bottom);
    }
    const area = marks.reduce((sum, m) => sum + m.width * m.height, 0);
    const size = page.getBoundingClientRect();
    return { found: true, share: inside / wanted.length, area: area / (size.width * size.height) };
}"""
"""Share of the words' letters that lie under a mark, and how much of the page is marked at all."""


@pytest.fixture(scope="module")
def visitor(visit: Visit, papers: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    """A library of two papers and notes, beside a file that cannot be read and one with nothing."""
    visitor = visit()
    page = visitor.sign_up("librarian@example.org")
    page.goto(f"{visitor.base_url}/library/")
    expect(page.get_by_role("heading", name="Start with what you have read")).to_be_visible()
    _check(page, "library-empty-desktop-light")
    folder = tmp_path_factory.mktemp("library")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\nnothing more")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "notes.md").write_text(
        "# Notes\n\nRoof gardens need water in a drought, as trees do.\n"
    )
    page.set_input_files("input[type=file]", [*papers, *sorted(folder.iterdir())])
    expect(page.get_by_text("1 refused")).to_be_visible()
    page.get_by_role("button", name="Why?").click()
    expect(page.get_by_text("It is empty (0 bytes).")).to_be_visible()
    expect(page.get_by_role("button", name="Ready 3")).to_be_visible(timeout=READING_MS)
    expect(page.get_by_role("button", name="Not read 1")).to_be_visible()
    expect(row(page, "broken.pdf").get_by_role("button", name="Try again")).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    _check(page, "library-desktop-light")
    return visitor


def row(page: Page, title: str) -> Any:
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=title))


def opened(visitor: Visitor, address: str = "/library/") -> Page:
    page = visitor.page(address)
    expect(row(page, STREET_TREES.title)).to_be_visible()
    return page


def _check(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    shoot(page, name)
    assert violations(page) == [], name
    assert overflow(page) <= 0, f"{name} is wider than the window"


def test_a_found_passage_is_marked_on_its_page_where_its_words_stand(visitor: Visitor) -> None:
    page = opened(visitor)
    page.get_by_role("button", name="Inside the texts").click()
    page.get_by_role("searchbox").fill("Why is it cooler in the afternoon: shade or transpiration?")
    hit = page.get_by_role("button").filter(has_text=WORDS).first
    expect(hit.locator("mark", has_text=re.compile("shade", re.IGNORECASE)).first).to_be_visible()
    hit.click()
    expect(page.locator(".pdf-mark").first).to_be_visible(timeout=READING_MS)
    covered = page.evaluate(COVERED, WORDS)
    assert covered["found"]
    assert covered["share"] == 1.0, covered
    assert covered["area"] < 0.5, "nearly the whole page is marked"
    _check(page, "source-page-desktop-light")

    # The same place after a reload, and pages can be turned.
    place = page.url
    page.reload()
    expect(page.locator(".pdf-mark").first).to_be_visible(timeout=READING_MS)
    assert page.url == place
    panel = page.get_by_role("region", name="Source", exact=True)
    number = int(panel.get_by_label("Page", exact=True).input_value())
    panel.get_by_role("button", name="Previous page").click()
    expect(page.locator(f'.pdf-page[data-page="{number - 1}"]')).to_be_visible()
    expect(page.locator(".pdf-mark")).to_have_count(0)
    panel.get_by_role("button", name="Back to the passage").click()
    expect(page.locator(".pdf-mark").first).to_be_visible()
    panel.get_by_role("button", name="Text").click()
    expect(panel.locator(".bound")).to_contain_text(WORDS)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.close()


def test_a_reference_is_corrected_and_prints_at_once(visitor: Visitor) -> None:
    page = opened(visitor)
    row(page, GREEN_ROOFS.title).get_by_role("button", name=re.compile("^Actions")).click()
    page.get_by_role("menuitem", name="Edit the reference").click()
    panel = page.get_by_role("region", name="Source", exact=True)
    printed = panel.locator(".printed")
    expect(printed).to_contain_text("Fontaine")
    panel.get_by_label("Kind of work").select_option("article-journal")
    panel.get_by_label("Family name 1").fill("Fontaine-Leroy")
    panel.get_by_label("Journal").fill("Building and Neighbourhood")
    panel.get_by_label("DOI", exact=True).fill("nonsense")
    expect(printed).to_contain_text("Fontaine-Leroy")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_text("A DOI starts with “10.”")).to_be_visible()
    expect(panel.get_by_label("DOI", exact=True)).to_be_focused()
    panel.get_by_label("DOI", exact=True).fill("10.1234/roofs")
    panel.get_by_role("button", name="Save").click()
    expect(panel.get_by_text("Corrected by you")).to_be_visible()
    expect(row(page, GREEN_ROOFS.title)).to_contain_text("Fontaine-Leroy")
    _check(page, "source-reference-desktop-light")
    scrolled = page.evaluate("document.querySelector('main').scrollTop")
    assert scrolled == 0, "the page moved where only the form should"
    panel.get_by_role("tab", name="About").click()
    expect(panel.get_by_text("You uploaded it as")).to_be_visible()
    _check(page, "source-about-desktop-light")
    page.close()


def test_the_list_is_narrowed_and_its_sources_removed_together(visitor: Visitor) -> None:
    page = opened(visitor)
    page.get_by_role("searchbox").fill("okonkwo")
    expect(row(page, GREEN_ROOFS.title)).to_have_count(0)
    expect(row(page, STREET_TREES.title)).to_be_visible()
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name="Not read 1").click()
    expect(row(page, STREET_TREES.title)).to_have_count(0)
    page.get_by_role("button", name=re.compile("^All")).click()
    page.get_by_label("Select broken.pdf").check()
    page.get_by_label("Select Notes").check()
    bar = page.get_by_role("region", name="Selected sources")
    expect(bar).to_contain_text("2 sources selected")
    bar.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row(page, "broken.pdf")).to_have_count(0)
    expect(page.get_by_role("button", name="All 2")).to_be_visible()
    page.close()


@pytest.mark.parametrize(("size", "theme"), [("phone", "light"), ("phone", "dark")])
def test_it_fits_a_phone(visitor: Visitor, visit: Visit, size: str, theme: str) -> None:
    state = visitor.context.storage_state()
    other = visit(viewport=PHONE, color_scheme=theme, storage_state=state)
    page = opened(other)
    _check(page, f"library-{size}-{theme}")
    page.get_by_role("button", name=STREET_TREES.title, exact=True).click()
    expect(page.locator(".pdf-page canvas")).to_be_visible(timeout=READING_MS)
    _check(page, f"source-page-{size}-{theme}")
    page.get_by_role("tab", name="Reference").click()
    expect(page.locator(".printed")).to_contain_text("Okonkwo")
    _check(page, f"source-reference-{size}-{theme}")
    assert other.complaints == []


def test_nothing_in_the_console_went_wrong(visitor: Visitor) -> None:
    assert visitor.complaints == []
