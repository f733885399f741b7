"""Which questions a table can answer, and which of them the request asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from itertools import permutations

from pydantic import BaseModel, ConfigDict

from autonomy.core.analysis import Column, ColumnKind, TableProfile
from autonomy.core.words import stems
from autonomy.tools.analysis.scales import answers

MOST_GROUPS = 12
"""Groups that one table or figure shows; the rest are put together."""
MOST_ANSWERS = 7
"""Values of a category that can be told apart in one figure."""
LEAST_ROWS = 3
"""With fewer values than this neither spread nor trend nor relation is told."""


class QuestionKind(StrEnum):
    OVERVIEW = "overview"
    """What the table holds, and what is missing."""
    SUMMARY = "summary"
    """Every number: mean, spread, range."""
    SPREAD = "spread"
    """How one number is distributed."""
    TREND = "trend"
    GROUPS = "groups"
    TOTALS = "totals"
    """As groups, of a number that adds up: what each group has of the whole."""
    COUNTS = "counts"
    CROSS = "cross"
    """How the answers of one category divide in each group of another."""
    RELATION = "relation"


class Grain(StrEnum):
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Question(BaseModel):
    model_config = ConfigDict(frozen=True)

    kind: QuestionKind
    measure: str = ""
    other: str = ""
    by: str = ""
    grain: Grain = Grain.MONTH
    total: bool = False
    """The measure adds up, so that a period is told by its total."""


_WISHES: tuple[tuple[QuestionKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (QuestionKind.TREND, r"\b(?:trends?|over time|time series|develop\w*|per (?:day|month|quarter|year)|daily|monthly|quarterly|yearly|annual\w*|season\w*|changed?|growth|grew)\b"),
        (QuestionKind.RELATION, r"\b(?:correlat\w*|relat\w*|associat\w*|depend\w*|versus|vs\.?|scatter\w*|together)\b"),
        (QuestionKind.CROSS, r"\b(?:compar\w*|differ\w*|between|across|by|per|each|which|within|among)\b"),
        (QuestionKind.GROUPS, r"\b(?:compar\w*|differ\w*|between|across|group\w*|by|per|each|which)\b"),
        (QuestionKind.COUNTS, r"\b(?:how many|count\w*|shares?|proportions?|frequen\w*|most common|percent\w*|per cent|categor\w*|pie)\b"),
        (QuestionKind.SPREAD, r"\b(?:distribut\w*|histogram\w*|spread|rang\w*|outliers?|typical)\b"),
    )
)  # fmt: skip


_ADDS = re.compile(
    r"\b(?:sales|revenues?|turnover|amounts?|quantit\w+|qty|units?|costs?|spen[dt]\w*|expenses?|expenditures?|"
    r"profits?|earnings|donations?|payments?|visits?|visitors?|orders?|downloads?|clicks|deaths|births|"
    r"cases|incidents|accidents|umsatz|betrag|menge|kosten|anzahl)\b",
    re.IGNORECASE,
)
_NEVER_ADDS = re.compile(
    r"\b(?:prices?|rates?|ratios?|shares?|per|average|avg|mean|median|scores?|index|percent\w*|preis)\b|%|/",
    re.IGNORECASE,
)
_BY = frozenset("by per across within between among each every versus vs against".split())
_NEAR = 3
"""Words after one of these in which the name of the groups stands."""
_MOST_PAIRS = 3
ALIKE_CHARS = 6
"""Words that begin alike this far are taken for the same: satisfied, satisfaction."""


def adds_up(column: Column) -> bool:
    """Whether the sum of a number over rows means something, as of revenue and not of prices."""
    name = column.name.replace("_", " ")
    return bool(_ADDS.search(name)) and not _NEVER_ADDS.search(f"{name} {column.unit}")


def questions(profile: TableProfile, goal: str, *, most: int) -> tuple[Question, ...]:
    """What is asked of the table: at most `most` questions, the overview first, then what the
    request speaks of, then what its columns offer."""
    return _chosen(_offered(profile, goal), goal, _named(profile, goal), most)


def questions_named(profile: TableProfile, goal: str) -> tuple[Question, ...]:
    """Those among them whose columns the request names itself."""
    offered, named = _offered(profile, goal), _named(profile, goal)
    wishes = [kind for kind, pattern in _WISHES if pattern.search(goal)]
    return tuple(q for kind in wishes for q in offered[kind] if _asked(q, named))


def _named(profile: TableProfile, goal: str) -> set[str]:
    wanted = stems(goal)
    return {c.name for c in profile.columns if named_by(c, wanted)}


def _offered(profile: TableProfile, goal: str) -> dict[QuestionKind, list[Question]]:
    wanted = stems(goal)
    measures = _ranked(_measures(profile), wanted)
    groups = _ranked(_groupings(profile), wanted)
    days = _ranked(
        [c for c in profile.columns if c.kind is ColumnKind.DATE and c.distinct >= LEAST_ROWS],
        wanted,
    )
    offered: dict[QuestionKind, list[Question]] = {kind: [] for kind in QuestionKind}
    if measures:
        offered[QuestionKind.SUMMARY].append(Question(kind=QuestionKind.SUMMARY))
        offered[QuestionKind.SPREAD].append(
            Question(kind=QuestionKind.SPREAD, measure=measures[0].name)
        )
    for day in days[:1]:
        offered[QuestionKind.TREND] += [
            Question(
                kind=QuestionKind.TREND,
                measure=measure.name,
                by=day.name,
                grain=grain_of(day),
                total=adds_up(measure),
            )
            for measure in measures[:2]
        ] or [Question(kind=QuestionKind.TREND, by=day.name, grain=grain_of(day))]
    for measure in measures[:2]:
        kind = QuestionKind.TOTALS if adds_up(measure) else QuestionKind.GROUPS
        offered[QuestionKind.GROUPS] += [
            Question(kind=kind, measure=measure.name, by=group.name) for group in groups[:3]
        ]
    for group in sorted(groups, key=lambda c: not _answers(c))[:3]:
        offered[QuestionKind.COUNTS].append(Question(kind=QuestionKind.COUNTS, by=group.name))
    offered[QuestionKind.CROSS] += _crossed(groups, goal)
    if len(measures) >= 2:
        offered[QuestionKind.RELATION].append(
            Question(kind=QuestionKind.RELATION, measure=measures[0].name, other=measures[1].name)
        )
    return offered


def _answers(column: Column) -> bool:
    return bool(answers(value for value, _ in column.common))


def _crossed(groups: Sequence[Column], goal: str) -> list[Question]:
    """Pairs of categories of which the one is an answer, as in a survey, or that the request sets
    against each other (“payment by region”)."""
    found: list[Question] = []
    for one, other in permutations(groups, 2):
        if one.distinct > MOST_ANSWERS:
            continue
        survey = _answers(one) and not _answers(other)
        if survey or set_against(one, other, goal):
            found.append(Question(kind=QuestionKind.CROSS, measure=one.name, by=other.name))
    return found[:_MOST_PAIRS]


def set_against(one: Column, other: Column, goal: str) -> bool:
    """Whether the request asks for `one` by the groups of `other`."""
    words = [(stems(word), word.lower()) for word in re.findall(r"[\w'’-]+", goal)]
    seen = False
    turned = 0
    for stemmed, word in words:
        if turned and turned <= _NEAR and _names(other, stemmed):
            return True
        turned = turned + 1 if turned else 0
        if word in _BY and seen:
            turned = 1
        seen = seen or _names(one, stemmed)
    return False


def _names(column: Column, stemmed: frozenset[str]) -> bool:
    return bool(named_by(column, stemmed))


def _chosen(
    offered: dict[QuestionKind, list[Question]], goal: str, named: set[str], most: int
) -> tuple[Question, ...]:
    wishes = [kind for kind, pattern in _WISHES if pattern.search(goal)]
    usual = (
        QuestionKind.SUMMARY,
        QuestionKind.TREND,
        QuestionKind.CROSS,
        QuestionKind.GROUPS,
        QuestionKind.COUNTS,
        QuestionKind.RELATION,
        QuestionKind.SPREAD,
    )
    order = list(dict.fromkeys([QuestionKind.SUMMARY, *wishes, *usual]))
    chosen = [Question(kind=QuestionKind.OVERVIEW), *offered[QuestionKind.SUMMARY]]
    # What the request asks of the columns that it names comes before all else.
    chosen += [q for kind in wishes for q in offered[kind] if _asked(q, named)]
    depth = max((len(found) for found in offered.values()), default=0)
    for rank in range(depth):  # the best of every kind before the second of one
        chosen += [offered[kind][rank] for kind in order if rank < len(offered[kind])]
    return tuple(dict.fromkeys(chosen))[: max(1, most)]


def _asked(question: Question, named: set[str]) -> bool:
    """Whether the request names what the question is about; the days of a trend go without saying."""
    if question.kind is QuestionKind.TREND:
        return question.measure in named
    if question.kind is QuestionKind.CROSS:
        return {question.measure, question.by} <= named
    if question.kind is QuestionKind.RELATION:
        return {question.measure, question.other} <= named
    about = {question.by or question.measure}
    return about <= named and (not question.measure or bool({question.measure} & named))


def _ranked(columns: Sequence[Column], wanted: frozenset[str]) -> list[Column]:
    """Those that the request names first, then as they stand."""
    return sorted(columns, key=lambda c: -named_by(c, wanted))


def named_by(column: Column, wanted: frozenset[str]) -> int:
    """How many words of the column's name the request has."""
    begun = {word[:ALIKE_CHARS] for word in wanted}
    return sum(
        2 * (word in wanted) or (len(word) >= ALIKE_CHARS and word[:ALIKE_CHARS] in begun)
        for word in stems(column.name)
    )


def _measures(profile: TableProfile) -> list[Column]:
    return [
        c
        for c in profile.columns
        if c.kind is ColumnKind.NUMBER
        and not c.identifier
        and c.filled >= LEAST_ROWS
        and c.distinct > 1
    ]


def _groupings(profile: TableProfile) -> list[Column]:
    return [c for c in profile.columns if c.kind is ColumnKind.CATEGORY and c.distinct > 1]


def grain_of(column: Column) -> Grain:
    """Such that a figure has some dozens of points at most."""
    first, last = date.fromisoformat(column.first), date.fromisoformat(column.last)
    days = (last - first).days
    if (
        column.first.endswith("-01-01")
        and column.last.endswith("-01-01")
        and column.distinct <= days / 360 + 1
    ):
        return Grain.YEAR
    if days <= 62:
        return Grain.DAY
    return Grain.MONTH if days <= 3 * 366 else Grain.QUARTER if days <= 12 * 366 else Grain.YEAR
