"""Everything a view needs to draw a run, as of one event."""

from __future__ import annotations

from typing import Any, cast

from django.db import connection, transaction

from autonomy.core.types import RunStatus
from autonomy.models import Run
from autonomy.runtime.leases import any_worker_alive
from autonomy.runtime.queue_position import position as place_in_line
from autonomy.services.errors import NotFound
from autonomy.services.run_models import models_of


def snapshot(run: Run) -> dict[str, Any]:
    """The run in one consistent read: whatever is shown here happened by event `as_of_seq`, and
    whatever happens later is an event with a higher number.

    Keys: `id, task, title, journey, status, stop_reason, error, plan, route, last_observation,
    last_verdict, waiting_for, budgets, requested, queue_position, worker_up, models, as_of_seq`.

    Raises:
        NotFound: the run has been deleted.
    """
    nested = connection.in_atomic_block  # then the caller's transaction decides
    with transaction.atomic():
        if not nested:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = Run.objects.filter(pk=run.pk).first()
        if row is None:
            raise NotFound("The run has been deleted.")
        position = place_in_line(row)
        alive = any_worker_alive()
        models = models_of(row.pk)
    return {
        "id": str(row.pk),
        "task": cast("dict[str, Any]", row.task),
        "title": row.title,
        "journey": row.journey,
        "status": RunStatus(row.status),
        "stop_reason": row.stop_reason,
        "error": row.error,
        "plan": row.plan,
        "route": row.route,
        "last_observation": row.last_observation,
        "last_verdict": row.last_verdict,
        "waiting_for": row.waiting_for if row.status == RunStatus.WAITING_HUMAN else None,
        "requested": row.requested,
        "budgets": {
            "tokens_limit": row.tokens_limit,
            "tokens_spent": row.tokens_spent,
            "tokens_reserved": row.tokens_reserved,
            "seconds_limit": row.seconds_limit,
            "seconds_spent": row.seconds_spent,
            "usd_limit": float(row.usd_limit),
            "usd_spent": float(row.usd_spent),
            "usd_reserved": float(row.usd_reserved),
        },
        "queue_position": position,
        "worker_up": alive,
        "models": models,
        "as_of_seq": row.last_seq,
    }
