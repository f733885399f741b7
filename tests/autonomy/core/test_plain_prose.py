"""What a reader's program would act on is taken out of model text; the words stay."""

from __future__ import annotations

import time

import pytest

from autonomy.core.plain_prose import plain_line, plain_prose, without_echo


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Reefs [recover](https://evil.example/a(b)) fast.", "Reefs recover fast."),
        ("A ![plot](http://evil.example/p.png) here.", "A plot here."),
        ("See <https://evil.example>.", "See ."),
        ("Ask <a@b.example> first.", "Ask a@b.example first."),
        ("See https://evil.example/x, then go.", "See …, then go."),
        ("Text.\n\n[r]: https://evil.example 'x'", "Text.\n\n"),
        ("<script>alert(1)</script>Coral<br/> <b>grows</b>.", "Coral grows."),
        ("<scr<b>ipt>alert(1)</script>Coral", "alert(1)Coral"),
        ("A <img src=x onerror=alert(1)", "A "),
        ('<tool_call>{"name": "shell"}</tool_call>Done.', "Done."),
        ("x\u200by \u202ez", "xy z"),
        ("It cost $5 [x](http://evil.example) and $6.", "It cost $5 x and $6."),
    ],
)
def test_what_would_act_is_taken_out(written: str, kept: str) -> None:
    assert plain_prose(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "Cover fell by a third [[p:a1b2c3]][[p:d4e5f6]], as [[n:a1b2c3]] show.",
        "For $a<b$ and $f[x](y)$ the bound is a < b and c > d.",
        "Sizes 1//2, a/b and 10:30; see [1] and (Lee 2020).",
        "**Strong**, *weak*, `code` and “quoted [sic]”.",
    ],
)
def test_prose_mathematics_and_markers_stay(written: str) -> None:
    assert plain_prose(written) == written


def test_a_line_has_no_breaks_markers_or_fences() -> None:
    assert plain_line("One\n two [[p:abc]] <<<x>>>") == "One two [p:abc] x"


@pytest.mark.parametrize(
    "pattern", ["[", "![", "<a ", "](", "<", "[a](", "http://", "<!--", "<a b="]
)
def test_time_is_bounded(pattern: str) -> None:
    text = (pattern * 10_000)[:20_000]
    began = time.process_time()
    plain_prose(text)

    assert time.process_time() - began < 0.5


INSTRUCTIONS = """Role: writer

You write one section of a document from the passages that you are given, and from nothing else.
Keep to the length."""


def test_a_recited_instruction_is_taken_out_and_the_prose_around_it_stays() -> None:
    said = f"Trees cool the street [[p:a1]].\n\n{INSTRUCTIONS}\n\nThey need water [[p:a2]]."

    kept = without_echo(said, INSTRUCTIONS)

    assert kept.split("\n\n")[0] == "Trees cool the street [[p:a1]]."
    assert "Role: writer" not in kept
    assert "passages that you are given" not in kept
    assert "Keep to the length." not in kept
    assert kept.rstrip().endswith("They need water [[p:a2]].")


def test_a_few_words_in_common_with_the_instructions_are_no_echo() -> None:
    said = "Trees in one section of a document from 1990 were given water and nothing else."

    assert without_echo(said, INSTRUCTIONS) == said
