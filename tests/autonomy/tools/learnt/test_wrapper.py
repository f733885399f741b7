from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autonomy.tools.learnt.wrapper import Wrapper, WrapperError

WORKS = {"items": [{"id": 1, "title": "Reefs"}, {"id": 2, "title": "Kelp"}]}


def answered(text: str, answer: Any) -> Any:
    return Wrapper.parse(text).response(answer)


def test_an_empty_wrapper_passes_everything_through() -> None:
    wrapper = Wrapper.parse("")
    assert wrapper.response(WORKS) == WORKS
    assert wrapper.request({"q": "x"}) == {"q": "x"}
    assert wrapper.text() == ""


NEW = {"items": [{"id": 1, "name": "Reefs"}, {"id": 2, "name": "Kelp"}]}


def test_a_rename_reaches_every_item_and_leaves_the_old_shape_alone() -> None:
    text = "response:\n- rename: {from: /items/*/name, to: /items/*/title}\n"
    before = copy.deepcopy(NEW)
    assert answered(text, NEW) == WORKS
    assert answered(text, WORKS) == WORKS
    assert before == NEW, "the answer that was given is not touched"


@pytest.mark.parametrize(
    ("operation", "answer", "result"),
    [
        ("move: {from: /data/results, to: /items}", {"data": {"results": [1]}}, {"items": [1]}),
        ("move: {from: '', to: /items}", [1, 2], {"items": [1, 2]}),
        ("move: {from: '', to: /items}", {"items": [1]}, {"items": [1]}),
        ("move: {from: /data, to: ''}", {"data": [1]}, [1]),
        ("move: {from: /*/a/name, to: /*/a}", [{"a": {"name": "A"}}], [{"a": "A"}]),
        ("move: {from: /*/a, to: /*/a/name}", [{"a": "A"}], [{"a": {"name": "A"}}]),
        ("move: {from: /*/who/name, to: /*/author}", [{"who": {"name": "A"}}], [{"author": "A"}]),
        ("nest: {at: /*, fields: [a, b], under: c}", [{"a": 1, "b": 2}], [{"c": {"a": 1, "b": 2}}]),
        ("flatten: {at: /who, prefix: who_}", {"who": {"id": 1}}, {"who_id": 1}),
        ("wrap: {at: /tag}", {"tag": "x"}, {"tag": ["x"]}),
        ("unwrap: {at: /tag}", {"tag": ["x"]}, {"tag": "x"}),
        ("coerce: {at: /n, as: integer}", {"n": "12"}, {"n": 12}),
        ("coerce: {at: /n, as: integer}", {"n": None}, {"n": None}),
        ("coerce: {at: /n, as: text}", {"n": 12}, {"n": "12"}),
        ("coerce: {at: /t, as: epoch_to_iso}", {"t": 0}, {"t": "1970-01-01T00:00:00Z"}),
        ("coerce: {at: /t, as: iso_to_epoch}", {"t": "1970-01-01T01:00:00+01:00"}, {"t": 0}),
        ("coerce: {at: /t, as: day_first_to_iso}", {"t": "02/03/2024"}, {"t": "2024-03-02"}),
        ("map: {at: /s, values: [{from: O, to: open}]}", {"s": "O"}, {"s": "open"}),
        ("map: {at: /s, values: [{from: 1, to: open}]}", {"s": 1}, {"s": "open"}),
        ("default: {at: /lang, value: en}", {}, {"lang": "en"}),
        ("default: {at: /lang, value: en}", {"lang": "de"}, {"lang": "de"}),
        ("constant: {at: /lang, value: en}", {"lang": "de"}, {"lang": "en"}),
        ("drop: {at: /secret}", {"secret": 1, "a": 2}, {"a": 2}),
        (
            "page: {items: /d/rows, items_to: /items, next: /d/after, next_to: /next}",
            {"d": {"rows": [], "after": "x"}},
            {"items": [], "next": "x"},
        ),
        ("parse: {as: csv}", 'id,title\r\n1,"a, b"\r\n', [{"id": "1", "title": "a, b"}]),
        ("parse: {as: json_lines}", '{"a": 1}\n\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ("parse: {as: xml}", "<l><i><a>1</a></i></l>", [{"a": "1"}]),
        ("rename: {from: /~2, to: /star}", {"*": 1}, {"star": 1}),
        ("rename: {from: /a~1b, to: /~0}", {"a/b": 1}, {"~": 1}),
    ],
)
def test_each_operation_does_what_it_says(operation: str, answer: Any, result: Any) -> None:
    text = f"response:\n- {operation}\n"
    assert answered(text, answer) == result
    assert Wrapper.parse(Wrapper.parse(text).text()) == Wrapper.parse(text)
    assert answered(text, answered(text, answer)) == result, "what has the form keeps it"


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("coerce: {at: /n, as: integer}", {"n": "012"}),
        ("coerce: {at: /n, as: integer}", {"n": "1,200"}),
        ("coerce: {at: /n, as: integer}", {"n": 1.5}),
        ("coerce: {at: /n, as: integer}", {"n": 2.0**53}),
        ("coerce: {at: /n, as: integer}", {"n": True}),
        ("coerce: {at: /n, as: number}", {"n": "0.12345678901234567890"}),
        ("coerce: {at: /n, as: text}", {"n": 1.5}),
        ("coerce: {at: /n, as: text}", {"n": 2**53 + 1}),
        ("coerce: {at: /t, as: iso_to_epoch}", {"t": "2024-03-01T12:00:00"}),
        ("coerce: {at: /t, as: epoch_to_iso}", {"t": 1_709_294_400_000}),
        ("coerce: {at: /t, as: day_first_to_iso}", {"t": "02/30/2024"}),
        ("map: {at: /s, values: [{from: O, to: open}]}", {"s": "X"}),
        ("unwrap: {at: /tag}", {"tag": ["x", "y"]}),
        ("flatten: {at: /who}", {"who": {"id": 1}, "id": 2}),
        ("parse: {as: csv}", "a,b\n1\n"),
        ("parse: {as: csv}", "a,a\n1,2\n"),
        ("parse: {as: csv}", "a,b\n1,\n"),
        ("parse: {as: xml}", "<!DOCTYPE l [<!ENTITY x 'y'>]><l><i><a>&x;</a></i></l>"),
        ("parse: {as: xml}", "<l><i k='1'><a>1</a></i></l>"),
        ("parse: {as: json_lines}", "[1]\nnot json"),
    ],
)
def test_what_would_lose_something_is_refused_with_the_operations_number(
    operation: str, answer: Any
) -> None:
    text = f"response:\n- drop: {{at: /nothing}}\n- {operation}\n"
    with pytest.raises(WrapperError, match="operation 2") as refused:
        answered(text, answer)
    assert refused.value.operation == 2


