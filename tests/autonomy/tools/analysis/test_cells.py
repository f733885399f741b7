from __future__ import annotations

import math
from datetime import date

import pytest

from autonomy.tools.analysis.cells import day, decimal_comma, is_missing, month_first, number


@pytest.mark.parametrize(
    ("cell", "comma", "expected"),
    [
        ("1234.5", False, 1234.5),
        ("1,234.50", False, 1234.5),
        ("1.234,50", True, 1234.5),
        ("1 234,5", True, 1234.5),
        ("1\u202f234,5", True, 1234.5),
        ("1'234.50", False, 1234.5),
        ("€ 12.30", False, 12.3),
        ("12,30 €", True, 12.3),
        ("USD 1,000", False, 1000),
        ("-$5", False, -5),
        ("(1,200)", False, -1200),
        ("−3", False, -3),
        ("45%", False, 45),
        ("12 kg", False, 12),
        ("1e3", False, 1000),
        (".5", False, 0.5),
        ("1,234,567", False, 1234567),
    ],
)
def test_numbers_are_read_as_their_column_writes_them(
    cell: str, comma: bool, expected: float
) -> None:
    found = number(cell, comma=comma)

    assert found is not None
    assert math.isclose(float(found.text), expected)


@pytest.mark.parametrize(
    "cell", ["12-34", "1.2.3", "abc", "=1+1", "1e999", "1,23,4", "9" * 60, "NaN"]
)
def test_what_is_no_finite_number_is_none(cell: str) -> None:
    assert number(cell, comma=False) is None


def test_a_column_tells_which_sign_stands_before_the_decimals() -> None:
    assert decimal_comma(["1,234", "12,5"], hint=False)
    assert not decimal_comma(["1,234", "12.5"], hint=True)
    assert decimal_comma(["1,234"], hint=True)
    assert not decimal_comma(["1,234"], hint=False)


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "#DIV/0!", "-", "null", "None"])
def test_words_for_nothing_are_missing(cell: str) -> None:
    assert is_missing(cell)


@pytest.mark.parametrize(
    ("cell", "american", "expected"),
    [
        ("2021-03-04", False, date(2021, 3, 4)),
        ("2021-03-04T10:20:30Z", False, date(2021, 3, 4)),
        ("04/03/2021", False, date(2021, 3, 4)),
        ("03/04/2021", True, date(2021, 3, 4)),
        ("4.3.21", False, date(2021, 3, 4)),
        ("4 March 2021", False, date(2021, 3, 4)),
        ("März 2021", False, date(2021, 3, 1)),
        ("2021-03", False, date(2021, 3, 1)),
        ("2021 Q3", False, date(2021, 7, 1)),
        ("31/02/2021", False, None),
        ("13/13/2021", False, None),
        ("hello 2021 world", False, None),
    ],
)
def test_days_are_read_in_many_writings(cell: str, american: bool, expected: date | None) -> None:
    assert day(cell, month_first=american) == expected


def test_the_order_of_day_and_month_is_told_by_a_cell_or_not_at_all() -> None:
    assert month_first(["03/25/2021", "01/02/2021"]) is True
    assert month_first(["25/03/2021", "01/02/2021"]) is False
    assert month_first(["01/02/2021"]) is None
