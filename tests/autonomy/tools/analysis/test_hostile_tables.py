"""Tables of the worst kind: each is read, computed with in one sandbox, and its result taken."""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from pathlib import Path

import pytest

from autonomy.agents.data_layout import plain
from autonomy.core.analysis import AnalysisLimits, AnalysisResult, TableRead
from autonomy.core.sandbox import Job, Profile
from autonomy.library.parsed import ParseLimits
from autonomy.library.tabular import read_table
from autonomy.tools.analysis.contract import spoken, take_result
from autonomy.tools.analysis.program import prelude, program
from autonomy.tools.analysis.questions import questions
from tests.autonomy.agents.data_world import real_sandbox
from tests.files.tables import as_csv

pytestmark = pytest.mark.timeout(400)
"""The first test waits for all programs."""

_CHANCE = random.Random(5)


def _numbers(count: int = 60) -> list[str]:
    return [f"{_CHANCE.gauss(50, 9):.1f}" for _ in range(count)]


def _grouped(names: list[str], head: str = "Group") -> list[list[str]]:
    return [[head, "Amount"], *[[names[i % len(names)], n] for i, n in enumerate(_numbers())]]


TABLES: dict[str, bytes] = {
    "formulas": as_csv(_grouped(["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3"])),
    "html": as_csv(_grouped(["<script>alert(1)</script>", "<img src=x onerror=y>", "a&b"], "<b>G</b>")),
    "markdown": as_csv(_grouped(["[x](http://e.example)", "**bold**", "[[p:evil]]", "`code`"], "# G {n}")),
    "code": as_csv(_grouped(["'''; import os #", '"""', "{values}", "\\u202e"], "'); raise SystemExit(1) #")),
    "math": as_csv(_grouped(["$x^2$", "$", "\\frac{1}{2}"], "Cost in $ or $")),
    "rtl": as_csv(_grouped(["שלום", "مرحبا", "\u202edlrow"], "שם")),
    "one column": as_csv([["Amount"], *[[n] for n in _numbers()]]),
    "one row": as_csv([["a", "b"], ["x", "5"]]),
    "two rows": as_csv([["a", "b", "c"], ["x", "5", "2020-01-01"], ["y", "5", "2020-01-02"]]),
    "constant": as_csv([["g", "n", "m"], *[["a", "7", "7"] for _ in range(30)]]),
    "huge": as_csv([["g", "n", "m"], *[[("a", "b")[i % 2], f"{i + 1}e300", f"{i + 1}e-300"] for i in range(30)]]),
    "nearly empty": as_csv([["g", "n", "m"], *[["a", "", ""] for _ in range(50)], ["b", "1", ""], ["b", "2", "NA"]]),
    "many columns": as_csv([[f"c{i}" for i in range(5_000)], *[[str(i * j % 7) for i in range(5_000)] for j in range(1, 9)]]),
    "quotes": b'Name,Amount\n"Smith, ""Jo""\nJr.",5\n"a,b",7\n"a,b",8\n',
    "latin": "Stadt;Größe\n".encode("cp1252") + "".join(f"Köln;{i},5\n" for i in range(30)).encode("cp1252"),
    "utf16": ("Town\tAmount\n" + "".join(f"Ulm\t{i}\n" for i in range(30))).encode("utf-16"),
    "mark": b"\xef\xbb\xbf" + as_csv(_grouped(["a", "b"])),
    "scale": as_csv([["I feel supported by {those} who supervise me (1–5)", "Score", "Day"], *[[("Agree", "Strongly agree", "Disagree")[i % 3], str(i % 6), f"2023-0{i % 5 + 1}-17"] for i in range(40)]]),
    "days of a month": as_csv([["Day", "Sales"], *[[f"2024-03-{i % 28 + 1:02}", str(i)] for i in range(60)]]),
    "quarters": as_csv([["Day", "Sales"], *[[f"20{15 + i % 8}-{i % 12 + 1:02}-09", str(i)] for i in range(90)]]),
    "many groups": as_csv(_grouped([f"group number {i} of a rather long name that goes on" for i in range(25)])),
    "old days": as_csv([["Day", "n"], *[[f"{1000 + 60 * i}-01-15", str(i * i)] for i in range(30)]]),
    "answers and groups apart": as_csv([["content", "region"], *[[("yes", "no", "unsure")[i % 3], ""] for i in range(30)], *[["", "NS"[i % 2]] for i in range(30)]]),
    "numbers and groups apart": as_csv([["group", "amount"], *[["ab"[i % 2], ""] for i in range(30)], *[["", str(i * 7 % 13)] for i in range(30)]]),
    "days and numbers apart": as_csv([["day", "amount", "other"], *[[f"2023-03-{i + 1:02}", "", ""] for i in range(30)], *[["", str(i * 7 % 13), ""] for i in range(30)], *[["", "", str(i * i)] for i in range(30)]]),
    "figures in a name": as_csv([["station", "pm25"], *[[("Mill", "Quay")[i % 2], f"{i % 9}.4"] for i in range(40)]]),
    "braces": as_csv([["happy {x}", "{}"], *[[("yes", "no")[i % 2], "ab"[i // 3 % 2]] for i in range(30)]]),
    "same names":  as_csv([["n", "n", "n"], *[[str(i), str(-i), str(i % 3)] for i in range(30)]]),
}  # fmt: skip

_DRIVER = """
import os, shutil, traceback
for case in sorted(os.listdir("cases")):
    folder = os.path.join(os.getcwd(), "run", case)
    os.makedirs(folder)
    shutil.copy(f"cases/{case}/data.csv", folder)
    text = open(f"cases/{case}/program.py", encoding="utf-8").read()
    here = os.getcwd()
    os.chdir(folder)
    try:
        exec(compile(text, case, "exec"), {"__name__": "__main__"})
    except BaseException:
        os.makedirs("out", exist_ok=True)
        open("out/error.txt", "w").write(traceback.format_exc())
    os.chdir(here)
    os.makedirs(f"out/{case}")
    for name in os.listdir(f"run/{case}/out"):
        if not name.endswith(".svg"):
            shutil.move(f"run/{case}/out/{name}", f"out/{case}/{name}")
"""


_TICKS = """
gaps = {}
for name, labels in {
    "months": [f"September {2000 + i}" for i in range(48)],
    "days": [f"{i} Dec" for i in range(62)],
    "few": ["a rather long label that leaves no room for any other", "b", "c"],
}.items():
    figure, axes = plt.subplots()
    axes.plot(range(len(labels)))
    ticks(axes, labels)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.get_xticklabels()]
    gaps[name] = [right.x0 - left.x1 for left, right in zip(boxes, boxes[1:])]
with open("out/gaps.json", "w") as file:
    json.dump(gaps, file)
"""


def read(name: str) -> TableRead:
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(TABLES[name])
        file.flush()
        return read_table(Path(file.name), f"{name}.csv", ParseLimits(max_table_rows=200_000))


@pytest.fixture(scope="module")
def left() -> dict[str, dict[str, bytes]]:
    """What each program left: one job in the sandbox runs them all."""
    files: dict[str, bytes] = {}
    for number, name in enumerate(TABLES):
        table = read(name)
        asked = questions(table.profile, "trend, relation, distribution, counts by group", most=4)
        files[f"cases/{number:02d}/data.csv"] = table.csv.encode()
        files[f"cases/{number:02d}/program.py"] = program(table.profile, asked).encode()
    files["cases/ticks/data.csv"] = b"n\n1\n"
    files["cases/ticks/program.py"] = (prelude() + _TICKS).encode()
    from autonomy.tools.python_sandbox.limits import Limits, ProfileLimits
    from autonomy.tools.python_sandbox.sandbox import PythonSandbox

    usual = real_sandbox()
    assert isinstance(usual, PythonSandbox)
    roomy = Limits(profiles={p: ProfileLimits(300.0, 250, 1_024) for p in Profile}, out_files=400)
    sandbox = PythonSandbox(usual.tier, roomy, usual._bubblewrap)
    ran = asyncio.run(sandbox.run(Job(profile=Profile.ANALYSIS, program=_DRIVER, files=files)))
    assert ran.exit == 0, f"{ran.limit} {ran.stderr}"
    found: dict[str, dict[str, bytes]] = {name: {} for name in TABLES}
    found["ticks"] = {}
    for path, data in ran.files.items():
        case, _, file = path.removeprefix("out/").partition("/")
        if case == "ticks":
            found["ticks"][file] = data
            continue
        found[list(TABLES)[int(case)]][file] = data
    return found


def result_of(left: dict[str, bytes], name: str) -> AnalysisResult:
    assert "error.txt" not in left, left["error.txt"].decode()
    # The pictures as vectors were left out, to keep what is copied small.
    content = left["result.json"].replace(b".svg", b"")
    raw = json.loads(content)
    for figure in raw["figures"]:
        figure["svg"] = ""
    taken = {**left, "result.json": json.dumps(raw).encode()}
    return take_result(taken, AnalysisLimits(), read(name).profile.names)[0]


@pytest.mark.parametrize("name", TABLES)
def test_it_is_computed_and_keeps_the_contract(
    name: str, left: dict[str, dict[str, bytes]]
) -> None:
    result = result_of(left[name], name)

    assert result.parts[0].heading == "The data"
    for part in result.parts:
        for finding in part.findings:
            said = spoken(finding, result)
            assert said
            assert "<" not in plain(said).replace("\\<", "")
            assert "[[" not in plain(said)
            assert "nan" not in said.lower().split()
            assert "inf" not in said.lower().split()


def test_labels_below_an_axis_never_run_into_each_other(
    left: dict[str, dict[str, bytes]],
) -> None:
    assert "error.txt" not in left["ticks"], left["ticks"]["error.txt"].decode()
    gaps = json.loads(left["ticks"]["gaps.json"])

    assert len(gaps["months"]) >= 2
    for found in gaps.values():
        assert all(gap >= 4 for gap in found)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("answers and groups apart", "No row has a value of “region” and “content”"),
        ("numbers and groups apart", "No row has a value of “group” and “amount”"),
        ("days and numbers apart", "No row has a value of “day” and “amount”"),
    ],
)
def test_columns_that_no_row_fills_together_are_told_so(
    name: str, said: str, left: dict[str, dict[str, bytes]]
) -> None:
    result = result_of(left[name], name)

    told = " ".join(spoken(finding, result) for part in result.parts for finding in part.findings)
    assert f"{said}, so nothing was computed of them." in told


def test_groups_keep_the_names_that_the_person_gave_them(left: dict[str, dict[str, bytes]]) -> None:
    result = result_of(left["formulas"], "formulas")

    names = {row[0].shown for table in result.tables for row in table.rows}
    assert "=cmd|' /C calc'!A0" in names
