"""Mail to the owner of a run: opt-in, and never twice."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection, transaction

from autonomy.core.types import RunStatus, StopReason
from autonomy.models import Effect, Run
from autonomy.runtime import answers, controls, notices, segment_ends
from autonomy.runtime.queue import Claim
from handywriterz.env import env

Start = Callable[..., Run]
TakeClaim = Callable[[], Claim]


class Crash(BaseException):
    """The process dies here, as far as the ledger can tell."""


@pytest.fixture(autouse=True)
def _on(monkeypatch: pytest.MonkeyPatch) -> None:
    switched = env().model_copy(update={"notify_by_email": "on", "public_url": "https://w.example"})
    monkeypatch.setattr(notices, "env", lambda: switched)


def ended(start: Start, claim: TakeClaim, status: RunStatus = RunStatus.SUCCEEDED) -> Run:
    run = start()
    reason = StopReason.COMPLETED if status is RunStatus.SUCCEEDED else StopReason.ERROR
    error = "" if status is RunStatus.SUCCEEDED else "The sources could not be read."
    segment_ends.finish(claim().fence, status, reason, error=error)
    return run


def waiting(start: Start, claim: TakeClaim) -> Run:
    run = start()
    segment_ends.wait_for_human(claim().fence, [("i1", {"kind": "plan_approval"})])
    return run


def subjects() -> list[str]:
    return [message.subject for message in mail.outbox]


def later(seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE autonomy_effects SET created_at = created_at - make_interval(secs => %s),"
            " settled_at = settled_at - make_interval(secs => %s)",
            [seconds, seconds],
        )


def test_the_owner_is_told_of_a_question_and_of_the_end(start: Start, claim: TakeClaim) -> None:
    waiting(start, claim)
    ended(start, claim)
    ended(start, claim, RunStatus.FAILED)
    assert notices.send_due() == 3
    assert notices.send_due() == 0
    assert subjects() == [
        "“Say hello” is waiting for you",
        "“Say hello” is finished",
        "“Say hello” could not be finished",
    ]
    assert mail.outbox[0].to == ["alice@example.org"]
    assert "https://w.example/" in mail.outbox[0].body
    assert "The sources could not be read." in mail.outbox[2].body
    assert set(Effect.objects.values_list("status", "attempts")) == {("done", 1)}


def test_nothing_is_intended_unless_it_is_switched_on(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "env", env)
    ended(start, claim)
    assert not Effect.objects.exists()
    assert env().notify_by_email == "off"


def test_a_person_who_cancels_needs_no_mail(start: Start, claim: TakeClaim) -> None:
    controls.cancel(start().pk)
    assert not Effect.objects.exists()


def test_a_transition_that_does_not_happen_leaves_no_notice(start: Start, claim: TakeClaim) -> None:
    run = ended(start, claim)
    controls.cancel(run.pk)
    assert Effect.objects.count() == 1


@pytest.mark.parametrize("sent", [False, True])
def test_a_sender_that_dies_in_the_middle_is_not_followed_by_a_second_mail(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch, sent: bool
) -> None:
    ended(start, claim)
    send = EmailMessage.send

    def dying(message: EmailMessage, *args: Any) -> int:
        if sent:
            send(message)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", dying)
        with pytest.raises(Crash):
            notices.send_due()
    for _ in range(3):
        notices.send_due()
        later(notices.DOUBT_SECONDS + 1)
    assert len(subjects()) == (1 if sent else 0), "at most once"
    row = Effect.objects.get()
    assert row.status == "unknown"
    assert "may have gone out" in row.note


def test_a_mail_that_the_server_refused_is_tried_again_later_and_not_for_ever(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(start, claim)
    tries: list[str] = []

    def refused(message: EmailMessage, *args: Any) -> int:
        tries.append(message.extra_headers["Message-ID"])
        raise smtplib.SMTPConnectError(421, "busy")

    monkeypatch.setattr(EmailMessage, "send", refused)
    for _ in range(5):
        notices.send_due()
        assert notices.send_due() == 0, "not at once"
        later(notices.RETRY_SECONDS * 5)
    assert len(tries) == notices.MAX_ATTEMPTS
    assert len(set(tries)) == 1
    assert Effect.objects.get().status == "failed"


def test_a_mail_that_may_have_arrived_is_left_alone(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(start, claim)

    def gone(message: EmailMessage, *args: Any) -> int:
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(EmailMessage, "send", gone)
    notices.send_due()
    later(10_000)
    assert notices.send_due() == 0
    assert Effect.objects.get().status == "unknown"


def test_a_run_that_went_on_meanwhile_is_not_told_of(start: Start, claim: TakeClaim) -> None:
    run = waiting(start, claim)
    with transaction.atomic():
        answers.wake(run.pk)
    notices.send_due()
    assert subjects() == []
    assert "went on" in Effect.objects.get().note


def test_of_two_questions_only_the_newer_one_is_mailed(start: Start, claim: TakeClaim) -> None:
    run = waiting(start, claim)
    with transaction.atomic():
        answers.wake(run.pk)
    segment_ends.wait_for_human(claim().fence, [("i2", {"kind": "plan_approval"})])
    notices.send_due()
    assert len(subjects()) == 1


def test_the_wake_up_costs_one_look_and_hands_over_to_a_thread(
    start: Start, claim: TakeClaim, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[None] = []
    monkeypatch.setattr(notices._sender, "send", sent.append)
    notices.wake()
    assert sent == []
    ended(start, claim)
    notices.wake()
    assert sent == [None]


def test_an_odd_title_cannot_add_headers(start: Start, claim: TakeClaim) -> None:
    run = start()
    Run.objects.filter(pk=run.pk).update(title="A\nBcc: eve@example.org")
    segment_ends.finish(claim().fence, RunStatus.SUCCEEDED, StopReason.COMPLETED)
    notices.send_due()
    assert subjects() == ["“A Bcc: eve@example.org” is finished"]
    assert mail.outbox[0].recipients() == ["alice@example.org"]
