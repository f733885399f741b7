"""Sections of a program that tell what a table holds: its columns, its numbers, how one is spread."""

from __future__ import annotations

from autonomy.core.analysis import Column, ColumnKind, TableProfile
from autonomy.tools.analysis.questions import Grain, Question, grain_of
from autonomy.tools.analysis.wording import (
    column_of,
    head,
    places_of,
    spoken_name,
    unit_behind,
    with_unit,
)

_LISTED_COLUMNS = 30
_LISTED_NUMBERS = 20
_SINGLE_VALUES = 20
"""Whole numbers of so few different values are counted one by one, as points on a scale are."""


def overview(profile: TableProfile, question: Question) -> str:
    kinds = {c.name: ("identifier" if c.identifier else str(c.kind)) for c in profile.columns}
    listed = [c.name for c in profile.columns[:_LISTED_COLUMNS]]
    units = {c.name: c.unit for c in profile.columns if c.unit}
    more = len(profile.columns) - len(listed)
    note = "Only the first columns are listed." if more else ""
    return f"""{head("What the table holds")}
KINDS = {kinds!r}
UNITS = {units!r}
LISTED = {listed!r}
missing = data.isna()
whole = add_table(
    "Size of the table",
    [figures("Rows"), figures("Columns"), figures("Cells"), figures("Missing cells"), figures("Missing", "%")],
    [[count(len(data)), count(len(data.columns)), count(data.size), count(missing.sum().sum()), share(missing.sum().sum(), data.size)]],
    display=False,
)
table = add_table(
    "Columns of the data",
    [words("Column"), words("Holds"), words("Unit"), figures("Values"), figures("Missing"), figures("Missing", "%")],
    [
        [label(name), label(KINDS[name]), label(UNITS.get(name, "–")), count(data[name].notna().sum()), count(missing[name].sum()), share(missing[name].sum(), len(data))]
        for name in LISTED
    ],
    note={note!r},
)
findings = [say("The table has {{rows}} rows and {{columns}} columns.", rows=whole.at(0, 0), columns=whole.at(0, 1))]
if missing.sum().sum() == 0:
    findings.append(say("No value is missing."))
else:
    findings.append(
        say("Of its {{cells}} cells, {{missing}} ({{share}} %) are missing; they are left out of what is computed, never filled in.",
            cells=whole.at(0, 2), missing=whole.at(0, 3), share=whole.at(0, 4))
    )
    worst = max(range(len(LISTED)), key=lambda i: missing[LISTED[i]].sum())
    if missing[LISTED[worst]].sum():
        findings.append(
            say("Most are missing in {{name}}: {{missing}} of its rows ({{share}} %).",
                name=table.at(worst, 0), missing=table.at(worst, 4), share=table.at(worst, 5))
        )
for name in DAYS[:1]:
    if data[name].notna().any():
        span = add_table(
            "First and last day",
            [words("Column"), words("First"), words("Last")],
            [[label(name), label(data[name].min().strftime({_day(profile)!r})), label(data[name].max().strftime({_day(profile)!r}))]],
            display=False,
        )
        findings.append(say("{{name}} runs from {{first}} to {{last}}.", name=span.at(0, 0), first=span.at(0, 1), last=span.at(0, 2)))
add_part("The data", "what the table holds, column by column", [table], findings)
"""


def summary(profile: TableProfile, question: Question) -> str:
    numbers = [
        (c.name, c.label, c.unit, places_of(c), c.decimals)
        for c in profile.columns
        if c.kind is ColumnKind.NUMBER and not c.identifier
    ]
    note = "SD is the standard deviation of the sample."
    if len(numbers) > _LISTED_NUMBERS:
        note += " Only the first of the numbers are listed."
    numbers = numbers[:_LISTED_NUMBERS]
    return f"""{head("Every number")}
NUMBERS = {numbers!r}  # name, as said, unit, places of means, places of values
rows = []
for name, said, unit, places, own in NUMBERS:
    values = data[name].dropna()
    rows.append(
        [
            label(said), label(unit or "–"), count(len(values)), count(data[name].isna().sum()),
            number(values.mean(), places), number(values.std(ddof=1), places), number(values.median(), places),
            number(values.min(), own), number(values.max(), own),
        ]
    )
table = add_table(
    "Summary of the numbers",
    [words("Column"), words("Unit"), figures("n"), figures("Missing"), figures("Mean"), figures("SD"), figures("Median"), figures("Min"), figures("Max")],
    rows,
    note={note!r},
)
findings = []
for i, (name, said, unit, places, own) in enumerate(NUMBERS[:6]):
    behind = " " + unit if unit else ""
    findings.append(
        say("The mean of {{name}} is {{mean}}" + behind + " (SD {{sd}}, n = {{n}}) and its median {{median}}" + behind + ", with values from {{least}} to {{most}}.",
            name=table.at(i, 0), mean=table.at(i, 4), sd=table.at(i, 5), n=table.at(i, 2), median=table.at(i, 6), least=table.at(i, 7), most=table.at(i, 8))
    )
add_part("The numbers at a glance", "the mean, spread and range of each number", [table], findings)
"""


