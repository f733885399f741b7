"""Reports that do not come: people are reminded, and in the end the run goes on without.

Every worker looks now and then. Each reminder and each expiry is one conditional UPDATE, so
however many look, each happens once.
"""

from __future__ import annotations

import logging
from datetime import datetime

from autonomy.core.types import EventDraft, NotificationKind, RunStatus
from autonomy.models import Run, TurnitinCycle
from autonomy.runtime import cycle_states, notices, notifications
from autonomy.runtime.answers import answer_cycle
from autonomy.runtime.contention import transacted
from autonomy.runtime.events import append

logger = logging.getLogger(__name__)

REMINDER = "Reminder: "


def look(now: datetime) -> int:
    """End the waits that are over by `now`, and remind of those that are due; how many."""
    over, to_remind = cycle_states.due(now)
    done = sum(expire(run_id, cycle_id, now) for cycle_id, run_id in over)
    return done + sum(remind(run_id, cycle_id, now) for cycle_id, run_id in to_remind)


@transacted
def expire(run_id: object, cycle_id: object, now: datetime) -> bool:
    """Let the run go on without its report, if the time for it is over and it still waits."""
    run = _waiting(run_id)
    if run is None or not cycle_states.expired(cycle_id, now):
        return False
    logger.info("run %s: no similarity report came; it goes on without", run_id)
    return answer_cycle(run, TurnitinCycle.objects.get(pk=str(cycle_id)))


@transacted
def remind(run_id: object, cycle_id: object, now: datetime) -> bool:
    """Remind of a report that is waited for, if that is due."""
    run = _waiting(run_id)
    if run is None or not cycle_states.reminded(cycle_id, now):
        return False
    cycle = TurnitinCycle.objects.get(pk=str(cycle_id))
    event = _reminder(cycle)
    seq = append(run.pk, [event])
    notices.remind(run, seq)
    notifications.tell(
        run.owner_id,
        NotificationKind.REMINDER,
        notifications.cause(run.pk, seq),
        event.content.removeprefix(REMINDER),
        title=run.title,
        run_id=run.pk,
    )
    return True


def _waiting(run_id: object) -> Run | None:
    """The run, held, if it waits for a person."""
    rows = Run.objects.select_for_update(no_key=True)
    return rows.filter(pk=str(run_id), status=RunStatus.WAITING_HUMAN).first()


def _reminder(cycle: TurnitinCycle) -> EventDraft:
    until = f" It waits until {cycle.expires_at:%d %B %Y, %H:%M} UTC." if cycle.expires_at else ""
    return EventDraft(
        type="note",
        source="runtime",
        content=f"{REMINDER}The similarity report of cycle {cycle.number} has not come yet.{until}",
        meta={
            "kind": "report_reminder",
            "cycle_id": str(cycle.pk),
            "reminders": cycle.reminders,
        },
    )
