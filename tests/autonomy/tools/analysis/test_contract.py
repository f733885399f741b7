"""What a program may leave: everything else is refused, with words for whoever mends it."""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable
from typing import Any

import pytest

from autonomy.core.analysis import AnalysisLimits, Finding, Place
from autonomy.tools.analysis.contract import BrokenResult, spoken, take_result

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    + struct.pack(">II", 1280, 760)
    + b"\x08\x02"
    + b"\0" * 20
)
GOOD: dict[str, Any] = {
    "tables": [
        {
            "id": "t1",
            "title": "Means",
            "columns": [{"name": "Region 7"}, {"name": "Mean", "unit": "€", "numeric": True}],
            "rows": [
                [{"value": "East", "shown": "East"}, {"value": 1234.567, "shown": "1,234.57"}],
                [{"value": "West", "shown": "West"}, {"value": None, "shown": "–"}],
            ],
        }
    ],
    "figures": [{"id": "f1", "title": "Means", "alt": "Highest: 1,234.57.", "png": "f1.png", "table": "t1"}],
    "parts": [
        {
            "heading": "Means by Region 7",
            "lead": "the means",
            "exhibits": ["t1", "f1"],
            "findings": [{"text": "In {where} it is {mean}.", "values": {"where": {"table": "t1", "row": 0, "column": 0}, "mean": {"table": "t1", "row": 0, "column": 1}}}],
        }
    ],
    "versions": {"python": "3.11"},
}  # fmt: skip


def taken(result: Any, **files: bytes) -> Any:
    left = {"out/result.json": json.dumps(result).encode(), "f1.png": PNG, **files}
    return take_result(left, AnalysisLimits())


def test_a_good_result_is_taken_with_its_pictures() -> None:
    result, files = taken(GOOD)

    assert files == {"f1.png": PNG}
    assert spoken(result.parts[0].findings[0], result) == "In East it is 1,234.57."


def _title(result: Any) -> None:
    result["tables"][0]["title"] = "Up by 87"


def _alt(result: Any) -> None:
    result["figures"][0]["alt"] = "Rises by 3.5."


def _finding(result: Any) -> None:
    result["parts"][0]["findings"][0]["text"] += " That is 99 more."


def _shown(result: Any) -> None:
    result["tables"][0]["rows"][0][1]["shown"] = "1,243.57"


def _shown_without_value(result: Any) -> None:
    result["tables"][0]["rows"][1][1]["shown"] = "5"


def _slot(result: Any) -> None:
    result["parts"][0]["findings"][0]["values"] = {}


def _place(result: Any) -> None:
    result["parts"][0]["findings"][0]["values"]["mean"]["row"] = 9


def _ragged(result: Any) -> None:
    result["tables"][0]["rows"][0].pop()


def _unknown_exhibit(result: Any) -> None:
    result["parts"][0]["exhibits"].append("t9")


def _twice(result: Any) -> None:
    result["parts"][0]["exhibits"].append("t1")


def _same_id(result: Any) -> None:
    result["tables"].append(copy.deepcopy(result["tables"][0]))


def _hidden(result: Any) -> None:
    result["tables"][0]["display"] = False


def _elsewhere(result: Any) -> None:
    result["figures"][0]["png"] = "../../x.png"


def _absent(result: Any) -> None:
    result["figures"][0]["png"] = "f9.png"


def _more(result: Any) -> None:
    result["html"] = "<script>"


def _nothing(result: Any) -> None:
    result["parts"] = []


@pytest.mark.parametrize(
    "spoil",
    [
        _title, _alt, _finding, _shown, _shown_without_value, _slot, _place, _ragged, _unknown_exhibit,
        _twice, _same_id, _hidden, _elsewhere, _absent, _more, _nothing,
    ],
)  # fmt: skip
def test_a_result_that_breaks_the_contract_is_refused(spoil: Callable[[Any], None]) -> None:
    result = copy.deepcopy(GOOD)
    spoil(result)

    with pytest.raises(BrokenResult):
        taken(result)


@pytest.mark.parametrize(
    "png",
    [
        b"<script>alert(1)</script>",
        b"",
        PNG[:20],
        PNG[:16] + struct.pack(">II", 90_000, 2) + PNG[24:],
    ],
)
def test_what_is_no_picture_of_a_sane_size_is_refused(png: bytes) -> None:
    with pytest.raises(BrokenResult):
        taken(GOOD, **{"f1.png": png})


def test_too_much_is_refused() -> None:
    result = copy.deepcopy(GOOD)
    result["tables"][0]["note"] = "x" * 300
    with pytest.raises(BrokenResult, match="bytes"):
        take_result(
            {"result.json": json.dumps(result).encode(), "f1.png": PNG},
            AnalysisLimits(result_bytes=500),
        )


def test_nothing_left_is_said_so() -> None:
    with pytest.raises(BrokenResult, match="finish"):
        take_result({}, AnalysisLimits())


def test_a_head_of_a_column_can_be_named() -> None:
    result, _ = taken(GOOD)
    finding = Finding(text="{name}", values={"name": Place(table="t1", row=-1, column=0)})

    assert spoken(finding, result) == "Region 7"
