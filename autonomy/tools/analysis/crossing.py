"""The section of a program that sets two categories against each other: the answers of one in each
group of the other."""

from __future__ import annotations

from autonomy.core.analysis import TableProfile
from autonomy.tools.analysis.questions import MOST_ANSWERS, MOST_GROUPS, Question
from autonomy.tools.analysis.scales import answers
from autonomy.tools.analysis.wording import column_of, heading, of_filled_rows, spoken_name

_FEW_ROWS = 10
"""A share of fewer rows than this says little, and that is told."""


def cross(profile: TableProfile, question: Question) -> str:
    answer, group = column_of(profile, question.measure), column_of(profile, question.by)
    title = heading(f"{answer.label} by {group.label}")
    ordered = answers(value for value, _ in answer.common)
    # From the lowest answer to the highest where they stand on a scale, else the commonest first;
    # of the former the highest is what the text speaks of, of the latter the first.
    columns = repr(ordered) if ordered else f"list(used[{answer.name!r}].value_counts().index)"
    spoken = "-1" if ordered else "0"
    rows = answers(value for value, _ in group.common)
    sorting = (
        f"crossed.reindex([name for name in {rows!r} if name in crossed.index])"
        if rows
        else "crossed.loc[shares[told].sort_values(ascending=False, kind='stable').index]"
    )
    return of_filled_rows(
        title,
        [group, answer],
        f"""ANSWERS = {columns}[:{MOST_ANSWERS}]
kept = used[{group.name!r}].value_counts().head({MOST_GROUPS}).index
crossed = pd.crosstab(used[{group.name!r}], used[{answer.name!r}]).loc[kept].reindex(columns=ANSWERS, fill_value=0)
left_out = used[{group.name!r}].nunique() - len(crossed)
told = ANSWERS[{spoken}]
shares = crossed.div(crossed.sum(axis=1), axis=0)
crossed = {sorting}
sizes = crossed.sum(axis=1)
rows = [[label(name), count(sizes[name]), *[share(n, sizes[name]) for n in crossed.loc[name]]] for name in crossed.index]
whole = used[{answer.name!r}].value_counts().reindex(ANSWERS, fill_value=0)
groups = len(rows)
rows.append([label("All rows used"), count(len(used)), *[share(n, len(used)) for n in whole]])
total = add_table("Rows used", [figures("n"), figures("Groups left out")], [[count(len(used)), count(left_out)]], display=False)
table = add_table(
    {title!r},
    [words({heading(group.label)!r}), figures("n"), *[figures(name, "%") for name in ANSWERS]],
    rows,
    note="Shares are of the rows of each group; n = " + total.shown(0, 0) + "." + (" Only the largest groups are listed; " + total.shown(0, 1) + " are left out." if left_out else ""),
)
places = np.arange(groups)[::-1]
figure, axes = plt.subplots(figsize=(6.4, 1.8 + 0.38 * groups))
for i, name in enumerate(ANSWERS):
    values = [row[2 + i]["value"] for row in rows[:groups]]
    axes.plot(values, places, color=PALETTE[i], marker=MARKERS[i], markersize=7, linestyle="none", label=short(name, 24))
axes.set_yticks(places, [short(row[0]["value"]) for row in rows[:groups]])
axes.set_ylim(-0.6, groups - 0.4)
axes.set_xlim(left=0)
axes.set_xlabel("Share of the rows of a group, %")
axes.set_ylabel(short({heading(group.label)!r}, 30))
axes.grid(axis="both")
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=min(4, len(ANSWERS)), fontsize=9)
column = 2 + ANSWERS.index(told)
told_shares = [row[column]["value"] for row in rows[:groups]]
most, least = int(np.argmax(told_shares)), int(np.argmin(told_shares))
drawn = add_figure(
    figure,
    {f"{title}: share of each answer" if ordered else f"{title}: share of each value"!r},
    {f"Dot plot of the share of each value of {answer.label} in each group of {group.label}. Largest share of "!r} + short(told, 60) + ": " + table.shown(most, 0) + " (" + table.shown(most, column) + " %); smallest: " + table.shown(least, 0) + " (" + table.shown(least, column) + " %).",
    table,
    note="n = " + total.shown(0, 0) + ".",
)
apart = add_table("Difference of the shares", [figures("Percentage points")], [[number(told_shares[most] - told_shares[least], 1)]], display=False)
findings = [
    say("Of all {{n}} rows used, {{share}} % have “{{told}}”.", told=table.at(-1, column), share=table.at(groups, column), n=table.at(groups, 1))
]
if told_shares[most] > told_shares[least]:
    findings[:0] = [
        say({f"By {spoken_name(group)}, the share of “"!r} + "{{told}}” is largest for {{first}} ({{most}} %, n = {{most_n}}) and smallest for {{last}} ({{least}} %, n = {{least_n}}).",
            told=table.at(-1, column), first=table.at(most, 0), most=table.at(most, column), most_n=table.at(most, 1), last=table.at(least, 0), least=table.at(least, column), least_n=table.at(least, 1))
    ]
    findings.append(say("The two shares lie {{apart}} percentage points apart.", apart=apart.at(0, 0)))
smallest = int(np.argmin(sizes.to_numpy()))
if sizes.iloc[smallest] < {_FEW_ROWS}:
    findings.append(say("The groups are not alike in size: {{name}} has {{n}} rows only, of which shares say little.", name=table.at(smallest, 0), n=table.at(smallest, 1)))
findings.append(say("This describes the rows at hand: whether the groups differ beyond them was not tested, and nothing is said of causes."))
add_part({title!r}, {f"how {spoken_name(answer)} divides in each group of {spoken_name(group)}"!r}, [table, drawn], findings)
""",
    )
