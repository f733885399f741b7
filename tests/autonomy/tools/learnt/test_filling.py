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


NEAR = {
    "type": "object",
    "required": ["station", "radius_km"],
    "properties": {
        "station": {"type": "string"},
        "radius_km": {"type": "number"},
        "days": {"type": "integer", "description": "How far to look ahead."},
        "height": {"type": "number", "description": "Above the sea, in metres."},
        "include_inactive": {"type": "boolean"},
    },
}
COUNTRY = {
    "required": ["country"],
    "properties": {
        "country": {"enum": ["DE", "FR", "GB", "IE", "KR", "US"]},
        "currency": {"enum": ["eur", "usd", "gbp", "cad"]},
    },
}
MONTHLY = {
    "required": ["month"],
    "properties": {"month": {"type": "string", "description": "As YYYY-MM."}},
}
YEARLY = {
    "required": ["year"],
    "properties": {"year": {"type": "integer"}, "month": {"type": "integer", "maximum": 12}},
}


@pytest.mark.parametrize(
    ("schema", "request_", "arguments"),
    [
        (NEAR, "station N7, within 5 km", {"station": "N7", "radius_km": 5.0}),
        (
            NEAR,
            "station N7, 2.5 kilometres around, for 7 days, at 300 m, including inactive ones",
            {
                "station": "N7",
                "radius_km": 2.5,
                "days": 7,
                "height": 300.0,
                "include_inactive": True,
            },
        ),
        (
            NEAR,
            "station N7, within 5 km, without inactive stations",
            {"station": "N7", "radius_km": 5.0, "include_inactive": False},
        ),
        (COUNTRY, "How many live in Germany?", {"country": "DE"}),
        (
            COUNTRY,
            "Prices in the United Kingdom, in US dollars",
            {"country": "GB", "currency": "usd"},
        ),
        (MONTHLY, "How warm was it in March 2021?", {"month": "2021-03"}),
        (YEARLY, "How warm was it in March 2021?", {"year": 2021, "month": 3}),
        (YEARLY, "How warm was it in 2021?", {"year": 2021}),
        (SPAN, "How warm was it in February 2024?", {"start": "2024-02-01", "end": "2024-02-29"}),
        (SPAN, "in 2023", {"start": "2023-01-01", "end": "2023-12-31"}),
        (
            RATES,
            "Convert euros to Japanese yen on 2024-01-05",
            {"date": "2024-01-05", "base": "EUR", "symbols": "JPY"},
        ),
    ],
)
def test_plain_words_that_mean_one_thing_are_taken(
    schema: dict[str, Any], request_: str, arguments: dict[str, Any]
) -> None:
    found = filled(schema, request_)
    assert (found.arguments, found.missing) == (arguments, ())


@pytest.mark.parametrize(
    ("schema", "request_", "arguments"),
    [
        (NEAR, "station N7, within 5 miles", {"station": "N7"}),
        (NEAR, "station N7, 5 km or 10 km around", {"station": "N7"}),
        (NEAR, "station N7, between 5 and 10 km", {"station": "N7"}),
        (NEAR, "station N7, more than 5 km away", {"station": "N7"}),
        (NEAR, "station N7, 5–10 km", {"station": "N7"}),
        (NEAR, "station N7 has cost 5 M", {"station": "N7"}),
        (NEAR, "station N7, with inactive or without inactive ones", {"station": "N7"}),
        (COUNTRY, "Compare Germany with France", {}),
        (COUNTRY, "What of Northern Ireland?", {}),
        (COUNTRY, "Prices in dollars", {}),
        (COUNTRY, "Tell us about it", {}),
        (MONTHLY, "on 5 March 2021", {}),
        (MONTHLY, "in March 2021 and in April 2021", {}),
        (MONTHLY, "in 2021", {}),
        (YEARLY, "for 2 years", {}),
        (RATES, "EUR/USD in March 2021", {"base": "EUR", "symbols": "USD"}),
        (RATES, "pounds to dollars on 2024-01-05", {"date": "2024-01-05"}),
        (
            {"required": ["min_year"], "properties": {"min_year": {"type": "integer"}}},
            "the last 5 years",
            {},
        ),
        (
            {"required": ["x"], "properties": {"x": {}, "exclude_drafts": {"type": "boolean"}}},
            "without drafts",
            {},
        ),
    ],
)
def test_plain_words_that_may_mean_another_are_not(
    schema: dict[str, Any], request_: str, arguments: dict[str, Any]
) -> None:
    found = filled(schema, request_)
    assert found.arguments == arguments
    assert found.missing


