"""The ladder over the whole corpus: what was said, or less, or a complaint; never anything else."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from autonomy.core.answers import ClaimVerdicts, PlannedDocument, ProposedRepair
from autonomy.core.llm.failures import FailureKind, Unusable
from autonomy.core.llm.ladder import LONGEST, Rung, parse, without_thinking
from tests.autonomy.core.llm.corpus.bases import BASES, Base
from tests.autonomy.core.llm.corpus.damages import DAMAGES, INNER, OUTER, REFUSALS, Damage, dumped
from tests.autonomy.core.llm.corpus.run import Outcome, ended, kept, row


def told(outcome: Outcome) -> str:
    return f"{outcome.rung} {outcome.crash}{outcome.strayed}{outcome.complaint} | {outcome.text[:400]!r}"


def ends_well(text: str, output: type[BaseModel]) -> bool:
    """Whether the ladder gives a value of the type, or says what is wrong."""
    try:
        return isinstance(parse(text, output).value, output)
    except Unusable as error:
        return bool(error.detail)


@pytest.mark.parametrize("damage", DAMAGES, ids=[damage.kind for damage in DAMAGES])
def test_every_kind_of_damage_ends_as_well_as_it_allows(damage: Damage) -> None:
    broken = [outcome for outcome in row(damage).outcomes if not kept(damage, outcome)]

    assert not broken, "\n".join(told(outcome) for outcome in broken[:3])


def test_the_kinds_are_told_apart() -> None:
    kinds = [damage.kind for damage in DAMAGES]

    assert len(set(kinds)) == len(kinds) >= 25


@settings(max_examples=300, deadline=None)
@given(
    base=st.sampled_from(BASES),
    inner=st.lists(st.sampled_from(INNER), max_size=1),
    outer=st.lists(st.sampled_from(OUTER), min_size=1, max_size=2),
    seed=st.integers(0, 2**32),
)
def test_no_composition_of_damages_makes_an_answer_say_something_else(
    base: Base,
    inner: list[tuple[str, Callable[[str, random.Random], str]]],
    outer: list[tuple[str, Callable[[str, random.Random], str]]],
    seed: int,
) -> None:
    rng, text = random.Random(seed), dumped(base.value)
    for _, change in (*inner, *outer):
        text = change(text, rng) if len(text) > 1 else text

    outcome = ended(base, text)

    assert not outcome.crash, told(outcome)
    assert not outcome.strayed, told(outcome)


@settings(max_examples=100, deadline=None)
@given(
    text=st.text(max_size=400),
    output=st.sampled_from([PlannedDocument, ClaimVerdicts, ProposedRepair]),
)
def test_any_text_at_all_ends_in_data_or_in_a_complaint(text: str, output: type[BaseModel]) -> None:
    assert ends_well(text, output)


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="{}[]()\",:'`\\ \n#/*-…“”u0na1.<|>", max_size=200))
def test_any_heap_of_punctuation_ends_in_data_or_in_a_complaint(text: str) -> None:
    assert ends_well(text, ProposedRepair)


def test_an_answer_cut_at_any_byte_says_no_more_than_was_said() -> None:
    for base in BASES:
        text = dumped(base.value)
        for end in range(1, len(text)):
            outcome = ended(base, text[:end])
            assert not outcome.crash + outcome.strayed, told(outcome)


@pytest.mark.parametrize("text", REFUSALS)
def test_an_apology_in_any_of_these_languages_is_a_refusal(text: str) -> None:
    with pytest.raises(Unusable) as caught:
        parse(text, ClaimVerdicts)

    assert caught.value.kind is FailureKind.REFUSED


def test_a_torn_tool_input_is_never_taken_for_a_whole_one() -> None:
    torn = '{"diagnosis": "Fewer results.", "tool": null, "input": {"queries": ["salt"], "lim'

    with pytest.raises(Unusable, match="broke off"):
        parse(torn, ProposedRepair)


def test_a_key_that_is_said_twice_is_named_in_the_complaint() -> None:
    text = '{"verdicts": [{"marker": 1, "verdict": "partly", "verdict": "supported"}]}'

    with pytest.raises(Unusable, match="“verdict” stands twice"):
        parse(text, ClaimVerdicts)


@pytest.mark.parametrize("written", ["200-300", "1.000", "two hundred", "-200", "true"])
def test_a_number_that_is_unclear_is_asked_for_again(written: str) -> None:
    text = dumped(BASES[0].value).replace(
        "310", written if written in ("-200", "true") else f'"{written}"'
    )

    with pytest.raises(Unusable, match=r"sections\.0\.words"):
        parse(text, PlannedDocument)


def test_optional_fields_under_other_names_are_not_lost() -> None:
    parsed = parse(
        '{"diagnosis": "Fewer.", "Tool": "library.search", "INPUT": {"limit": 3}}', ProposedRepair
    )

    assert parsed.value == ProposedRepair(
        diagnosis="Fewer.", tool="library.search", input={"limit": 3}
    )
    assert parsed.rung is Rung.COERCED


_PATTERNS = {
    "open tags": "<think>",
    "open brackets": "{",
    "lists of objects": "[{",
    "keys": '{"a":',
    "quotes": '"',
    "quotes and commas": '", ',
    "openers in prose": '{"a b ',
    "backslashes": "\\",
    "fences": "```\n",
    "comments": "/* ",
    "dollars": "$ \\nu ",
    "dashes": "- a: b\n",
    "table": "| a | b |\n",
    "blank": " ",
    "parameters": "<parameter=a>",
    "headless": '"a": "b", ',
    "channels": "<|channel|>",
    "digits": "1",
}


@pytest.mark.parametrize("pattern", _PATTERNS.values(), ids=_PATTERNS)
def test_time_grows_with_the_length_alone(pattern: str) -> None:
    def cost(length: int) -> float:
        text = (pattern * (length // len(pattern) + 1))[:length]
        best = 60.0
        for _ in range(3):
            began = time.thread_time()
            with pytest.raises(Unusable):
                parse(text, PlannedDocument)
            best = min(best, time.thread_time() - began)
        return best

    # Four times the text may take ten times as long, and a little for noise: sixteen times would be
    # its square. What it takes in milliseconds is told by `make bench BENCH=ladder`.
    small, large = cost(20_000), cost(80_000)
    assert large < 10 * small + 0.1


def test_an_answer_that_no_model_writes_at_once_is_not_read() -> None:
    with pytest.raises(Unusable, match="too long"):
        parse('{"verdicts": []}' + " " * LONGEST, ClaimVerdicts)


def test_prose_keeps_tags_that_it_talks_about() -> None:
    text = "Models trained this way open with “<think>” and close with `</think>`."

    assert without_thinking(text) == text


def test_prose_loses_what_no_database_can_store() -> None:
    assert without_thinking("a\x00b\ud800c\r\nd\U000e0041") == "ab\ufffdc\nd"
