from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest

from autonomy.core.analysis import ColumnKind, TableLimits, TableRead, TableUnreadable
from autonomy.tools.analysis.table import make_table


def table(rows: Sequence[Sequence[str]], **given: object) -> TableRead:
    return make_table(rows, "t.csv", **given)  # type: ignore[arg-type]


def cells(read: TableRead) -> list[list[str]]:
    return list(csv.reader(io.StringIO(read.csv)))


def names(read: TableRead) -> list[str]:
    return [column.name for column in read.profile.columns]


def test_columns_are_told_apart_by_what_they_hold() -> None:
    rows = [["Day", "Town", "Price (€)", "Note"]]
    rows += [
        [f"2021-01-{i:02d}", "Ulm" if i % 2 else "Bonn", f"{i},50 €", f"remark {i}"]
        for i in range(1, 21)
    ]

    read = table(rows)

    kinds = {c.name: c.kind for c in read.profile.columns}
    assert kinds == {
        "Day": ColumnKind.DATE,
        "Town": ColumnKind.CATEGORY,
        "Price": ColumnKind.NUMBER,
        "Note": ColumnKind.TEXT,
    }
    price = read.profile.named("Price")
    assert price is not None
    assert (price.unit, price.minimum, price.maximum, price.decimals) == ("€", 1.5, 20.5, 2)
    assert any("decimal comma" in remark for remark in read.profile.remarks)
    assert cells(read)[1] == ["2021-01-01", "Ulm", "1.50", "remark 1"]


def test_a_title_and_an_empty_row_above_the_header_are_left_out() -> None:
    read = table(
        [["Sales of the year", "", ""], ["", "", ""], ["Town", "n", "m"], ["Ulm", "1", "2"]]
    )

    assert names(read) == ["Town", "n", "m"]
    assert read.profile.rows == 1
    assert any("row 3" in remark for remark in read.profile.remarks)


def test_two_rows_of_merged_headers_become_one() -> None:
    read = table(
        [
            ["", "2020", "", "2021", ""],
            ["Town", "Births", "Deaths", "Births", "Deaths"],
            ["Ulm", "10", "8", "12", "9"],
            ["Bonn", "20", "18", "22", "19"],
        ]
    )

    assert names(read) == ["Town", "2020 Births", "2020 Deaths", "2021 Births", "2021 Deaths"]


def test_a_row_of_units_below_the_names_is_no_row_of_data() -> None:
    read = table(
        [
            ["Town", "Mass", "Length"],
            ["", "kg", "cm"],
            ["Ulm", "3", "10"],
            ["Bonn", "4", "11"],
            ["Kiel", "5", "9"],
        ]
    )

    assert read.profile.rows == 3
    assert [c.unit for c in read.profile.columns] == ["", "kg", "cm"]


def test_repeated_and_empty_names_are_told_apart_and_empty_columns_left_out() -> None:
    read = table([["n", "n", "", "gone"], ["1", "2", "3", ""], ["2", "3", "4", ""]])

    assert names(read) == ["n", "n (2)", "Column 3"]
    assert any("gone" in remark for remark in read.profile.remarks)


def test_a_table_without_a_header_gets_names() -> None:
    read = table([["1", "2"], ["3", "4"]])

    assert names(read) == ["Column 1", "Column 2"]
    assert read.profile.rows == 2


def test_cells_that_fit_no_column_count_as_missing_and_are_told() -> None:
    rows = [["n"], *[[str(i)] for i in range(40)], ["about ten"], [""]]

    read = table(rows + [["x"]][:0])

    column = read.profile.columns[0]
    assert column.kind is ColumnKind.NUMBER
    assert (column.filled, column.unread) == (40, 1)
    assert any("1 cell holds no number" in remark for remark in read.profile.remarks)


def test_figures_with_leading_zeros_are_names() -> None:
    read = table([["Postcode"], ["01069"], ["04109"], ["10115"], ["04109"]])

    assert read.profile.columns[0].kind is not ColumnKind.NUMBER
    assert cells(read)[1] == ["01069"]


def test_years_under_a_name_that_says_so_are_days() -> None:
    read = table([["Year", "n"], *[[str(2000 + i), str(i * 3)] for i in range(12)]])

    assert read.profile.columns[0].kind is ColumnKind.DATE


