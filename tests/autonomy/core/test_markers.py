from __future__ import annotations

import pytest

from autonomy.core.markers import bind_markers, short_ids
from autonomy.core.types import Passage

A = "0198a0b0-1111-7abc-8def-00000a1b2c3d"
B = "0198a0b0-1111-7abc-8def-00000e4f5a6b"
TWIN = "0198a0b0-1111-7abc-8def-0000ff1b2c3d"


def passages(*ids: str) -> list[Passage]:
    return [Passage(id=i, source_id="s", text="x") for i in ids]


def test_ids_are_shown_by_their_last_six_characters() -> None:
    assert short_ids(passages(A, B)) == {A: "1b2c3d", B: "4f5a6b"}


def test_ids_that_end_alike_are_shown_longer() -> None:
    shown = short_ids(passages(A, TWIN))

    assert len(set(shown.values())) == 2
    assert all(full.replace("-", "").endswith(short) for full, short in shown.items())


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        ("So it is [[p:1b2c3d]].", f"So it is [[p:{A}]]."),
        ("So it is [p:1b2c3d].", f"So it is [[p:{A}]]."),
        ("So it is [[P: 1B2C3D ]].", f"So it is [[p:{A}]]."),
        ("So it is [[p:1b2c3d, p:4f5a6b]].", f"So it is [[p:{A}]][[p:{B}]]."),
        ("So it is [[p:1b2c3d; 4f5a6b]].", f"So it is [[p:{A}]][[p:{B}]]."),
        ("So it is [[p:1b2c3d, p:1b2c3d]].", f"So it is [[p:{A}]]."),
        (f"So it is [[p:{A}]].", f"So it is [[p:{A}]]."),
        ("[[n:4f5a6b]] say so.", f"[[n:{B}]] say so."),
    ],
)
def test_slips_in_markers_are_taken(written: str, bound: str) -> None:
    assert bind_markers(written, passages(A, B)) == bound


def test_an_unknown_id_keeps_its_marker_and_is_never_guessed() -> None:
    assert bind_markers("So [[p:1b2c3e]].", passages(A, B)) == "So [[p:1b2c3e]]."


@pytest.mark.parametrize("text", ["[1]", "[n: 45]", "[p: 0.05]", "[sic]", "[[wiki]]", "a[p]"])
def test_brackets_that_are_no_citation_are_left_alone(text: str) -> None:
    assert bind_markers(text, passages(A)) == text
