"""How well the product works, over time: by its evaluation, and in the runs of its people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, Q, Sum
from django.db.models.functions import TruncWeek
from django.utils import timezone

from autonomy.core.types import TERMINAL_STATUSES, RunStatus
from autonomy.models import Episode, Evaluation, EvaluationResult, Run, TurnitinCycle

CYCLES = 3
"""Similarity is told for so many cycles."""


@dataclass(frozen=True, slots=True)
class Performance:
    """A round of the evaluation, or a week of people's runs."""

    at: datetime
    """When the round began; the week's Monday."""
    label: str
    """The program's version; empty for a week."""
    runs: int
    passed: float | None
    """Share, 0 to 1, of runs that met their rules; of a week, of runs that succeeded."""
    retries: float | None
    """Calls and steps that were tried again, per run."""
    usd_per_document: float | None
    """US dollars of all runs, for each finished document; None where there was none."""
    similarity: tuple[float | None, ...]
    """Per cent by the product's own engine, of the draft in cycle 1, 2, 3, on average."""
    failed_when_off: tuple[int, int] | None = None
    """Of a round: runs with a behaviour switched off that failed by their rules, as they must, of all
    of those."""


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """One task in the rounds that are shown, oldest first."""

    task: str
    scores: tuple[tuple[int, int] | None, ...]
    """Passed and all; None in a round without it."""


def rounds(limit: int = 20) -> list[Performance]:
    """The newest rounds of the evaluation, oldest first."""
    return [_round(row) for row in _newest(limit)]


def tasks(limit: int = 20) -> list[TaskHistory]:
    """Each task in the rounds of `rounds(limit)`."""
    evaluations = _newest(limit)
    names = sorted({r.task for row in evaluations for r in row.results.all()})
    return [TaskHistory(name, tuple(_score(row, name) for row in evaluations)) for name in names]


def _newest(limit: int) -> list[Evaluation]:
    found = Evaluation.objects.order_by("-started_at").prefetch_related("results")[:limit]
    return list(found)[::-1]


def _score(row: Evaluation, name: str) -> tuple[int, int] | None:
    mine = [r for r in row.results.all() if r.task == name and not r.without]
    return (sum(r.passed for r in mine), len(mine)) if mine else None


def _round(row: Evaluation) -> Performance:
    every = list(row.results.all())
    on = [r for r in every if not r.without]
    off = [r for r in every if r.without]
    documents = sum(r.delivered for r in on)
    return Performance(
        at=row.started_at,
        label=row.version,
        runs=len(on),
        passed=_mean(float(r.passed) for r in on),
        retries=_mean(r.retries for r in on),
        usd_per_document=float(sum(r.usd for r in on)) / documents if documents else None,
        similarity=_by_cycle(on),
        failed_when_off=(sum(r.judged and not r.passed for r in off), len(off)) if off else None,
    )


def _by_cycle(results: Sequence[EvaluationResult]) -> tuple[float | None, ...]:
    return tuple(
        _mean(
            r.similarity[number]
            for r in results
            if len(r.similarity) > number and r.similarity[number] is not None
        )
        for number in range(CYCLES)
    )


def _mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return sum(listed) / len(listed) if listed else None


def weeks(count: int = 12) -> list[Performance]:
    """The runs of everybody that ended in each of the last weeks (UTC), oldest first; weeks without
    one are left out. Runs that somebody cancelled count for neither side."""
    since = timezone.now() - timedelta(weeks=count)
    ended = Run.objects.filter(
        finished_at__gte=since, status__in=sorted(TERMINAL_STATUSES)
    ).exclude(status=RunStatus.CANCELLED)
    sums = (
        ended.annotate(week=TruncWeek("finished_at"))
        .values("week")
        .annotate(
            runs=Count("pk"),
            good=Count("pk", filter=Q(status=RunStatus.SUCCEEDED)),
            usd=Sum("usd_spent"),
        )
        .order_by("week")
    )
    retries = dict(
        Episode.objects.filter(type="retry", run__in=ended)
        .annotate(week=TruncWeek("run__finished_at"))
        .values_list("week")
        .annotate(number=Count("pk"))
    )
    likeness = {
        (week, number): value
        for week, number, value in TurnitinCycle.objects.filter(
            run__in=ended, number__lte=CYCLES, local_similarity__isnull=False
        )
        .annotate(week=TruncWeek("run__finished_at"))
        .values_list("week", "number")
        .annotate(mean=Avg("local_similarity"))
    }
    return [
        Performance(
            at=row["week"],
            label="",
            runs=row["runs"],
            passed=row["good"] / row["runs"],
            retries=retries.get(row["week"], 0) / row["runs"],
            usd_per_document=float(row["usd"]) / row["good"] if row["good"] else None,
            similarity=tuple(likeness.get((row["week"], n)) for n in range(1, CYCLES + 1)),
        )
        for row in sums
    ]
