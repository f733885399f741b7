from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy.core.packing import ALWAYS, Part, Prompt, TooLong, shortened
from autonomy.core.tokens import estimate_tokens, fewest_tokens
from autonomy.core.untrusted import Fence

FENCE = Fence("abc123")
SENTENCES = " ".join(f"This is sentence number {n} of a longer text." for n in range(40))


def prompt(*parts: Part) -> Prompt:
    return Prompt("test", "1", "System.", parts)


def rule(text: str = "Always here.") -> Part:
    return Part(text)


def passage(rank: int, words: int = 120) -> Part:
    text = FENCE.quote(f"passage {rank}", f"rank{rank} " + "word " * words)
    return Part(text, 40 - rank, f"passage {rank}")


def test_a_prompt_that_fits_is_sent_whole() -> None:
    whole = prompt(rule(), passage(0), passage(1))

    packed = whole.packed(10_000)

    assert packed.text == whole.user()
    assert packed.left_out == ()


def test_the_least_important_goes_first_and_is_named() -> None:
    whole = prompt(rule(), *(passage(rank) for rank in range(5)))

    packed = whole.packed(whole.size() - 300)

    assert packed.left_out == ("passage 3", "passage 4")
    assert "rank2" in packed.text
    assert "rank3" not in packed.text


def test_of_equals_the_later_one_goes() -> None:
    whole = prompt(Part("a " * 300, 10, "first"), Part("b " * 300, 10, "second"))

    assert whole.packed(whole.size() // 2 + 10).left_out == ("second",)


def test_what_is_left_keeps_its_order() -> None:
    whole = prompt(passage(3), rule("One."), passage(0), rule("Two."), passage(1))

    text = whole.packed(whole.size() - 150).text

    assert text.index("One.") < text.index("rank0") < text.index("Two.") < text.index("rank1")


def test_what_is_never_left_out_and_does_not_fit_is_refused_with_figures() -> None:
    whole = prompt(rule("rule " * 900), passage(0))

    with pytest.raises(TooLong) as caught:
        whole.packed(500)

    assert caught.value.room == 500
    assert caught.value.needed >= whole.least()


def test_a_part_that_may_be_shortened_ends_with_a_sentence_inside_its_fence() -> None:
    part = Part(FENCE.quote("section: One", SENTENCES), 50, "section “One”", shorten=True)
    whole = prompt(rule(), part)

    packed = whole.packed(whole.size() // 2)

    assert packed.left_out == ("section “One” (shortened)",)
    assert re.search(r"longer text\. \[…\]\nabc123>>>\Z", packed.text)
    assert estimate_tokens(packed.text) <= whole.size() // 2


def test_what_is_never_left_out_may_still_be_shortened() -> None:
    best = Part(FENCE.quote("passage", SENTENCES), ALWAYS, "the best passage", shorten=True)
    whole = prompt(rule(), best)

    packed = whole.packed(whole.least() + 20)

    assert packed.left_out == ("the best passage (shortened)",)
    assert "sentence number 0" in packed.text


def test_two_parts_that_stay_are_both_shortened_when_one_cannot_give_enough() -> None:
    parts = [Part(FENCE.quote(f"p{n}", SENTENCES), ALWAYS, f"p{n}", shorten=True) for n in (1, 2)]
    whole = prompt(*parts)

    packed = whole.packed(whole.least() + 10)

    assert packed.left_out == ("p1 (shortened)", "p2 (shortened)")
    assert packed.text.count("abc123>>>") == 2


def test_text_without_sentences_is_cut_between_words_and_without_words_not_at_all() -> None:
    words = shortened("word " * 500, 100)
    assert words is not None
    assert words.endswith("word […]")
    assert shortened("x" * 5_000, 100) is None


part = st.builds(
    Part,
    text=st.text(max_size=400).map(lambda text: FENCE.quote("p", text)),
    priority=st.integers(1, ALWAYS),
    label=st.text("abc", max_size=3),
    shorten=st.booleans(),
)


@given(st.lists(part, min_size=1, max_size=8), st.integers(1, 900))
def test_every_packing_fits_keeps_what_must_stay_and_closes_its_fences(
    parts: list[Part], tokens: int
) -> None:
    whole = prompt(*parts)
    try:
        packed = whole.packed(tokens)
    except TooLong:
        assert whole.least() > tokens
        return
    assert estimate_tokens(packed.text) <= tokens + 1
    assert packed.text.count("<<<abc123 ") == packed.text.count("\nabc123>>>")
    assert all(p.text in packed.text for p in parts if p.priority == ALWAYS and not p.shorten)
    assert (packed.text == whole.user()) == (not packed.left_out)


@given(st.text(max_size=500))
def test_no_text_has_fewer_tokens_than_the_least_or_more_than_the_estimate(text: str) -> None:
    assert fewest_tokens(text) <= estimate_tokens(text)
