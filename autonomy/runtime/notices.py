"""E-mail to a run's owner when it waits for a person or has ended: an effect of kind `notify`.

The intent is written in the transaction of the transition, so that neither exists without the
other. Any worker then claims it and sends: once, however many look and wherever one dies. A worker
that dies in the middle leaves a notice that may have been sent; it is not sent again.
"""

from __future__ import annotations

import logging
import smtplib
import socket
import uuid
from typing import NamedTuple

from django.core.mail import EmailMessage
from django.db import DatabaseError, InterfaceError, connection
from django.urls import NoReverseMatch, reverse

from autonomy.core.types import NotificationKind, RunStatus
from autonomy.models import Effect, EffectStatus, Run
from autonomy.models.fields import new_id
from autonomy.runtime.couriers import Courier
from autonomy.runtime.notifications import KIND_OF, QUIET_JOURNEYS, asks, wants_mail
from autonomy.runtime.prepared import execute
from handywriterz.env import env

logger = logging.getLogger(__name__)

KIND = "notify"
MAX_ATTEMPTS = 3
"""Of sending a notice that the mail server surely did not take."""
RETRY_SECONDS = 60.0
DOUBT_SECONDS = 600.0
"""After this long a notice that was begun and not recorded is one of unknown outcome."""
BATCH = 20

SUBJECTS = {
    NotificationKind.WAITING: "“{title}” is waiting for you",
    NotificationKind.REMINDER: "“{title}” is still waiting for you",
    NotificationKind.DONE: "“{title}” is finished",
    NotificationKind.FAILED: "“{title}” could not be finished",
}
"""What a mail of each kind is called."""
STATUS_OF = {kind: status for status, kind in KIND_OF.items()} | {
    NotificationKind.REMINDER: RunStatus.WAITING_HUMAN
}
"""Kind → the status in which the run must still be when the mail goes out."""

UNDELIVERED = (
    ConnectionRefusedError,
    socket.gaierror,
    smtplib.SMTPNotSupportedError,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPResponseException,
)
"""The mail server was not reached, or said no: nobody got the mail."""

DUE = """
SELECT 1 FROM autonomy_effects
WHERE kind = 'notify' AND status IN ('failed', 'intent')
  AND ((status = 'intent' AND attempts = 0)
       OR (status = 'intent' AND created_at < now() - make_interval(secs => %(doubt)s))
       OR (status = 'failed' AND attempts < %(most)s
           AND settled_at < now() - make_interval(secs => %(pause)s) * attempts))
LIMIT 1
"""

CLAIM = """
UPDATE autonomy_effects SET status = 'intent', attempts = attempts + 1, settled_at = NULL
WHERE id = (
    SELECT id FROM autonomy_effects
    WHERE kind = 'notify' AND status IN ('failed', 'intent')
      AND ((status = 'intent' AND attempts = 0)
           OR (status = 'failed' AND attempts < %(most)s
               AND settled_at < now() - make_interval(secs => %(pause)s) * attempts))
    ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, run_id, key
"""

DOUBT = """
UPDATE autonomy_effects
SET status = 'unknown', settled_at = now(),
    note = 'Unknown: the worker stopped while it was sending. The mail may have gone out.'
WHERE kind = 'notify' AND status = 'intent' AND attempts > 0
  AND created_at < now() - make_interval(secs => %(doubt)s)
"""

RECORD = """
UPDATE autonomy_effects SET status = %(status)s, note = %(note)s, settled_at = now()
WHERE id = %(id)s AND status IN ('intent', 'unknown')
"""

_TIMES = {"most": MAX_ATTEMPTS, "pause": RETRY_SECONDS, "doubt": DOUBT_SECONDS}


class Notice(NamedTuple):
    """One claimed mail."""

    id: uuid.UUID
    run_id: uuid.UUID
    kind: NotificationKind


def due_on(to: RunStatus) -> bool:
    """Whether a transition to this status is told by mail."""
    return env().notify_by_email == "on" and to in KIND_OF


def plan(run: Run, to: RunStatus, seq: int) -> None:
    """Intend a mail about the transition that event `seq` tells of; inside its transaction."""
    if due_on(to) and not (run.journey in QUIET_JOURNEYS and to is RunStatus.SUCCEEDED):
        _intend(run, KIND_OF[to], seq)


