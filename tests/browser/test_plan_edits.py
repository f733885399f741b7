"""The rules of editing a plan, and of finding the step a copy starts from, run in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(600)]


def write(step_id: str, heading: str, words: int, role: str = "section") -> dict[str, Any]:
    return {
        "id": step_id,
        "kind": "write",
        "title": f"Write: {heading}",
        "input": {"role": role, "heading": heading, "words": words},
    }


PLAN = {
    "version": 3,
    "steps": [
        {"id": "search-1", "kind": "tool", "title": "Find evidence", "input": {}},
        write("write-1", "Heat", 200),
        write("write-2", "Shade", 100),
        write("write-introduction", "Introduction", 60, "introduction"),
        write("write-conclusion", "Conclusion", 40, "conclusion"),
    ],
}


@pytest.fixture(scope="module")
def page(visit: Callable[..., Visitor]) -> Page:
    return visit().page("/accounts/login/")


def run(page: Page, body: str, argument: Any = PLAN) -> Any:
    """What `body` gives with the module as `edits` and `argument` as `plan`."""
    return page.evaluate(
        f"""async (plan) => {{
            const edits = await import("/static/js/run/plan_edits.js");
            const fork = await import("/static/js/run/fork.js");
            {body}
        }}""",
        argument,
    )


def test_parts_are_listed_as_they_will_be_read(page: Page) -> None:
    rows = run(page, "return edits.rowsOf(plan)")
    assert [row["title"] for row in rows] == ["Introduction", "Heat", "Shade", "Conclusion"]
    assert [row["words"] for row in rows] == ["60", "200", "100", "40"]


def test_the_introduction_and_the_conclusion_keep_their_places(page: Page) -> None:
    order = "return edits.moved(edits.rowsOf(plan), %s).map((row) => row.title)"
    start = ["Introduction", "Heat", "Shade", "Conclusion"]
    assert run(page, order % "'write-2', -1") == ["Introduction", "Shade", "Heat", "Conclusion"]
    assert run(page, order % "'write-1', -1") == start
    assert run(page, order % "'write-2', 1") == start
    assert run(page, order % "'write-conclusion', -1") == start


def test_a_new_part_comes_before_the_conclusion_with_the_others_average(page: Page) -> None:
    rows = run(page, "return edits.added(edits.rowsOf(plan))")
    assert [row["title"] for row in rows] == ["Introduction", "Heat", "Shade", "", "Conclusion"]
    assert rows[3]["words"] == "150"


def test_the_api_is_told_ids_only_of_steps_that_the_plan_still_has(page: Page) -> None:
    body = """
        const rows = edits.changed(edits.rowsOf(plan), "write-1", { title: " Night heat ", focus: "trees" });
        const newer = { ...plan, steps: plan.steps.filter((step) => step.id !== "write-2") };
        return edits.stepsOf(rows, newer);
    """
    steps = run(page, body)
    assert steps[1] == {"id": "write-1", "title": "Night heat", "words": 200, "focus": "trees"}
    assert steps[2] == {"title": "Shade", "words": 100}


def test_a_part_without_a_title_or_with_half_a_word_is_mended_first(page: Page) -> None:
    body = """
        let rows = edits.changed(edits.rowsOf(plan), "write-1", { title: "  " });
        rows = edits.changed(rows, "write-2", { words: "1.5" });
        return edits.faults(rows);
    """
    assert set(run(page, body)) == {"write-1", "write-2"}
    assert run(page, "return edits.faults(edits.rowsOf(plan))") == {}


def test_spaces_around_a_title_are_no_change(page: Page) -> None:
    body = "const rows = edits.rowsOf(plan); return edits.same(rows, edits.changed(rows, 'write-1', %s))"
    assert run(page, body % "{ title: 'Heat ' }") is True
    assert run(page, body % "{ title: 'Heat!' }") is False


def test_a_copy_starts_at_the_checkpoint_that_was_saved_with_the_event(page: Page) -> None:
    points = [
        {"checkpoint_id": f"0{n}", "created_at": f"2026-01-01T00:00:0{n}.500Z"} for n in (1, 2, 3)
    ]
    find = "return fork.checkpointAt(plan, { ts: '%s' })?.checkpoint_id ?? null"
    assert run(page, find % "2026-01-01T00:00:02.510Z", points) == "02"
    assert run(page, find % "2026-01-01T00:00:02.480Z", points) == "02"
    assert run(page, find % "2026-01-01T00:00:09Z", points) == "03"
    assert run(page, find % "2026-01-01T00:00:01Z", points) is None
