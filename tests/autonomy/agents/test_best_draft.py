from __future__ import annotations

import pytest

from autonomy.agents.best_draft import best_reported, better_than
from autonomy.core.originality import CycleRecord


def cycle(
    number: int, observed: float | None, local: float | None = None, *, below: bool = False
) -> CycleRecord:
    return CycleRecord(
        id=str(number),
        number=number,
        status="rejected" if observed is not None else "awaiting_report",
        document_id=f"d{number}",
        observed=observed,
        below=below,
        local=local,
    )


@pytest.mark.parametrize(
    ("history", "best"),
    [
        ([cycle(1, 38), cycle(2, 22), cycle(3, 25)], "d2"),
        ([cycle(1, 20, 9.0), cycle(2, 20, 4.0), cycle(3, 20, 7.0)], "d2"),
        ([cycle(1, 20), cycle(2, 20)], "d2"),
        ([cycle(1, 1), cycle(2, 1, below=True), cycle(3, 1)], "d2"),
        ([cycle(1, 30), cycle(2, None)], "d1"),
    ],
)
def test_the_lowest_report_is_best_then_the_lowest_of_our_own_then_the_newest(
    history: list[CycleRecord], best: str
) -> None:
    found = best_reported(history)
    assert found is not None
    assert found.document_id == best


def test_without_any_figure_the_draft_at_hand_is_kept() -> None:
    assert best_reported([cycle(1, None)]) is None
    assert better_than("d1", 3.0, [cycle(1, None)]) is None


def test_a_draft_that_a_report_put_higher_gives_way() -> None:
    found = better_than("d3", None, [cycle(1, 38), cycle(2, 22), cycle(3, 25)])
    assert found is not None
    assert found.number == 2


@pytest.mark.parametrize(
    ("local", "kept"), [(4.0, True), (12.0, True), (14.0, False), (15.5, False), (None, True)]
)
def test_a_revised_draft_without_a_report_is_kept_if_the_engine_puts_it_lower(
    local: float | None, kept: bool
) -> None:
    history = [cycle(1, 38, 30.0), cycle(2, 22, 14.0), cycle(3, None, local)]
    assert (better_than("d3", local, history) is None) == kept


def test_a_revision_of_a_draft_that_was_worse_than_an_earlier_one_gives_way_if_unmeasured() -> None:
    found = better_than("new", None, [cycle(1, 20), cycle(2, 35)])
    assert found is not None
    assert found.number == 1
