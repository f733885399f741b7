"""Arguments that a request gives in plain words, and those that it does not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from autonomy.tools.learnt.filling import filled

RATES = {
    "type": "object",
    "required": ["date", "base", "symbols"],
    "properties": {
        "date": {"type": "string", "format": "date"},
        "base": {"type": "string", "description": "Currency to convert from."},
        "symbols": {"type": "string", "description": "Currency to convert to."},
        "amount": {"type": "number", "default": 1},
    },
}
SPAN = {
    "type": "object",
    "required": ["start", "end"],
    "properties": {
        "start": {"type": "string", "format": "date"},
        "end": {"type": "string", "format": "date"},
    },
}
STATION = {
    "type": "object",
    "required": ["station"],
    "properties": {
        "station": {"type": "string"},
        "unit": {"enum": ["metric", "imperial"]},
        "limit": {"type": "integer", "maximum": 50},
    },
}


@pytest.mark.parametrize(
    ("schema", "request_", "arguments"),
    [
        (
            RATES,
            "Use the exchange-rate tool for EUR/USD on 2024-01-05",
            {"date": "2024-01-05", "base": "EUR", "symbols": "USD"},
        ),
        (
            RATES,
            "What did a note of 5 January 2024 say of GBP to JPY?",
            {"date": "2024-01-05", "base": "GBP", "symbols": "JPY"},
        ),
        (
            RATES,
            "EUR/USD on January 5th, 2024, amount 250.",
            {"date": "2024-01-05", "base": "EUR", "symbols": "USD", "amount": 250.0},
        ),
        (
            SPAN,
            "between 2024-03-01 and 2024-02-01",
            {"start": "2024-02-01", "end": "2024-03-01"},
        ),
        (STATION, "Ask for station N7, metric", {"station": "N7", "unit": "metric"}),
        (STATION, "station: harbour, limit 20", {"station": "harbour", "limit": 20}),
        (STATION, "the one called “North Pier”", {"station": "North Pier"}),
        (
            {"properties": {"body": STATION}, "required": ["body"]},
            "station N7",
            {"body": {"station": "N7"}},
        ),
    ],
)
def test_what_the_request_says_is_taken(
    schema: dict[str, Any], request_: str, arguments: dict[str, Any]
) -> None:
    found = filled(schema, request_)
    assert (found.arguments, found.missing) == (arguments, ())


@pytest.mark.parametrize(
    ("schema", "request_", "missing"),
    [
        (RATES, "Use the exchange-rate tool for EUR/USD", {"date"}),
        (RATES, "on 2024-01-05 or 2024-01-06 for EUR/USD", {"date"}),
        (RATES, "EUR/USD and EUR/GBP on 2024-01-05", {"base", "symbols"}),
        (RATES, "on 2024-02-31 for EUR/USD", {"date"}),
        (SPAN, "on 2024-02-01", {"start", "end"}),
        (STATION, "Compare the station data of the north", {"station"}),
        (STATION, "“North Pier” and “South Pier”", {"station"}),
        (STATION, "station N7 and station N8", {"station"}),
    ],
)
def test_what_it_leaves_open_is_missing(
    schema: dict[str, Any], request_: str, missing: set[str]
) -> None:
    assert set(filled(schema, request_).missing) == missing


def test_a_schema_of_any_size_is_looked_through_in_no_time() -> None:
    many: dict[str, Any] = {f"p{n}": {"type": "string"} for n in range(20_000)}
    huge = {"properties": {"": {}, **many}, "required": ["p19999"]}
    begun = time.process_time()
    found = filled(huge, "p1 N7 " * 400)
    assert time.process_time() - begun < 1.0
    assert found.missing == ("p19999",)
    assert found.arguments == {"p1": "N7"}


def test_what_the_schema_does_not_take_is_not_given() -> None:
    found = filled(STATION, "station N7, limit 500")
    assert found.missing == ("station",)
    assert found.arguments == {}
