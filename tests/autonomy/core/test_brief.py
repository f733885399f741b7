from __future__ import annotations

from collections.abc import Callable

import pytest

from autonomy.core.brief import asks_for_plan, length_in, read_brief, style_in
from autonomy.core.types import TaskSettings, TaskSpec
from tests.hostile import slow


def brief_of(goal: str, source_ids: tuple[str, ...] = ("a",), **settings: object):
    return read_brief(TaskSpec(goal=goal, source_ids=source_ids, settings=TaskSettings(**settings)))


@pytest.mark.parametrize(
    ("goal", "topic"),
    [
        ("Write a 1,500-word review of coral reefs from these PDFs, Harvard style", "coral reefs"),
        (
            "Essay on the effect of sleep on memory, covering age and caffeine.",
            "the effect of sleep on memory",
        ),
        ("What is a closed season?", "What is a closed season"),
        ("grazing fish and seaweed", "grazing fish and seaweed"),
        ("Please write an essay: tidal power", "tidal power"),
        (
            "Use the exchange-rate tool for EUR/USD on 2024-01-05. What was the rate?",
            "exchange rate EUR/USD on 2024-01-05",
        ),
        (
            "Use the exchange-rate tool for EUR/USD on 2024-01-05 and write a note on the euro",
            "the euro",
        ),
        ("Use the rates tool and say what it was", "rates"),
        (
            "Write a report on job satisfaction by department from this survey, about 800 words",
            "job satisfaction by department",
        ),
        (
            "Report on rents, based on the attached data file, in up to 600 words, APA style",
            "rents",
        ),
        (
            "An essay on what trade unions learnt from this strike",
            "what trade unions learnt from this strike",
        ),
        (
            "Compare wind power and tidal power in 800 words using only the attached papers",
            "wind power and tidal power",
        ),
    ],
)
def test_the_topic_is_what_is_left_without_the_instructions(goal: str, topic: str) -> None:
    assert brief_of(goal).topic == topic


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        ("a 1,500-word essay on x", 1500),
        ("2000 words about x", 2000),
        ("an essay on x", None),
        ("50000 words on x", 30000),
    ],
)
def test_the_length_is_read_from_the_request(goal: str, words: int | None) -> None:
    assert brief_of(goal).length_words == words


def test_an_explicit_setting_wins_over_the_words_of_the_request() -> None:
    brief = brief_of("a 1,500-word essay on x in MLA style", length_words=700, style="apa")

    assert (brief.length_words, brief.style) == (700, "apa")


def test_a_style_named_in_the_request_replaces_the_default_one() -> None:
    assert brief_of("an essay on x, Chicago style").style == "chicago"


def test_named_aspects_become_sections_to_be() -> None:
    brief = brief_of(
        "Essay on sleep, covering adolescents, shift work and the limits of the evidence."
    )

    assert brief.aspects == ("adolescents", "shift work", "limits of the evidence")


def test_limiting_words_count_only_when_files_are_attached() -> None:
    assert brief_of("review x using only these papers").only_attached
    assert not brief_of("review x using only these papers", source_ids=()).only_attached


def test_a_goal_of_request_words_alone_still_has_a_topic() -> None:
    assert brief_of("write an essay please").topic


def test_a_follow_up_changes_only_what_it_names() -> None:
    brief = brief_of(
        "Write a 1,500-word review of coral reefs, Harvard style\nmake it 300 words in APA"
    )

    assert (brief.topic, brief.length_words, brief.style) == ("coral reefs", 300, "apa")


def test_the_attached_files_are_no_part_of_the_topic() -> None:
    assert brief_of("Review the attached papers on coral reefs").topic == "coral reefs"


@pytest.mark.parametrize(
    "goal",
    [
        "Write a 1,200-word literature review that compares the attached papers, Harvard style.",
        "Make an annotated bibliography of the attached papers on their common topic.",
    ],
)
def test_a_request_without_a_topic_is_known_for_one(goal: str) -> None:
    assert not brief_of(goal).named


@pytest.mark.parametrize(
    ("goal", "topic"),
    [
        ("Write an essay that compares solar and wind power", "solar and wind power"),
        ("Write a literature review that compares the attached papers.", "attached papers"),
    ],
)
def test_what_the_document_is_to_do_is_no_part_of_its_topic(goal: str, topic: str) -> None:
    assert brief_of(goal).topic == topic


@pytest.mark.parametrize(
    "goal",
    [
        "What do my sources conclude?",
        "What do my sources propose, and what do they conclude?",
        "What are the main findings of these papers?",
    ],
)
def test_a_question_about_the_sources_as_such_is_known_for_one(goal: str) -> None:
    assert brief_of(goal).of_sources


