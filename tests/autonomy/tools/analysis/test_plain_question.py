"""Plain questions about a table: what is understood, and what is left to others."""

from __future__ import annotations

import pytest

from autonomy.core.analysis import TableProfile
from autonomy.tools.analysis.plain_question import Asked, How, Only, asked
from autonomy.tools.analysis.questions import Grain
from autonomy.tools.analysis.table import make_table

_DAYS = ["2022-03-01", "2022-11-05", "2023-01-09", "2023-05-02"]
_ROWS = [
    ["Order ID", "Date", "Region", "Product", "Units", "Unit price (€)", "Revenue (€)", "Satisfaction (1–5)"],
    *[
        [f"{100 + i}", _DAYS[i % 4], ("North", "South")[i % 2], ("Sofa", "Desk", "Lamp")[i % 3], f"{i % 4 + 1}", f"{i + 0.5}", f"{i * 3}", f"{i % 5 + 1}"]
        for i in range(24)
    ],
]  # fmt: skip
IN_2023 = Only(column="Date", year=2023)


@pytest.fixture(scope="module")
def profile() -> TableProfile:
    return make_table(_ROWS, "sales.csv").profile


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Which region sold most in 2023?", Asked(how=How.TOTAL, measure="Revenue", by="Region", only=(IN_2023,))),
        ("What is the average unit price of desks?", Asked(how=How.MEAN, measure="Unit price", only=(Only(column="Product", value="Desk"),))),
        ("How many sofas were sold in 2022?", Asked(how=How.TOTAL, measure="Units", only=(Only(column="Product", value="Sofa"), Only(column="Date", year=2022)))),
        ("Which month had the lowest revenue?", Asked(how=How.TOTAL, measure="Revenue", by="Date", grain=Grain.MONTH, lowest=True)),
        ("How many orders were there in March 2022?", Asked(how=How.COUNT, only=(Only(column="Date", year=2022, month=3),))),
        ("What is the highest unit price?", Asked(how=How.HIGHEST, measure="Unit price")),
        ("What was the lowest revenue in the South?", Asked(how=How.LOWEST, measure="Revenue", only=(Only(column="Region", value="South"),))),
        ("median unit price by product", Asked(how=How.MEDIAN, measure="Unit price", by="Product")),
        ("How much revenue did each region make?", Asked(how=How.TOTAL, measure="Revenue", by="Region")),
        ("Which region is most satisfied?", Asked(how=How.MEAN, measure="Satisfaction (1–5)", by="Region")),
        ("How many rows per product?", Asked(how=How.COUNT, by="Product")),
        ("Which product is most common?", Asked(how=How.COUNT, by="Product")),
    ],
)  # fmt: skip
def test_a_plain_question_is_understood(
    profile: TableProfile, question: str, wanted: Asked
) -> None:
    assert asked(profile, question) == wanted


@pytest.mark.parametrize(
    "question",
    [
        "Why do people like sofas?",
        "Which region is most beautiful?",
        "What does the manager think?",
        "Is the method sound?",
        "Tell me about the North.",
        "Which region sold most in 2023, not counting desks?",
        "How many sofas were sold in Bavaria?",
        "Which region sold most in May?",
        "How many units were sold at over 100 €?",
        "How many orders were there after March 2022?",
        "Which region sold most in Q1 2023?",
        "What share of revenue is from the North?",
    ],
)
def test_what_is_not_plain_is_not_guessed(profile: TableProfile, question: str) -> None:
    assert asked(profile, question) is None
