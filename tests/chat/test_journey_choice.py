from __future__ import annotations

import pytest

from autonomy.core.types import TaskSettings
from chat.journey_choice import choose


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


def test_a_length_in_the_settings_means_writing() -> None:
    choice = choose("What is attention?", TaskSettings(length_words=500))
    assert choice.journey == "write"
    assert choice.why == "A length was asked for."
