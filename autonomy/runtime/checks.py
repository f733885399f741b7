"""Every change of a check's status: one conditional UPDATE each, and its line of history.

`open → claimed → done`. A claim is a lease by the database's clock: while it lasts nobody else gets
the check, and once it ran out anybody may. A change that lost a race simply did not happen, and the
function says so.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from autonomy.core.originality import CheckDeed, CheckOutcome, CheckStatus
from autonomy.core.types import TERMINAL_STATUSES, CycleStatus, NotificationKind
from autonomy.models import CHECK_DOCUMENTS, Check, CheckEvent, Notification, TurnitinCycle
from autonomy.runtime.notifications import tell
from handywriterz.env import env

LIVE = Q(status=CheckStatus.CLAIMED, lease_until__gt=Now())
"""Held by somebody whose lease has not run out."""
FREE = Q(status=CheckStatus.OPEN) | Q(status=CheckStatus.CLAIMED, lease_until__lte=Now())
WANTED = Q(cycle__status=CycleStatus.AWAITING_REPORT) & ~Q(
    cycle__run__status__in=sorted(TERMINAL_STATUSES)
)
"""The run still waits for what the check will say."""
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def checkers() -> QuerySet[User]:
    """Active people with the permission, by the group or by themselves. Superusers have every
    permission, and are none for that alone."""
    return User.objects.with_perm(CHECK_DOCUMENTS, backend=_BACKEND, include_superusers=False)


def history(
    check_id: object,
    deed: CheckDeed,
    who: User | None,
    detail: str = "",
    *,
    whom: User | None = None,
) -> CheckEvent:
    """Add a line to the check's history; `detail` names no person."""
    return CheckEvent.objects.create(
        subject_id=uuid.UUID(str(check_id)), deed=deed, who=who, detail=detail[:300], whom=whom
    )


@transaction.atomic
def ask(cycle: TurnitinCycle, by: User | None) -> Check:
    """The check of a cycle, opened if there is none or it was withdrawn."""
    body = cycle.artifact.body if isinstance(cycle.artifact.body, dict) else {}
    about = {"title": cycle.artifact.title, "words": _words(body)}
    check, made = Check.objects.get_or_create(cycle=cycle, defaults=about)
    if not made:
        again = Check.objects.filter(
            pk=check.pk, status=CheckStatus.DONE, outcome=CheckOutcome.WITHDRAWN
        )
        made = bool(
            again.update(
                status=CheckStatus.OPEN,
                outcome="",
                done_at=None,
                holder=None,
                asked_at=Now(),
                **about,
            )
        )
        check.refresh_from_db()
    if made:
        event = history(check.pk, CheckDeed.ASKED, by)
        _tell(check, event, [check.assigned_to] if check.assigned_to else _others(check))
    return check


def _others(check: Check, *but: User | None) -> QuerySet[User]:
    """Checkers who may take the check: not its document's owner, and not `but`."""
    left_out = [one.pk for one in but if one is not None]
    return checkers().exclude(pk__in=[check.cycle.run.owner_id, *left_out])


def _free_again(check: Check, event: CheckEvent, *but: User | None) -> None:
    """Tell those who may take a document that it is free again; nobody, where it is assigned: the one
    who may take it had it."""
    if check.assigned_to_id is None:
        _tell(check, event, _others(check, *but))


def _tell(check: Check, event: CheckEvent, whom: Iterable[User]) -> None:
    """Tell checkers that a document waits for them. Neither its title nor its owner is said: what is
    told stays when both are gone."""
    words = f"A document of {check.words:,} words"
    said = (
        f"{words} is assigned to you, to be checked for originality."
        if event.deed == CheckDeed.ASSIGNED
        else f"{words} waits to be checked for originality."
    )
    for one in whom:
        cause = f"check:{check.pk}:{event.pk}"
        tell(one.pk, NotificationKind.CHECK, cause, said, title="Workbench", url=_page(check.pk))


def _seen_to(check_id: object, *, but: User | None = None) -> None:
    """The document waits for nobody any more: whoever was told of it need not look."""
    told = Notification.objects.filter(
        kind=NotificationKind.CHECK, url=_page(check_id), read_at__isnull=True
    )
    (told if but is None else told.exclude(owner=but)).update(read_at=Now())


def _page(check_id: object) -> str:
    return f"/workbench/{check_id}/"


def ask_where_always(cycle: TurnitinCycle) -> Check | None:
    """The check of a cycle that just opened, on a server that has every document checked."""
    if env().checkers != "always":
        return None
    others = checkers().exclude(pk=cycle.run.owner_id)
    return ask(cycle, None) if others.exists() else None