def test_amounts_in_another_currency_are_not_added_up_with_the_rest() -> None:
    read = table([["Fee"], *[[f"€{i}"] for i in range(1, 40)], ["$7"]])

    assert read.profile.columns[0].unit == "€"
    assert read.profile.columns[0].unread == 1


def test_too_many_rows_and_columns_are_cut_and_told() -> None:
    rows = [[f"c{i}" for i in range(5_000)], *[["1"] * 5_000 for _ in range(6)]]

    read = table(rows, limits=TableLimits(rows=5, columns=50))

    assert (read.profile.rows, len(read.profile.columns)) == (5, 50)
    assert any("first 50 columns" in remark for remark in read.profile.remarks)
    assert any("first 5 rows" in remark for remark in read.profile.remarks)


@pytest.mark.parametrize("rows", [[], [[""]], [["a", "b"]], [["a", "b"], ["", ""]]])
def test_what_holds_no_row_is_refused_in_words(rows: list[list[str]]) -> None:
    with pytest.raises(TableUnreadable):
        table(rows)


def test_all_cells_missing_is_refused() -> None:
    with pytest.raises(TableUnreadable, match="empty"):
        table([["a", "b"], ["NA", "n/a"], ["-", "null"]])


def test_marks_that_turn_the_direction_of_text_are_taken_out() -> None:
    read = table([["Na\u202eme"], ["שלום"], ["a\u200bb"], ["שלום"], ["c"]])

    assert names(read) == ["Name"]
    assert cells(read)[1:3] == [["שלום"], ["ab"]]


def test_a_decimal_comma_is_told_once_for_all_columns() -> None:
    rows = [["Ort", "Nitrat", "Nitrit", "Blei"]]
    rows += [["Ulm", f"{i},5", f"0,{i}4", f"{i},25" if i else "viel"] for i in range(20)]
    remarks = make_table(rows, "werte.csv", comma_hint=True).profile.remarks

    said = "Numbers of “Nitrat”, “Nitrit” and “Blei” were read with a decimal comma."
    assert [remark for remark in remarks if "decimal comma" in remark] == [said]
    assert any("“Blei” 1 cell holds no number" in remark for remark in remarks)


def test_a_title_above_two_columns_is_no_name() -> None:
    body = [["Ulm", "1"], ["Bonn", "2"]] * 4
    read = table([["Sales of 2023", ""], [], ["Town", "n"], *body])
    assert names(read) == ["Town", "n"]
    assert read.profile.rows == 8
    # One name over two columns is the header all the same where no names come below.
    assert names(table([["", "n"], *body])) == ["Column 1", "n"]


@pytest.mark.parametrize(
    ("label", "value", "kept", "said"),
    [
        ("Total", "10", 4, "adds the others up and was left out"),
        ("Summe:", "10,00", 4, "adds the others up and was left out"),
        ("Average", "2.5", 4, "averages the others and was left out"),
        ("Total", "77", 5, "counts as a row like any other"),
        ("Totalbank", "10", 5, ""),
    ],
)
def test_a_row_of_totals_is_not_counted_again(label: str, value: str, kept: int, said: str) -> None:
    rows = [["Region", "Value"], ["N", "4"], ["S", "1"], ["W", "3"], ["E", "2"], [label, value]]
    read = table(rows)
    assert read.profile.rows == kept
    assert any(said in remark for remark in read.profile.remarks) == bool(said)


@pytest.mark.parametrize(
    "text",
    [
        # Years agree with their mean and nearly so with each other, zeros and equal values always.
        "Sector,Year,Revenue/Energy,2022,400/Health,2022,700/Media,2022,900",
        "City,Year,Count/Ulm,2020,10/Bonn,2022,30/Average,2021,99",
        "Firm,Year,Revenue,Debt/Shell,2020,500,0/BP,2020,300,0/Total,2020,900,0",
        "Name,Won,Lost/Ann,1,7/Bob,1,9/Sum,2,5",
        "Name,Won,Lost/Ann,1,5/Bob,0,5/Sum,1,5",
        # What a mean has in common with any middle value proves nothing.
        "Level,Count/Low,10/High,20/Average,15",
        "Sector,Stars/Energy,2/Health,3/Retail,4/Media,3",
        "Room,Kelvin/A,288.1/B,289.9/C,291.2/Average,290.4",
        "Firm,Branch,Revenue/Deere,Machines,500/Shell,Oil,400/Total,Oil,900",
        "Firm,Year/Shell,2019/BP,2021/Average,2020",
    ],
)
def test_a_row_that_is_only_called_a_total_is_kept(text: str) -> None:
    rows = [line.split(",") for line in text.split("/")]
    read = table(rows)
    label = rows[-1][0]
    assert read.profile.rows == len(rows) - 1
    assert cells(read)[-1][0] == label
    assert f"The last row is called “{label}” and counts as a row like any other." in (
        read.profile.remarks
    )


