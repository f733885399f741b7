"""A table becomes a document with tables and figures, in a real browser."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    DESKTOP,
    PHONE,
    RUN_SECONDS,
    SECONDS,
    Visitor,
    ask,
    drop,
    overflow,
    shoot,
    violations,
)
from tests.files.tables import parsed_sales, sales
from tests.stack_process import StackProcess, eventually

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(590)]

REQUEST = "Analyse this CSV of sales: how prices develop over time, and how the regions differ."
ROWS = 2_000
Visit = Callable[..., Visitor]


HEAR = """
window.heard = [];
new MutationObserver(() => {
  const said = document.querySelector(".run-doing")?.textContent;
  if (said && window.heard.at(-1) !== said) window.heard.push(said);
}).observe(document, { subtree: true, childList: true, characterData: true });
"""
"""Keeps what the run says that it does, however short it stands there."""


@dataclass
class Done:
    visitor: Visitor
    page: Page
    conversation: str
    state: Any
    rows: list[dict[str, str]]
    heard: list[str] = field(default_factory=list)
    """What the run said that it does."""

    @property
    def address(self) -> str:
        return f"/c/{self.conversation}/"

    def get(self, path: str) -> Any:
        response = self.page.request.get(self.visitor.base_url + path)
        assert response.ok, f"{path}: {response.status} {response.text()[:300]}"
        return response

    def run_id(self) -> str:
        found = self.get(f"/api/v2/runs?conversation_id={self.conversation}").json()
        return str(found["items"][0]["id"])

    def artifacts(self, kind: str) -> list[Any]:
        found = self.get(f"/api/v2/runs/{self.run_id()}/artifacts?kind={kind}").json()
        items: list[Any] = found["items"]
        return items

    def download(self, format: str, artifact: str = "") -> Any:
        artifact = artifact or self.artifacts("document")[0]["id"]
        return self.get(
            f"/api/v2/runs/{self.run_id()}/artifacts/{artifact}/download?format={format}"
        )


@pytest.fixture(scope="module")
def done(visit: Visit, tmp_path_factory: pytest.TempPathFactory, live_stack: StackProcess) -> Done:
    """Sign up, drop the table, ask; a worker dies while the program runs, and another goes on."""
    content = sales(ROWS)
    path = tmp_path_factory.mktemp("data") / "sales.csv"
    path.write_bytes(content)
    visitor = visit(viewport=DESKTOP)
    visitor.context.add_init_script(HEAR)
    page = visitor.sign_up("flo@example.org")
    drop(page, [path])
    conversation = ask(page, REQUEST)
    done = Done(visitor, page, conversation, None, parsed_sales(content))
    expect(page.locator(".run")).to_be_visible()

    def computing() -> bool:
        events = f"/api/v2/runs/{done.run_id()}/events?follow=false"
        return "written by rule over 2,000 rows" in done.get(events).text()

    assert eventually(computing, 200, every=0.1), live_stack.logs()
    live_stack.kill("runs")
    expect(page.locator(".run").last).to_have_attribute(
        "data-status", "succeeded", timeout=300 * SECONDS
    )
    done.state = visitor.context.storage_state()
    done.heard = page.evaluate("window.heard")
    return done


def test_the_page_tells_what_is_read_and_computed_while_it_is(done: Done) -> None:
    told = "\n".join(done.heard)
    # Several may come between two pictures of the screen; the log has every one.
    assert re.search(
        r": (?:reading sales\.csv|computing part \d+ of \d+: .+)$", told, re.MULTILINE
    ), told
    events = done.get(f"/api/v2/runs/{done.run_id()}/events?follow=false").text()
    assert "Reading sales.csv." in events
    assert len(set(re.findall(r"Computing part (\d+) of", events))) >= 3


def test_a_worker_that_dies_while_the_program_runs_costs_no_figure_twice(done: Done) -> None:
    analyses = [row for row in done.artifacts("data") if row["title"].startswith("Computed")]

    assert len(analyses) == 1
    assert len(done.artifacts("figure")) >= 1
    assert len({row["sha256"] for row in done.artifacts("figure")}) == len(done.artifacts("figure"))
    assert len(done.artifacts("document")) == 1


def test_tables_and_figures_stand_in_the_document_with_their_captions(done: Done) -> None:
    panel = done.page.get_by_role("region", name="Document", exact=True)
    expect(panel.get_by_role("heading", name="What the data show")).to_be_visible()
    expect(panel.locator(".reference", has_text="sales")).to_be_visible()
    figures = panel.locator("figure")
    assert figures.count() >= 1
    for index in range(figures.count()):
        picture = figures.nth(index).locator("img")
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_attribute("alt", re.compile(r"\w{4,}"))
        done.page.wait_for_function(
            "image => image.naturalWidth > 400", arg=picture.element_handle()
        )
    assert panel.locator("caption").count() >= 1
    counts: dict[str, int] = {}
    for row in done.rows:
        counts[row["Region"]] = counts.get(row["Region"], 0) + 1
    table = panel.locator("table", has_text="Rows by Region")
    for region, n in counts.items():
        expect(table.get_by_role("row", name=f"{region} {n:,}")).to_be_visible()
    figures.first.scroll_into_view_if_needed()
    shoot(done.page, "computed-desktop-light")
    assert violations(done.page) == []
    assert done.visitor.complaints == []


def test_how_it_was_computed_is_told_and_can_be_had(done: Done) -> None:
    page = done.page
    page.get_by_role("button", name="How computed").click()
    panel = page.get_by_role("region", name="How this was computed")
    expect(panel.get_by_text("2,000 rows, 7 columns")).to_be_visible()
    expect(panel.get_by_text("Written by rule")).to_be_visible()
    panel.get_by_text("Read the program").click()
    expect(panel.locator("pre")).to_contain_text("pd.read_csv")
    shoot(page, "computed-how-desktop-light")
    assert violations(page) == []
    computed = done.get(
        f"/api/v2/runs/{done.run_id()}/artifacts/{done.artifacts('document')[0]['id']}"
    ).json()["computed"][0]
    program = done.download("py", computed["artifact_id"]).text()
    assert "def add_table" in program
    data = done.download("csv", computed["artifact_id"]).text().splitlines()
    assert data[0] == "Order ID,Date,Region,Channel,Price,Quantity,Weight"
    assert len(data) == ROWS + 1
    result = done.download("json", computed["artifact_id"]).json()
    assert result["tables"]
    panel.get_by_role("button", name="Back to the text").click()


def test_the_run_shows_the_program_of_its_step(done: Done) -> None:
    page = done.page
    page.get_by_role("button", name="Close the document").click()
    run = page.locator(".run").last
    toggle = run.locator(".run-toggle")
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    run.locator(".step-head", has_text="Analyse the data: sales.csv").click()
    summary = page.locator(".entries summary").first
    expect(summary).to_contain_text("Read the program")
    summary.click()
    expect(page.locator(".entries pre").first).to_contain_text("add_figure(")
    shoot(page, "computed-step-desktop-light")


def test_word_has_the_pictures_with_their_descriptions(done: Done, tmp_path: Path) -> None:
    content = done.download("docx").body()
    word = docx.Document(io.BytesIO(content))
    described = [p.get("descr") for p in word.element.body.iter(qn("wp:docPr"))]
    assert described
    assert all(described)
    captions = [p.text for p in word.paragraphs if p.style and p.style.name == "Image Caption"]
    assert captions[0].startswith("Figure 1. ")
    assert next(
        p.text for p in word.paragraphs if p.style and p.style.name == "Table Caption"
    ).startswith("Table 1. ")
    assert any(p.text == "How this was computed" for p in word.paragraphs)
    path = tmp_path / "sales.docx"
    path.write_bytes(content)
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.fail("LibreOffice is missing; deploy/test-tools.sh installs it")
    subprocess.run(
        [soffice, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)],
        check=True,
        capture_output=True,
        timeout=120,
    )  # fmt: skip
    assert (tmp_path / "sales.pdf").stat().st_size > 50_000


def test_the_other_formats_bring_their_pictures(done: Done) -> None:
    assert done.download("pdf").body().startswith(b"%PDF")
    page = done.download("html").text()
    assert page.count("data:image/png;base64,") == page.count("<figure")
    assert page.count("<figure") >= 1
    for format in ("md", "tex"):
        with zipfile.ZipFile(io.BytesIO(done.download(format).body())) as archive:
            names = archive.namelist()
            text = archive.read(names[0]).decode()
        assert "figures/figure-1.png" in names
        assert "figures/figure-1.png" in text
        assert "computed/program-1.py" in names


@pytest.mark.parametrize(
    ("viewport", "scheme", "name"),
    [
        (PHONE, "light", "phone-light"),
        (PHONE, "dark", "phone-dark"),
        (DESKTOP, "dark", "desktop-dark"),
    ],
)
def test_it_fits_small_screens_and_the_dark(
    done: Done, visit: Visit, viewport: dict[str, int], scheme: str, name: str
) -> None:
    visitor = visit(viewport=viewport, color_scheme=scheme, storage_state=done.state)
    page = visitor.page(done.address)
    panel = page.get_by_role("region", name="Document", exact=True)
    if not panel.is_visible():
        page.get_by_role("button", name="Open").first.click(timeout=RUN_SECONDS * SECONDS)
    expect(panel.locator("figure img").first).to_be_visible()
    picture = panel.locator("figure img").nth(1)
    picture.scroll_into_view_if_needed()
    page.wait_for_function("image => image.naturalWidth > 400", arg=picture.element_handle())
    ground = picture.evaluate("image => getComputedStyle(image).backgroundColor")
    assert ground == "rgb(255, 255, 255)"
    shoot(page, f"computed-{name}")
    assert overflow(page) == 0
    assert violations(page) == []
    page.get_by_role("button", name="How computed").click()
    expect(page.get_by_role("region", name="How this was computed")).to_be_visible()
    shoot(page, f"computed-how-{name}")
    assert overflow(page) == 0
    page.close()
