"""Taking everything along: the page says that it is at work, and gives the file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visitor, violations

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]


def test_the_button_says_that_it_is_packing_until_the_file_is_there(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit()
    visitor.sign_up("hedy.lamarr@example.org")
    page = visitor.page("/settings/data/")
    held: list[Route] = []
    page.route("**/settings/data/archive/", lambda route: held.append(route))
    button = page.get_by_role("button", name="Download everything")
    button.click()
    expect(page.get_by_role("button", name="Packing…")).to_be_disabled()
    assert violations(page) == []
    while not held:
        page.wait_for_timeout(20)  # the request is on its way
    with page.expect_download() as download:
        held[0].continue_()
    assert download.value.suggested_filename.endswith(".zip")
    expect(button).to_be_enabled()
    assert visitor.complaints == []

    said = '<main id="main"><div role="alert">Too often within the hour.</div></main>'
    page.unroute("**/settings/data/archive/")
    page.route(
        "**/settings/data/archive/",
        lambda route: route.fulfill(status=429, content_type="text/html", body=said),
    )
    button.click()
    expect(page.locator(".toasts")).to_contain_text("Too often within the hour.")
    expect(button).to_be_enabled()
