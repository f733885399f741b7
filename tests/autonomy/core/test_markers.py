from __future__ import annotations

import pytest

from autonomy.core.markers import bind_markers, short_ids
from autonomy.core.types import Passage

A = "0198a0b0-1111-7abc-8def-00000a1b2c3d"
B = "0198a0b0-1111-7abc-8def-00000e4f5a6b"
LATER = "0198ffff-1111-7abc-8def-00000a1b2c3d"
TEXTS = {A: "Shade cools the street.", B: "Roofs cool the building."}


def passages(*ids: str) -> list[Passage]:
    return [Passage(id=i, source_id="s", text=TEXTS.get(i, "x"), page=1) for i in ids]


SHORT_A, SHORT_B = short_ids(passages(A, B)).values()


def test_ids_are_shown_by_six_characters_of_what_the_passage_says() -> None:
    assert SHORT_A != SHORT_B
    assert len(SHORT_A) == len(SHORT_B) == 6
    elsewhere = Passage(id=LATER, source_id="other", text=TEXTS[A], page=1)
    assert short_ids([elsewhere]) == {LATER: SHORT_A}


def test_copies_of_a_passage_are_told_apart_by_which_came_first() -> None:
    twins = [Passage(id=i, source_id=i, text=TEXTS[A], page=1) for i in (LATER, A)]

    shown = short_ids(twins)

    assert shown[A] == SHORT_A
    assert shown[LATER] != SHORT_A
    assert short_ids(twins[::-1]) == shown


def test_passages_of_one_hash_s_beginning_are_shown_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "autonomy.core.markers._hash", lambda text: "abcdef" + ("01" if "Roofs" in text else "02")
    )

    assert short_ids(passages(A, B)) == {A: "abcdef02"[:8], B: "abcdef01"[:8]}


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        (f"So it is [[p:{SHORT_A}]].", f"So it is [[p:{A}]]."),
        (f"So it is [p:{SHORT_A}].", f"So it is [[p:{A}]]."),
        (f"So it is [[P: {SHORT_A.upper()} ]].", f"So it is [[p:{A}]]."),
        (f"So it is [[p:{SHORT_A}, p:{SHORT_B}]].", f"So it is [[p:{A}]][[p:{B}]]."),
        (f"So it is [[p:{SHORT_A}; {SHORT_B}]].", f"So it is [[p:{A}]][[p:{B}]]."),
        (f"So it is [[p:{SHORT_A}, p:{SHORT_A}]].", f"So it is [[p:{A}]]."),
        (f"So it is [[p:{A}]].", f"So it is [[p:{A}]]."),
        (f"[[n:{SHORT_B}]] say so.", f"[[n:{B}]] say so."),
    ],
)
def test_slips_in_markers_are_taken(written: str, bound: str) -> None:
    assert bind_markers(written, passages(A, B)) == bound


def test_an_unknown_id_keeps_its_marker_and_is_never_guessed() -> None:
    assert bind_markers("So [[p:1b2c3e]].", passages(A, B)) == "So [[p:1b2c3e]]."


@pytest.mark.parametrize(
    ("written", "bound"),
    [
        ("So [p:deadbeef].", "So [[p:deadbeef]]."),
        ("So [P: 1B2C3E ].", "So [[p:1B2C3E]]."),
        (f"So [n:{LATER}].", f"So [[n:{LATER}]]."),
        ("So [p:smith2020].", "So [[p:smith2020]]."),
        (f"So [p:{SHORT_A}, p:deadbeef].", f"So [[p:{A}]][[p:deadbeef]]."),
        (f"So [p:{SHORT_A}, 12].", f"So [[p:{A}]][[p:12]]."),
    ],
)
def test_an_unknown_id_in_single_brackets_becomes_a_marker_that_can_be_dropped(
    written: str, bound: str
) -> None:
    assert bind_markers(written, passages(A, B)) == bound


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "[n: 45]",
        "[n: 120000]",
        "[n=45]",
        "[p: 0.05]",
        "[p: 12]",
        "[N: negative]",
        "[sic]",
        "[[wiki]]",
        "a[p]",
    ],
)
def test_brackets_that_are_no_citation_are_left_alone(text: str) -> None:
    assert bind_markers(text, passages(A)) == text
