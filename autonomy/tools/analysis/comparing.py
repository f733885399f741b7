"""Sections of a program that compare: groups of rows, how many there are, and two numbers with each other."""

from __future__ import annotations

from autonomy.core.analysis import Column, TableProfile
from autonomy.tools.analysis.questions import MOST_GROUPS, Question
from autonomy.tools.analysis.scales import answers
from autonomy.tools.analysis.wording import (
    column_of,
    head,
    heading,
    of_filled_rows,
    places_of,
    spoken_name,
    unit_behind,
    with_unit,
)

_SCATTER = 2_000
"""More points than this are counted in cells instead of drawn one by one."""
_FEW_VALUES = 15
"""A number of so few different values lies in bands when it is drawn point by point."""


def groups(profile: TableProfile, question: Question) -> str:
    measure, group = column_of(profile, question.measure), column_of(profile, question.by)
    shown, digits, behind = with_unit(measure), places_of(measure), unit_behind(measure)
    name, by = measure.name, group.name
    title = heading(f"{measure.label} by {group.label}")
    return of_filled_rows(
        title,
        [group, measure],
        f"""kept = used[{by!r}].value_counts().head({MOST_GROUPS}).index
groups = used[used[{by!r}].isin(kept)].groupby({by!r})[{name!r}].agg(["count", "mean", "std", "median"])
groups = groups.sort_values(["mean", "count"], ascending=False)
left_out = used[{by!r}].nunique() - len(groups)
total = add_table("Rows used", [figures("n"), figures("Groups left out")], [[count(groups["count"].sum()), count(left_out)]], display=False)
table = add_table(
    {heading(f"{shown} by {group.label}")!r},
    [words({heading(group.label)!r}), figures("n"), figures("Mean", {measure.unit!r}), figures("SD", {measure.unit!r}), figures("Median", {measure.unit!r})],
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
axes.set_ylabel(short({heading(group.label)!r}, 30))
axes.grid(axis="x")
last = len(groups) - 1
drawn = add_figure(
    figure,
    {f"Mean of {shown} by {group.label}"!r},
    {f"Dot plot of the mean of {shown} in each group of {group.label}, with bars of one standard deviation. Highest: "!r} + table.shown(0, 0) + " (" + table.shown(0, 2) + "); lowest: " + table.shown(last, 0) + " (" + table.shown(last, 2) + ").",
    table,
    note="n = " + total.shown(0, 0) + "; bars show one standard deviation.",
)
difference = add_table("Difference of the means", [figures("Difference", {measure.unit!r})], [[number(groups["mean"].iloc[0] - groups["mean"].iloc[last], {digits})]], display=False)
findings = [
    say({f"The mean of {spoken_name(measure)} is highest for "!r} + "{{first}} ({{most}}" + {behind!r} + ", SD {{most_sd}}, n = {{most_n}}) and lowest for {{last}} ({{least}}" + {behind!r} + ", SD {{least_sd}}, n = {{least_n}}).",
        first=table.at(0, 0), most=table.at(0, 2), most_sd=table.at(0, 3), most_n=table.at(0, 1), last=table.at(last, 0), least=table.at(last, 2), least_sd=table.at(last, 3), least_n=table.at(last, 1)),
    say("The two means lie {{difference}}" + {behind!r} + " apart.", difference=difference.at(0, 0)),
    say("This describes the rows at hand: whether the groups differ beyond them was not tested, and nothing is said of causes."),
]
add_part({title!r}, {f"{spoken_name(measure)} for each group of {spoken_name(group)}"!r}, [table, drawn], findings)
""",
    )


