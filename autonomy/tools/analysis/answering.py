"""The section of a program that answers one plain question with one table."""

from __future__ import annotations

from autonomy.core.analysis import TableProfile, label_of
from autonomy.tools.analysis.over_time import PERIOD, written
from autonomy.tools.analysis.plain_question import Asked, How, Only
from autonomy.tools.analysis.questions import MOST_GROUPS, adds_up
from autonomy.tools.analysis.wording import (
    column_of,
    head,
    heading,
    places_of,
    unit_behind,
    with_unit,
)

_WORDS = {
    How.TOTAL: "total",
    How.MEAN: "mean",
    How.MEDIAN: "median",
    How.HIGHEST: "highest value",
    How.LOWEST: "lowest value",
}
_LEFT_OUT = "Rows in which something of that is missing were left out: {missing}."


def answer(profile: TableProfile, asked: Asked) -> str:
    """The lines that compute the answer, and say how it was computed."""
    return f"""{head("The answer")}
used = data
{_kept(asked)}
{_grouped(profile, asked) if asked.by else _of_all(profile, asked)}"""


def _kept(asked: Asked) -> str:
    """Only the rows that are asked about, each step told in `where`."""
    lines = []
    for one in asked.only:
        lines.append(f"used = used[{_condition(one)}]")
    cells = ", ".join(f"label({_said(one)!r})" for one in asked.only)
    heads = ", ".join(f"words({label_of(one.column)!r})" for one in asked.only)
    heads = (
        f"figures('Rows of the table'), figures('Rows asked about'){', ' if heads else ''}{heads}"
    )
    row = f"count(len(data)), count(len(used)){', ' if cells else ''}{cells}"
    lines.append(f'rows = add_table("Rows asked about", [{heads}], [[{row}]], display=False)')
    bound = ", ".join(f"only{n}=rows.at(0, {n + 2})" for n in range(len(asked.only)))
    lines.append(f"where = dict({bound})")
    return "\n".join(lines)


def _condition(one: Only) -> str:
    column = f"used[{one.column!r}]"
    if one.value:
        return f"{column} == {one.value!r}"
    year = f"{column}.dt.year == {one.year}"
    return f"({year}) & ({column}.dt.month == {one.month})" if one.month else year


def _said(one: Only) -> str:
    if one.value:
        return one.value
    month = "January February March April May June July August September October November December"
    return f"{month.split()[one.month - 1]} {one.year}" if one.month else str(one.year)


def _where(asked: Asked) -> str:
    """“ in {only0}, for Region {only1}”, to stand in a sentence."""
    parts = [
        f" for {label_of(one.column)} {{only{n}}}" if one.value else f" in {{only{n}}}"
        for n, one in enumerate(asked.only)
    ]
    return ",".join(parts)


def _how(asked: Asked, doing: str) -> str:
    """The sentence that says how the answer was computed."""
    kept = f" and kept the {{rows}}{_where(asked)}" if asked.only else ""
    return f"How computed: a program read all {{all}} rows of the table{kept}; {doing}"


