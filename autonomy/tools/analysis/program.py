"""The program that answers questions of a table: plain pandas and matplotlib, made to be read.

What is from outside (names of columns) stands in it as Python literals only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from autonomy.core.analysis import ColumnKind, TableProfile
from autonomy.tools.analysis.answering import answer
from autonomy.tools.analysis.comparing import counts, groups, relation, totals
from autonomy.tools.analysis.crossing import cross
from autonomy.tools.analysis.describing import overview, spread, summary
from autonomy.tools.analysis.over_time import trend
from autonomy.tools.analysis.plain_question import Asked
from autonomy.tools.analysis.questions import Question, QuestionKind


@cache
def prelude() -> str:
    """The functions that every program begins with."""
    return (files("autonomy.tools.analysis") / "prelude.txt").read_text("utf-8")


def program(profile: TableProfile, questions: Sequence[Question]) -> str:
    """The whole program, ready to run beside `data.csv`."""
    body = [reading(profile)]
    body += [_SECTIONS[question.kind](profile, question) for question in questions]
    return prelude() + "\n".join([*body, "finish()", ""])


def answering(profile: TableProfile, asked: Asked) -> str:
    """The whole program that answers one plain question."""
    return prelude() + "\n".join([reading(profile), answer(profile, asked), "finish()", ""])


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


_SECTIONS = {
    QuestionKind.OVERVIEW: overview,
    QuestionKind.SUMMARY: summary,
    QuestionKind.SPREAD: spread,
    QuestionKind.TREND: trend,
    QuestionKind.GROUPS: groups,
    QuestionKind.TOTALS: totals,
    QuestionKind.COUNTS: counts,
    QuestionKind.CROSS: cross,
    QuestionKind.RELATION: relation,
}
