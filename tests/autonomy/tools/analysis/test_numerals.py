from __future__ import annotations

import pytest

from autonomy.core.analysis import AnalysisResult, Cell, ResultColumn, ResultTable
from autonomy.tools.analysis.numerals import Computed, causes, numerals, plain, spelled


def computed() -> Computed:
    table = ResultTable(
        id="t1",
        title="T",
        columns=(ResultColumn(name="Zone 51"), ResultColumn(name="Mean")),
        rows=((Cell(value="B2 street", shown="B2 street"), Cell(value=1234.5, shown="1,234.50")),
              (Cell(value="2021-03", shown="2021-03"), Cell(value=-0.25, shown="−0.25"))),
    )  # fmt: skip
    return Computed(AnalysisResult(tables=(table,)))


@pytest.mark.parametrize(
    "text",
    [
        "The mean is 1,234.50 in B2 street.",
        "The mean is 1234.5.",
        "Zone 51 has -0.25; so Table 3 and Figures 1 and 2 show.",
        "In 2021-03 it was −0.25.",
        "No number at all.",
    ],
)
def test_what_was_computed_may_be_said(text: str) -> None:
    assert computed().strangers(text) == []


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("It is 1,234.51.", ["1,234.51"]),
        ("It is 1.23450.", ["1.23450"]),
        ("Zone 52 has it.", ["52"]),
        ("That is 10 % more.", ["10"]),
        ("B2 streets and 2 more.", ["2", "2"]),
    ],
)
def test_other_numbers_are_found(text: str, strange: list[str]) -> None:
    assert computed().strangers(text) == strange


def test_names_of_files_may_hold_figures() -> None:
    assert computed().strangers("From sales-2020.csv.", ["sales-2020.csv"]) == []


def test_causes_are_heard_and_their_denial_is_none() -> None:
    assert causes("Sales rose because of the weather.")
    assert causes("The effect of price on sales is plain.")
    assert not causes("This does not tell what caused it.")
    assert not causes("The two go together.")


def test_amounts_in_words_are_heard() -> None:
    assert spelled("It doubled, to twenty-three.")
    assert not spelled("The first of these groups.")


def test_numerals_keep_their_exponent() -> None:
    assert [plain(n) for n in numerals("1.50e+13 and 7")] == ["1.50e+13", "7"]


def test_a_name_of_figures_takes_no_piece_of_a_number() -> None:
    table = ResultTable(
        id="t1",
        title="T",
        columns=(ResultColumn(name="2"),),
        rows=((Cell(value="4.2 b", shown="4.2 b"),), (Cell(value="7", shown="7"),)),
    )
    found = Computed(AnalysisResult(tables=(table,)))

    assert found.strangers("It is 24.2 and 7.") == ["24.2"]
