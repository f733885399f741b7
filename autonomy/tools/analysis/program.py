"""The program that answers questions of a table: plain pandas and matplotlib, made to be read.

What is from outside (names of columns) stands in it as Python literals only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from autonomy.core.analysis import Column, ColumnKind, TableProfile
from autonomy.tools.analysis.questions import MOST_GROUPS, Grain, Question, QuestionKind

_SCATTER = 2_000
"""More points than this are counted in cells instead of drawn one by one."""
_PRINTED_PERIODS = 16
"""A table of more periods than this is kept behind its figure instead of printed."""
_LISTED_COLUMNS = 30
_FEW_VALUES = 15
"""A number of so few different values lies in bands when it is drawn point by point."""

_TICK = {Grain.DAY: "%d %b", Grain.MONTH: "%b %Y", Grain.QUARTER: "Q%q %Y", Grain.YEAR: "%Y"}
"""How periods are written below an axis."""
_PERIOD = {Grain.DAY: "D", Grain.MONTH: "M", Grain.QUARTER: "Q", Grain.YEAR: "Y"}


@cache
def prelude() -> str:
    """The functions that every program begins with."""
    return (files("autonomy.tools.analysis") / "prelude.txt").read_text("utf-8")


def program(profile: TableProfile, questions: Sequence[Question]) -> str:
    """The whole program, ready to run beside `data.csv`."""
    body = [reading(profile)]
    body += [_SECTIONS[question.kind](profile, question) for question in questions]
    return prelude() + "\n".join([*body, "finish()", ""])


def reading(profile: TableProfile) -> str:
    """The lines that read the table into `data`, days as days."""
    words = [c.name for c in profile.columns if c.kind in (ColumnKind.CATEGORY, ColumnKind.TEXT)]
    days = [c.name for c in profile.columns if c.kind is ColumnKind.DATE]
    lines = [
        f"# {len(profile.columns)} columns, {profile.rows} rows. Empty cells are missing; nothing else is.",
        f"WORDS = {words!r}",
        f"DAYS = {days!r}",
        'data = pd.read_csv("data.csv", dtype={name: "string" for name in WORDS + DAYS}, keep_default_na=False, na_values=[""])',
        "for name in DAYS:",
        '    data[name] = pd.to_datetime(data[name], format="%Y-%m-%d", errors="coerce")',
        "",
    ]
    return "\n".join(lines)


def _head(title: str) -> str:
    return f"\n# {'-' * 20} {' '.join(title.split())[:60]}"


def _with_unit(column: Column) -> str:
    return f"{column.name} ({column.unit})" if column.unit else column.name


def _behind(column: Column) -> str:
    """The unit as it stands behind a number in a sentence."""
    return f" {column.unit}" if column.unit else ""


def _digits(column: Column) -> int:
    """Places for means and the like: one more than the data have, three significant ones at least
    for small numbers."""
    top = max(abs(column.minimum or 0), abs(column.maximum or 0))
    needed = 3 if top < 1 else 2 if top < 100 else 1
    return min(
        max(column.decimals + (0 if column.decimals >= 2 else 1), needed if column.decimals else 1),
        4,
    )


def _column(profile: TableProfile, name: str) -> Column:
    found = profile.named(name)
    if found is None:
        raise KeyError(name)
    return found


def _overview(profile: TableProfile, question: Question) -> str:
    kinds = {c.name: ("identifier" if c.identifier else str(c.kind)) for c in profile.columns}
    listed = [c.name for c in profile.columns[:_LISTED_COLUMNS]]
    units = {c.name: c.unit for c in profile.columns if c.unit}
    more = len(profile.columns) - len(listed)
    note = "Only the first columns are listed." if more else ""
    return f"""{_head("What the table holds")}
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
            [[label(name), label(data[name].min().date().isoformat()), label(data[name].max().date().isoformat())]],
            display=False,
        )
        findings.append(say("{{name}} runs from {{first}} to {{last}}.", name=span.at(0, 0), first=span.at(0, 1), last=span.at(0, 2)))
add_part("The data", "what the table holds, column by column", [table], findings)
"""


def _summary(profile: TableProfile, question: Question) -> str:
    numbers = [
        (c.name, c.unit, _digits(c), c.decimals)
        for c in profile.columns
        if c.kind is ColumnKind.NUMBER and not c.identifier
    ][:12]
    return f"""{_head("Every number")}
