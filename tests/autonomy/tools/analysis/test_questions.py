"""Which questions of a table come first, and how its numbers are told."""

from __future__ import annotations

import pytest

from autonomy.core.analysis import TableProfile
from autonomy.tools.analysis.questions import QuestionKind, adds_up, questions, questions_named
from autonomy.tools.analysis.scales import answers, in_order
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


_SURVEY = [
    ["respondent", "age", "department", "job_satisfied", "recommends", "contract"],
    *[
        [f"{i + 1}", f"{20 + i % 40}", ("Sales", "IT", "Legal")[i % 3], ("yes", "no", "unsure")[i % 5 % 3], "NY"[i % 2], ("fixed", "open")[i % 7 % 2]]
        for i in range(60)
    ],
]  # fmt: skip


def crossed(goal: str) -> list[tuple[str, str]]:
    """Answer and group of the pairs that are asked of the survey."""
    known = make_table(_SURVEY, "survey.csv").profile
    asked = questions(known, goal, most=12)
    return [(q.measure, q.by) for q in asked if q.kind is QuestionKind.CROSS]


def test_a_survey_is_told_by_its_answers_in_each_group_of_what_the_request_names() -> None:
    known = make_table(_SURVEY, "survey.csv").profile
    asked = questions(known, "A report on job satisfaction by department", most=6)

    assert asked[2].kind is QuestionKind.CROSS
    assert (asked[2].measure, asked[2].by) == ("job_satisfied", "department")
    assert ("job_satisfied", "department") in crossed(
        "How do the departments differ in satisfaction?"
    )
    assert crossed("Report on this survey")[0] == ("job_satisfied", "department")


def test_categories_that_are_no_answers_are_crossed_only_where_the_request_sets_them_so() -> None:
    assert ("contract", "department") in crossed("Which contracts are there, by department?")
    assert ("contract", "department") not in crossed("Compare the departments and the contracts")


def test_plain_answers_stand_from_no_to_yes() -> None:
    assert answers(["yes", "Unsure", "no"]) == ["no", "Unsure", "yes"]
    assert answers(["Y", "N"]) == ["N", "Y"]
    assert answers(["yes", "perhaps so", "no"]) == []
    assert answers(["North", "South"]) == []


def test_names_with_underscores_are_read_as_words() -> None:
    known = make_table(_SURVEY, "survey.csv").profile
    column = known.named("job_satisfied")

    assert column is not None
    assert column.label == "job satisfied"
    assert {"job satisfied", "job_satisfied"} <= set(known.names)
