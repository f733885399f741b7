"""What the simulated model says about tables: programs, mended programs, and text about results."""

from __future__ import annotations

import json
import re
from typing import Any


def _fenced(user: str, label: str) -> list[tuple[str, str]]:
    code = re.search(r"^Fence code: (\w+)$", user, re.M)
    if not code:
        return []
    pattern = rf"^<<<{code[1]} ({label}[^\n]*)\n(.*?)\n{code[1]}>>>$"
    return [(m[1], m[2]) for m in re.finditer(pattern, user, re.M | re.S)]


def columns(user: str) -> list[dict[str, Any]]:
    """The columns that a prompt lists."""
    found = _fenced(user, "columns")
    return [json.loads(line) for line in found[0][1].splitlines()] if found else []


def program(user: str) -> str:
    """The size of the table, and the mean of its first number in each group of its first category."""
    listed = columns(user)
    numbers = [c["name"] for c in listed if c["holds"] == "number" and not c.get("names_rows")]
    groups = [c["name"] for c in listed if c["holds"] == "category"]
    measure, by = numbers[0], (groups or [""])[0]
    lines = [
        'size = add_table("Size of the data", [figures("Rows"), figures("Columns")], [[count(len(data)), count(len(data.columns))]])',
        'add_part("What there is", "the size of the data", [size], [say("There are {rows} rows in {columns} columns.", rows=size.at(0, 0), columns=size.at(0, 1))])',
        f"measure, by = {measure!r}, {by!r}",
        'if not by:\n    data["all"] = "all rows"\n    by = "all"',
        'groups = data[[by, measure]].dropna().groupby(by)[measure].agg(["count", "mean", "std"])',
        'rows = [[label(name), count(row["count"]), number(row["mean"], 2), number(row["std"], 2)] for name, row in groups.iterrows()]',
        'table = add_table("Means of " + measure, [words(by), figures("n"), figures("Mean"), figures("SD")], rows)',
        "figure, axes = plt.subplots()",
        'axes.bar([short(name) for name in groups.index], groups["mean"], color=PALETTE[0])',
        "axes.set_ylabel(short(measure))",
        'drawn = add_figure(figure, "Means of " + measure, "Bar chart of the mean of " + measure + " in each group of " + by + ".", table)',
        'add_part("Means", "the mean of " + measure + " in each group", [table, drawn], [say("In {first} the mean is {mean} (n = {n}).", first=table.at(0, 0), mean=table.at(0, 2), n=table.at(0, 1))])',
        "finish()",
    ]
    return "```python\n" + "\n".join(lines) + "\n```"


def mended(user: str) -> str:
    """A program that works, whatever the one that failed was."""
    return program(user)


def report(user: str) -> dict[str, Any]:
    """What the findings say, behind the names of the tables and figures."""
    paragraphs = []
    for label, text in _fenced(user, "part"):
        shown = re.search(r"^Shown in: (.*)$", text, re.M)
        found = re.search(r"^Findings: (.*)$", text, re.M | re.S)
        said = found[1].replace("\\", "") if found else ""
        where = f"{shown[1]} tell of this. " if shown and shown[1] else ""
        paragraphs.append({"part": int(label.split()[1]), "text": f"{where}{said}"})
    return {"paragraphs": paragraphs}