def only(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A schema of a tool with one argument that is no must."""
    return {"properties": {name: spec}}


ABSTRACTS = only("include_abstract", {"type": "boolean"})
LANGUAGE = only("language", {"enum": ["en", "de", "fr", "es", "is"]})
STATE = only("state", {"enum": ["CA", "DE", "IN", "NY"]})
NATION = only("country", {"enum": ["DE", "FR", "US"]})
MONEY = only("currency", {"enum": ["all", "eur", "try", "usd"]})
RADIUS = only("radius_km", {"type": "number"})
DAYS = only("days", {"type": "integer"})
YEAR = only("year", {"type": "integer"})
LIMIT = only("limit", {"type": "integer"})


@pytest.mark.parametrize(
    ("schema", "request_"),
    [
        (ABSTRACTS, "Do not include abstracts"),
        (ABSTRACTS, "Don't show abstracts"),
        (ABSTRACTS, "Don’t show abstracts"),
        (ABSTRACTS, "don't include abstracts, peer reviewed only"),
        (ABSTRACTS, "never with abstracts"),
        (ABSTRACTS, "There is no need to include abstracts"),
        (ABSTRACTS, "Avoid papers with abstracts"),
        (ABSTRACTS, "Papers, but do not, however, include abstracts"),
        (ABSTRACTS, "Do not exclude abstracts"),
        (ABSTRACTS, "Not without abstracts"),
        (ABSTRACTS, "What is wrong with abstracts?"),
        (ABSTRACTS, "Papers, with abstracts left out"),
        (YEAR, "Explain inflation in 2000 words, using the rates tool"),
        (YEAR, "Prices since March 2020"),
        (YEAR, "from March 2020 until today"),
        (YEAR, "before January 2021"),
        (YEAR, "in 2020 and 2021"),
        (YEAR, "in 2020–2022"),
        (YEAR, "in 2020-22"),
        (YEAR, "in 2020 to 2022"),
        (YEAR, "in 2020 compared with 2019"),
        (YEAR, "in 2020 and later"),
        (YEAR, "in 2020 dollars"),
        (YEAR, "in the year 2020 and 2021"),
        (YEAR, "in March 2020 and April"),
        (YEAR, "Needed in March 2027. Use the rates tool"),
        (YEAR, "never in 2020"),
        (LANGUAGE, "unemployment in Germany"),
        (LANGUAGE, "What is the rate in Rio de Janeiro"),
        (STATE, "unemployment for India"),
        (STATE, "unemployment, as code IN"),
        (NATION, "unemployment in Germany and Peru"),
        (NATION, "unemployment in Germany, Spain and France"),
        (NATION, "unemployment in Germany compared with Spain"),
        (NATION, "unemployment in East Germany"),
        (NATION, "unemployment outside Germany"),
        (RADIUS, "within 1 000 km of Rome"),
        (RADIUS, "within 1,000 km of Rome"),
        (RADIUS, "within 1\u202f000 km of Rome"),
        (RADIUS, "5 km or less"),
        (RADIUS, "within 5 km or less"),
        (RADIUS, "maximum of 5 km"),
        (RADIUS, "a minimum distance of 5 km"),
        (RADIUS, "5 km minimum"),
        (RADIUS, "not within 5 km"),
        (RADIUS, "within 5 km, perhaps ten km"),
        (RADIUS, "5, 10 km"),
        (only("min_km", {"type": "number"}), "within 5 km"),
        (DAYS, "I need this in 3 days. Use the weather tool"),
        (DAYS, "It rained 3 days ago"),
        (DAYS, "The weather after 3 days"),
        (DAYS, "Due in 3 days"),
        (only("days", {"type": "integer", "description": "To look back."}), "for the next 3 days"),
        (NATION, "unemployment in the US and Germany"),
        (NATION, "unemployment in Germany. In Spain, too"),
        (MONEY, "prices in euros or yen"),
        (MONEY, "prices not in euros"),
        (MONEY, "try to say it all"),
        (YEAR, "in 2020, 21 and 22"),
        (RADIUS, "within 5 km, or less"),
        (only("date", {"type": "string", "format": "date"}), "rates since 2024-01-05"),
        (only("date", {"type": "string", "format": "date"}), "rates before 5 January 2024"),
        (LIMIT, "limit 20 or 30"),
        (LIMIT, "limit 1,000"),
        (LIMIT, "limit 20 000"),
    ],
)
def test_what_plain_words_leave_in_doubt_is_no_argument(
    schema: dict[str, Any], request_: str
) -> None:
    assert filled(schema, request_).arguments == {}


@pytest.mark.parametrize(
    ("schema", "request_", "arguments"),
    [
        (ABSTRACTS, "Papers on kelp. Please include abstracts.", {"include_abstract": True}),
        (ABSTRACTS, "Papers on kelp, peer reviewed, no abstracts", {"include_abstract": False}),
        (YEAR, "Explain inflation during 2020, in 800 words", {"year": 2020}),
        (RADIUS, "Stations within 5 km of Rome", {"radius_km": 5.0}),
        (RADIUS, "Stations within a 5 km radius", {"radius_km": 5.0}),
        (DAYS, "The weather in Rome for the next 3 days", {"days": 3}),
        (NATION, "unemployment in Germany", {"country": "DE"}),
        (NATION, "prices of the US, in euros", {"country": "US"}),
        (MONEY, "prices in US dollars", {"currency": "usd"}),
        (
            only("place", {"enum": ["DEU", "FRA"], "description": "ISO 3166 code."}),
            "unemployment in France",
            {"place": "FRA"},
        ),
    ],
)
def test_what_plain_words_leave_in_no_doubt_is_one(
    schema: dict[str, Any], request_: str, arguments: dict[str, Any]
) -> None:
    assert filled(schema, request_).arguments == arguments


def test_one_country_is_not_given_for_two_arguments() -> None:
    codes = {"enum": ["DE", "FR"]}
    schema = {"properties": {"from_country": codes, "to_country": codes}}
    assert filled(schema, "exports of Germany").arguments == {}


def test_values_that_are_said_are_given_as_arguments() -> None:
    schema = {"properties": {"body": STATION, "limit": {"type": "integer"}}}
    found = filled(schema, "metric, limit 3")
    assert found.values == {"body": {"unit": "metric", "limit": 3}, "limit": 3}
