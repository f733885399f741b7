from __future__ import annotations

import pytest

from autonomy.core.types import TaskSettings
from chat.follow_up import (
    changes_something,
    changes_what_was_asked,
    merged_goal,
    merged_settings,
)
from chat.titles import title_for
from tests.hostile import slow


@pytest.mark.parametrize(
    "message",
    [
        "make it 300 words",
        "now in APA",
        "shorter please",
        "Can you make it shorter?",
        "Use Vancouver style instead",
        "add a conclusion",
        "Summarise it",
        "Why?",
    ],
)
def test_what_names_no_topic_changes_the_last_request(message: str) -> None:
    assert changes_what_was_asked(message)


@pytest.mark.parametrize(
    "message",
    [
        "What are the limits?",
        "Write a 900-word review of the attached papers",
        "Review the attached papers",
        "Street trees and summer heat",
        "An essay on attention in vision models",
    ],
)
def test_what_stands_for_itself_does_not(message: str) -> None:
    assert not changes_what_was_asked(message)


def test_a_change_is_told_from_thanks() -> None:
    assert changes_something("more formal")
    assert not changes_something("thanks again")


def test_the_earlier_goal_gives_way_where_both_are_too_long() -> None:
    assert merged_goal("Write about trees", " shorter ", 100) == "Write about trees\nshorter"
    assert merged_goal("x" * 50, "shorter", 20) == "x" * 12 + "\nshorter"
    assert merged_goal("Write", "y" * 20, 20) == "y" * 20


def test_settings_stay_unless_something_newer_names_them() -> None:
    before = TaskSettings(style="apa", length_words=600, level="doctoral")
    now = TaskSettings(style="apa")
    assert merged_settings(before, now, "more formal") == before
    assert merged_settings(before, now, "make it 300 words").length_words is None
    assert merged_settings(before, now, "now in MLA").style == "mla"
    assert merged_settings(before, TaskSettings(), "more formal").style == "apa"
    longer = TaskSettings(style="mla", length_words=900, level="undergraduate")
    assert merged_settings(before, longer, "more formal") == longer


def test_no_message_takes_long_to_judge() -> None:
    assert slow(lambda text: changes_what_was_asked(f"a{text}"[:20_000])) == {}
    assert slow(changes_something) == {}
    assert slow(title_for) == {}