def remind(run: Run, seq: int) -> None:
    """Intend a mail about the reminder that event `seq` is; inside its transaction."""
    if env().notify_by_email == "on":
        _intend(run, NotificationKind.REMINDER, seq)


def _intend(run: Run, kind: NotificationKind, seq: int) -> None:
    Effect.objects.create(
        id=new_id(),
        run=run,
        key=f"{KIND}:{kind.value}:{seq}",
        kind=KIND,
        status=EffectStatus.INTENT,
        fence=run.fence,
        attempts=0,
    )


def wake() -> None:
    """Have what is due sent by a thread of its own; call it now and then in a database thread."""
    if env().notify_by_email == "on" and execute(DUE, _TIMES):
        _sender.send(None)


def send_due() -> int:
    """Send the notices that are due; how many were dealt with."""
    dealt_with = 0
    while dealt_with < BATCH:
        rows = execute(CLAIM, _TIMES)
        if not rows:
            break
        effect_id, run_id, key = rows[0]
        _send(Notice(uuid.UUID(str(effect_id)), uuid.UUID(str(run_id)), _kind(str(key))))
        dealt_with += 1
    execute(DOUBT, _TIMES)
    return dealt_with


def _kind(key: str) -> NotificationKind:
    """What a notice is about. Those that were intended before kinds had names say the status."""
    said = key.split(":")[1]
    by_status = {status.value: kind for status, kind in KIND_OF.items()}
    return by_status.get(said) or NotificationKind(said)


def _send(notice: Notice) -> None:
    run = Run.objects.select_related("owner").get(pk=notice.run_id)
    newer = Effect.objects.filter(run=run, kind=KIND, id__gt=notice.id)
    if run.status != STATUS_OF[notice.kind] or newer.exists():
        return _record(notice, EffectStatus.DONE, "Not sent: the run went on meanwhile.")
    if not run.owner.email or not run.owner.is_active:
        return _record(notice, EffectStatus.DONE, "Not sent: the owner has no address.")
    if not wants_mail(run.owner_id, notice.kind):
        return _record(notice, EffectStatus.DONE, "Not sent: the owner wants no such mail.")
    try:
        _message(run, notice).send()
    except UNDELIVERED as error:
        logger.warning("run %s: the mail was not sent: %s", run.pk, error)
        return _record(notice, EffectStatus.FAILED, f"{type(error).__name__}: {error}")
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("run %s: the mail may have been sent: %s", run.pk, error)
        said = f"Unknown: sending ended with {type(error).__name__}: {error}"
        return _record(notice, EffectStatus.UNKNOWN, said)
    return _record(notice, EffectStatus.DONE, "")


def _record(notice: Notice, status: EffectStatus, note: str) -> None:
    execute(RECORD, {"id": notice.id, "status": status.value, "note": note[:2_000]})


def _message(run: Run, notice: Notice) -> EmailMessage:
    title = " ".join((run.title or "Your document").split())
    told = {
        NotificationKind.WAITING: asks(run),
        NotificationKind.REMINDER: asks(run),
        NotificationKind.DONE: "You can read and download it now.",
        NotificationKind.FAILED: run.error or "Everything up to the last step is kept.",
    }[notice.kind]
    body = f"{told}\n\n{_address(run)}\n\nWhich mail you get: {_base()}/settings/#notifications\n"
    return EmailMessage(
        subject=SUBJECTS[notice.kind].format(title=title),
        body=body,
        to=[run.owner.email],
        # The same for each attempt, so that mail systems recognise a repetition.
        headers={"Message-ID": f"<{notice.id}@handywriterz>"},
    )


def _base() -> str:
    return (env().public_url or f"http://{env().host}:{env().port}").rstrip("/")


def _address(run: Run) -> str:
    base = _base()
    if run.conversation_id is not None:
        try:
            return base + reverse("conversation", args=[run.conversation_id])
        except NoReverseMatch:
            logger.debug("no page for conversations")
    return f"{base}/"


def _deliver(_: None) -> None:
    try:
        send_due()
    except (DatabaseError, InterfaceError) as error:
        logger.warning("notices: the database does not answer: %s", error)
    finally:
        connection.close()  # this thread may rest for days


_sender: Courier[None] = Courier("notices", _deliver)