@transaction.atomic
def claim(check_id: object, who: User, lease: timedelta) -> bool:
    """`open → claimed`, or the same from a lease that ran out; only for whom it is assigned to,
    where staff assigned it."""
    before = Check.objects.select_for_update(of=("self",)).filter(pk=str(check_id)).first()
    rows = Check.objects.filter(FREE, pk=str(check_id)).filter(
        Q(assigned_to=None) | Q(assigned_to=who)
    )
    claimed = rows.update(status=CheckStatus.CLAIMED, holder=who, lease_until=Now() + lease)
    if claimed and before is not None:
        if before.status == CheckStatus.CLAIMED:
            history(check_id, CheckDeed.EXPIRED, before.holder)
        history(check_id, CheckDeed.CLAIMED, who)
        _seen_to(check_id)
    return bool(claimed)


def renew(check_id: object, who: User, lease: timedelta) -> bool:
    """The lease of whoever holds it lasts `lease` from now on."""
    return bool(held(check_id, who).update(lease_until=Now() + lease))


@transaction.atomic
def release(check_id: object, who: User) -> bool:
    """`claimed → open` by its holder."""
    released = held(check_id, who).update(**_OPENED)
    if released:
        event = history(check_id, CheckDeed.RELEASED, who)
        _free_again(Check.objects.get(pk=str(check_id)), event, who)
    return bool(released)


@transaction.atomic
def free_expired() -> int:
    """`claimed → open` where the lease ran out; how many. Nobody need wait for this: whoever wants
    the document may claim it anyway. It is how the others hear of it."""
    late = Check.objects.filter(WANTED, status=CheckStatus.CLAIMED, lease_until__lte=Now())
    found = list(late.select_related("holder").select_for_update(of=("self",), skip_locked=True))
    for check in found:
        holder = check.holder
        Check.objects.filter(pk=check.pk).update(**_OPENED)
        _free_again(check, history(check.pk, CheckDeed.EXPIRED, holder), holder)
    return len(found)


@transaction.atomic
def assign(check_id: object, to: User | None, by: User) -> bool:
    """Only `to` may take the check from now on, or anybody. A claim of somebody else ends; what
    was put together stays with the check."""
    undone = Check.objects.filter(pk=str(check_id)).exclude(status=CheckStatus.DONE)
    before = undone.select_for_update(of=("self",)).first()
    if before is None or before.assigned_to_id == (to.pk if to else None):
        return before is not None
    kept = undone.filter(LIVE, holder=to).update(assigned_to=to) if to else 0
    changed = kept or undone.update(assigned_to=to, **_OPENED)
    if changed and to is not None:
        event = history(check_id, CheckDeed.ASSIGNED, by, whom=to)
        _seen_to(check_id, but=to)
        if not kept:
            _tell(before, event, [to])
    elif changed:
        event = history(check_id, CheckDeed.UNASSIGNED, by)
        _free_again(Check.objects.get(pk=str(check_id)), event, by)
    return bool(changed)


@transaction.atomic
def finish(check_id: object, who: User, outcome: CheckOutcome) -> bool:
    """`claimed → done` by its holder, while the lease lasts."""
    done = held(check_id, who).update(
        status=CheckStatus.DONE, outcome=outcome, done_at=Now(), lease_until=None
    )
    if done:
        history(check_id, CheckDeed(outcome.value), who)
    return bool(done)


@transaction.atomic
def withdraw(check_ids: Iterable[object], by: User | None, why: str = "") -> int:
    """`open` or `claimed → done` without a verdict; how many."""
    undone = Check.objects.filter(pk__in=[str(one) for one in check_ids]).exclude(
        status=CheckStatus.DONE
    )
    ids = list(undone.select_for_update(of=("self",)).values_list("pk", flat=True))
    Check.objects.filter(pk__in=ids).update(
        status=CheckStatus.DONE,
        outcome=CheckOutcome.WITHDRAWN,
        done_at=Now(),
        lease_until=None,
    )
    for one in ids:
        history(one, CheckDeed.WITHDRAWN, by, why)
        _seen_to(one)
    return len(ids)


def withdraw_unwanted() -> int:
    """Withdraw checks of which nobody waits for the answer any more: somebody else brought a report,
    or the run ended."""
    unwanted = Check.objects.exclude(status=CheckStatus.DONE).exclude(WANTED)
    ids = list(unwanted.values_list("pk", flat=True))
    return withdraw(ids, None, "The run no longer waits for it.") if ids else 0


def held(check_id: object, who: User) -> QuerySet[Check]:
    """The check, if `who` holds it by a lease that lasts."""
    return Check.objects.filter(LIVE, pk=str(check_id), holder=who)


_OPENED: dict[str, Any] = {"status": CheckStatus.OPEN, "holder": None, "lease_until": None}


def _words(body: dict[str, Any]) -> int:
    """Words of a stored document, as `Document.words` counts them."""
    from autonomy.export.document import words_of

    sections = [one for one in body.get("sections") or [] if isinstance(one, dict)]
    return sum(words_of(str(section.get("markdown", ""))) for section in sections)
