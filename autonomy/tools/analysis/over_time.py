"""The section of a program that follows a number, or the number of rows, over time."""

from __future__ import annotations

from autonomy.core.analysis import TableProfile
from autonomy.tools.analysis.questions import Grain, Question
from autonomy.tools.analysis.wording import (
    column_of,
    heading,
    of_filled_rows,
    places_of,
    unit_behind,
    with_unit,
)

_PRINTED_PERIODS = 16
"""A table of more periods than this is kept behind its figure instead of printed."""
_TICK = {Grain.DAY: "%d %b", Grain.MONTH: "%b %Y", Grain.QUARTER: "Q%q %Y", Grain.YEAR: "%Y"}
"""How periods are written below an axis."""
_SAID = {Grain.DAY: "%-d %B %Y", Grain.MONTH: "%B %Y", Grain.QUARTER: "Q%q %Y", Grain.YEAR: "%Y"}
"""And in tables and sentences."""
PERIOD = {Grain.DAY: "D", Grain.MONTH: "M", Grain.QUARTER: "Q", Grain.YEAR: "Y"}


def written(period: str, grain: Grain) -> str:
    """The expression that writes the period called `period` as people do."""
    # A period knows quarters and no day without its zero, the moment it begins the other way round.
    moment = f"{period}.start_time" if grain is Grain.DAY else period
    return f"{moment}.strftime({_SAID[grain]!r})"


def trend(profile: TableProfile, question: Question) -> str:
    measure = column_of(profile, question.measure) if question.measure else None
    by, grain = question.by, question.grain
    how = "sum" if question.total else "mean"
    word = "total" if question.total else "mean"
    what = f"{word.capitalize()} of {with_unit(measure)}" if measure else "Rows"
    title = f"{what} per {grain}"
    group = f'used.groupby(used[{by!r}].dt.to_period("{PERIOD[grain]}"))'
    compute = (
        f'periods = {group}[{measure.name!r}].agg(["count", {how!r}])'
        if measure
        else f'periods = {group}.size().to_frame("count")'
    )
    key = how if measure else "count"
    places = (
        measure.decimals if measure and question.total else places_of(measure) if measure else 0
    )
    cell = f"number(row[{key!r}], {places})" if measure else 'count(row["count"])'
    subject = f"the {word} of {measure.label}" if measure else "the number of rows"
    behind = unit_behind(measure) if measure else ""
    on = "on" if grain is Grain.DAY else "in"
    # Of what adds up, a period that the data do not cover wholly would look like a fall.
    partly = question.total or measure is None
    part = f"{what.partition(' (')[0]} over time"
    return of_filled_rows(
        part,
        [column_of(profile, by), *([measure] if measure else [])],
        f"""{compute}
total = add_table("Rows used", [figures("n")], [[count(len(used))]], display=False)
table = add_table(
    {title!r},
    [words({grain.value.capitalize()!r}), figures("n"), figures({what!r})],
    [[label({written("period", grain)}), count(row["count"]), {cell}] for period, row in periods.iterrows()],
    display=len(periods) <= {_PRINTED_PERIODS},
)
values = periods[{key!r}].to_numpy(dtype=float)
high, low = int(np.argmax(values)), int(np.argmin(values))
figure, axes = plt.subplots()
axes.plot(range(len(values)), values, color=PALETTE[0], marker=MARKERS[0], markersize=4, linewidth=1.6)
axes.plot([high], [values[high]], color=PALETTE[1], marker=MARKERS[3], markersize=9, linestyle="none", label="highest")
axes.plot([low], [values[low]], color=PALETTE[2], marker=MARKERS[4], markersize=9, linestyle="none", label="lowest")
ticks(axes, [period.strftime({_TICK[grain]!r}) for period in periods.index])
axes.set_xlabel(short({heading(column_of(profile, by).label)!r}, 60))
axes.set_ylabel(short({what!r}, 44))
axes.grid(axis="y")
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2, fontsize=9)
drawn = add_figure(
    figure,
    {title!r},
    {f"Line chart: {what} per {grain}. Highest {on} "!r} + table.shown(high, 0) + " (" + table.shown(high, 2) + "), lowest {on} " + table.shown(low, 0) + " (" + table.shown(low, 2) + ").",
    table,
    note="n = " + total.shown(0, 0) + "." + (" The vertical axis does not begin at zero." if axes.get_ylim()[0] > 0 else ""),
)
findings = [
    say({f"Per {grain}, {subject} is highest {on} "!r} + "{{high}} ({{most}}" + {behind!r} + ", n = {{high_n}}) and lowest {on} {{low}} ({{least}}" + {behind!r} + ", n = {{low_n}}).",
        high=table.at(high, 0), most=table.at(high, 2), high_n=table.at(high, 1), low=table.at(low, 0), least=table.at(low, 2), low_n=table.at(low, 1)),
    say("It stands at {{first_value}}" + {behind!r} + " {on} {{first}} and at {{last_value}}" + {behind!r} + " {on} {{last}}.",
        first=table.at(0, 0), first_value=table.at(0, 2), last=table.last(0), last_value=table.last(2)),
]
if {partly}:
    first, last = used[{by!r}].min(), used[{by!r}].max()
    ends = add_table("First and last day with a value", [words("First"), words("Last")], [[label(first.strftime("%-d %B %Y")), label(last.strftime("%-d %B %Y"))]], display=False)
    length = periods.index[0].end_time - periods.index[0].start_time
    if first - periods.index[0].start_time > 0.1 * length or periods.index[-1].end_time - last > 0.1 * length + pd.Timedelta(days=1):
        findings.append(
            say("The rows run from {{first}} to {{last}}, so that the first or the last {grain} is not whole.", first=ends.at(0, 0), last=ends.at(0, 1))
        )
exhibits = [drawn, table] if len(periods) <= {_PRINTED_PERIODS} else [drawn]
add_part({part!r}, {f"{subject} per {grain}"!r}, exhibits, findings)
""",
    )
