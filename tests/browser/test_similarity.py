"""The similarity report as a person reads it: figures, matches side by side, what counts at choice."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.alike import (
    COPIED,
    OWN,
    QUOTED,
    SECTIONS,
    Written,
    files_ready,
    write_document,
)
from tests.browser.conftest import (
    PHONE,
    SECONDS,
    Visitor,
    call,
    drop,
    overflow,
    shoot,
    violations,
)
from tests.stack_process import StackProcess, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(900)]

WIDE = {"width": 1280, "height": 800}
OWNER = "reader.of.reports@example.org"
COMPARED = 180 * SECONDS
WORDS = [
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty"),
    *("knoll", "larch", "marsh", "north", "ochre", "plain", "quill", "ridge", "stone", "thorn"),
    *("umber", "valley", "willow", "yarrow", "zephyr", "alder", "brook", "cliff", "dune", "elm"),
    *("fern", "glade", "hazel", "ivy", "juniper"),
]
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
Visit = Callable[..., Visitor]


@dataclass
class Report:
    """Somebody's document that takes from a paper of theirs, and its page."""

    visitor: Visitor
    page: Page
    written: Written
    state: Any

    def open(self, address: str = "") -> Page:
        page = self.visitor.page(self.written.address + address)
        expect(figure(page)).to_be_visible(timeout=COMPARED)
        return page


def figure(page: Page) -> Locator:
    return page.locator(".overview-figure h2")


def share(page: Page) -> float:
    return float(re.findall(r"[\d.]+", figure(page).inner_text())[0])


def hits(page: Page) -> Locator:
    return page.locator(".hit[role=button]")


def tap(hit: Locator) -> None:
    """Click on the longest line of a match: one that is broken has nothing in its middle."""
    hit.scroll_into_view_if_needed()
    x, y = hit.evaluate(
        """(hit) => {
            const lines = [...hit.getClientRects()].sort((a, b) => b.width - a.width);
            return [lines[0].x + lines[0].width / 2, lines[0].y + lines[0].height / 2];
        }"""
    )
    hit.page.mouse.click(x, y)


@pytest.fixture(scope="module")
def report(visit: Visit, live_stack: StackProcess, papers: list[Path]) -> Report:
    visitor = visit(viewport=WIDE)
    page = visitor.sign_up(OWNER)
    drop(page, papers)
    files_ready(page, visitor.base_url, len(papers))
    written = write_document(live_stack, OWNER, SECTIONS)
    return Report(visitor, page, written, visitor.context.storage_state())


def test_it_waits_in_sight_and_a_reload_goes_on_waiting(
    report: Report, live_stack: StackProcess
) -> None:
    live_stack.kill("runs", signal.SIGSTOP)
    try:
        page = report.visitor.page(report.written.address)
        expect(
            page.get_by_role("heading", name="The document waits to be compared")
        ).to_be_visible()
        expect(page.get_by_role("progressbar")).to_be_visible()
        shoot(page, "similarity-waiting-1280")
        page.reload()
        expect(page.get_by_text("Next in line")).to_be_visible()
        assert violations(page) == []
        page.goto(report.visitor.base_url + "/library/")
    finally:
        live_stack.kill("runs", signal.SIGCONT)
    page.goto(report.visitor.base_url + report.written.address)
    expect(figure(page)).to_be_visible(timeout=COMPARED)
    page.close()