def spread(profile: TableProfile, question: Question) -> str:
    column = column_of(profile, question.measure)
    if not column.decimals and column.distinct <= _SINGLE_VALUES:
        return _single_values(column)
    name, shown = column.name, with_unit(column)
    return f"""{head(f"How {column.label} is distributed")}
values = data[{name!r}].dropna()
used = add_table("Rows used", [figures("n")], [[count(len(values))]], display=False)
bins = min(30, max(5, int(np.ceil(np.log2(len(values)) + 1))))
heights, edges = np.histogram(values, bins=bins)
table = add_table(
    {f"Values of {column.label} in classes"!r},
    [figures("From", {column.unit!r}), figures("To", {column.unit!r}), figures("n")],
    [[number(edges[i], {places_of(column)}), number(edges[i + 1], {places_of(column)}), count(heights[i])] for i in range(bins)],
    display=False,
)
top = int(np.argmax(heights))
figure, axes = plt.subplots()
axes.bar(edges[:-1], heights, width=np.diff(edges), align="edge", color=PALETTE[0], edgecolor="white", linewidth=0.8)
axes.set_xlabel(short({shown!r}, 60))
axes.set_ylabel("Rows")
axes.grid(axis="y")
drawn = add_figure(
    figure,
    {f"Distribution of {shown}"!r},
    {f"Histogram of {shown}. The fullest class reaches from "!r} + table.shown(top, 0) + " to " + table.shown(top, 1) + " and holds " + table.shown(top, 2) + " rows.",
    table,
    note="n = " + used.shown(0, 0) + ".",
)
findings = [
    say({f"The commonest values of {spoken_name(column)} lie between "!r} + "{{low}} and {{high}}" + {unit_behind(column)!r} + ": this class holds {{rows}} of the {{n}} rows with a value.",
        low=table.at(top, 0), high=table.at(top, 1), rows=table.at(top, 2), n=used.at(0, 0))
]
add_part({f"Distribution of {column.label}"!r}, {f"how the values of {spoken_name(column)} are distributed"!r}, [drawn], findings)
"""


def _single_values(column: Column) -> str:
    name, shown = column.name, with_unit(column)
    return f"""{head(f"How {column.label} is distributed")}
values = data[{name!r}].dropna()
used = add_table("Rows used", [figures("n")], [[count(len(values))]], display=False)
counts = values.value_counts().sort_index()
table = add_table(
    {f"Values of {column.label}"!r},
    [figures("Value", {column.unit!r}), figures("n"), figures("Share", "%")],
    [[number(value, 0), count(n), share(n, len(values))] for value, n in counts.items()],
    display=False,
)
top = int(np.argmax(counts.to_numpy()))
figure, axes = plt.subplots()
axes.bar(range(len(counts)), counts, width=0.8, color=PALETTE[0])
ticks(axes, [row[0]["shown"] for row in table.rows])
axes.set_xlabel(short({shown!r}, 60))
axes.set_ylabel("Rows")
axes.grid(axis="y")
drawn = add_figure(
    figure,
    {f"Distribution of {shown}"!r},
    {f"Bar chart of the rows with each value of {shown}. Most have "!r} + table.shown(top, 0) + ": " + table.shown(top, 1) + " rows.",
    table,
    note="n = " + used.shown(0, 0) + ".",
)
findings = [
    say({f"The commonest value of {spoken_name(column)} is "!r} + "{{value}}" + {unit_behind(column)!r} + ", which {{rows}} of the {{n}} rows with a value have ({{share}} %).",
        value=table.at(top, 0), rows=table.at(top, 1), n=used.at(0, 0), share=table.at(top, 2))
]
add_part({f"Distribution of {column.label}"!r}, {f"how the values of {spoken_name(column)} are distributed"!r}, [drawn], findings)
"""


def _day(profile: TableProfile) -> str:
    """How the days of the first column of days are written: years as years."""
    days = next((c for c in profile.columns if c.kind is ColumnKind.DATE), None)
    return "%Y" if days is not None and grain_of(days) is Grain.YEAR else "%-d %B %Y"
