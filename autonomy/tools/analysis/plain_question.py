"""Plain questions about a table, read by rule: “which region sold most in 2023?”"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from autonomy.core.analysis import Column, ColumnKind, TableProfile
from autonomy.core.words import stems
from autonomy.tools.analysis.questions import ALIKE_CHARS, Grain, adds_up, named_by


class How(StrEnum):
    COUNT = "count"
    TOTAL = "sum"
    MEAN = "mean"
    MEDIAN = "median"
    HIGHEST = "max"
    LOWEST = "min"


class Only(BaseModel):
    """Rows that the question is about: those of a value, or of a year or month."""

    model_config = ConfigDict(frozen=True)

    column: str
    value: str = ""
    year: int = 0
    month: int = 0


class Asked(BaseModel):
    """What is computed of which rows, and for which groups."""

    model_config = ConfigDict(frozen=True)

    how: How
    measure: str = ""
    """Empty for a count of rows."""
    by: str = ""
    grain: Grain | None = None
    """`by` is a day, and the groups are periods."""
    lowest: bool = False
    """The question asks for the least of the groups."""
    only: tuple[Only, ...] = ()


_FORM = frozenset(
    """the a an of in for on at to by per each every all across which what who whose where when how many
    much number count counted was were is are be been did do does there have has had that this these
    those and it its with most highest largest biggest greatest maximum max top best longest busiest
    peak peaked more least lowest smallest fewest minimum min bottom worst shortest less fewer median
    average mean avg typical typically total totals sum sums altogether combined value values
    sell sells selling sold sales revenue earn earned earns turnover make made makes common commonest
    frequent often popular rows row records record entries lines cases observations respondents
    respondent participants people samples sample items orders order month months monthly quarter quarters
    quarterly year years yearly annual annually day days daily date data table file csv dataset
    show give tell me please compute calculate find overall
    """.split()
)
"""Words that a plain question is made of, names aside."""
_CHANGES = frozenset(
    """not no except excluding without other than over above below under before after since until
    between versus compared ratio difference change growth percentage percent share last previous first
    second third next if or only besides minus""".split()
)
"""Words that ask for other rows or another number than the rest of the question does."""
_WORD = re.compile(r"\w+")
_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_COUNT = re.compile(r"\b(?:how many|number of|count(?:ed)?)\b", re.IGNORECASE)
_HOWS: tuple[tuple[How, re.Pattern[str]], ...] = tuple(
    (how, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for how, words in (
        (How.MEDIAN, "median"),
        (How.MEAN, "average|mean|avg|typical(?:ly)?|on average"),
        (How.TOTAL, "totals?|sums?"),
    )
)
_MUCH = re.compile(r"\b(?:how much|altogether|in all|combined)\b", re.IGNORECASE)
_MOST = re.compile(
    r"\b(?:most|highest|largest|biggest|greatest|maximum|max|top|best|longest|busiest|peak(?:ed)?|more)\b",
    re.IGNORECASE,
)
_LEAST = re.compile(
    r"\b(?:least|lowest|smallest|fewest|minimum|min|bottom|worst|shortest|less|fewer)\b",
    re.IGNORECASE,
)
_WHICH = re.compile(r"\b(?:which|what|who|whose|where|when)\b", re.IGNORECASE)
_EACH = re.compile(r"\b(?:by|per|each|every|for all|across|between)\b", re.IGNORECASE)
_PERIODS = {
    Grain.DAY: re.compile(r"\b(?:(?:which|what|per|each|by|every) (?:day|date)|daily)\b", re.IGNORECASE),
    Grain.MONTH: re.compile(r"\b(?:(?:which|what|per|each|by|every) month|monthly)\b", re.IGNORECASE),
    Grain.QUARTER: re.compile(r"\b(?:(?:which|what|per|each|by|every) quarter|quarterly)\b", re.IGNORECASE),
    Grain.YEAR: re.compile(r"\b(?:(?:which|what|per|each|by|every) year|yearly|annual(?:ly)?)\b", re.IGNORECASE),
}  # fmt: skip
_SOLD = re.compile(r"\b(?:sell|sells|selling|sold|sales|revenue|earn\w*|turnover)\b", re.IGNORECASE)
_EARNED = re.compile(r"\b(?:sales|revenues?|turnover|umsatz|amount|betrag)\b", re.IGNORECASE)
_OFTEN = re.compile(r"\b(?:common(?:est)?|frequent|often|popular)\b", re.IGNORECASE)
_ROWS = re.compile(
    r"\b(?:rows?|records?|entries|lines|cases|observations|respondents?|participants?|people|samples?|items?|orders?)\b",
    re.IGNORECASE,
)


def asked(profile: TableProfile, question: str) -> Asked | None:
    """What the question asks of the table; None where that is not plain."""
    read = _read(profile, question)
    return read if read is not None and _understood(question, read) else None


def _read(profile: TableProfile, question: str) -> Asked | None:
    only = _only(profile, question)
    rest = question
    for one in only:
        rest = (
            re.sub(rf"(?i)(?<!\w){re.escape(one.value)}(?:e?s)?(?!\w)", " ", rest)
            if one.value
            else rest
        )
    wanted = stems(rest)
    by, grain = _groups(profile, rest, wanted, {one.column for one in only if one.value})
    measure = _measure(profile, rest, wanted)
    least = bool(_LEAST.search(rest))
    extreme = least or bool(_MOST.search(rest))
    # “Overall satisfaction” and “Total cost” are names, and no orders to add up.
    doing = " ".join(
        word for word in rest.split() if measure is None or not stems(word) & stems(measure.name)
    )
    how = next((how for how, pattern in _HOWS if pattern.search(doing)), None)
    counts = bool(_COUNT.search(rest))
    if counts and (measure is None or not adds_up(measure) or _counts_rows(rest, measure)):
        return Asked(how=How.COUNT, by=by, grain=grain, lowest=least, only=only)
    if measure is None:
        # Anything else that is most or least of something would be another question than this.
        plain = (
            by and extreme and _WHICH.search(rest) and (_ROWS.search(rest) or _OFTEN.search(rest))
        )
        return Asked(how=How.COUNT, by=by, grain=grain, lowest=least, only=only) if plain else None
    if how is None:
        if by:
            if not (extreme or _EACH.search(rest) or _WHICH.search(rest)):
                return None
            how = How.TOTAL if adds_up(measure) else How.MEAN
        elif extreme:
            how = How.LOWEST if least else How.HIGHEST
        elif counts or _WHICH.search(rest) or _MUCH.search(rest):
            how = How.TOTAL if adds_up(measure) else How.MEAN
        else:
            return None
    lowest = least and bool(by)
    return Asked(how=how, measure=measure.name, by=by, grain=grain, lowest=lowest, only=only)


def _understood(question: str, one: Asked) -> bool:
    """Whether nothing of the question was passed over: an unread condition (“except”, “over 100”,
    a place that is no value) would make a right number of the wrong rows."""
    names = [one.measure, one.by, *(only.column for only in one.only)]
    names += [only.value for only in one.only]
    names += [str(only.year) for only in one.only if only.year]
    names += [_MONTHS[only.month - 1] for only in one.only if only.month]
    said = stems(" ".join(names))
    begun = {word[:ALIKE_CHARS] for word in said if len(word) >= ALIKE_CHARS}
    spelt = set(_WORD.findall(" ".join(names).lower()))
    words = set(_WORD.findall(question.lower())) - spelt - _FORM
    if any(word in _CHANGES or word in _MONTHS or re.search(r"\d", word) for word in words):
        return False
    return all(not (stems(word) - said) or word[:ALIKE_CHARS] in begun for word in words)


def _counts_rows(question: str, measure: Column) -> bool:
    """“How many orders”, where a row is an order and another column adds up."""
    return bool(_ROWS.search(question)) and not stems(measure.name) & stems(question)


def _groups(
    profile: TableProfile, question: str, wanted: frozenset[str], taken: set[str]
) -> tuple[str, Grain | None]:
    """The column whose groups are compared, and the length of periods where it is a day."""
    days = next((c for c in profile.columns if c.kind is ColumnKind.DATE), None)
    for grain, pattern in _PERIODS.items():
        if days is not None and pattern.search(question):
            return days.name, grain
    named = [
        column
        for column in profile.columns
        if column.name not in taken
        and column.kind in (ColumnKind.CATEGORY, ColumnKind.TEXT)
        and stems(column.name)
        and stems(column.name) & wanted
    ]
    named.sort(key=lambda c: (c.kind is ColumnKind.TEXT, -len(stems(c.name) & wanted)))
    return (named[0].name, None) if named else ("", None)


def _measure(profile: TableProfile, question: str, wanted: frozenset[str]) -> Column | None:
    """The number that is asked about: the one that is named best, or what “sold” can mean."""
    numbers = [c for c in profile.columns if c.kind is ColumnKind.NUMBER and not c.identifier]
    named = [c for c in numbers if named_by(c, wanted)]
    if named:
        return max(named, key=lambda c: (named_by(c, wanted), -len(stems(c.name))))
    if _SOLD.search(question):
        adding = [c for c in numbers if adds_up(c)]
        # “How many” asks for pieces, “how much” and “most” for money.
        counts = bool(_COUNT.search(question))
        fitting = [c for c in adding if bool(_EARNED.search(c.name)) is not counts]
        return next(iter([*fitting, *adding]), None)
    return None


def _only(profile: TableProfile, question: str) -> tuple[Only, ...]:
    found: list[Only] = []
    for column in profile.columns:
        if column.kind is not ColumnKind.CATEGORY:
            continue
        for value, _ in sorted(column.common, key=lambda one: -len(one[0])):
            if len(value) > 1 and re.search(
                rf"(?i)(?<!\w){re.escape(value)}(?:e?s)?(?!\w)", question
            ):
                found.append(Only(column=column.name, value=value))
                break
    return (*found, *_period(profile.columns, question))


def _period(columns: Sequence[Column], question: str) -> list[Only]:
    """The year, or the month of a year, that the question names and the table has."""
    year = re.search(r"\b(1\d{3}|2\d{3})\b", question)
    days = [c for c in columns if c.kind is ColumnKind.DATE]
    if year is None or not days:
        return []
    month = re.search(rf"\b({'|'.join(_MONTHS)})\s+{year[1]}\b", question, re.IGNORECASE)
    number = _MONTHS.index(month[1].lower()) + 1 if month else 0
    return [Only(column=days[0].name, year=int(year[1]), month=number)]
