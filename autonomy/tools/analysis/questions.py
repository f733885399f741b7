"""Which questions a table can answer, and which of them the request asks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from autonomy.core.analysis import Column, ColumnKind, TableProfile
from autonomy.core.words import stems

MOST_GROUPS = 12
"""Groups that one table or figure shows; the rest are put together."""
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
    COUNTS = "counts"
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


_WISHES: tuple[tuple[QuestionKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (QuestionKind.TREND, r"\b(?:trends?|over time|time series|develop\w*|per (?:day|month|quarter|year)|daily|monthly|quarterly|yearly|annual\w*|season\w*|changed?|growth|grew)\b"),
        (QuestionKind.RELATION, r"\b(?:correlat\w*|relat\w*|associat\w*|depend\w*|versus|vs\.?|scatter\w*|together)\b"),
        (QuestionKind.GROUPS, r"\b(?:compar\w*|differ\w*|between|across|group\w*|by|per|each|which)\b"),
        (QuestionKind.COUNTS, r"\b(?:how many|count\w*|shares?|proportions?|frequen\w*|most common|percent\w*|per cent|categor\w*|pie)\b"),
        (QuestionKind.SPREAD, r"\b(?:distribut\w*|histogram\w*|spread|rang\w*|outliers?|typical)\b"),
    )
)  # fmt: skip


def questions(profile: TableProfile, goal: str, *, most: int) -> tuple[Question, ...]:
    """What is asked of the table: at most `most` questions, the overview first, then what the
    request speaks of, then what its columns offer."""
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
        for measure in measures[:2]:
            offered[QuestionKind.TREND].append(
                Question(
                    kind=QuestionKind.TREND, measure=measure.name, by=day.name, grain=_grain(day)
                )
            )
        if not measures:
            offered[QuestionKind.TREND].append(
                Question(kind=QuestionKind.TREND, by=day.name, grain=_grain(day))
            )
    for measure in measures[:2]:
        for group in groups[:2]:
            offered[QuestionKind.GROUPS].append(
                Question(kind=QuestionKind.GROUPS, measure=measure.name, by=group.name)
            )
    for group in groups[:3]:
        offered[QuestionKind.COUNTS].append(Question(kind=QuestionKind.COUNTS, by=group.name))
    if len(measures) >= 2:
        offered[QuestionKind.RELATION].append(
            Question(kind=QuestionKind.RELATION, measure=measures[0].name, other=measures[1].name)
        )
    return _chosen(offered, goal, most)


def _chosen(
    offered: dict[QuestionKind, list[Question]], goal: str, most: int
) -> tuple[Question, ...]:
    wishes = [kind for kind, pattern in _WISHES if pattern.search(goal)]
    usual = (
        QuestionKind.SUMMARY,
        QuestionKind.TREND,
        QuestionKind.GROUPS,
        QuestionKind.COUNTS,
        QuestionKind.RELATION,
        QuestionKind.SPREAD,
    )
    order = list(dict.fromkeys([QuestionKind.SUMMARY, *wishes, *usual]))
    chosen = [Question(kind=QuestionKind.OVERVIEW)]
    depth = max((len(found) for found in offered.values()), default=0)
    for rank in range(depth):  # the best of every kind before the second of one
        chosen += [offered[kind][rank] for kind in order if rank < len(offered[kind])]
    return tuple(chosen[: max(1, most)])


def _ranked(columns: Sequence[Column], wanted: frozenset[str]) -> list[Column]:
    """Those that the request names first, then as they stand."""
    return sorted(columns, key=lambda c: -len(stems(c.name) & wanted))


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


def _grain(column: Column) -> Grain:
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
