from __future__ import annotations

import pytest

from autonomy.core.types import TaskSettings
from chat.journey_choice import (
    choose,
    named_style,
    orders_a_text,
    says_what_is_wanted,
)
from tests.hostile import slow


@pytest.mark.parametrize(
    ("message", "journey"),
    [
        ("What does attention buy over recurrence?", "answer"),
        ("Is the effect significant", "answer"),
        ("Why do both papers disagree?", "answer"),
        ("What does the report say about costs?", "answer"),
        ("Write an essay: is attention all you need?", "write"),
        ("Could you write me a letter about this?", "write"),
        ("How do transformers work? 800 words please", "write"),
        ("What an introduction to transformers needs", "write"),
        ("Transformers in vision", "write"),
        ("Make an annotated bibliography on sleep", "research"),
    ],
)
def test_auto_chooses_by_what_the_message_says(message: str, journey: str) -> None:
    assert choose(message, TaskSettings()).journey == journey


@pytest.mark.parametrize(
    ("message", "files", "journey"),
    [
        ("Improve my draft", False, "rewrite"),
        ("Please proofread this", True, "rewrite"),
        ("Could you rewrite the attached chapter more clearly?", True, "rewrite"),
        ("Shorten my essay to 500 words", True, "rewrite"),
        ("make it more concise", True, "rewrite"),
        ("Fix the grammar", True, "rewrite"),
        ("Proofread this", False, "write"),
        ("Rewrite history: essays on Rome", False, "write"),
        ("Improve air quality in cities", True, "write"),
        ("What does my draft say?", True, "answer"),
        ("Write an essay to improve my English", True, "write"),
    ],
)
def test_a_text_of_one_s_own_is_improved_where_there_is_one(
    message: str, files: bool, journey: str
) -> None:
    assert choose(message, TaskSettings(), files=files).journey == journey


def test_a_length_in_the_settings_means_writing() -> None:
    choice = choose("What is attention?", TaskSettings(length_words=500))
    assert choice.journey == "write"
    assert choice.why == "A length was asked for."


@pytest.mark.parametrize(
    "message", ["thanks!", "Thank you very much, really great!", "hi", "ok", "Hello there", "👍"]
)
def test_courtesies_ask_for_nothing(message: str) -> None:
    assert not says_what_is_wanted(message)


@pytest.mark.parametrize(
    "message",
    [
        "Why?",
        "An essay",
        "600 words",
        "in APA",
        "Street trees and summer heat",
        "Street trees",
        "Write it",
    ],
)
def test_a_question_a_request_a_length_a_style_or_a_topic_is_wanted(message: str) -> None:
    assert says_what_is_wanted(message)


def test_the_style_named_last_counts() -> None:
    assert named_style("not Harvard but Chicago") == "chicago"
    assert named_style("any style") is None


def test_no_message_takes_long_to_choose_by() -> None:
    assert slow(lambda text: choose(text, TaskSettings(), files=True)) == {}
    assert slow(says_what_is_wanted) == {}
    assert slow(orders_a_text) == {}