def totals(profile: TableProfile, question: Question) -> str:
    measure, group = column_of(profile, question.measure), column_of(profile, question.by)
    shown, behind, name = with_unit(measure), unit_behind(measure), measure.name
    by = group.name
    own, places = measure.decimals, places_of(measure)
    return of_filled_rows(
        heading(f"{measure.label} by {group.label}"),
        [group, measure],
        f"""groups = used.groupby({by!r})[{name!r}].agg(["count", "sum", "mean", "median"]).sort_values(["sum", "count"], ascending=False)
whole = groups["sum"].sum()
rest = groups.iloc[{MOST_GROUPS}:]
groups = groups.head({MOST_GROUPS})
sums = add_table(
    "All rows used",
    [figures("n"), figures("Total", {measure.unit!r}), figures("Groups left out"), figures("Their total", {measure.unit!r})],
    [[count(len(used)), number(whole, {own}), count(len(rest)), number(rest["sum"].sum(), {own})]],
    display=False,
)
table = add_table(
    {heading(f"{shown} by {group.label}")!r},
    [words({heading(group.label)!r}), figures("n"), figures("Total", {measure.unit!r}), figures("Share", "%"), figures("Mean", {measure.unit!r}), figures("Median", {measure.unit!r})],
    [
        [label(group), count(row["count"]), number(row["sum"], {own}), share(row["sum"], whole), number(row["mean"], {places}), number(row["median"], {places})]
        for group, row in groups.iterrows()
    ],
    note="n = " + sums.shown(0, 0) + "; the share is of the total of all rows, " + sums.shown(0, 1) + {behind!r} + "." + (" Only the largest groups are listed; " + sums.shown(0, 2) + " are left out." if len(rest) else ""),
)
places = np.arange(len(groups))[::-1]
figure, axes = plt.subplots(figsize=(6.4, 1.4 + 0.34 * len(groups)))
bars = axes.barh(places, groups["sum"], color=PALETTE[0], height=0.66)
axes.bar_label(bars, labels=[row[3]["shown"] + " %" for row in table.rows], padding=4, fontsize=9)
axes.set_yticks(places, [short(group) for group in groups.index])
axes.set_xlabel(short({f"Total of {shown}"!r}, 70))
axes.set_ylabel(short({heading(group.label)!r}, 30))
axes.margins(x=0.14)
axes.grid(axis="x")
last = len(groups) - 1
drawn = add_figure(
    figure,
    {f"Total of {shown} by {group.label}"!r},
    {f"Bar chart of the total of {shown} in each group of {group.label}, with its share of the whole. Highest: "!r} + table.shown(0, 0) + " (" + table.shown(0, 2) + "); lowest: " + table.shown(last, 0) + " (" + table.shown(last, 2) + ").",
    table,
    note="n = " + sums.shown(0, 0) + ".",
)
findings = [
    say({f"Of the {{whole}}{behind} of {measure.label} in all, "!r} + "{{first}} has most with {{most}}" + {behind!r} + " ({{share}} %, n = {{most_n}}) and {{last}} least with {{least}}" + {behind!r} + " ({{least_share}} %, n = {{least_n}}).",
        whole=sums.at(0, 1), first=table.at(0, 0), most=table.at(0, 2), share=table.at(0, 3), most_n=table.at(0, 1), last=table.at(last, 0), least=table.at(last, 2), least_share=table.at(last, 3), least_n=table.at(last, 1)),
]
by_mean = sorted(range(len(groups)), key=lambda place: -groups["mean"].iloc[place])
findings.append(
    say("A row of {{high}} has {{high_mean}}" + {behind!r} + " on average, the highest of the means; the lowest is that of {{low}}, {{low_mean}}" + {behind!r} + ".",
        high=table.at(by_mean[0], 0), high_mean=table.at(by_mean[0], 4), low=table.at(by_mean[-1], 0), low_mean=table.at(by_mean[-1], 4))
)
findings.append(say("This describes the rows at hand: whether the groups differ beyond them was not tested, and nothing is said of causes."))
add_part({heading(f"{measure.label} by {group.label}")!r}, {f"how {spoken_name(measure)} divides by {spoken_name(group)}"!r}, [table, drawn], findings)
""",
    )


def counts(profile: TableProfile, question: Question) -> str:
    group = column_of(profile, question.by)
    by, title = group.name, f"Rows by {group.label}"
    order = answers(value for value, _ in group.common)
    ordered = (
        f"\ncounts = counts.reindex({order!r})  # from the lowest answer to the highest"
        if order
        else ""
    )
    return f"""{head(title)}
values = data[{by!r}].dropna()
counts = values.value_counts(){ordered}
rest = counts.iloc[{MOST_GROUPS}:]
counts = counts.head({MOST_GROUPS})
rows = [[label(group), count(n), share(n, len(values))] for group, n in counts.items()]
if len(rest):
    rows.append([label("All others"), count(rest.sum()), share(rest.sum(), len(values))])
total = add_table("Rows used", [figures("n")], [[count(len(values))]], display=False)
most = int(np.argmax(counts.to_numpy()))
table = add_table({title!r}, [words({heading(group.label)!r}), figures("n"), figures("Share", "%")], rows, note="n = " + total.shown(0, 0) + ".")
places = np.arange(len(rows))[::-1]
figure, axes = plt.subplots(figsize=(6.4, 1.4 + 0.34 * len(rows)))
bars = axes.barh(places, [row[1]["value"] for row in rows], color=PALETTE[0], height=0.66)
axes.bar_label(bars, labels=[row[1]["shown"] for row in rows], padding=4, fontsize=9)
axes.set_yticks(places, [short(row[0]["value"]) for row in rows])
axes.set_xlabel("Rows")
axes.set_ylabel(short({heading(group.label)!r}, 30))
axes.margins(x=0.14)
axes.grid(axis="x")
drawn = add_figure(
    figure,
    {title!r},
    {f"Bar chart of the number of rows in each group of {group.label}. Most: "!r} + table.shown(most, 0) + " (" + table.shown(most, 1) + ").",
    table,
    note="n = " + total.shown(0, 0) + ".",
)
first, last = most, len(counts) - 1 - int(np.argmin(counts.to_numpy()[::-1]))
findings = [
    say({f"In {spoken_name(group)}, “"!r} + "{{first}}” is the commonest with {{most}} of {{n}} rows ({{share}} %).",
        first=table.at(first, 0), most=table.at(first, 1), n=total.at(0, 0), share=table.at(first, 2)),
]
if last != first:
    findings.append(
        say("“{{last}}” is the rarest of those listed, with {{least}} rows ({{share}} %).", last=table.at(last, 0), least=table.at(last, 1), share=table.at(last, 2))
    )
add_part({title!r}, {f"how the rows divide by {spoken_name(group)}"!r}, [table, drawn], findings)
"""


