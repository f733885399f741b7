"""What the page shows of a similarity report's file, and what it says when the file is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from autonomy.core.originality import ReportReading, UnfoundPassage
from tests.browser.conftest import Visitor, overflow, shoot, violations
from tests.files.similarity_reports.variants import ENHANCED, enhanced

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

_MOUNT = """async (view) => {
    const { html, render } = await import("/static/js/lib/view.js");
    const { OriginalityCard } = await import("/static/js/run/originality.js");
    const place = document.querySelector("#tried") ?? document.createElement("div");
    place.id = "tried";
    document.querySelector("main").replaceChildren(place);
    render(html`<${OriginalityCard} view=${view} />`, place);
}"""
WAITING = {
    "id": "r",
    "status": "waiting_human",
    "artifactId": "a",
    "cycle": {"cycle_id": "c2", "status": "awaiting_report", "target_similarity": 15},
}


def _cycle() -> dict[str, Any]:
    truth = enhanced.make(ENHANCED["below-one"]).truth
    kept = truth.model_copy(
        update={
            "passages": (),
            "word_count": None,
            "flags": ("Hidden Text: 70 suspect characters",),
            "unread": {"word_count": "the cover does not show it", "by_kind.internet": "no label"},
        }
    )
    reading = ReportReading(
        report=kept,
        fit="cannot_tell",
        fit_reason="Neither its word count nor its title tells.",
        marked=3,
        found=2,
        not_found=(UnfoundPassage(text="<b>gone</b>", reason="no place is near enough"),),
    )
    return {"cycle_id": "c1", "reading": json.loads(reading.model_dump_json())}


def test_what_was_read_is_shown_with_whose_word_it_is_and_a_refusal_loses_nothing(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit()
    page: Page = visitor.sign_up("reading@example.org")
    refusal = "You gave 9 %, and the report says 38 %. Nothing was stored; correct the figure."

    def refuse(route: Route) -> None:
        body = json.dumps({"status": 422, "code": "figures_differ", "detail": refusal})
        route.fulfill(status=422, content_type="application/problem+json", body=body)

    cycles = {"cycles": [_cycle(), {"cycle_id": "c2", "reading": None}]}
    page.route("**/turnitin/r/status", lambda route: route.fulfill(json=cycles))
    page.route("**/turnitin/r/report", refuse)
    page.evaluate(_MOUNT, WAITING)

    shown = page.get_by_role("region", name="What the report says")
    for text in (
        "User-provided, not verified",
        "less than 1 %",
        "1 cited and quoted",
        "Hidden Text: 70 suspect characters",
        "2 of the 3 passages that it marks were found in the document.",
        "It cannot be told whether the report is of this document.",
    ):
        expect(shown).to_contain_text(text)
    shown.get_by_text("1 passage not found").click()
    expect(shown).to_contain_text("“<b>gone</b>” no place is near enough")
    shown.get_by_text("Not read: word count, share by kind of source").click()
    expect(shown).to_contain_text("share by kind of source (internet): no label.")

    file = {"name": "r.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    page.get_by_label("or only the similarity found (%)").fill("9")
    page.get_by_label("The report’s file").set_input_files(files=[file])  # type: ignore[list-item]
    page.get_by_role("button", name="Hand in the report").click()
    expect(page.get_by_role("alert")).to_have_text(refusal)
    expect(page.get_by_label("or only the similarity found (%)")).to_have_value("9")
    assert violations(page) == []
    assert overflow(page) == 0
    shoot(page, "report-reading")
    assert visitor.complaints == []
