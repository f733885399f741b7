from __future__ import annotations

import random
from itertools import pairwise

import pytest

from autonomy.export.word_diff import Change, Op, changes, diff, tokens, words_in

TEXT = "The reef lost 3.5 % of its cover. Warm water bleached it.\n\nFish left early in spring.\n"


def both(before: str, after: str, **limits: int) -> list[tuple[str, str]]:
    """The parts, after checking that they make both texts."""
    parts = diff(before, after, **limits)
    assert "".join(p.text for p in parts if p.op is not Op.INSERT) == before
    assert "".join(p.text for p in parts if p.op is not Op.DELETE) == after
    return [(part.op.value, part.text) for part in parts]


def test_words_that_changed_are_told_between_those_that_stayed() -> None:
    assert both(TEXT, TEXT.replace("Warm water", "Heat")) == [
        ("equal", "The reef lost 3.5 % of its cover. "),
        ("delete", "Warm water"),
        ("insert", "Heat"),
        ("equal", " bleached it.\n\nFish left early in spring.\n"),
    ]


def test_words_between_larger_changes_are_told_with_them() -> None:
    before = "It is important to note that the fish which are small left."
    after = "Notably, some of the minute animals left."
    assert [op for op, _ in both(before, after)] == ["delete", "insert", "equal"]


def test_a_number_an_abbreviation_and_a_marker_are_one_word_each() -> None:
    text = "In 1,250 cases (e.g. 3.5 %) [[p:0190a-b]] it’s so."
    assert {"1,250", "e.g", "3.5", "[[p:0190a-b]]", "it’s"} <= set(tokens(text))


def test_scripts_without_spaces_are_compared_by_character() -> None:
    assert both("珊瑚礁正在消失", "珊瑚礁已经消失")[1:3] == [("delete", "正在"), ("insert", "已经")]


@pytest.mark.parametrize("seed", range(20))
def test_any_two_texts_can_be_made_of_their_parts(seed: int) -> None:
    rng = random.Random(seed)
    words = "reef, fish; 3.5 % left\n early [[p:a-1]] 礁 a b c .".split(" ")
    before, after = (" ".join(rng.choices(words, k=rng.randrange(60))) for _ in range(2))
    for most in (12_000, 3):
        both(before, after, most_tokens=most)
        text = before
        found = changes(before, after, most_tokens=most)
        assert all(one.end < other.start for one, other in pairwise(found))
        for change in reversed(found):
            text = text[: change.start] + change.text + text[change.end :]
        assert text == after


def test_a_stretch_above_the_limit_is_replaced_as_a_whole() -> None:
    before, after = " ".join("abcdefgh"), " ".join("hgfedcba")
    assert both(before, after, most_tokens=5) == [("delete", before), ("insert", after)]
    assert changes(before, after, most_tokens=5) == [Change(0, len(before), after)]


def test_work_is_bounded_whatever_the_texts_are(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    from rapidfuzz.distance import Indel

    real = Indel.opcodes

    def counted(a: list[object], b: list[object]) -> object:
        sizes.append(len(a) * len(b))
        return real(a, b)

    monkeypatch.setattr(Indel, "opcodes", counted)
    rng = random.Random(1)
    before, after = (" ".join(rng.choices("abcdefghij", k=40_000)) for _ in range(2))
    both(before, after)
    assert all(size <= 12_000**2 for size in sizes)


def test_words_are_counted_by_kind() -> None:
    parts = diff("one two three", "one 2 three four")
    assert (words_in(parts, Op.DELETE), words_in(parts, Op.INSERT)) == (1, 2)