NUMBERS = {numbers!r}  # name, unit, places of means, places of values
rows = []
for name, unit, places, own in NUMBERS:
    values = data[name].dropna()
    rows.append(
        [
            label(name), label(unit or "–"), count(len(values)), count(data[name].isna().sum()),
            number(values.mean(), places), number(values.std(ddof=1), places), number(values.median(), places),
            number(values.min(), own), number(values.max(), own),
        ]
    )
table = add_table(
    "Summary of the numbers",
    [words("Column"), words("Unit"), figures("n"), figures("Missing"), figures("Mean"), figures("SD"), figures("Median"), figures("Min"), figures("Max")],
    rows,
    note="SD is the standard deviation of the sample.",
)
findings = []
for i, (name, unit, places, own) in enumerate(NUMBERS[:6]):
    behind = " " + unit if unit else ""
    findings.append(
        say("The mean of {{name}} is {{mean}}" + behind + " (SD {{sd}}, n = {{n}}) and its median {{median}}" + behind + ", with values from {{least}} to {{most}}.",
            name=table.at(i, 0), mean=table.at(i, 4), sd=table.at(i, 5), n=table.at(i, 2), median=table.at(i, 6), least=table.at(i, 7), most=table.at(i, 8))
    )
add_part("The numbers at a glance", "the mean, spread and range of each number", [table], findings)
"""


def _spread(profile: TableProfile, question: Question) -> str:
    column = _column(profile, question.measure)
    name, shown = column.name, _with_unit(column)
    return f"""{_head(f"How {name} is distributed")}
values = data[{name!r}].dropna()
used = add_table("Rows used", [figures("n")], [[count(len(values))]], display=False)
bins = min(30, max(5, int(np.ceil(np.log2(len(values)) + 1))))
heights, edges = np.histogram(values, bins=bins)
table = add_table(
    {f"Values of {name} in classes"!r},
    [figures("From", {column.unit!r}), figures("To", {column.unit!r}), figures("n")],
    [[number(edges[i], {_digits(column)}), number(edges[i + 1], {_digits(column)}), count(heights[i])] for i in range(bins)],
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
    say({f"The commonest values of {name} lie between "!r} + "{{low}} and {{high}}" + {_behind(column)!r} + ": this class holds {{rows}} of the {{n}} rows with a value.",
        low=table.at(top, 0), high=table.at(top, 1), rows=table.at(top, 2), n=used.at(0, 0))
]
add_part({f"Distribution of {name}"!r}, {f"how the values of {name} are distributed"!r}, [drawn], findings)
"""


def _trend(profile: TableProfile, question: Question) -> str:
    measure = _column(profile, question.measure) if question.measure else None
    by, grain = question.by, question.grain
    what = f"Mean of {_with_unit(measure)}" if measure else "Rows"
    digits = _digits(measure) if measure else 0
    wanted = [by, measure.name] if measure else [by]
    title = f"{what} per {grain}"
    compute = (
        f'periods = used.groupby(used[{by!r}].dt.to_period("{_PERIOD[grain]}"))[{measure.name!r}].agg(["count", "mean"])'
        if measure
        else f'periods = used.groupby(used[{by!r}].dt.to_period("{_PERIOD[grain]}")).size().to_frame("count")\nperiods["mean"] = periods["count"]'
    )
    cell = f'number(row["mean"], {digits})' if measure else 'count(row["count"])'
    subject = f"the mean of {measure.name}" if measure else "the number of rows"
    behind = _behind(measure) if measure else ""
    return f"""{_head(title)}
