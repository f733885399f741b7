"""Every kind of damage that models do to JSON, and the rung that mends it."""

from __future__ import annotations

import json
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from autonomy.core.llm.failures import FailureKind, Unusable
from autonomy.core.llm.ladder import Rung, parse, without_thinking


class Item(BaseModel):
    number: int
    verdict: Literal["supported", "partly", "unsupported"]
    reason: str = ""


class Items(BaseModel):
    verdicts: list[Item] = Field(max_length=3)


GOOD = '{"verdicts": [{"number": 1, "verdict": "supported", "reason": "It says so."}]}'
WANTED = Items(verdicts=[Item(number=1, verdict="supported", reason="It says so.")])


@pytest.mark.parametrize(
    ("text", "rung"),
    [
        (GOOD, Rung.NATIVE),
        (f"<think>Maybe {{'a': 1}}?</think>\n{GOOD}", Rung.STRIPPED),
        (f"reasoning without its opening tag</think>{GOOD}", Rung.STRIPPED),
        (f"{GOOD}<think>and I was cut here", Rung.STRIPPED),
        (f"Here it is:\n```json\n{GOOD}\n```\nAnything else?", Rung.STRIPPED),
        (f'```\n{{"draft": true}}\n```\nBetter:\n```json\n{GOOD}\n```', Rung.STRIPPED),
        (f"As claim [1] shows: {GOOD} I hope {{this}} helps.", Rung.STRIPPED),
        ("\ufeff" + GOOD, Rung.STRIPPED),
        (GOOD.replace("}]", ",}]"), Rung.REPAIRED),
        (GOOD.replace('"', "'"), Rung.REPAIRED),
        (GOOD.replace('"verdicts"', "verdicts").replace('"number"', "number"), Rung.REPAIRED),
        (GOOD.replace('"', "“", 1).replace('"', "”", 1), Rung.REPAIRED),
        (GOOD[:-3], Rung.REPAIRED),
        (GOOD[:-1] + "// done\n}", Rung.REPAIRED),
        (GOOD[: GOOD.index("[")] + GOOD[GOOD.index("[") : -1], Rung.REPAIRED),
        (json.dumps(json.loads(GOOD)["verdicts"]), Rung.COERCED),
        (f'{{"answer": {GOOD}}}', Rung.COERCED),
        (GOOD.replace('"supported"', '"SUPPORTED"'), Rung.COERCED),
        (GOOD.replace('"verdicts"', '"Verdicts"').replace('"number"', '"Number"'), Rung.COERCED),
        (GOOD.replace("1", '"claim 1"'), Rung.COERCED),
        (GOOD.replace("]", ', {"number": 2, "verd'), Rung.REPAIRED),
    ],
)
def test_damage_is_mended_by_the_lowest_rung_that_can(text: str, rung: Rung) -> None:
    parsed = parse(text, Items)

    assert parsed.value == WANTED
    assert parsed.rung is rung


@pytest.mark.parametrize(
    "written",
    [
        r"\frac{1}{2}",
        r"\theta",
        r"\beta_1",
        r"\rho",
        r"\nabla f",
        r"\alpha",
        r"\uparrow",
        r"$x \nu y$",
    ],
)
def test_latex_with_single_backslashes_survives(written: str) -> None:
    raw = f'{{"verdicts": [{{"number": 1, "verdict": "partly", "reason": "see {written}"}}]}}'

    parsed = parse(raw, Items)

    assert parsed.value.verdicts[0].reason == f"see {written}"
    assert parsed.rung is Rung.REPAIRED


def test_properly_escaped_latex_and_line_breaks_are_left_alone() -> None:
    reason = "line one\nnext \\frac{1}{2}\tend"
    raw = json.dumps({"verdicts": [{"number": 1, "verdict": "partly", "reason": reason}]})

    parsed = parse(raw, Items)

    assert parsed.value.verdicts[0].reason == reason
    assert parsed.rung is Rung.NATIVE


def test_a_list_that_is_too_long_is_cut_rather_than_asked_for_again() -> None:
    many = {"verdicts": [{"number": n, "verdict": "partly"} for n in range(9)]}

    assert [v.number for v in parse(json.dumps(many), Items).value.verdicts] == [0, 1, 2]


def test_null_for_a_field_with_a_default_takes_the_default() -> None:
    raw = '{"verdicts": [{"number": 1, "verdict": "partly", "reason": null}]}'

    assert parse(raw, Items).value.verdicts[0].reason == ""


@pytest.mark.parametrize(
    "missing", ['{"foo": 1}', '{"verdicts": [{"number": 1}]}', '{"verdicts": "none"}']
)
def test_missing_content_is_never_invented(missing: str) -> None:
    with pytest.raises(Unusable) as caught:
        parse(missing, Items)

    assert caught.value.kind is FailureKind.MALFORMED
    assert "verdict" in caught.value.detail


@pytest.mark.parametrize("text", ["", "The claims are fine.", "null", "42", "[]", "{}"])
def test_an_answer_without_an_object_is_malformed(text: str) -> None:
    with pytest.raises(Unusable) as caught:
        parse(text, Items)

    assert caught.value.kind is FailureKind.MALFORMED


@pytest.mark.parametrize(
    "text", ["I'm sorry, but I can't help with that.", "I cannot provide this.", "I am unable to."]
)
def test_an_apology_is_a_refusal(text: str) -> None:
    with pytest.raises(Unusable) as caught:
        parse(text, Items)

    assert caught.value.kind is FailureKind.REFUSED


def test_an_unknown_verdict_is_malformed_and_named_without_its_text() -> None:
    with pytest.raises(Unusable) as caught:
        parse(GOOD.replace("supported", "secret text"), Items)

    assert "verdicts.0.verdict" in caught.value.detail
    assert "secret text" not in caught.value.detail


def test_prose_loses_its_thinking() -> None:
    assert without_thinking("<thinking>a\nb</thinking>\n\nThe answer.") == "The answer."