@pytest.mark.parametrize(
    "text",
    [
        "Town,Mass,Length/,kg,cm/Ulm,3,10/Bonn,4,11/Total,7,21",
        "Town,Mass/,kg/Ulm,3/Bonn,4/Kiel,5/Total,12",
        "Sector,Year,Revenue/Energy,2022,400/Health,2022,700/Total,2022,1100",
        "Firm,Revenue,Debt/Shell,500,0/BP,300,0/Total,800,0",
        "Town,Count/Ulm,1/Bonn,1/Kiel,1/Total,3",
        "Item,Net,Tax/Pen,1.20,19%/Ink,3.10,19%/Total,4.30,19%",
        "Town,Change/Ulm,0.1/Bonn,0.2/Kiel,-0.3/Jena,0.4/Total,0.4000001",
        "Town,Price,Count/Ulm,2.50,3/Bonn,4.75,4/Kiel,3.10,4/Mean,3.45,3.67",
    ],
)
def test_a_row_that_surely_is_a_total_is_left_out_and_told(text: str) -> None:
    rows = [line.split(",") for line in text.split("/")]
    read = table(rows)
    assert rows[-1][0] not in [row[0] for row in cells(read)]
    assert any(f"“{rows[-1][0]}”" in r and "was left out" in r for r in read.profile.remarks)


@pytest.mark.parametrize(
    "text",
    [
        "Comment/great/fine/good, but noisy/ok/bad",
        "Comment/great/fine/ok/good, but noisy",
        "Comment/great/fine/good, but noisy, and cold/ok/bad",
        "Comment/great/good, but noisy",
        "Comment/great/fine/good, but noisy/ok, 5",
    ],
)
def test_a_separator_inside_a_text_of_one_column_costs_no_row(text: str) -> None:
    lines = text.split("/")
    read = table([line.split(",") for line in lines])
    assert names(read)[0] == "Comment"
    assert [row[0] for row in cells(read)[1:]] == [line.split(",")[0] for line in lines[1:]]
    assert not any("left out" in remark for remark in read.profile.remarks)


@pytest.mark.parametrize("wider", [0, 2])
@pytest.mark.parametrize("notes", [0, 4])
def test_many_lines_of_title_above_a_short_table_are_left_out_and_told(
    wider: int, notes: int
) -> None:
    above = [["Sales"], ["by town"], ["As of May"], ["Source: the towns"], []]
    head, body = ["Town", "n", *"ab"[:wider]], [["Ulm", "1", *"45"[:wider]]] * 2
    read = table([*above, head, *body, *[["Estimated"]] * notes])
    assert names(read) == head
    assert read.profile.rows == 2 + notes
    assert any("row 6; what stands above it" in remark for remark in read.profile.remarks)


def test_amounts_of_several_currencies_are_not_added_up() -> None:
    read = table([["Shop", "Price"], *[["a", "$1,200.50"], ["b", "€ 3"], ["c", "5"]] * 4])
    price = read.profile.named("Price")
    assert price is not None
    assert price.kind is ColumnKind.CATEGORY
    assert "Amounts of “Price” stand in different units ($, €) and were not computed with." in (
        read.profile.remarks
    )


def test_two_numbers_with_a_space_between_are_no_amount() -> None:
    read = table([["Call", "n"], *[["+49 30 1234", "1 234"], ["+49 30 9876", "12 345 678"]] * 4])
    call, n = read.profile.columns
    assert call.kind is ColumnKind.CATEGORY
    assert (n.kind, n.maximum) == (ColumnKind.NUMBER, 12_345_678)


def test_columns_that_are_said_alike_are_told_apart() -> None:
    rows = [["net_pay", "net pay"], *[[str(n), str(n * n)] for n in range(9)]]
    columns = make_table(rows, "pay.csv").profile.columns

    assert [column.label for column in columns] == ["net pay", "net pay (2)"]