def _grouped(profile: TableProfile, asked: Asked) -> str:
    measure = column_of(profile, asked.measure) if asked.measure else None
    word = _WORDS.get(asked.how, "")
    what = f"{word.capitalize()} of {with_unit(measure)}" if measure else "Rows"
    key = asked.how.value if measure else "count"
    behind = unit_behind(measure) if measure else ""
    exact = asked.how in (How.TOTAL, How.HIGHEST, How.LOWEST)
    places = 0 if measure is None else measure.decimals if exact else places_of(measure)
    cell = f"number(row[{key!r}], {places})" if measure else "count(row['count'])"
    by = f"used[{asked.by!r}]"
    group = f'{by}.dt.to_period("{PERIOD[asked.grain]}")' if asked.grain else by
    named = written("group", asked.grain) if asked.grain else "group"
    wanted = [asked.by, measure.name] if measure else [asked.by]
    computed = (
        f"groups = used.groupby({group})[{measure.name!r}].agg({list(dict.fromkeys(['count', key]))!r})"
        if measure
        else f'groups = used.groupby({group}).size().to_frame("count")'
    )
    ranked = f"the {word} of {measure.label}" if measure else "the number of rows"
    each = asked.grain.value if asked.grain else label_of(asked.by)
    title = f"{what} by {each}"
    heads = [f"words({heading(each)!r})"]
    heads.append(f"figures({what!r}, '')" if measure else "figures('Rows')")
    cells = [f"label({named})", cell]
    if measure:
        heads.append("figures('n')")
        cells.append("count(row['count'])")
    adds = measure is None or asked.how is How.TOTAL
    if adds:
        heads.append("figures('Share', '%')")
        cells.append(f"share(row[{key!r}], whole)")
    order, other = ("lowest", "highest") if asked.lowest else ("highest", "lowest")
    n = " (n = {n})" if measure else ""
    of = ranked.removeprefix("the ")
    first = f"{{first}} has the {order} {of}{_where(asked)}: {{most}}{behind}{n}."
    last = f"{{last}} has the {other}: {{least}}{behind}."
    tie = f"{{tied}} groups have the {order} {of}{_where(asked)}, {{most}}{behind} each; {{first}} is one of them."
    doing = f"it then computed {ranked} for each {each}."
    return f"""kept = used[{wanted!r}].dropna()
left_out = len(used) - len(kept)
missing = add_table("Rows left out", [figures("Rows")], [[count(left_out)]], display=False)
used = kept
{computed}
whole = groups[{key!r}].sum()
groups = groups.sort_values({key!r}, ascending={asked.lowest}, kind="stable")
shown = [[{", ".join(cells)}] for group, row in groups.iterrows()]
if shown:
    table = add_table({title!r}, [{", ".join(heads)}], shown[:{MOST_GROUPS}])
    all_groups = add_table("All groups", [words("Group"), figures("Value")], [row[:2] for row in shown[:1_000]], display=False)
    tied = int((groups[{key!r}] == groups[{key!r}].iloc[0]).sum())
    ties = add_table("Groups with the same value", [figures("Groups")], [[count(tied)]], display=False)
    if tied == 1:
        findings = [say({first!r}, first=table.at(0, 0), most=table.at(0, 1), n=table.at(0, {2 if measure else 1}), **where)]
    else:
        findings = [say({tie!r}, tied=ties.at(0, 0), first=table.at(0, 0), most=table.at(0, 1), **where)]
    if 1 < len(shown) <= 1_000:
        findings.append(say({last!r}, last=all_groups.last(0), least=all_groups.last(1)))
    findings.append(say({_how(asked, doing)!r}, all=rows.at(0, 0), rows=rows.at(0, 1), **where))
    if left_out:
        findings.append(say({_LEFT_OUT!r}, missing=missing.at(0, 0)))
    add_part("Answer", {f"{ranked} by {each}"!r}, [table], findings)
else:
    add_part("Answer", "", [], [say({f"The table has no row{_where(asked)} from which this could be computed."!r}, **where)])
"""


def _of_all(profile: TableProfile, asked: Asked) -> str:
    if not asked.measure:
        doing = "it counted them." if asked.only else "each row counts once."
        said = f"{{n}} of the {{all}} rows of the table are{_where(asked)}."
        said = said if asked.only else "The table has {n} rows."
        return f"""table = add_table("Rows", [words("What"), figures("Rows")], [[label("Asked about"), count(len(used))], [label("In the table"), count(len(data))]])
findings = [
    say({said!r}, n=rows.at(0, 1), all=rows.at(0, 0), **where),
    say({_how(asked, doing)!r}, all=rows.at(0, 0), rows=rows.at(0, 1), **where),
]
add_part("Answer", "how many rows there are", [table], findings)
"""
    measure = column_of(profile, asked.measure)
    name, own, places, behind = (
        measure.name,
        measure.decimals,
        places_of(measure),
        unit_behind(measure),
    )
    told: tuple[How, ...] = (How.MEAN, How.MEDIAN, How.LOWEST, How.HIGHEST)
    # The sum of what does not add up, such as prices, is given to whoever asks for it only.
    told = (How.TOTAL, *told) if adds_up(measure) or asked.how is How.TOTAL else told
    column = 1 + told.index(asked.how)
    heads = ", ".join(f"figures({one.value.capitalize()!r}, {measure.unit!r})" for one in told)
    heads = (
        heads.replace("'Max'", "'Highest'").replace("'Min'", "'Lowest'").replace("'Sum'", "'Total'")
    )
    exact = (How.TOTAL, How.LOWEST, How.HIGHEST)
    cells = ", ".join(
        f"number(values.{one.value}(), {own if one in exact else places})" for one in told
    )
    said = f"The {_WORDS[asked.how]} of {measure.label}{_where(asked)} is {{value}}{behind}, from {{n}} rows with a value."
    doing = f"it then computed the {_WORDS[asked.how]} of {measure.label}."
    return f"""values = used[{name!r}].dropna()
left_out = len(used) - len(values)
missing = add_table("Rows left out", [figures("Rows")], [[count(left_out)]], display=False)
if len(values):
    table = add_table(
        {heading(with_unit(measure))!r},
        [figures("n"), {heads}],
        [[count(len(values)), {cells}]],
    )
    findings = [
        say({said!r}, value=table.at(0, {column}), n=table.at(0, 0), **where),
        say({_how(asked, doing)!r}, all=rows.at(0, 0), rows=rows.at(0, 1), **where),
    ]
    if left_out:
        findings.append(say({_LEFT_OUT!r}, missing=missing.at(0, 0)))
    add_part("Answer", {f"{measure.label} of the rows asked about"!r}, [table], findings)
else:
    add_part("Answer", "", [], [say({f"The table has no value of {measure.label}{_where(asked)}."!r}, **where)])
"""
