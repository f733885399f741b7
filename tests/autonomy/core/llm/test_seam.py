from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy.core.llm.seam import Seam, Unjoinable, kept_of

ESSAY = (
    "Reefs shelter many species although they cover little of the sea floor [[p:a1]]. Warm summers "
    "reduced living cover by 31.5 per cent within ten years [[p:a1]][[p:b2]]. Grazing fish kept "
    "young coral free of seaweed in every plot that was surveyed.\n\nClosed seasons let these fish "
    "return, and managers accepted them after the third year [[p:b2]]. What stays open is how deep "
    "reefs respond. Future work should follow them with the same loggers."
)


def join(kept: str, rest: str, lost: str = "", size: int = 7) -> tuple[str, str]:
    """The whole text, and all that was shown of the rest, streamed in pieces of `size`."""
    seam = Seam(kept, lost)
    shown = "".join(seam.feed(rest[i : i + size]) for i in range(0, len(rest), size))
    shown += seam.finish()
    return seam.text, shown


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One is whole. Two is no", "One is whole."),
        ("It fell [[p:a1]]. Then", "It fell [[p:a1]]."),
        ("It fell by 3.", ""),
        ("It fell by 3.5 per", ""),
        ("As Lee et al. showed, it", ""),
        ("Done. As Lee et al. showed, it", "Done."),
        ("He said “It fell. And", ""),
        ("He said “It fell.” And", "He said “It fell.”"),
        ("So $a. b$ holds. And", "So $a. b$ holds."),
        ("<think>First. Then", ""),
        ("Es ist so。 Und", "Es ist so。"),
        ("no end at all", ""),
    ],
)
def test_a_broken_text_is_kept_to_its_last_whole_sentence(text: str, kept: str) -> None:
    assert kept_of(text) == kept


def test_the_rest_follows_after_one_space_or_in_a_paragraph_of_its_own() -> None:
    rest = "It goes on with one more sentence that says something quite different from the above."

    assert join("One is whole.", rest)[0] == f"One is whole. {rest}"
    assert join("One is whole.", f"\n\n{rest}")[0] == f"One is whole.\n\n{rest}"
    assert join("One is whole.", rest, lost="\n\nIt go")[0] == f"One is whole.\n\n{rest}"


@given(st.integers(20, len(ESSAY) - 1), st.integers(1, 40))
def test_wherever_a_text_breaks_an_exact_continuation_restores_it(at: int, size: int) -> None:
    kept = kept_of(ESSAY[:at])
    if not kept:
        return
    rest = ESSAY[len(kept) :].lstrip()

    whole, shown = join(kept, rest, lost=ESSAY[len(kept) : at], size=size)

    assert whole.split() == ESSAY.split()
    assert whole == kept + shown


@given(st.integers(60, len(ESSAY) - 1), st.integers(0, 40), st.integers(1, 40))
def test_words_that_the_rest_repeats_are_not_doubled(at: int, back: int, size: int) -> None:
    kept = kept_of(ESSAY[:at])
    words = kept.split()
    if len(words) < 12 or not 2 <= back <= len(words):
        return
    rest = " ".join(words[-back:]) + " " + ESSAY[len(kept) :].lstrip()

    whole, shown = join(kept, rest, size=size)

    assert whole.split() == ESSAY.split()
    assert whole == kept + shown


def test_a_rest_that_begins_the_whole_text_again_adds_only_what_was_missing() -> None:
    kept = kept_of(ESSAY[:250])

    assert join(kept, ESSAY)[0].split() == ESSAY.split()


@pytest.mark.parametrize(
    "rest",
    [
        "Here is the rest of the text:\n\nIt goes on with a sentence and another one after it.",
        "<think>I should go on.</think> It goes on with a sentence and another one after it, too.",
        "```\nIt goes on with a sentence and another one after it, and then a third one.\n```",
        "Reefs shelter many species although they cover little of all the oceans that there are now.",
        "Another thought comes first, and it has many words so that it joins without any question. "
        "Warm summers reduced living cover by 31.5 per cent within ten years [[p:a1]][[p:b2]].",
    ],
    ids=["a remark", "thinking", "a fence", "the same in other words", "a sentence twice"],
)
def test_a_rest_that_does_not_go_on_is_refused(rest: str) -> None:
    with pytest.raises(Unjoinable):
        join(kept_of(ESSAY[:250]), rest)


def test_an_empty_rest_leaves_what_there_is() -> None:
    assert join("One is whole.", "") == ("One is whole.", "")
