"""Sentences end where a reader would end them."""

from __future__ import annotations

import pytest

from autonomy.library.sentences import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["The tide rose.", "It fell again."],
        ["Did it rise?", "It did!", "Nobody saw it."],
        ["Growth was slow (Marsh et al., 2019).", "It stopped in winter."],
        ["As Marsh et al. (2019) report, growth was slow.", "It stopped."],
        ["See Fig. 3 and Eq. (4) for details.", "Sec. 2 has more."],
        ["Some plants, e.g. Zostera, i.e. eelgrass, float.", "Others do not."],
        ["The mean was 3.14 m, p < 0.05.", "The median was 2.9 m."],
        ["J. R. Tolland and A. Bee wrote it.", "They never met."],
        ["He said “It is over.”", "She disagreed."],
        ["They left (it was late.)", "The door stayed open."],
        [
            "This holds (cf. Lee, J. 2010; Kim et al. 2012; see Fig. 2. for more) in general.",
            "Next.",
        ],
        ["Dr. Bell met Mr. Cope at 5 p.m. in Port Alder.", "It rained."],
        ["It grew vs. the control.", "Nos. 3 and 4 died."],
        ["The list ends with etc. The next sentence begins."[:23], "The next sentence begins."],
        ["Wells, pumps, etc. were sold.", "All of them."],
        ["Wait… what is this?", "A reef."],
        ["As J. A. Lee showed, it grows.", "A reef."],
        ["苔藓长得很慢。", "有些群落很古老！", "真的吗？"],
        ["Visit example.org for more.", "It is free."],
        ["Version 2.0 shipped.", "Version 3 did not."],
        ["We used vitamin C. The dose was small."[:18], "The dose was small."],
    ],
)
def test_parts_are_found(parts: list[str]) -> None:
    joined = "".join(parts) if parts[0][-1] == "。" else " ".join(parts)
    assert cut(joined) == parts


def test_blank_lines_end_a_sentence_without_a_stop() -> None:
    assert cut("A heading\n\nThen prose follows.") == ["A heading", "Then prose follows."]


def test_a_lone_bracket_does_not_swallow_the_rest() -> None:
    assert cut("He opened ( and forgot. The end came. It was late.")[-1] == "It was late."


def test_spans_cover_all_but_white_space() -> None:
    text = "  One. Two (see 3. or 4.) three?\n\nFour…  Five "
    covered = "".join(text[a:b] for a, b in sentences(text))
    assert covered.replace(" ", "") == "".join(text.split())


@pytest.mark.parametrize("text", ["", "   ", "\n\n\n", "..."])
def test_nothing_much_gives_no_or_one_sentence(text: str) -> None:
    assert len(sentences(text)) <= 1


def test_a_long_text_takes_linear_time() -> None:
    assert len(sentences("Rivers rise (as in 2019) and fall. " * 20_000)) == 20_000
