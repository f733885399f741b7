from __future__ import annotations

import time

import pytest

from autonomy.core.small_talk import kind_of, rule_reply


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("hi", "greeting"),
        ("Hello there!", "greeting"),
        ("Good morning, how are you today?", "greeting"),
        ("こんにちは", "greeting"),
        ("thanks!", "thanks"),
        ("Thank you very much, really great!", "thanks"),
        ("Vielen Dank", "thanks"),
        ("what can you do?", "abilities"),
        ("Hey, what can you do for me?", "abilities"),
        ("help", "abilities"),
        ("who are you?", "identity"),
        ("Are you a robot?", "identity"),
        ("ok bye", "goodbye"),
    ],
)
def test_small_talk_is_known(message: str, kind: str) -> None:
    assert kind_of(message) == kind


@pytest.mark.parametrize(
    "message",
    [
        "",
        "ok",
        "shorter",
        "Hi, write a report on tides",
        "thanks, now make it 300 words",
        "What can you do about coral bleaching?",
        "Who are you citing in section two?",
        "help me write an essay",
        "What is this paper about?",
        "Hello in Japanese culture",
    ],
)
def test_what_asks_for_something_is_no_small_talk(message: str) -> None:
    assert kind_of(message) is None


def test_the_rules_reply_says_what_to_do_next() -> None:
    assert "Add the files" in rule_reply("greeting", 0)
    assert "3 sources are ready" in rule_reply("abilities", 3)
    assert "program" in rule_reply("identity", 1)
    assert (
        len(
            {
                rule_reply(kind, 1)
                for kind in ("greeting", "thanks", "abilities", "identity", "goodbye")
            }
        )
        == 5
    )


@pytest.mark.parametrize("pattern", ["thanks great ", "hi ", "so that is ", "a lot of "])
def test_reading_it_is_bounded(pattern: str) -> None:
    began = time.process_time()
    kind_of((pattern * 20)[:119] + "?")

    assert time.process_time() - began < 0.05
