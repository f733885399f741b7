"""Which questions of a table come first, and how its numbers are told."""

from __future__ import annotations

import pytest

from autonomy.core.analysis import TableProfile
from autonomy.tools.analysis.questions import QuestionKind, adds_up, questions, questions_named
from autonomy.tools.analysis.scales import in_order
from autonomy.tools.analysis.table import make_table

_ROWS = [
    ["Order ID", "Date", "Region", "Product", "Unit price (€)", "Revenue (€)", "Postcode", "Supported"],
    *[
        [f"{100 + i}", f"2023-{i % 12 + 1:02}-03", "NESW"[i % 4], ("Sofa", "Desk", "Lamp")[i % 3], f"{i + 0.5}", f"{i * 3}", f"{10_000 + 7 * i}", ("Agree", "Strongly agree", "Disagree")[i % 3]]
        for i in range(48)
    ],
]  # fmt: skip


@pytest.fixture(scope="module")
def profile() -> TableProfile:
    return make_table(_ROWS, "sales.csv").profile


def test_what_the_request_names_comes_before_what_the_table_offers(profile: TableProfile) -> None:
    goal = "How does revenue develop over time, and how do the regions and products differ?"
    asked = questions(profile, goal, most=5)

    assert [q.kind for q in asked] == [
        QuestionKind.OVERVIEW,
        QuestionKind.SUMMARY,
        QuestionKind.TREND,
        QuestionKind.TOTALS,
        QuestionKind.TOTALS,
    ]
    assert asked[2].total, "revenue adds up"
    assert [q.by for q in asked[3:]] == ["Region", "Product"]
    assert {q.measure for q in asked[2:]} == {"Revenue"}
    assert questions_named(profile, goal) == asked[2:]


def test_prices_are_not_added_up_and_numbers_that_name_rows_are_not_computed_with(
    profile: TableProfile,
) -> None:
    asked = questions(profile, "Compare the unit price of the products", most=20)
    prices = [q for q in asked if q.measure == "Unit price"]

    assert any(q.kind is QuestionKind.GROUPS and q.by == "Product" for q in prices)
    assert not any(q.kind is QuestionKind.TOTALS or q.total for q in prices)
    assert not {"Order ID", "Postcode"} & {name for q in asked for name in (q.measure, q.other)}


def test_names_as_databases_write_them_add_up_and_tell_their_unit() -> None:
    rows = [["day", "region", "revenue_eur", "unit_price_usd", "share_pct"]]
    rows += [
        [f"2024-01-{n:02}", "NS"[n % 2], f"{n}.50", f"{n % 7}.25", f"{n % 5}"] for n in range(1, 29)
    ]
    known = make_table(rows, "shop.csv").profile

    units = {c.name: c.unit for c in known.columns if c.unit}
    assert units == {"revenue": "EUR", "unit_price": "USD", "share": "%"}
    assert [c.name for c in known.columns if adds_up(c)] == ["revenue"]


def test_answers_on_a_scale_stand_in_its_order() -> None:
    assert in_order(["Agree", "Strongly disagree", "Neutral", "disagree"]) == [
        "Strongly disagree",
        "disagree",
        "Neutral",
        "Agree",
    ]
    assert in_order(["Sofa", "Desk", "Lamp"]) == []
    assert in_order(["Agree", "Disagree"]) == []
