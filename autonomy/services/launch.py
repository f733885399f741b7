"""Put a stored run in line."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from autonomy.core.types import RunStatus
from autonomy.models import Run
from autonomy.runtime import queue
from autonomy.runtime.couriers import ring_run
from autonomy.runtime.events import append
from autonomy.runtime.transition_events import asked_by, status_event
from autonomy.services.quotas import count_run


def launch(run: Run, content: str, *, by: int | None = None, **meta: Any) -> Run:
    """Queue a run that the caller's transaction has just stored, with its first event; a worker
    is rung after commit.

    Raises:
        QuotaUsedUp: the owner may start no more runs today; nothing is stored.
    """
    count_run(run.owner_id)
    queue.enqueue(run, "new")
    event = status_event(
        "run.started",
        RunStatus.QUEUED,
        content,
        journey=run.journey,
        title=run.title,
        **meta,
        **asked_by(by),
    )
    append(run.pk, [event])
    transaction.on_commit(lambda: ring_run(run.pk))
    run.refresh_from_db()
    return run