used = data[{wanted!r}].dropna()
{compute}
total = add_table("Rows used", [figures("n")], [[count(len(used))]], display=False)
table = add_table(
    {title!r},
    [words({grain.value.capitalize()!r}), figures("n"), figures({what!r})],
    [[label(str(period)), count(row["count"]), {cell}] for period, row in periods.iterrows()],
    display=len(periods) <= {_PRINTED_PERIODS},
)
values = periods["mean"].to_numpy(dtype=float)
high, low = int(np.argmax(values)), int(np.argmin(values))
figure, axes = plt.subplots()
axes.plot(range(len(values)), values, color=PALETTE[0], marker=MARKERS[0], markersize=4, linewidth=1.6)
axes.plot([high], [values[high]], color=PALETTE[1], marker=MARKERS[3], markersize=9, linestyle="none", label="highest")
axes.plot([low], [values[low]], color=PALETTE[2], marker=MARKERS[4], markersize=9, linestyle="none", label="lowest")
ticks(axes, [period.strftime({_TICK[grain]!r}) for period in periods.index])
axes.set_xlabel(short({by!r}, 60))
axes.set_ylabel(short({what!r}, 44))
axes.grid(axis="y")
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2, fontsize=9)
drawn = add_figure(
    figure,
    {title!r},
    {f"Line chart: {what} per {grain}. Highest in "!r} + table.shown(high, 0) + " (" + table.shown(high, 2) + "), lowest in " + table.shown(low, 0) + " (" + table.shown(low, 2) + ").",
    table,
    note="n = " + total.shown(0, 0) + "." + (" The vertical axis does not begin at zero." if axes.get_ylim()[0] > 0 else ""),
)
findings = [
    say({f"Per {grain}, {subject} is highest in "!r} + "{{high}} ({{most}}" + {behind!r} + ", n = {{high_n}}) and lowest in {{low}} ({{least}}" + {behind!r} + ", n = {{low_n}}).",
        high=table.at(high, 0), most=table.at(high, 2), high_n=table.at(high, 1), low=table.at(low, 0), least=table.at(low, 2), low_n=table.at(low, 1)),
    say("It stands at {{first_value}}" + {behind!r} + " in {{first}} and at {{last_value}}" + {behind!r} + " in {{last}}.",
        first=table.at(0, 0), first_value=table.at(0, 2), last=table.last(0), last_value=table.last(2)),
]
exhibits = [drawn, table] if len(periods) <= {_PRINTED_PERIODS} else [drawn]
add_part({f"{what.partition(' (')[0]} over time"!r}, {f"{subject} per {grain}"!r}, exhibits, findings)
"""


def _groups(profile: TableProfile, question: Question) -> str:
    measure, by = _column(profile, question.measure), question.by
    shown, digits, behind = _with_unit(measure), _digits(measure), _behind(measure)
    name = measure.name
    return f"""{_head(f"{name} by {by}")}
used = data[[{by!r}, {name!r}]].dropna()
kept = used[{by!r}].value_counts().head({MOST_GROUPS}).index
groups = used[used[{by!r}].isin(kept)].groupby({by!r})[{name!r}].agg(["count", "mean", "std", "median"])
groups = groups.sort_values(["mean", "count"], ascending=False)
left_out = used[{by!r}].nunique() - len(groups)
total = add_table("Rows used", [figures("n"), figures("Groups left out")], [[count(groups["count"].sum()), count(left_out)]], display=False)
table = add_table(
    {f"{shown} by {by}"!r},
    [words({by!r}), figures("n"), figures("Mean", {measure.unit!r}), figures("SD", {measure.unit!r}), figures("Median", {measure.unit!r})],
    [
        [label(group), count(row["count"]), number(row["mean"], {digits}), number(row["std"], {digits}), number(row["median"], {digits})]
        for group, row in groups.iterrows()
    ],
    note="SD is the standard deviation of the sample." + (" Only the largest groups are listed; " + total.shown(0, 1) + " are left out." if left_out else ""),
)
places = np.arange(len(groups))[::-1]
figure, axes = plt.subplots(figsize=(6.4, 1.4 + 0.36 * len(groups)))
axes.errorbar(groups["mean"], places, xerr=groups["std"].fillna(0), fmt=MARKERS[0], color=PALETTE[0], ecolor=PALETTE[0], elinewidth=1.4, capsize=3, markersize=6)
axes.set_yticks(places, [short(group) for group in groups.index])
axes.set_ylim(-0.6, len(groups) - 0.4)
axes.set_xlabel(short({f"Mean of {shown}, with one SD to either side"!r}, 70))
axes.set_ylabel(short({by!r}, 30))
axes.grid(axis="x")
last = len(groups) - 1
drawn = add_figure(
    figure,
    {f"Mean of {shown} by {by}"!r},
    {f"Dot plot of the mean of {shown} in each group of {by}, with bars of one standard deviation. Highest: "!r} + table.shown(0, 0) + " (" + table.shown(0, 2) + "); lowest: " + table.shown(last, 0) + " (" + table.shown(last, 2) + ").",
    table,
    note="n = " + total.shown(0, 0) + "; bars show one standard deviation.",
)
difference = add_table("Difference of the means", [figures("Difference", {measure.unit!r})], [[number(groups["mean"].iloc[0] - groups["mean"].iloc[last], {digits})]], display=False)
findings = [
    say({f"The mean of {name} is highest for "!r} + "{{first}} ({{most}}" + {behind!r} + ", SD {{most_sd}}, n = {{most_n}}) and lowest for {{last}} ({{least}}" + {behind!r} + ", SD {{least_sd}}, n = {{least_n}}).",
        first=table.at(0, 0), most=table.at(0, 2), most_sd=table.at(0, 3), most_n=table.at(0, 1), last=table.at(last, 0), least=table.at(last, 2), least_sd=table.at(last, 3), least_n=table.at(last, 1)),
    say("The two means lie {{difference}}" + {behind!r} + " apart.", difference=difference.at(0, 0)),
    say("This describes the rows at hand: whether the groups differ beyond them was not tested, and nothing is said of causes."),
]
add_part({f"{name} by {by}"!r}, {f"{name} for each group of {by}"!r}, [table, drawn], findings)
"""


def _counts(profile: TableProfile, question: Question) -> str:
    by = question.by
    return f"""{_head(f"Rows by {by}")}