def test_figures_groups_and_texts_are_told_with_what_they_do_not_mean(report: Report) -> None:
    page = report.open()
    side = page.get_by_role("complementary", name="Similarity")
    expect(side).to_contain_text("not with the web or a publisher’s database")
    assert 20 < share(page) < 90
    expect(side.get_by_text("Quoted, citation missing")).to_be_visible()
    expect(side.get_by_role("button", name=re.compile("Street Trees"))).to_be_visible()
    expect(side.locator(".text-number").first).to_contain_text("1")
    kinds = {hit.get_attribute("data-kind") for hit in hits(page).all()}
    assert {"verbatim", "light"} <= kinds
    words = page.locator(".hit[data-kind=verbatim]").first.inner_text()
    assert COPIED.split(".")[0] in words
    # A match is told by its number and by the kind of its line, not by colour alone.
    lines = page.eval_on_selector_all(
        ".hit[role=button]", "all => all.map((hit) => getComputedStyle(hit).textDecorationStyle)"
    )
    assert {"solid", "dashed"} <= set(lines)
    assert violations(page) == []
    assert overflow(page) == 0
    shoot(page, "similarity-1280")
    page.close()


def test_a_match_stands_beside_the_page_that_it_comes_from(report: Report) -> None:
    page = report.open()
    tap(page.locator(".hit[data-kind=light]").first)
    match = page.get_by_role("region", name="Side by side")
    expect(
        match.get_by_role("heading", name=re.compile("In the source, page \\d+"))
    ).to_be_visible()
    expect(match.locator(".there mark")).to_contain_text("most of the difference in the")
    expect(match.locator(".match-quote").first).to_contain_text(
        "most of the difference in the afternoon, since"
    )
    expect(match.locator(".there .differs").first).to_contain_text("because")
    assert violations(page) == []
    shoot(page, "similarity-side-by-side-1280")
    match.get_by_role("button", name=re.compile("Open page")).click()
    source = page.get_by_role("region", name="Source", exact=True)
    expect(source.locator(".pdf-mark").first).to_be_visible(timeout=COMPARED)
    shoot(page, "similarity-source-1280")
    address = page.url
    page.keyboard.press("Escape")
    expect(source).to_have_count(0)
    again = report.visitor.page(address.removeprefix(report.visitor.base_url))
    expect(again.get_by_role("region", name="Source", exact=True)).to_be_visible()
    again.close()
    page.close()


