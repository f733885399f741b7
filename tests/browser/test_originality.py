"""A whole originality cycle as a person lives through it: a report over the target, the revised
document, a report within it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from autonomy.core.originality import Percent
from tests.browser.conftest import (
    DESKTOP,
    PHONE,
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
from tests.files.similarity_reports import enhanced
from tests.files.similarity_reports.shown_document import Passage

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]

REQUEST = "Write a 400-word literature review of the attached paper"
FIGURE = "or only the similarity found (%)"


def report_of(document: dict[str, Any], percent: float, quoted: int, **other: Any) -> bytes:
    """A similarity report of the document that marks `quoted` of its quotations."""
    text = re.sub(r"<[^>]+>", " ", document["html"])
    said = re.findall(r"“([^“”]{60,})”", " ".join(text.split()))
    options = enhanced.Options(
        title=other.get("title", document["title"]),
        words=other.get("words", document["words"] + 60),
        similarity=Percent(value=percent),
        passages=tuple(Passage(one) for one in said[:quoted]),
        filters=(0, 3),  # quoted text counts
    )
    return enhanced.make(options).data


def file_of(data: bytes, name: str = "report.pdf") -> list[Any]:
    return [{"name": name, "mimeType": "application/pdf", "buffer": data}]


def get(page: Page, path: str) -> Any:
    return call(page, "get", path, {})


def cycles_of(page: Page, run_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = get(page, f"/api/v2/turnitin/{run_id}/status")["cycles"]
    return found


def document_of(page: Page, run_id: str, artifact_id: str) -> dict[str, Any]:
    found: dict[str, Any] = get(page, f"/api/v2/runs/{run_id}/artifacts/{artifact_id}")
    return found


def test_a_report_over_the_target_is_worked_in_passage_by_passage_until_one_is_within_it(
    visit: Callable[..., Visitor], papers: list[Path]
) -> None:
    visitor = visit(reduced_motion="no-preference")
    page = visitor.sign_up("cycle@example.org")
    drop(page, papers)
    page.get_by_role("button", name="More").click()
    page.get_by_label("Highest similarity, per cent").fill("10")
    conversation = ask(page, REQUEST)
    card = page.get_by_role("region", name="Originality check")
    expect(card).to_contain_text("Waiting for you", timeout=RUN_SECONDS * SECONDS)
    finished(page, "waiting_human")
    run_id = get(page, f"/api/conversations/{conversation}")["runs"][0]["id"]
    (first,) = cycles_of(page, run_id)
    draft = document_of(page, run_id, first["artifact_id"])
    spent = get(page, f"/api/v2/runs/{run_id}")["budgets"]

    # The composer takes one line, so that the form stands free; whoever turns to it has all of it.
    composer = page.get_by_role("form", name="Your request")
    for size in (DESKTOP, {"width": 1280, "height": 800}, PHONE):
        page.set_viewport_size(size)
        hand_in = card.get_by_role("button", name="Hand in the report")
        hand_in.scroll_into_view_if_needed()
        shoot(page, f"originality-waits-{size['width']}")
        folded = composer.bounding_box()
        button = hand_in.bounding_box()
        assert folded is not None
        assert button is not None
        assert folded["height"] <= 72
        assert button["y"] + button["height"] <= folded["y"]
    composer.get_by_role("textbox").click()
    expect(composer.get_by_text("Steer this run")).to_be_visible()
    expect(composer.get_by_text("Goes to the run")).to_be_visible()
    page.set_viewport_size(DESKTOP)
    card.get_by_label(FIGURE).focus()
    expect(composer.get_by_text("Steer this run")).to_be_hidden()

    # Nothing runs, and it says so; the document is there to be taken.
    expect(card).to_contain_text("Nothing runs and nothing is spent meanwhile; it waits until")
    with page.expect_download() as started:
        card.get_by_role("link", name="Download DOCX").click()
    assert started.value.suggested_filename.endswith(".docx")
    assert get(page, f"/api/v2/runs/{run_id}")["budgets"] == spent

    # A report of something else is refused with the reason, and nothing is lost.
    card.get_by_role("button", name="Hand in the report").click()
    expect(card.get_by_role("alert")).to_contain_text("Give the similarity in per cent")
    card.get_by_label("The report’s file").set_input_files(
        file_of(report_of(draft, 38, 0, title="On the Keeping of Bees", words=9_000))
    )
    card.get_by_role("button", name="Hand in the report").click()
    expect(card.get_by_role("alert")).to_contain_text("9,000 words", timeout=60 * SECONDS)
    assert cycles_of(page, run_id)[0]["status"] == "awaiting_report"
    assert violations(page) == []
    shoot(page, "originality-desktop-refused")

    # The right one is read, and the passages it marks are put right.
    card.get_by_role("button", name="Take report.pdf off again").click()
    card.get_by_label("The report’s file").set_input_files(file_of(report_of(draft, 38, 3)))
    expect(card.get_by_label("shorten the longest", exact=True)).to_be_checked()
    card.get_by_label("shorten the longest, and leave whole ones out").check()
    card.get_by_role("button", name="Hand in the report").click()
    expect(card).to_contain_text(
        "draft of cycle 1; user-provided, not verified", timeout=120 * SECONDS
    )
    expect(card).to_contain_text("The report before said 38\u202f%; this draft is revised.")
    expect(card.get_by_label(FIGURE)).to_have_value("")
    before, now = cycles_of(page, run_id)
    assert (before["status"], now["status"]) == ("rejected", "awaiting_report")
    assert before["observed_similarity"] == 38
    likeness = [c["local_similarity"] + c["local_quoted"] for c in (before, now)]
    assert likeness[1] < likeness[0], "less of it is like the sources, by the product's own engine"
    changes = get(page, f"/api/v2/turnitin/{run_id}/changes")
    assert changes
    assert all(change["reason"] and change["remedy"] for change in changes)
    assert {change["told_by"] for change in changes} & {"report", "target"}
    # What was changed stands open above the form for the next report.
    expect(page.get_by_role("button", name=re.compile("^Cycle 1 "))).to_have_attribute(
        "aria-expanded", "true"
    )
    expect(card.locator(".cycle-change")).to_have_count(len(changes))
    expect(card).to_contain_text("quoted and cited like your own sources")
    expect(page.get_by_label("Document: ").first).to_contain_text("waits for a similarity report")
    for change in changes:
        expect(card.locator(".cycle-changes")).to_contain_text(change["reason"])
    assert violations(page) == []
    shoot(page, "originality-desktop-second")

    # The same on a phone, after a reload, with the keyboard.
    phone = visit(viewport=PHONE, storage_state=visitor.context.storage_state())
    small = phone.page(f"/c/{conversation}/")
    seen = small.get_by_role("region", name="Originality check")
    expect(seen).to_contain_text("Waiting for you")
    toggle = small.get_by_role("button", name=re.compile("^Cycle 1 "))
    expect(seen.locator(".cycle-change")).to_have_count(len(changes))
    toggle.focus()
    toggle.press("Enter")
    expect(seen.locator(".cycle-change")).to_have_count(0)
    toggle.press("Enter")
    expect(seen.locator(".cycle-change")).to_have_count(len(changes))
    assert overflow(small) == 0
    assert violations(small) == []
    seen.scroll_into_view_if_needed()
    shoot(small, "originality-phone-second")
    expect(small.get_by_role("button", name=re.compile("1 unread notification"))).to_have_count(0)

    # A report within the target ends it; who looks elsewhere is told once.
    aside = visitor.page("/library/")
    revised = document_of(page, run_id, now["artifact_id"])
    card.get_by_label("The report’s file").set_input_files(file_of(report_of(revised, 9, 0)))
    page.close()
    seen.get_by_label("The report’s file").set_input_files(file_of(report_of(revised, 9, 0)))
    seen.get_by_role("button", name="Hand in the report").click()
    finished(small)
    expect(seen).to_contain_text("Accepted")
    expect(seen).to_contain_text("The report says 9\u202f%, within the target of 10\u202f%.")
    shoot(small, "originality-phone-accepted")
    told = get(aside, "/api/v2/notifications")["items"]
    assert sorted(item["kind"] for item in told) == ["done", "waiting", "waiting"]
    assert len({item["id"] for item in told}) == 3
    aside.get_by_role("button", name=re.compile("^Notifications")).click()
    expect(aside.locator(".notices-box li")).to_have_count(3)
    expect(aside.locator(".notices-box li").first).to_contain_text("is ready")
    assert violations(aside) == []
    shoot(aside, "notifications-desktop")
    aside.keyboard.press("Escape")
    expect(aside.locator(".notices-box")).to_have_count(0)
    assert visitor.complaints == []
    assert phone.complaints == []
