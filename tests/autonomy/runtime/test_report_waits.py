"""Reports that never come: reminders and the end of the wait, by a clock that the test holds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from autonomy import services
from autonomy.core.types import CycleStatus, RunStatus
from autonomy.models import Episode, Resume, Run, TurnitinCycle
from autonomy.runtime import report_waits
from handywriterz.env import env
from tests.autonomy.runtime.graphs import asking
from tests.autonomy.runtime.test_runner import drive

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cycle(start: Callable[..., Run], claim: Callable[[], Any]) -> TurnitinCycle:
    run = start()
    drive(claim(), asking)
    return run.turnitin_cycles.get()


def after(cycle: TurnitinCycle, passed: timedelta) -> datetime:
    cycle.refresh_from_db()
    return cycle.created_at + passed


def reminders(cycle: TurnitinCycle) -> int:
    return Episode.objects.filter(run=cycle.run, meta__kind="report_reminder").count()


def test_a_wait_is_reminded_of_at_its_time_and_again_and_then_ends(cycle: TurnitinCycle) -> None:
    first, again = env().report_reminder_hours, env().report_reminder_repeat_hours
    assert report_waits.look(after(cycle, first * HOUR - HOUR)) == 0

    due = after(cycle, first * HOUR + HOUR)
    assert report_waits.look(due) == 1
    assert report_waits.look(due + again * HOUR - HOUR) == 0
    assert report_waits.look(due + again * HOUR) == 1
    cycle.refresh_from_db()
    assert (reminders(cycle), cycle.reminders) == (2, 2)

    over = after(cycle, env().report_expiry_days * DAY + HOUR)
    assert report_waits.look(over) == 1
    cycle.refresh_from_db()
    run = Run.objects.get(pk=cycle.run_id)
    assert (cycle.status, run.status) == (CycleStatus.EXPIRED, RunStatus.QUEUED)
    assert Resume.objects.get(run=run).value["expired"] is True
    assert report_waits.look(over + 30 * DAY) == 0


@pytest.mark.parametrize("what", ["reminder", "expiry"])
def test_many_workers_that_look_at_once_do_it_once(cycle: TurnitinCycle, what: str) -> None:
    passed = (
        env().report_reminder_hours * HOUR if what == "reminder" else env().report_expiry_days * DAY
    )
    due = after(cycle, passed + HOUR)

    def look(_: int) -> int:
        try:
            return report_waits.look(due)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(look, range(12))) == 1
    run = Run.objects.get(pk=cycle.run_id)
    woken = Episode.objects.filter(run=run, type="run.resumed").count()
    assert (reminders(cycle), woken) == ((1, 0) if what == "reminder" else (0, 1))


def test_a_run_that_was_paused_is_left_alone_and_waits_anew_when_it_goes_on(
    cycle: TurnitinCycle,
) -> None:
    late = after(cycle, env().report_expiry_days * DAY + HOUR)
    services.pause(cycle.run)
    assert report_waits.look(late) == 0

    # As if it had been paused for all that time.
    TurnitinCycle.objects.filter(pk=cycle.pk).update(
        remind_at=timezone.now() - DAY, expires_at=timezone.now() - DAY
    )
    services.resume(cycle.run)
    assert report_waits.look(timezone.now()) == 0
    cycle.refresh_from_db()
    assert cycle.expires_at is not None
    assert cycle.expires_at > timezone.now()


def test_a_report_that_comes_too_late_is_told_so_and_changes_nothing(
    cycle: TurnitinCycle,
) -> None:
    report_waits.look(after(cycle, env().report_expiry_days * DAY + HOUR))
    with pytest.raises(services.Conflict, match="Your report was not stored") as refusal:
        services.submit_report(cycle.run, cycle_id=cycle.pk, observed_similarity=5.0)
    assert refusal.value.code == "cycle_expired"
    cycle.refresh_from_db()
    assert (cycle.status, cycle.observed_similarity) == ("expired", None)


def test_a_report_counts_even_if_it_comes_after_a_reminder(cycle: TurnitinCycle) -> None:
    due = after(cycle, env().report_reminder_hours * HOUR + HOUR)
    report_waits.look(due)
    services.submit_report(cycle.run, cycle_id=cycle.pk, observed_similarity=5.0)
    assert report_waits.look(due + 365 * DAY) == 0
    cycle.refresh_from_db()
    assert cycle.status == CycleStatus.REPORT_READY


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "closed"},
        {"status": "report_ready"},
        {"status": "expired", "closed_at": timezone.now(), "reported_at": timezone.now()},
        {"status": "accepted", "closed_at": timezone.now(), "reported_at": timezone.now()},
        {"status": "lost", "closed_at": timezone.now()},
        {"closed_at": timezone.now()},
    ],
)
def test_the_database_holds_the_state_machine(
    cycle: TurnitinCycle, columns: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TurnitinCycle.objects.filter(pk=cycle.pk).update(**columns)


def test_a_run_that_ends_closes_its_cycle(cycle: TurnitinCycle) -> None:
    services.cancel(cycle.run)
    cycle.refresh_from_db()
    assert cycle.status == CycleStatus.CLOSED
    assert report_waits.look(after(cycle, 100 * DAY)) == 0
