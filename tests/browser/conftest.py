"""A real Chromium in front of the whole product."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.papers import PAPERS, fresh_paper, make_pdf
from tests.stack_process import ROOT, StackProcess, eventually

PASSWORD = "correct horse battery staple"
SCREENSHOTS = ROOT / "test-results" / "screenshots"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SECONDS = 1000.0
RUN_SECONDS = 240

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--mute-audio",
]
"""Among others, what keeps Chromium from calling home."""

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first is the same engine without the window around it, which would cost a core its third."""

T = TypeVar("T")

# Passing waits for nothing: what is there at once is found at once, however long one may wait.
expect.set_options(timeout=30 * SECONDS)


def _chromium() -> str:
    for candidate in (os.environ.get("CHROMIUM"), *CHROMIUMS):
        found = shutil.which(candidate) if candidate else None
        if found:
            return found
    pytest.fail(
        "Chromium is missing: install it (Debian: apt-get install chromium) or set CHROMIUM."
    )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module; closed with it, because its event loop would else run on under
    tests that use the database."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The two papers of `tests.browser.papers` as PDF files."""
    folder = tmp_path_factory.mktemp("papers")
    return [make_pdf(paper, folder) for paper in PAPERS]


@pytest.fixture
def paper(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A paper that no other test has uploaded."""
    return fresh_paper(request.node.name, tmp_path)


Opener = Callable[..., Page]


class Visitor:
    """A person with a browser: pages share cookies; what goes wrong in a page is collected."""

    def __init__(self, context: BrowserContext, base_url: str) -> None:
        self.context = context
        self.base_url = base_url
        context.set_default_timeout(60 * SECONDS)
        self.complaints: list[str] = []

    def page(self, address: str = "/") -> Page:
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("console", self._console)
        page.goto(self.base_url + address)
        return page

    def _console(self, message: Any) -> None:
        # A refused request is part of some tests; a refused script or style never is.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(f"console: {message.text}")

    def sign_up(self, email: str) -> Page:
        page = self.page("/accounts/signup/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()
        expect(page.get_by_role("heading", name="What shall we write?")).to_be_visible()
        return page


@pytest.fixture(scope="module")
def visit(chromium: Browser, live_stack: StackProcess) -> Iterator[Callable[..., Visitor]]:
    """`visit(viewport=…, color_scheme=…, storage_state=…)` opens a browser window of its own.

    What moves for as long as a run is at work stands still, unless `reduced_motion="no-preference"`
    is asked for: to draw each frame without a graphics card takes more than all of the product."""
    defaults = {"viewport": DESKTOP, "reduced_motion": "reduce"}
    with ExitStack() as open_contexts:

        def make(**options: Any) -> Visitor:
            context = chromium.new_context(**(defaults | options))
            open_contexts.callback(context.close)
            return Visitor(context, live_stack.base_url)

        yield make


@pytest.fixture(autouse=True)
def _opened_by_a_test_is_closed_with_it(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page that nobody looks at any more still follows its run and draws it."""
    if "chromium" not in request.fixturenames:
        yield
        return
    browser: Browser = request.getfixturevalue("chromium")
    windows = list(browser.contexts)
    pages = [page for window in windows for page in window.pages]
    yield
    for window in browser.contexts:
        if window not in windows:
            window.close()
            continue
        for page in window.pages:
            if page not in pages:
                page.close()


def call(page: Page, method: str, path: str, body: object) -> Any:
    """Use the API as the page does; the answer, or the status when it was refused."""
    return page.evaluate(
        """async ([method, path, body]) => {
            const api = await import("/static/js/lib/api.js");
            return api[method](path, body).catch((error) => error.status);
        }""",
        [method, path, body],
    )


def shoot(page: Page, name: str) -> Path:
    """Save what the page shows, once nothing moves any more."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    return path


def drop(page: Page, files: list[Path]) -> None:
    """Drop files onto the window as a person does with the mouse."""
    import base64

    given = [
        {"name": path.name, "data": base64.b64encode(path.read_bytes()).decode()} for path in files
    ]
    transfer = page.evaluate_handle(
        """(files) => {
            const transfer = new DataTransfer();
            for (const { name, data } of files) {
                const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
                transfer.items.add(new File([bytes], name));
            }
            return transfer;
        }""",
        given,
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": transfer})

    def shown() -> bool:
        page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
        return page.get_by_text("Drop your sources", exact=True).is_visible()

    assert eventually(shown)
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})
    for path in files:
        expect(page.get_by_role("button", name=f"Remove {path.name}")).to_be_visible()


def ask(page: Page, text: str) -> str:
    """Send a request from the composer; the id of its conversation."""
    page.get_by_label("What should be written?").fill(text)
    expect(page.get_by_role("button", name="Send")).to_be_enabled()
    page.get_by_label("What should be written?").press("Enter")
    page.wait_for_url(re.compile(r"/c/[0-9a-f-]{36}/"), wait_until="commit")
    return page.url.split("/c/")[1].split("/")[0]


def finished(page: Page, status: str = "succeeded") -> None:
    """Wait until the newest run of the page has come to `status`."""
    expect(page.locator(".run").last).to_have_attribute(
        "data-status", status, timeout=RUN_SECONDS * SECONDS
    )


def comes_to_be(look: Callable[[], object], wanted: object) -> None:
    """Wait until a look at the page finds `wanted`: a fresh page fills piece by piece."""
    eventually(lambda: look() == wanted)
    assert look() == wanted


def at_rest(look: Callable[[], T]) -> T:
    """What a look at the page finds, once the next one finds the same."""
    looks = [look()]

    def unchanged() -> bool:
        looks.append(look())
        return looks[-1] == looks[-2]

    assert eventually(unchanged, every=0.5), looks[-2:]
    return looks[-1]


def violations(page: Page) -> list[str]:
    """Serious and critical findings of axe-core on what the page shows."""
    # What is well is not described, and style sheets are not asked for again.
    options = {"resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{row['id']} ({row['impact']}): {[node['target'] for node in row['nodes']]}"
        for row in found
        if row["impact"] in ("serious", "critical")
    ]


def overflow(page: Page) -> int:
    """CSS pixels by which the page is wider than the window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width


@contextmanager
def reading_held(stack: StackProcess) -> Iterator[None]:
    """While inside, no newly uploaded file is read, so that a run waits in the middle."""
    import signal

    stack.kill("files", signal.SIGSTOP)
    try:
        yield
    finally:
        stack.kill("files", signal.SIGCONT)
