"""People are told once for each cause: in the product, and by mail as they chose."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone

from autonomy import services
from autonomy.core.types import NotificationKind, RunStatus, StopReason
from autonomy.models import Notification, Run
from autonomy.runtime import notices, notifications, report_waits, segment_ends
from autonomy.services.notifications import choose_mail
from handywriterz.env import env
from tests.autonomy.runtime.graphs import asking
from tests.autonomy.runtime.test_runner import drive

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Start, Claim = Callable[..., Run], Callable[[], Any]


def told(run: Run) -> list[tuple[str, str]]:
    rows = Notification.objects.filter(run=run).order_by("created_at", "id")
    return [(row.kind, row.text) for row in rows]


def test_a_run_that_waits_and_then_ends_tells_its_owner_of_both(start: Start, claim: Claim) -> None:
    run = start()
    drive(claim(), asking)
    cycle = run.turnitin_cycles.get()
    ((kind, text),) = told(run)
    assert kind == "waiting"
    assert text.startswith("It waits for a similarity report. Nothing is spent meanwhile.")
    assert f"{cycle.expires_at:%d %B %Y}" in text

    services.submit_report(run, cycle_id=cycle.pk, observed_similarity=9.0)
    drive(claim(), asking)
    assert [kind for kind, _ in told(run)] == ["waiting", "done"]
    assert {n.owner_id for n in run.notifications.all()} == {run.owner_id}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(RunStatus.SUCCEEDED, "done"), (RunStatus.FAILED, "failed")],
)
def test_both_ways_to_end_a_run_tell_the_same(
    start: Start, claim: Claim, monkeypatch: pytest.MonkeyPatch, status: RunStatus, kind: str
) -> None:
    reason = StopReason.COMPLETED if status is RunStatus.SUCCEEDED else StopReason.ERROR
    said = []
    for short in (True, False):
        if not short:
            monkeypatch.setattr("autonomy.runtime.endings.look", lambda *a: None)
        run = start()
        segment_ends.finish(
            claim().fence, status, reason, error="" if kind == "done" else "Broken."
        )
        said.append(told(run))
        row = run.notifications.get()
        run.refresh_from_db()
        assert row.cause == notifications.cause(run.pk, run.last_seq)
        assert row.title == run.title
    assert said[0] == said[1] == [(kind, said[0][0][1])]


def test_short_answers_and_stops_tell_nobody(start: Start, claim: Claim) -> None:
    answer = start()
    Run.objects.filter(pk=answer.pk).update(journey="answer")
    segment_ends.finish(claim().fence, RunStatus.SUCCEEDED, StopReason.COMPLETED)
    stopped = start()
    services.cancel(stopped)
    assert told(answer) == told(stopped) == []


def test_one_cause_is_told_once_whoever_notices_it(start: Start, alice: User) -> None:
    run = start()

    def tell(_: int) -> None:
        try:
            with transaction.atomic():
                notifications.tell(
                    alice.pk, NotificationKind.DONE, "the same", "Ready.", run_id=run.pk
                )
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(tell, range(12)))
    assert Notification.objects.filter(owner=alice, cause="the same").count() == 1


def test_what_a_transition_that_did_not_happen_would_have_told_is_not_told(start: Start) -> None:
    run = start()

    def fail() -> None:
        with transaction.atomic():
            notifications.about(run, RunStatus.FAILED, 1, [])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert told(run) == []


@pytest.fixture
def _by_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    switched = env().model_copy(update={"notify_by_email": "on", "public_url": "https://w.example"})
    monkeypatch.setattr(notices, "env", lambda: switched)


@pytest.mark.usefixtures("_by_mail")
def test_a_reminder_is_mailed_and_shown_once(start: Start, claim: Claim) -> None:
    run = start()
    drive(claim(), asking)
    due = timezone.now() + timedelta(hours=env().report_reminder_hours + 1)
    assert report_waits.look(due) == 1
    assert report_waits.look(due) == 0
    assert notices.send_due() == 2
    assert notices.send_due() == 0
    assert [message.subject for message in mail.outbox] == ["“Say hello” is still waiting for you"]
    assert "It waits for a similarity report" in mail.outbox[0].body
    assert "/settings/#notifications" in mail.outbox[0].body
    assert [kind for kind, _ in told(run)] == ["waiting", "reminder"]


@pytest.mark.usefixtures("_by_mail")
def test_nobody_gets_mail_that_they_do_not_want(start: Start, claim: Claim, alice: User) -> None:
    choose_mail(alice, {"mail_waiting": False})
    run = start()
    drive(claim(), asking)
    assert notices.send_due() == 1
    assert mail.outbox == []
    cycle = run.turnitin_cycles.get()
    services.submit_report(run, cycle_id=cycle.pk, observed_similarity=9.0)
    drive(claim(), asking)
    assert notices.send_due() == 1
    assert [message.subject for message in mail.outbox] == ["“Say hello” is finished"]
    assert [kind for kind, _ in told(run)] == ["waiting", "done"], "in the product all is told"