@pytest.mark.parametrize(
    "text",
    [
        "response: 1",
        "host: https://elsewhere.example",
        "response:\n- run: {code: x}",
        "response:\n- rename: {from: /a, to: /b, then: /c}",
        "response:\n- rename: {from: /a/b, to: /b}",
        "response:\n- move: {from: /a/*/b, to: /c}",
        "response:\n- move: {from: /a/*, to: /c/*}",
        "response:\n- move: {from: a, to: /b}",
        "response:\n- coerce: {at: /a, as: eval}",
        "response:\n- map: {at: /a, values: [{from: a, to: b}, {from: b, to: a}]}",
        "response:\n- map: {at: /a, values: [{from: a, to: c}, {from: b, to: c}]}",
        "response:\n- constant: {at: /a, value: [1]}",
        "response:\n- {drop: {at: /a}, wrap: {at: /b}}",
        "request:\n- parse: {as: csv}",
        "accept: [404]",
        "accept: [true]",
        "a: &x [1]\nb: *x",
        "response: []\nresponse: []",
        "!!python/object/apply:os.system ['true']",
        "response:\n" + "- drop: {at: /a}\n" * 61,
        "#" * 20_000,
        "[" * 5_000,
    ],
)
def test_what_is_no_wrapper_is_refused_in_words(text: str) -> None:
    with pytest.raises(WrapperError) as refused:
        Wrapper.parse(text)
    assert len(str(refused.value)) < 600


def test_statuses_that_may_be_only_half_an_answer_must_be_named() -> None:
    assert Wrapper.parse("").accepts(201)
    assert not Wrapper.parse("").accepts(202)
    assert not Wrapper.parse("").accepts(206)
    assert Wrapper.parse("accept: [202]").accepts(202)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
tokens = st.sampled_from(["*", "a", "b", "~2", "~01"])
paths = st.lists(tokens, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))


@given(json_values, paths, paths, st.sampled_from(["move", "rename", "flatten", "wrap", "drop"]))
def test_any_answer_either_goes_through_or_is_refused(
    answer: Any, source: str, target: str, name: str
) -> None:
    taken = {"from": source, "to": target} if name in ("move", "rename") else {"at": source}
    text = json.dumps({"response": [{name: taken}]})
    before = copy.deepcopy(answer)
    try:
        result = Wrapper.parse(text).response(answer)
    except WrapperError:
        result = None
    json.dumps(result)
    assert answer == before
