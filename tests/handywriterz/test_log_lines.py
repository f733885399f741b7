from __future__ import annotations

import json
import logging
import sys

import pytest

from handywriterz.log_lines import HIDDEN, JsonLine, Secrets, TextLine, conceal


def line(message: str, *args: object, fields: dict[str, object] | None = None) -> logging.LogRecord:
    record = logging.LogRecord("test", logging.INFO, __file__, 1, message, args, None)
    if fields is not None:
        record.fields = fields
    return record


def test_fields_follow_the_sentence_and_empty_ones_are_left_out() -> None:
    text = TextLine().format(
        line(
            "node ended",
            fields={"node": "act", "tokens": 0, "rung": "", "why": "too long", "n": None},
        )
    )
    assert text.endswith('INFO test node ended node=act tokens=0 why="too long"')


def test_json_lines_are_one_object_each_with_the_fields_as_members() -> None:
    told = json.loads(
        JsonLine().format(line("model call\nover %d lines", 2, fields={"usd": 0.5, "ok": True}))
    )
    assert told["message"] == "model call\nover 2 lines"
    assert (told["level"], told["logger"]) == ("INFO", "test")
    assert (told["usd"], told["ok"]) == (0.5, True)
    assert told["ts"].endswith("+00:00")


def test_fields_stand_before_a_traceback() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        record = line("failed", fields={"node": "act"})
        record.exc_info = sys.exc_info()
    text = TextLine().format(record)
    assert text.split("\n")[0].endswith("failed node=act")
    assert "ValueError: broken" in text
    assert "ValueError: broken" in json.loads(JsonLine().format(record))["exception"]


@pytest.mark.parametrize("form", [TextLine, JsonLine])
def test_a_concealed_value_appears_nowhere_in_a_line(form: type[logging.Formatter]) -> None:
    secret = 'very"secret\\value-of-a-key'
    conceal(secret)
    record = line("the key is %s", secret, fields={"key": secret, "nested": [secret]})
    try:
        raise ValueError(f"refused: {secret}")
    except ValueError:
        record.exc_info = sys.exc_info()
    text = form().format(record)
    assert "secret" not in text.replace("test_a_concealed", "").replace("{secret}", "")
    assert text.count(HIDDEN) >= 3


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abcdefghijklmnop1234.",
        "Authorization: Bearer abcdefgh12345678",
        "postgresql://hw:hunter2hunter2@localhost/db",
    ],
)
def test_what_looks_like_a_key_is_hidden_whoever_s_it_is(text: str) -> None:
    hidden = Secrets().hidden(text)
    assert HIDDEN in hidden
    assert not any(part in hidden for part in ("abcdefgh", "hunter2"))


def test_ordinary_words_and_ids_stay() -> None:
    text = "run 0198c7de-77aa-7bbb-8ccc-dddddddddddd: node act took 12 ms at http://localhost:4318/"
    assert Secrets().hidden(text) == text


def test_short_values_are_not_taken_for_secrets() -> None:
    secrets = Secrets()
    secrets.add("abc", "")
    assert secrets.hidden("abc") == "abc"


def test_no_more_than_a_bounded_number_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handywriterz.log_lines.MOST", 2)
    secrets = Secrets()
    for name in ("first-one", "second-one", "third-one"):
        secrets.add(name)
    assert secrets.hidden("first-one second-one third-one") == f"first-one {HIDDEN} {HIDDEN}"