def test_matches_are_gone_through_by_keyboard(report: Report) -> None:
    page = report.open()
    text = page.get_by_role("group", name="Text of the document")
    text.focus()
    page.keyboard.press("n")
    match = page.get_by_role("region", name="Side by side")
    expect(match.get_by_role("heading", name=re.compile("^Match 1 "))).to_be_visible()
    page.keyboard.press("n")
    expect(match.get_by_role("heading", name=re.compile("^Match 2 "))).to_be_visible()
    expect(page.locator(".hit[aria-pressed=true]")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(match.get_by_role("heading", name=re.compile("^Match 3 "))).to_be_visible()
    page.keyboard.press("p")
    page.keyboard.press("Home")
    expect(match.get_by_role("heading", name=re.compile("^Match 1 "))).to_be_visible()
    expect(match.get_by_role("button", name="Previous match")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(match).to_have_count(0)
    expect(hits(page).first).to_be_focused()
    page.keyboard.press("Enter")
    expect(match).to_be_visible()
    # Where words are typed, letters stay letters.
    page.keyboard.press("Escape")
    page.get_by_text("What counts", exact=True).click()
    page.get_by_label("Least words of a match that counts").press("n")
    expect(match).to_have_count(0)
    page.close()


def test_what_counts_is_counted_anew_and_kept_in_the_address(
    report: Report, tmp_path: Path
) -> None:
    page = report.open()
    before, shown = share(page), figure(page).text_content() or ""
    page.get_by_role("checkbox", name="Quoted, citation missing").uncheck()
    expect(page.locator("[data-out]")).to_have_count(1)
    expect(figure(page)).not_to_have_text(shown)
    without = share(page)
    assert without < before
    expect(page.locator(".hit", has_text=QUOTED[:30])).to_have_count(0)
    page.get_by_text("What counts", exact=True).click()
    page.get_by_label("Least words of a match that counts").fill("100")
    expect(page.get_by_text("Nothing that counts was found")).to_be_visible()
    assert share(page) == 0
    shoot(page, "similarity-nothing-1280")
    other = report.open(page.url.split("/similarity/")[1])
    assert share(other) == 0
    expect(other.get_by_role("checkbox", name="Quoted, citation missing")).not_to_be_checked()
    other.close()
    page.get_by_role("button", name="As usual again").click()
    expect(figure(page)).to_contain_text(f"{before:.1f}\u202f%")
    page.get_by_role("checkbox", name=re.compile("^Count text 1: ")).uncheck()
    expect(page.get_by_text("left out", exact=True).first).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="PDF").click()
    file = pypdfium2.PdfDocument(Path(started.value.path()).read_bytes())
    said = " ".join(one.get_textpage().get_text_range() for one in file)
    assert "texts left out" in " ".join(said.split())
    file.close()
    page.close()


@pytest.mark.parametrize("query", ["?small=-5&groups=x,,y&texts=1&quotes=", "?small=1e9#match=9-9"])
def test_an_address_that_makes_no_sense_is_read_as_usual(report: Report, query: str) -> None:
    usual = report.open()
    page = report.open(query)
    assert share(page) == share(usual)
    assert report.visitor.complaints == []
    page.close()
    usual.close()


def test_on_a_phone_and_in_the_dark(report: Report, visit: Visit) -> None:
    phone = visit(viewport=PHONE, storage_state=report.state)
    small = phone.page(report.written.address)
    expect(figure(small)).to_be_visible(timeout=COMPARED)
    assert overflow(small) == 0
    assert violations(small) == []
    shoot(small, "similarity-390")
    small.get_by_role("button", name="Document", exact=True).click()
    shoot(small, "similarity-390-document")
    tap(hits(small).first)
    match = small.get_by_role("region", name="Side by side")
    expect(match.locator(".there mark")).to_be_visible()
    assert overflow(small) == 0
    assert violations(small) == []
    shoot(small, "similarity-390-side-by-side")
    match.get_by_role("button", name="Back to the report").click()
    expect(match).to_have_count(0)
    dark = visit(viewport=WIDE, color_scheme="dark", storage_state=report.state)
    page = dark.page(report.written.address)
    expect(figure(page)).to_be_visible(timeout=COMPARED)
    assert violations(page) == []
    shoot(page, "similarity-1280-dark")
    tap(hits(page).first)
    expect(page.locator(".there mark")).to_be_visible()
    assert violations(page) == []
    shoot(page, "similarity-side-by-side-1280-dark")
    assert phone.complaints == dark.complaints == []


def test_a_newer_version_is_said_and_compared_with_one_click(
    report: Report, live_stack: StackProcess
) -> None:
    page = report.open()
    write_document(live_stack, OWNER, [("Own words", OWN)], run=report.written.run)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Version 2 is newer")).to_be_visible()
    assert violations(page) == []
    shoot(page, "similarity-newer-1280")
    page.get_by_role("button", name="Compare version 2").click()
    expect(page.get_by_text("Nothing that counts was found")).to_be_visible(timeout=COMPARED)
    expect(page.get_by_text("is newer")).to_have_count(0)
    page.get_by_label("Version").select_option(label="Version 1")
    expect(page.get_by_text("Version 2 is newer")).to_be_visible()
    page.close()


def test_the_document_and_a_failure_lead_to_it(report: Report, live_stack: StackProcess) -> None:
    run = report.page.request.get(f"{report.visitor.base_url}/api/v2/runs/{report.written.run}")
    place = f"/c/{run.json()['conversation_id']}/"
    page = report.visitor.page(f"{place}#document={report.written.run},{report.written.artifact}")
    page.get_by_role("link", name="Similarity").click()
    expect(page.get_by_role("heading", name="Similarity report")).to_be_visible()
    expect(figure(page)).to_be_visible(timeout=COMPARED)
    failed = (
        "from autonomy.models import SimilarityCheck; SimilarityCheck.objects.filter("
        f"artifact_id='{report.written.artifact}').update(status='failed', error='It broke off.')"
    )
    live_stack.manage("shell", "-c", failed)
    page.reload()
    expect(page.get_by_role("heading", name="The comparison failed")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_text("It broke off.")
    shoot(page, "similarity-failed-1280")
    page.get_by_role("button", name="Compare again").click()
    expect(figure(page)).to_be_visible(timeout=COMPARED)
    page.close()


def test_a_stranger_finds_nothing(report: Report, visit: Visit) -> None:
    stranger = visit()
    page = stranger.sign_up("stranger.to.reports@example.org")
    for address in (
        report.written.address,
        f"{report.written.address}?version={report.written.artifact}",
        f"/api/v2/runs/{report.written.run}/similarity",
        f"/api/v2/runs/{report.written.run}/similarity/download",
        f"/api/v2/runs/{report.written.run}/similarity/texts/{report.written.artifact}?start=0&end=9",
    ):
        assert page.request.get(stranger.base_url + address).status == 404, address


def test_hostile_titles_names_and_texts_stay_text(
    report: Report, visit: Visit, live_stack: StackProcess
) -> None:
    sentence = f"{HOSTILE} The mayor of the old town {HOSTILE} kept eleven white pigeons in a loft."
    write_document(live_stack, OWNER, [(HOSTILE, sentence)], title=HOSTILE)
    written = write_document(
        live_stack,
        OWNER,
        [(HOSTILE, f"{sentence}\n\n> {sentence}\n\n- {HOSTILE}")],
        title=f"Newer {HOSTILE}",
    )
    page = report.visitor.page(written.address)
    expect(figure(page)).to_be_visible(timeout=COMPARED)
    assert share(page) > 0
    tap(hits(page).first)
    expect(page.locator(".there mark")).to_contain_text("pigeons")
    link = page.get_by_role("link", name="Open that document")
    expect(link).to_be_visible()
    expect(page.locator(".match-title")).to_contain_text("<img src=x")
    shoot(page, "similarity-hostile-1280")
    assert page.locator("main img, main script[src=x]").count() == 0
    assert page.evaluate("document.title").startswith("Similarity")
    with page.expect_download() as started:
        page.get_by_role("link", name="PDF").click()
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF")
    assert report.visitor.complaints == []
    page.close()


def test_a_worker_that_is_killed_over_a_comparison_loses_nothing(
    report: Report, live_stack: StackProcess
) -> None:
    # The same rare words in another order: nothing is alike word for word, and all has to be encoded.
    names = [f"{first}{second}ford" for first in WORDS for second in WORDS][:1_200]
    earlier = " ".join(
        f"Near {name} the planners measured how shady canopies cooled walking visitors in {name}ham."
        for name in names
    )
    later = " ".join(
        f"Visitors walking in {name}ham were cooled by canopies, measured planners from {name}."
        for name in names
    )
    write_document(live_stack, OWNER, [("Earlier", earlier)], title="Earlier and long")
    written = write_document(live_stack, OWNER, [("Later", later)], title="Long")
    page = report.visitor.page(written.address)
    expect(page.get_by_text("Comparing: ")).to_be_visible(timeout=COMPARED)
    shoot(page, "similarity-comparing-1280")
    live_stack.kill("runs", signal.SIGKILL)
    killed = time.monotonic()
    path = f"/api/v2/runs/{written.run}/similarity"

    def done() -> bool:
        return bool(call(page, "get", path, {})["status"] == "done")

    assert eventually(done, 400, every=1.0), call(page, "get", path, {})
    assert time.monotonic() - killed < 400
    tried = live_stack.manage(
        "shell",
        "-c",
        "from autonomy.models import SimilarityCheck; print(list(SimilarityCheck.objects.filter("
        f"artifact_id='{written.artifact}').values_list('attempts', 'broke_off', 'status')))",
    )
    assert "(2, 1, 'done')" in tried.stdout
    expect(figure(page)).to_be_visible(timeout=COMPARED)
    page.close()
