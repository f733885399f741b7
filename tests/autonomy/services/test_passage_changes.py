"""What was done about flagged passages, as people read it."""

from __future__ import annotations

import pytest

from autonomy.services.passage_changes import _cells, readable


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (
            "| Its aim | “We propose reefs; we watch” | 4 |",
            "| Its aim | “We propose reefs” | 4 |",
            ("Its aim: “We propose reefs; we watch”", "Its aim: “We propose reefs”"),
        ),
        ("| A \\| B | one |", "| A \\| B | two |", ("A | B: one", "A | B: two")),
        ("| A | one | 2 |", "", ("A. one. 2", "")),
        ("No row | at all.", "Still | none.", ("No row | at all.", "Still | none.")),
    ],
)
def test_a_row_of_a_table_is_told_by_the_cells_that_changed(
    before: str, after: str, shown: tuple[str, str]
) -> None:
    assert tuple(readable(text, {}) for text in _cells(before, after)) == shown
