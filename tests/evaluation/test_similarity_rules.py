"""The rules of originality cycles complain of what they are there for."""

from __future__ import annotations

from typing import Any

import pytest

from autonomy.evaluation.finished import Finished
from autonomy.evaluation.rules import complaints
from autonomy.evaluation.task import draw, load

CHANGE = {
    "section_id": "s",
    "before": "“A long one” [[p:a]].",
    "after": "“A short one” [[p:a]].",
    "remedy": "shorten",
    "reason": "Shortened.",
    "told_by": "target",
}


def finished(figures: list[tuple[float, float]], revisions: list[dict[str, Any]]) -> Finished:
    return Finished(
        drawn=draw(load("turnitin_cycle"), 1),
        run={},
        events=[],
        document="",
        citations=[],
        sources=[],
        cycles=[{"local_similarity": own, "local_quoted": quoted} for own, quoted in figures],
        files=[],
        requests=[],
        revisions=revisions,
    )


@pytest.mark.parametrize(
    ("figures", "holds"),
    [
        ([(0, 60), (0, 58)], True),
        ([(5, 60), (0, 64), (0, 60)], True),
        ([(0, 60), (0, 60)], False),
        ([(0, 60), (0, 62), (0, 58)], False),
        ([(0, 60)], False),
    ],
)
def test_a_figure_that_does_not_fall_is_complained_of(
    figures: list[tuple[float, float]], holds: bool
) -> None:
    assert (complaints(finished(figures, []), [{"similarity_falls": {}}]) == []) is holds


@pytest.mark.parametrize(
    ("after", "change", "said"),
    [
        ("One. “A short one” [[p:a]].", CHANGE, ""),
        ("One. “A short one” [[p:a]].", CHANGE | {"reason": " "}, "no reason"),
        ("Two. “A short one” [[p:a]].", CHANGE, "reads otherwise"),
        ("One. “A short one” [[p:a]].", CHANGE | {"before": "Gone."}, "was not there"),
        ("One. “A long one” [[p:a]].\n\nMore.", CHANGE | {"before": "", "after": "More."}, ""),
        ("One. “A long one” [[p:a]].", CHANGE | {"before": "", "after": "More."}, "otherwise"),
    ],
)
def test_what_reads_otherwise_without_a_reason_is_complained_of(
    after: str, change: dict[str, str], said: str
) -> None:
    before = {"s": f"One. {CHANGE['before']}"}
    revisions = [{"before": before, "after": {"s": after}, "changes": [change]}]
    found = complaints(finished([], revisions), [{"changes_explained": {"least": 1}}])
    assert bool(found) == bool(said)
    assert said in " ".join(found)


def test_a_report_after_which_nothing_was_looked_at_is_complained_of() -> None:
    found = complaints(finished([], []), [{"changes_explained": {"least": 1}}])
    assert found == ["changes_explained: 0 passages were looked at, not 1"]