values = data[{by!r}].dropna()
counts = values.value_counts()
rest = counts.iloc[{MOST_GROUPS}:]
counts = counts.head({MOST_GROUPS})
rows = [[label(group), count(n), share(n, len(values))] for group, n in counts.items()]
if len(rest):
    rows.append([label("All others"), count(rest.sum()), share(rest.sum(), len(values))])
total = add_table("Rows used", [figures("n")], [[count(len(values))]], display=False)
table = add_table({f"Rows by {by}"!r}, [words({by!r}), figures("n"), figures("Share", "%")], rows, note="n = " + total.shown(0, 0) + ".")
places = np.arange(len(rows))[::-1]
figure, axes = plt.subplots(figsize=(6.4, 1.4 + 0.34 * len(rows)))
bars = axes.barh(places, [row[1]["value"] for row in rows], color=PALETTE[0], height=0.66)
axes.bar_label(bars, labels=[row[1]["shown"] for row in rows], padding=4, fontsize=9)
axes.set_yticks(places, [short(row[0]["value"]) for row in rows])
axes.set_xlabel("Rows")
axes.set_ylabel(short({by!r}, 30))
axes.margins(x=0.14)
axes.grid(axis="x")
drawn = add_figure(
    figure,
    {f"Rows by {by}"!r},
    {f"Bar chart of the number of rows in each group of {by}. Most: "!r} + table.shown(0, 0) + " (" + table.shown(0, 1) + ").",
    table,
    note="n = " + total.shown(0, 0) + ".",
)
last = len(counts) - 1
findings = [
    say({f"Of {by}, "!r} + "{{first}} is the commonest with {{most}} of {{n}} rows ({{share}} %).",
        first=table.at(0, 0), most=table.at(0, 1), n=total.at(0, 0), share=table.at(0, 2)),
]
if last > 0:
    findings.append(
        say("{{last}} is the rarest of those listed, with {{least}} rows ({{share}} %).", last=table.at(last, 0), least=table.at(last, 1), share=table.at(last, 2))
    )
add_part({f"Rows by {by}"!r}, {f"how the rows divide by {by}"!r}, [table, drawn], findings)
"""


def _relation_figure(one: Column, other: Column) -> str:
    """Rows as points, or counted in cells; where one of the two has few values, which would lie in
    bands, the mean and spread of the other at each of them."""
    few, many = sorted((one, other), key=lambda column: column.distinct)
    if few.distinct <= _FEW_VALUES < many.distinct:
        title = f"Mean of {_with_unit(many)} at each value of {_with_unit(few)}"
        return f"""values = used.groupby({few.name!r})[{many.name!r}].agg(["count", "mean", "std"]).sort_index()
