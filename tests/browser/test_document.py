"""The main job in a browser: from sign-up to an opened DOCX."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    DESKTOP,
    PHONE,
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
from tests.browser.papers import PAPERS
from tests.stack_process import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

REQUEST = "Write a 700-word literature review on urban heat and cooling from the attached papers."
Visit = Callable[..., Visitor]


@dataclass
class Done:
    """A finished job, and who did it."""

    visitor: Visitor
    page: Page
    conversation: str
    state: Any

    @property
    def address(self) -> str:
        return f"/c/{self.conversation}/"

    def api(self, path: str) -> Any:
        response = self.page.request.get(self.visitor.base_url + path)
        assert response.ok, f"{path}: {response.status} {response.text()}"
        return response.json()

    def run(self) -> Any:
        return self.api(f"/api/v2/runs?conversation_id={self.conversation}")["items"][0]


@pytest.fixture(scope="module")
def done(visit: Visit, papers: list[Path]) -> Done:
    """Sign up, drop two papers, ask, and wait for the document."""
    visitor = visit(viewport=DESKTOP)
    page = visitor.sign_up("ada@example.org")
    shoot(page, "welcome-desktop-light")
    drop(page, papers)
    page.get_by_label("Citation style").select_option("harvard")
    conversation = ask(page, REQUEST)
    expect(page.locator(".run")).to_be_visible()
    expect(page.get_by_role("list", name="Position in the loop")).to_be_visible()
    shoot(page, "run-desktop-light")
    finished(page)
    return Done(visitor, page, conversation, visitor.context.storage_state())


def test_the_document_opens_beside_the_conversation(done: Done) -> None:
    panel = done.page.get_by_role("region", name="Document")
    expect(panel.get_by_role("heading", level=1)).to_be_visible()
    expect(panel.get_by_role("heading", name="References")).to_be_visible()
    assert panel.locator("[data-passages]").count() >= 4
    expect(panel.get_by_text("Composed without a language model")).to_be_visible()
    path = shoot(done.page, "document-desktop-light")
    if os.environ.get("UPDATE_SCREENSHOTS"):
        shutil.copy(path, ROOT / "docs" / "screenshots" / "document.png")


def test_a_citation_opens_its_passage_by_keyboard_and_gives_the_focus_back(done: Done) -> None:
    panel = done.page.get_by_role("region", name="Document")
    citation = panel.locator("[data-passages]").first
    citation.focus()
    done.page.keyboard.press("Enter")
    source = done.page.get_by_role("region", name="Source", exact=True)
    expect(source.locator(".pdf-mark").first).to_be_visible(timeout=RUN_SECONDS * SECONDS)
    expect(
        source.get_by_text(re.compile("quoted verbatim|closely matches|supported")).first
    ).to_be_visible()
    source.get_by_role("button", name="Text").click()
    expect(source.locator(".bound mark").first).to_be_visible()
    shoot(done.page, "citation-by-keyboard-desktop-light")
    assert violations(done.page) == []
    done.page.keyboard.press("Escape")
    expect(source).to_have_count(0)
    expect(citation).to_be_focused()


def test_a_citation_shows_its_card_on_hover_and_its_page_on_a_click(done: Done) -> None:
    page = done.page
    panel = page.get_by_role("region", name="Document")
    citation = panel.locator("[data-passages]").nth(1)
    citation.scroll_into_view_if_needed()
    citation.hover()
    card = page.get_by_role("tooltip")
    expect(card).to_contain_text(re.compile(r"page \d+"))
    expect(card.locator("mark").first).to_be_visible()
    box = card.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= DESKTOP["width"]
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= DESKTOP["height"]
    shoot(page, "citation-card-desktop-light")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(panel).to_be_visible()
    citation.click()
    source = page.get_by_role("region", name="Source", exact=True)
    expect(source.locator(".pdf-mark.quoted").first).to_be_visible(timeout=RUN_SECONDS * SECONDS)
    path = shoot(page, "citation-source-desktop-light")
    if os.environ.get("UPDATE_SCREENSHOTS"):
        shutil.copy(path, ROOT / "docs" / "screenshots" / "source.png")
    page.keyboard.press("Escape")
    expect(source).to_have_count(0)
    expect(panel).to_be_visible()


def test_what_was_checked_leads_back_to_the_sentence(done: Done) -> None:
    page = done.page
    panel = page.get_by_role("region", name="Document")
    panel.get_by_role("button", name=re.compile("Checked|to check")).click()
    checks = page.get_by_role("region", name="Checks of the document")
    checks.get_by_role("button", name=re.compile("^quoted verbatim")).click()
    expect(checks.get_by_role("button", name="Show in the text").first).to_be_visible()
    shoot(page, "document-checks-desktop-light")
    assert violations(page) == []
    checks.get_by_role("button", name="Show in the text").first.click()
    expect(checks).to_have_count(0)
    expect(panel.locator("[data-passages]:focus")).to_have_count(1)


def test_every_citation_stands_on_the_page_it_names(
    done: Done, papers: list[Path], record_property: Callable[[str, object], None]
) -> None:
    run = done.run()
    citations = done.api(f"/api/v2/runs/{run['id']}/citations?limit=200")["items"]
    sources = done.api(f"/api/v2/runs/{run['id']}/sources")["items"]
    pages = {path.name: _pages(path) for path in papers}
    names = {row["id"]: row["file_name"] for row in sources}
    assert len(citations) >= 4
    for citation in citations:
        assert citation["verdict"] in ("quoted", "close", "supported"), citation
        text = pages[names[citation["source_id"]]][citation["page"] - 1]
        assert _letters(citation["text"])[:80] in text, citation
        passage = done.api(f"/api/v2/passages/{citation['passage_id']}")
        assert passage["text"] == citation["text"]
    record_property("citations found again on their pages", len(citations))


def test_the_word_file_opens_with_headings_citations_and_references(
    done: Done, record_property: Callable[[str, object], None]
) -> None:
    page = done.page
    # The source panel covers nothing of the bar; the menu of the document panel is the last one.
    page.get_by_role("button", name="Download").last.click()
    with page.expect_download() as started:
        page.get_by_role("menuitem", name="Word").click()
    download = started.value
    assert download.suggested_filename.endswith(".docx")
    document = docx.Document(BytesIO(Path(download.path()).read_bytes()))
    styles = [paragraph.style.name for paragraph in document.paragraphs if paragraph.style]
    assert sum(name.startswith("Heading") for name in styles) >= 3
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    references = [p.text for p in document.paragraphs if p.style and p.style.name == "Bibliography"]
    assert len(references) == len(PAPERS)
    for paper in PAPERS:
        assert re.search(rf"{paper.first_family}.{{0,30}}{paper.year}", text), paper.title
        assert any(paper.title.lower() in entry.lower() for entry in references)
    record_property("citations with a page", len(re.findall(r"p\. ?\d", text)))


def test_the_style_can_be_changed_while_reading(done: Done) -> None:
    panel = done.page.get_by_role("region", name="Document")
    first = panel.locator("[data-passages]").first
    before = first.inner_text()
    panel.get_by_label("Citation style").select_option("vancouver")
    expect(first).not_to_have_text(before)
    expect(first).to_have_text(re.compile(r"\d"))
    panel.get_by_label("Citation style").select_option("harvard")
    expect(first).to_have_text(before)


def test_a_reload_shows_the_finished_run_as_it_was(done: Done) -> None:
    page = done.page
    page.get_by_role("button", name=re.compile("Worked for")).click()

    def shown() -> list[str]:
        words = [page.locator(".run-doing").inner_text(), page.locator(".loop").inner_text()]
        for tab in ("Plan", "Draft", "Checks", "Sources", "Log"):
            page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
            words.append(page.get_by_role("tabpanel").inner_text())
        return [*words, page.locator(".document-card").inner_text()]

    expect(page.get_by_role("tab", name=re.compile(r"^Log \d+"))).to_be_visible()
    before = shown()
    page.reload()
    page.get_by_role("button", name=re.compile("Worked for")).click()
    expect(page.get_by_role("tab", name=re.compile(r"^Log \d+"))).to_be_visible()
    comes_to_be(shown, before)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("size", "viewport"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_every_view_is_accessible_and_fits(
    done: Done, visit: Visit, theme: str, size: str, viewport: dict[str, int]
) -> None:
    stranger = visit(viewport=viewport, color_scheme=theme)
    _check(stranger.page("/accounts/login/"), f"login-{size}-{theme}")
    _check(stranger.page("/accounts/signup/"), f"signup-{size}-{theme}")
    visitor = visit(viewport=viewport, color_scheme=theme, storage_state=done.state)
    welcome = visitor.page("/")
    expect(welcome.get_by_role("heading", name="What shall we write?")).to_be_visible()
    _check(welcome, f"welcome-{size}-{theme}")
    page = visitor.page(done.address)
    page.get_by_role("button", name=re.compile("Worked for")).click()
    for tab in ("Plan", "Draft", "Checks", "Sources", "Log"):
        page.get_by_role("tab", name=re.compile(f"^{tab}")).click()
        _check(page, f"run-{tab.lower()}-{size}-{theme}")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", name="References")).to_be_visible()
    _check(page, f"document-{size}-{theme}")
    page.locator("[data-passages]").first.click()
    expect(page.locator(".source-panel .pdf-mark").first).to_be_visible(
        timeout=RUN_SECONDS * SECONDS
    )
    _check(page, f"citation-{size}-{theme}")
    library = visitor.page("/library/")
    expect(library.get_by_role("heading", name=PAPERS[0].title)).to_be_visible()
    _check(library, f"library-{size}-{theme}")
    _check(visitor.page("/settings/"), f"settings-{size}-{theme}")
    assert stranger.complaints + visitor.complaints == []


def _check(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    shoot(page, name)
    assert violations(page) == [], name
    assert overflow(page) <= 0, f"{name} is wider than the window"


def test_nothing_in_the_console_went_wrong(done: Done) -> None:
    assert done.visitor.complaints == []


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _pages(path: Path) -> list[str]:
    with pypdfium2.PdfDocument(path) as pdf:
        return [_letters(page.get_textpage().get_text_range()) for page in pdf]
