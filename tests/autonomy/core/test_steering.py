"""Messages are read clause by clause, and what is not understood is kept apart."""

from __future__ import annotations

import pytest

from autonomy.core.steering import (
    KEPT_CHARS,
    KEPT_MESSAGES,
    KEPT_WISHES,
    Wishes,
    read_message,
    remember,
)
from autonomy.core.types import Steering
from tests.hostile import slow


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("make it 500 words", Wishes(length_words=500)),
        ("Make it 1,200 words please!", Wishes(length_words=1200)),
        ("shorter please", Wishes(stretch=0.75)),
        ("much longer", Wishes(stretch=1.75)),
        ("use APA", Wishes(style="apa")),
        ("switch to Vancouver style", Wishes(style="vancouver")),
        ("in MLA", Wishes(style="mla")),
        ("Chicago", Wishes(style="chicago")),
        ("focus on Chicago schools", Wishes(focus=("Chicago schools",))),
        ("please focus more on coral bleaching.", Wishes(focus=("coral bleaching",))),
        ("add a section on data and code", Wishes(add=("data and code",))),
        ("also cover the cost of attention", Wishes(add=("cost of attention",))),
        ("drop the conclusion", Wishes(drop=("conclusion",))),
        ("leave out the Methods section", Wishes(drop=("Methods",))),
        ("remove the section on limits", Wishes(drop=("limits",))),
        ("call it “Fish and Reefs”", Wishes(title="Fish and Reefs")),
        ("stop after the outline", Wishes(ask_plan=True)),
        ("show me the plan first", Wishes(ask_plan=True)),
        (
            "Use APA, drop the conclusion and make it 500 words.",
            Wishes(style="apa", drop=("conclusion",), length_words=500),
        ),
        (
            "add a section on seaweed and focus on grazing fish",
            Wishes(add=("seaweed",), focus=("grazing fish",)),
        ),
        ("make the argument more elegant", Wishes(unread=("make the argument more elegant",))),
        (
            "use APA. Be more critical of Okoye.",
            Wishes(style="apa", unread=("Be more critical of Okoye",)),
        ),
        ("Thanks!", Wishes()),
        ("APA is a body that I distrust", Wishes(unread=("APA is a body that I distrust",))),
    ],
)
def test_a_message_is_read(text: str, wishes: Wishes) -> None:
    assert read_message(text) == wishes


@pytest.mark.parametrize(
    "text", ["", "?!", "\n\n", "a" * 20_000, "drop", "add a section on", "💥 " * 500]
)
def test_anything_can_be_read_without_harm(text: str) -> None:
    assert read_message(text).length_words is None


def test_a_later_wish_wins_and_what_was_added_can_be_dropped() -> None:
    steering = Steering()
    for text in ("use APA", "add a section on seaweed", "use MLA", "drop seaweed"):
        steering = remember(steering, text, read_message(text))

    assert steering.style == "mla"
    assert (steering.added, steering.dropped) == ((), ("seaweed",))
    assert len(steering.messages) == 4


def test_the_state_stays_small_whatever_is_said() -> None:
    steering = Steering()
    for n in range(50):
        text = f"add a section on number {n} " + "x" * 20_000
        steering = remember(steering, text, read_message(text))

    assert len(steering.messages) == KEPT_MESSAGES
    assert all(len(text) <= KEPT_CHARS for text in steering.messages)
    assert len(steering.model_dump_json()) < 20_000


def test_no_message_takes_long_to_read() -> None:
    assert slow(read_message) == {}


@pytest.mark.parametrize(
    "text",
    [
        "use APA. " + "The reefs are wide. " * 200,
        "use APA; " + "a; " * 100,
        "use APA " + "as their journals do " * 30,
        "use APA. " + "Drop fish. " * (KEPT_WISHES + 1),
    ],
)
def test_of_a_long_message_the_beginning_is_read_and_that_is_known(text: str) -> None:
    wishes = read_message(text)

    assert wishes.style == "apa"
    assert wishes.cut
    assert len(wishes.drop) <= KEPT_WISHES


def test_a_message_laid_out_with_many_blanks_is_read_whole() -> None:
    wishes = read_message("use   APA" + " " * 5_000 + "style.\n\n\n \tdrop\tthe    conclusion")

    assert wishes == Wishes(style="apa", drop=("conclusion",))