behind = add_table(
    {title!r},
    [figures({few.name!r}, {few.unit!r}), figures("n"), figures("Mean", {many.unit!r}), figures("SD", {many.unit!r})],
    [[number(value, {few.decimals}), count(row["count"]), number(row["mean"], {_digits(many)}), number(row["std"], {_digits(many)})] for value, row in values.iterrows()],
    display=False,
)
figure, axes = plt.subplots()
axes.errorbar(values.index, values["mean"], yerr=values["std"].fillna(0), fmt=MARKERS[0], color=PALETTE[0], elinewidth=1.4, capsize=3, markersize=6)
axes.set_xticks(list(values.index), [cell[0]["shown"] for cell in behind.rows])
axes.set_xlabel(short({_with_unit(few)!r}, 60))
axes.set_ylabel(short({_with_unit(many)!r}, 44))
axes.grid(axis="y")
drawn = add_figure(
    figure,
    {title!r},
    {f"Dot plot of the mean of {_with_unit(many)} at each value of {_with_unit(few)}, with bars of one standard deviation. Pearson r is "!r} + table.shown(0, 2) + ".",
    behind,
    note="n = " + table.shown(0, 1) + "; bars show one standard deviation.",
)
"""
    return f"""figure, axes = plt.subplots()
if len(used) > {_SCATTER}:
    cells = axes.hexbin(used[{one.name!r}], used[{other.name!r}], gridsize=34, mincnt=1, cmap="cividis_r", linewidths=0.2)
    figure.colorbar(cells, ax=axes, label="Rows in a cell")
else:
    axes.scatter(used[{one.name!r}], used[{other.name!r}], color=PALETTE[0], alpha=0.45, s=18, linewidths=0)
axes.set_xlabel(short({_with_unit(one)!r}, 60))
axes.set_ylabel(short({_with_unit(other)!r}, 44))
axes.grid(True)
drawn = add_figure(
    figure,
    {f"{one.name} and {other.name}"!r},
    {f"Plot of {_with_unit(other)} against {_with_unit(one)}, one mark or cell for the rows with both. Pearson r is "!r} + table.shown(0, 2) + ".",
    table,
    note="n = " + table.shown(0, 1) + ".",
)
"""


def _relation(profile: TableProfile, question: Question) -> str:
    one, other = _column(profile, question.measure), _column(profile, question.other)
    first, second = one.name, other.name
    return f"""{_head(f"{first} and {second}")}
used = data[[{first!r}, {second!r}]].dropna()
varied = len(used) >= 3 and used[{first!r}].nunique() > 1 and used[{second!r}].nunique() > 1
pearson = np.corrcoef(used[{first!r}], used[{second!r}])[0, 1] if varied else math.nan
ranks = used.rank()
spearman = np.corrcoef(ranks[{first!r}], ranks[{second!r}])[0, 1] if varied else math.nan
table = add_table(
    {f"Correlation of {first} and {second}"!r},
    [words("Columns"), figures("n"), figures("Pearson r"), figures("Spearman rank correlation")],
    [[label({f"{first} and {second}"!r}), count(len(used)), coefficient(pearson), coefficient(spearman)]],
)
{_relation_figure(one, other)}
size = abs(pearson) if varied else 0
strength = "hardly any" if size < 0.1 else "a weak" if size < 0.3 else "a moderate" if size < 0.5 else "a strong"
direction = "" if size < 0.1 else "positive " if pearson > 0 else "negative "
findings = [
    say({f"{first} and {second} have "!r} + strength + " " + direction + "linear relation in the {{n}} rows with both (Pearson r = {{r}}; by ranks {{rank}}).",
        n=table.at(0, 1), r=table.at(0, 2), rank=table.at(0, 3)),
    say("A correlation tells how the two go together; it does not tell why."),
]
add_part({f"{first} and {second}"!r}, {f"how {first} and {second} go together"!r}, [drawn, table], findings)
"""


_SECTIONS = {
    QuestionKind.OVERVIEW: _overview,
    QuestionKind.SUMMARY: _summary,
    QuestionKind.SPREAD: _spread,
    QuestionKind.TREND: _trend,
    QuestionKind.GROUPS: _groups,
    QuestionKind.COUNTS: _counts,
    QuestionKind.RELATION: _relation,
}