def _relation_figure(one: Column, other: Column) -> str:
    """Rows as points, or counted in cells; where one of the two has few values, which would lie in
    bands, the mean and spread of the other at each of them."""
    few, many = sorted((one, other), key=lambda column: column.distinct)
    if few.distinct <= _FEW_VALUES < many.distinct:
        title = f"Mean of {with_unit(many)} at each value of {with_unit(few)}"
        return f"""values = used.groupby({few.name!r})[{many.name!r}].agg(["count", "mean", "std"]).sort_index()
behind = add_table(
    {title!r},
    [figures({heading(few.label)!r}, {few.unit!r}), figures("n"), figures("Mean", {many.unit!r}), figures("SD", {many.unit!r})],
    [[number(value, {few.decimals}), count(row["count"]), number(row["mean"], {places_of(many)}), number(row["std"], {places_of(many)})] for value, row in values.iterrows()],
    display=False,
)
figure, axes = plt.subplots()
axes.errorbar(values.index, values["mean"], yerr=values["std"].fillna(0), fmt=MARKERS[0], color=PALETTE[0], elinewidth=1.4, capsize=3, markersize=6)
axes.set_xticks(list(values.index), [cell[0]["shown"] for cell in behind.rows])
axes.set_xlabel(short({with_unit(few)!r}, 60))
axes.set_ylabel(short({with_unit(many)!r}, 44))
axes.grid(axis="y")
drawn = add_figure(
    figure,
    {title!r},
    {f"Dot plot of the mean of {with_unit(many)} at each value of {with_unit(few)}, with bars of one standard deviation. Pearson r is "!r} + table.shown(0, 2) + ".",
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
axes.set_xlabel(short({with_unit(one)!r}, 60))
axes.set_ylabel(short({with_unit(other)!r}, 44))
axes.grid(True)
drawn = add_figure(
    figure,
    {heading(f"{one.label} and {other.label}")!r},
    {f"Plot of {with_unit(other)} against {with_unit(one)}, one mark or cell for the rows with both. Pearson r is "!r} + table.shown(0, 2) + ".",
    table,
    note="n = " + table.shown(0, 1) + ".",
)
"""


def relation(profile: TableProfile, question: Question) -> str:
    one, other = column_of(profile, question.measure), column_of(profile, question.other)
    first, second = one.name, other.name
    title = heading(f"{one.label} and {other.label}")
    return of_filled_rows(
        title,
        [one, other],
        f"""varied = len(used) >= 3 and used[{first!r}].nunique() > 1 and used[{second!r}].nunique() > 1
pearson = np.corrcoef(used[{first!r}], used[{second!r}])[0, 1] if varied else math.nan
ranks = used.rank()
spearman = np.corrcoef(ranks[{first!r}], ranks[{second!r}])[0, 1] if varied else math.nan
table = add_table(
    {f"Correlation of {one.label} and {other.label}"!r},
    [words("Columns"), figures("n"), figures("Pearson r"), figures("Spearman rank correlation")],
    [[label({title!r}), count(len(used)), coefficient(pearson), coefficient(spearman)]],
)
{_relation_figure(one, other)}
size = abs(pearson) if varied else 0
strength = "hardly any" if size < 0.1 else "a weak" if size < 0.3 else "a moderate" if size < 0.5 else "a strong"
direction = "" if size < 0.1 else "positive " if pearson > 0 else "negative "
findings = [
    say({heading(f"{spoken_name(one)} and {spoken_name(other)} have ")!r} + strength + " " + direction + "linear relation in the {{n}} rows with both (Pearson r = {{r}}; by ranks {{rank}}).",
        n=table.at(0, 1), r=table.at(0, 2), rank=table.at(0, 3)),
    say("A correlation tells how the two go together; it does not tell why."),
]
add_part({title!r}, {f"how {spoken_name(one)} and {spoken_name(other)} go together"!r}, [drawn, table], findings)
""",
    )