@pytest.mark.parametrize(
    "goal",
    [
        "What do my sources conclude about coral reefs?",
        "Why do closed seasons work?",
        "Review the attached papers",
    ],
)
def test_a_question_about_a_matter_is_no_question_about_the_sources(goal: str) -> None:
    assert not brief_of(goal).of_sources


def test_a_request_with_a_topic_is_known_for_one() -> None:
    assert brief_of("Write a review of coral reefs from these PDFs").named


@pytest.mark.parametrize(
    "text",
    [
        "Write 900 words on reefs. Show me the plan first.",
        "Write 900 words on reefs and show me your outline before you write",
        "Please show me the plan.",
        "Essay on tides; let me approve the plan first",
        "Let me see and approve the outline before writing.",
        "I would like to see the plan first",
        "I’d like to review the plan before anything is written",
        "stop after the outline",
        "ask me before you start",
        "Don't write anything until I have approved the plan",
        "Don’t start before I’ve seen the plan",
        "Show me the plan for the essay before you write it",
        "No need to show me the plan.\nSorry, do show me the plan first.",
        "give me an outline first",
    ],
)
def test_a_wish_to_see_the_plan_is_read(text: str) -> None:
    assert asks_for_plan(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "no need to show me the plan",
        "You needn't show me the plan first.",
        "Write it without showing me the plan first",
        "I don't need to see the plan",
        "do not wait for my approval",
        "I do not want to approve the outline, just write",
        "Show me the plan first.\nOn second thoughts, no need to show me the plan.",
    ],
)
def test_a_plan_that_need_not_be_shown_is_known_for_it(text: str) -> None:
    assert asks_for_plan(text) is False


@pytest.mark.parametrize(
    "text",
    [
        "Write about the Marshall Plan",
        "Show me the plan of the Easter Rising",
        "Let me see the plan behind the Beveridge report",
        "Why did the plan fail?",
        "Give me a plan for revising chemistry",
        "an essay on why councils show residents the plan first",
        "The authors did not publish a plan.",
    ],
)
def test_a_plan_that_is_the_subject_is_not_the_run_s(text: str) -> None:
    assert asks_for_plan(text) is None


@pytest.mark.parametrize(
    "goal",
    [
        "Write 900 words on coral reefs and show me the plan first",
        "Show me the plan first. Write 900 words on coral reefs.",
        "Write a review of coral reefs, but please let me approve the outline before you write.",
        "Write a review of coral reefs. No need to show me the plan.",
    ],
)
def test_the_wish_to_see_the_plan_is_no_part_of_the_topic(goal: str) -> None:
    assert brief_of(goal).topic == "coral reefs"


def test_no_request_takes_long_to_read() -> None:
    assert slow(lambda text: brief_of(f"a{text}")) == {}


def test_no_wish_to_see_the_plan_takes_long_to_find() -> None:
    assert slow(asks_for_plan) == {}
    assert slow(lambda text: brief_of(f"show me the plan first {text}"[:20_000])) == {}


def test_the_wish_to_see_the_plan_is_found_at_the_end_of_a_long_request() -> None:
    notes = "Notes follow. " * 1_000

    assert asks_for_plan(f"An essay on reefs. {notes}Show me the outline first.") is True
    assert asks_for_plan(f"An essay on reefs. {notes}") is None


@pytest.mark.parametrize("reader", [length_in, style_in])
def test_no_text_takes_long_to_look_through(reader: Callable[[str], object]) -> None:
    assert slow(reader) == {}


def test_a_length_at_the_end_of_a_long_request_is_read() -> None:
    brief = brief_of("An essay on reefs.\n" + "Notes follow. " * 1_000 + "\nmake it 300 words")

    assert (brief.topic, brief.length_words) == ("reefs", 300)


@pytest.mark.parametrize(
    ("goal", "topic"),
    [
        (
            "Analyse this CSV of sales in a report of about 800 words: how revenue develops over time.",
            "sales: how revenue develops over time",
        ),
        ("Write a report of about 800 words on sales by region from this CSV", "sales by region"),
        ("Describe the state of coral reefs in a short essay", "coral reefs"),
        ("Write about trust in a report of the police", "trust in a report of the police"),
    ],
)
def test_length_and_kind_of_the_document_are_no_part_of_its_topic(goal: str, topic: str) -> None:
    assert read_brief(TaskSpec(goal=goal)).topic == topic
