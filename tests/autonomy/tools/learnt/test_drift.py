"""Drift is mended exactly or refused: the suite, and random changes."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autonomy.core.learnt import Exchange
from autonomy.tools.learnt.drift import Candidate, Refused, propose
from autonomy.tools.learnt.wrapper import Wrapper, WrapperError
from tests.autonomy.tools.learnt import drift_suite
from tests.autonomy.tools.learnt.apis import PRODUCTS, WEATHER, WORKS, Api, exchange
from tests.autonomy.tools.learnt.drift_suite import MISSED, REFUSED, REPAIRED, WRONG, holds
from tests.autonomy.tools.learnt.mutations import MUTATIONS, Mutation


def test_the_suite_has_what_it_is_for() -> None:
    kinds = Counter(mutation.kind for mutation in MUTATIONS)
    assert sum(kinds.values()) - kinds["treacherous"] >= 40
    assert kinds["treacherous"] >= 12
    assert {"rename", "nest", "flatten", "type", "pagination", "parameter"} <= kinds.keys()


def test_nothing_is_wrongly_accepted_and_what_can_be_mended_is() -> None:
    found = drift_suite.outcomes()
    print("\n" + drift_suite.table(found))

    def of(verdict: str) -> list[str]:
        return [f"{o.mutation.name}: {o.said}" for o in found if o.verdict == verdict]

    assert of(WRONG) == []
    assert of(MISSED) == []
    assert len(of(REPAIRED)) + len(of(REFUSED)) == len(MUTATIONS)


def test_every_refusal_is_said_in_a_sentence() -> None:
    for outcome in drift_suite.outcomes():
        if outcome.verdict == REFUSED:
            assert outcome.said[:1].isupper() or outcome.said.startswith(("“", '"')), outcome.said
            assert len(outcome.said) > 20


async def test_a_second_change_is_mended_on_top_of_the_first() -> None:
    def headline(answer: Any, _: Any) -> Any:
        for item in answer["items"]:
            item["headline"] = item.pop("title")
        return answer

    def envelope(answer: Any, arguments: Any) -> Any:
        return {
            "data": headline(answer, arguments)["items"],
            "next": answer["next"],
            "total": answer["total"],
        }

    first = await drift_suite.repaired(Mutation("rename", "", WORKS, headline, True))
    assert not isinstance(first, Refused)
    later = Mutation("move", "", WORKS, envelope, True)
    second = await drift_suite.repaired(later, first.candidate.text)
    assert drift_suite.judged(later, second).verdict == REPAIRED
    assert not isinstance(second, Refused)
    assert second.candidate.text.startswith(first.candidate.text), "the first repair is kept"


def test_without_an_answer_to_recorded_arguments_nothing_is_proposed() -> None:
    fresh = [exchange({"q": "elsewhere"}, {"items": []})]
    refused = propose(WORKS.tool(), WORKS.recordings(), fresh)
    assert isinstance(refused, Refused)
    assert "recorded" in refused.reason


def test_an_answer_as_it_always_was_blames_nobody() -> None:
    fresh = [exchange(a, WORKS.answer(a)) for a in WORKS.recorded]
    refused = propose(WORKS.tool(), WORKS.recordings(), fresh)
    assert isinstance(refused, Refused)
    assert "not at fault" in refused.reason


def drifted(api: Api, recordings: list[Exchange], change: Any) -> Candidate | Refused:
    fresh = [exchange(a, change(copy.deepcopy(api.answer(a)))) for a in api.recorded]
    return propose(api.tool(), recordings, fresh)


def station(answer: Any) -> Any:
    return {
        **{k: v for k, v in answer.items() if k != "observed_at"},
        "observedAt": answer["observed_at"],
    }


def test_a_figure_that_varies_by_itself_does_not_hinder_a_repair() -> None:
    recordings = WEATHER.recordings()
    for recording in WEATHER.recordings():
        later = copy.deepcopy(recording.answer)
        later["humidity"] = min(100, later["humidity"] + 3)
        recordings.append(exchange(recording.arguments, later, result=later))

    assert isinstance(drifted(WEATHER, recordings, station), Candidate)


def test_a_figure_that_varies_is_not_believed_far_outside_of_what_it_was() -> None:
    recordings = WEATHER.recordings()
    for recording in WEATHER.recordings():
        later = copy.deepcopy(recording.answer)
        later["wind"]["speed"] += 0.5
        recordings.append(exchange(recording.arguments, later, result=later))

    def knots(answer: Any) -> Any:
        answer["wind"]["speed"] *= 19.4
        return station(answer)

    refused = drifted(WEATHER, recordings, knots)
    assert isinstance(refused, Refused)
    assert "unlike any recorded" in refused.reason


def test_a_promised_field_that_no_recording_has_may_hide_behind_a_new_name() -> None:
    schema = copy.deepcopy(PRODUCTS.output_schema)
    schema["items"]["properties"]["colour"] = {"type": "string"}
    tool = PRODUCTS.tool().model_copy(update={"output_schema": schema})

    def change(answer: Any) -> Any:
        return [
            {
                **{k: v for k, v in item.items() if k != "name"},
                "title": item["name"],
                "colours": "red",
            }
            for item in answer
        ]

    fresh = [exchange(a, change(PRODUCTS.answer(a))) for a in PRODUCTS.recorded]
    refused = propose(tool, PRODUCTS.recordings(), fresh)
    assert isinstance(refused, Refused)
    assert "colour" in refused.reason


def test_an_answer_that_the_candidate_cannot_take_holds_it_back() -> None:
    """The failed call was to other arguments than any recording."""
    fresh = [exchange(a, station(WEATHER.answer(a))) for a in WEATHER.recorded]
    fresh.append(exchange({"city": "elsewhere"}, {"city": "Elsewhere"}))
    refused = propose(WEATHER.tool(), WEATHER.recordings(), fresh)
    assert isinstance(refused, Refused)
    assert "not what the tool promises" in refused.reason


# ----------------------------------------------------------------------- random changes

NAMES = (
    "title",
    "name",
    "kind",
    "year",
    "doi",
    "headline",
    "published",
    "id",
    "label",
    "x",
    "a*b",
    "c/d",
)
VALUES = st.one_of(
    st.text(alphabet="abcdef ", min_size=4, max_size=12),
    st.integers(-(10**9), 10**9),
    st.booleans(),
    st.none(),
)


@st.composite
def changed_api(draw: st.DrawFn) -> tuple[dict[str, Any], list[Any], list[Any], dict[str, str]]:
    """Fields, recorded and held-back lists of records, and where each field is now."""
    fields = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
    kinds = {name: draw(st.sampled_from([str, int, bool])) for name in fields}
    of_kind = {
        str: st.text(alphabet="abcdef ", min_size=2, max_size=10),
        int: st.integers(-999, 10**9),
        bool: st.booleans(),
    }
    record = st.fixed_dictionaries({name: of_kind[kind] for name, kind in kinds.items()})
    recorded = [draw(st.lists(record, min_size=1, max_size=5)) for _ in range(3)]
    held_back = [draw(st.lists(record, min_size=1, max_size=5)) for _ in range(2)]
    places = {name: name for name in fields}
    for name in draw(st.lists(st.sampled_from(fields), max_size=3, unique=True)):
        new = draw(st.sampled_from([*NAMES, f"{name}_value", name.upper(), f"data.{name}"]))
        if new not in places.values():
            places[name] = new
    schema = {str: "string", int: "integer", bool: "boolean"}
    properties = {name: {"type": schema[kind]} for name, kind in kinds.items()}
    output = {
        "type": "array",
        "items": {"type": "object", "properties": properties, "required": fields},
    }
    return output, recorded, held_back, places


def now(records: list[dict[str, Any]], places: dict[str, str]) -> list[dict[str, Any]]:
    made = []
    for record in records:
        item: dict[str, Any] = {}
        for name, place in places.items():
            if place.startswith("data."):
                item.setdefault("data", {})[place.removeprefix("data.")] = record[name]
            else:
                item[place] = record[name]
        made.append(item)
    return made


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed_api())
def test_random_renames_and_moves_are_mended_exactly_or_refused(
    api: tuple[dict[str, Any], list[Any], list[Any], dict[str, str]],
) -> None:
    output, recorded, held_back, places = api
    tool = WORKS.tool().model_copy(update={"output_schema": output})
    recordings = [exchange({"q": str(n)}, r, result=r) for n, r in enumerate(recorded)]
    fresh = [exchange({"q": str(n)}, now(r, places)) for n, r in enumerate(recorded)]
    found = propose(tool, recordings, fresh)
    if isinstance(found, Refused):
        return
    wrapper = Wrapper.parse(found.text)
    for records in held_back:
        assert wrapper.response(records) == records, "the old form stays as it is"
        try:
            result = wrapper.response(now(records, places))
        except WrapperError:
            continue
        assert holds(result, records), (found.text, places)


@pytest.mark.parametrize("api", [WORKS, WEATHER, PRODUCTS], ids=lambda api: api.name)
def test_values_that_were_mixed_up_are_never_accepted(api: Api) -> None:
    """Every two text fields of a record change their places."""

    def swapped(value: Any) -> Any:
        if isinstance(value, list):
            return [swapped(item) for item in value]
        if not isinstance(value, dict):
            return value
        texts = [k for k, v in value.items() if isinstance(v, str)]
        moved = dict(zip(texts, texts[1:] + texts[:1], strict=True))
        return {
            k: value[moved[k]] if k in moved and len(texts) > 1 else swapped(v)
            for k, v in value.items()
        }

    assert isinstance(drifted(api, api.recordings(), swapped), Refused)
