"""Which of one user's runs goes first. Between users only the fair share counts."""

from __future__ import annotations

from django.db import transaction

from autonomy.core.types import RunStatus
from autonomy.models import Job, Run

LOWEST, NORMAL, HIGHEST = -10, 0, 10
"""What staff may give a run; it stays with the run for as long as it lives."""

WAITED_FOR = 20
"""Added while a person waits at the screen: more than staff can take off a run, so that an answer
is never behind the same person's long documents."""

QUICK_JOURNEYS = frozenset({"answer"})
WOKEN = frozenset({"answered", "resumed"})
"""Reasons of a job that stand for a person who has just done something."""


def of_job(run: Run, reason: str) -> int:
    """The priority that a run gets in line with."""
    waited_for = run.journey in QUICK_JOURNEYS or reason in WOKEN
    return run.priority + (WAITED_FOR if waited_for else 0)


@transaction.atomic
def set_priority(run_id: object, priority: int) -> bool:
    """Give a run another priority, in line too; False when there is no such run.

    Raises:
        ValueError: not between `LOWEST` and `HIGHEST`.
    """
    if not LOWEST <= priority <= HIGHEST:
        raise ValueError(f"A priority is between {LOWEST} and {HIGHEST}.")
    run = Run.objects.select_for_update(no_key=True).filter(pk=str(run_id)).first()
    if run is None:
        return False
    Run.objects.filter(pk=run.pk).update(priority=priority)
    if run.status == RunStatus.QUEUED:
        run.priority = priority
        for job in Job.objects.filter(run=run):
            Job.objects.filter(pk=job.pk).update(priority=of_job(run, job.reason))
    return True
