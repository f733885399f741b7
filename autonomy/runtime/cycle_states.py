"""Every change of an originality cycle's status: one conditional UPDATE each.

`awaiting_report → report_ready → {accepted, rejected}`; `awaiting_report → expired` when nobody
brings a report; `awaiting_report` or `report_ready → closed` when the run ends first, and back
when that run is tried again. A change that lost a race simply did not happen.

Callers hold the run's row, as for every change of a run, so that the answer that follows from a
change is stored once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Max, Q
from django.db.models.functions import Now
from django.utils import timezone

from autonomy.core.types import OPEN_CYCLES, CycleStatus
from autonomy.models import TurnitinCycle
from handywriterz.env import env


def waiting_times(now: datetime) -> dict[str, datetime | None]:
    """When a wait for a report that begins `now` is first reminded of, and when it ends."""
    first, days = env().report_reminder_hours, env().report_expiry_days
    return {
        "remind_at": now + timedelta(hours=first) if first else None,
        "expires_at": now + timedelta(days=days) if days else None,
    }


def opened(
    run_id: object,
    artifact_id: str,
    target: float,
    local: float | None,
    quoted: float | None,
) -> TurnitinCycle:
    """The run's open cycle; a new one for the document where there is none."""
    cycles = TurnitinCycle.objects.filter(run_id=str(run_id))
    known = cycles.filter(status__in=OPEN_CYCLES).first()
    if known is not None:
        return known
    last = cycles.aggregate(last=Max("number"))["last"] or 0
    return TurnitinCycle.objects.create(
        run_id=str(run_id),
        number=last + 1,
        artifact_id=artifact_id,
        target_similarity=target,
        local_similarity=local,
        local_quoted=quoted,
        **waiting_times(timezone.now()),
    )


def report_came(cycle_id: object, run_id: object, **report: Any) -> bool:
    """`awaiting_report → report_ready` with the `report`'s columns; False when one came before."""
    rows = TurnitinCycle.objects.filter(
        pk=str(cycle_id), run_id=str(run_id), status=CycleStatus.AWAITING_REPORT
    )
    changed = rows.update(
        status=CycleStatus.REPORT_READY, reported_at=Now(), remind_at=None, **report
    )
    return bool(changed)


def settled(run_id: object, cycle_id: str, *, accepted: bool) -> bool:
    """`report_ready → accepted` or `rejected`."""
    status = CycleStatus.ACCEPTED if accepted else CycleStatus.REJECTED
    rows = TurnitinCycle.objects.filter(
        pk=cycle_id, run_id=str(run_id), status=CycleStatus.REPORT_READY
    )
    return bool(rows.update(status=status, closed_at=Now()))


def expired(cycle_id: object, now: datetime) -> bool:
    """`awaiting_report → expired`, if its time is over."""
    rows = TurnitinCycle.objects.filter(
        pk=str(cycle_id), status=CycleStatus.AWAITING_REPORT, expires_at__lte=now
    )
    return bool(rows.update(status=CycleStatus.EXPIRED, closed_at=now, remind_at=None))


def reminded(cycle_id: object, now: datetime) -> bool:
    """Take the reminder that is due, and set the time of the next one; no change of status."""
    rows = TurnitinCycle.objects.filter(
        pk=str(cycle_id), status=CycleStatus.AWAITING_REPORT, remind_at__lte=now
    )
    again = env().report_reminder_repeat_hours
    following = now + timedelta(hours=again) if again else None
    return bool(rows.update(reminders=F("reminders") + 1, remind_at=following))


def close_open(run_id: object) -> bool:
    """The open cycle of a run that ends is `closed`; whether there was one."""
    rows = TurnitinCycle.objects.filter(run_id=str(run_id), status__in=OPEN_CYCLES)
    return bool(rows.update(status=CycleStatus.CLOSED, closed_at=Now(), remind_at=None))


def reopen(run_id: object) -> bool:
    """The cycle that the run's ending closed is what it was before; whether there was one."""
    latest = (
        TurnitinCycle.objects.filter(run_id=str(run_id), status=CycleStatus.CLOSED)
        .order_by("-number")
        .values("pk")[:1]
    )
    closed = TurnitinCycle.objects.filter(pk__in=latest, status=CycleStatus.CLOSED)
    if closed.filter(reported_at__isnull=False).update(
        status=CycleStatus.REPORT_READY, closed_at=None
    ):
        return True
    times = waiting_times(timezone.now())
    rows = closed.filter(reported_at__isnull=True)
    return bool(rows.update(status=CycleStatus.AWAITING_REPORT, closed_at=None, **times))


def wait_anew(run_id: object) -> None:
    """A wait that a pause had interrupted begins anew: nobody is reminded of, or loses, what they
    had put aside."""
    rows = TurnitinCycle.objects.filter(run_id=str(run_id), status=CycleStatus.AWAITING_REPORT)
    rows.update(**waiting_times(timezone.now()))


def due(now: datetime) -> tuple[list[Any], list[Any]]:
    """Cycles to expire and cycles to remind of: (id, run id) of those whose run waits."""
    waiting = TurnitinCycle.objects.filter(
        status=CycleStatus.AWAITING_REPORT, run__status="waiting_human"
    )
    over = waiting.filter(expires_at__lte=now).values_list("pk", "run_id")
    to_remind = waiting.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
    return list(over), list(to_remind.filter(remind_at__lte=now).values_list("pk", "run_id"))
