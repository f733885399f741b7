from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from autonomy.admin.display import (
    JSON_MAX_CHARS,
    LIST_MAX_ITEMS,
    TEXT_MAX_CHARS,
    abridge,
    age,
    badge,
    json_block,
    json_text,
    meter,
    short,
    size,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=0), "0 s"),
        (timedelta(seconds=89), "89 s"),
        (timedelta(seconds=90), "1 min"),
        (timedelta(minutes=89), "89 min"),
        (timedelta(minutes=90), "1 h"),
        (timedelta(hours=47), "47 h"),
        (timedelta(days=3), "3 d"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_age_is_told_in_the_largest_telling_unit(passed: timedelta, words: str) -> None:
    assert age(NOW - passed, NOW) == words


def test_age_of_nothing_is_a_dash() -> None:
    assert age(None) == "–"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (2_000_000, "2.0 MB"),
        (3_000_000_000, "3.0 GB"),
    ],
)
def test_size_reads_like_a_file_manager(count: int | None, words: str) -> None:
    assert size(count) == words


def test_badge_escapes_a_state_nobody_knows() -> None:
    assert "&lt;b&gt;" in badge("<b>")
    assert "hw-quiet" in badge("never_heard_of")


def test_badge_says_the_state_in_words() -> None:
    assert "waiting human" in badge("waiting_human")


@pytest.mark.parametrize(
    ("spent", "reserved", "tone"),
    [(10, 0, "hw-active"), (70, 15, "hw-needs-you"), (100, 0, "hw-bad"), (140, 0, "hw-bad")],
)
def test_meter_changes_colour_as_the_limit_nears(spent: float, reserved: float, tone: str) -> None:
    bar = meter(spent, 100, reserved=reserved, text="figures")
    assert f"hw-fill {tone}" in bar
    assert 'aria-label="figures"' in bar


def test_meter_never_runs_over_its_frame() -> None:
    bar = meter(90, 100, reserved=50, text="")
    assert "width:90.0%" in bar
    assert "width:10.0%" in bar


def test_meter_of_a_zero_limit_is_drawn() -> None:
    assert "width:0.0%" in meter(0, 0, text="0 of 0")


def test_long_text_and_lists_say_how_much_was_left_out() -> None:
    cut = abridge({"text": "x" * (TEXT_MAX_CHARS + 5), "list": list(range(LIST_MAX_ITEMS + 7))})
    assert cut["text"].endswith("… (5 characters more)")
    assert cut["list"][-1] == "… (7 items more)"
    assert len(cut["list"]) == LIST_MAX_ITEMS + 1


def test_short_values_are_shown_whole() -> None:
    value = {"a": [1, 2.5, None, True], "b": {"c": "d"}}
    assert json.loads(json_text(value)) == value


def test_json_text_is_bounded() -> None:
    text = json_text({str(number): "y" * 1000 for number in range(200)})
    assert len(text) < JSON_MAX_CHARS + 100
    assert text.endswith("characters more)")


def test_json_block_escapes_markup() -> None:
    block = json_block({"title": "<script>alert(1)</script>"})
    assert "<script>" not in block
    assert "&lt;script&gt;" in block


def test_json_block_of_nothing_is_a_dash() -> None:
    assert json_block({}) == "–"


def test_short_keeps_one_line_within_its_limit() -> None:
    assert short("a  b\nc") == "a b c"
    assert len(short("word " * 100, 50)) <= 50
