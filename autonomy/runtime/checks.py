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
from autonomy.core.types import TERMINAL_STATUSES, CycleStatus
from autonomy.models import CHECK_DOCUMENTS, Check, CheckEvent, TurnitinCycle
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


def history(check_id: object, deed: CheckDeed, who: User | None, detail: str = "") -> None:
    CheckEvent.objects.create(
        subject_id=uuid.UUID(str(check_id)), deed=deed, who=who, detail=detail[:300]
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
        history(check.pk, CheckDeed.ASKED, by)
    return check


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
    return bool(claimed)


def renew(check_id: object, who: User, lease: timedelta) -> bool:
    """The lease of whoever holds it lasts `lease` from now on."""
    return bool(held(check_id, who).update(lease_until=Now() + lease))


@transaction.atomic
def release(check_id: object, who: User) -> bool:
    """`claimed → open` by its holder."""
    released = held(check_id, who).update(**_OPENED)
    if released:
        history(check_id, CheckDeed.RELEASED, who)
    return bool(released)


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
        history(check_id, CheckDeed.ASSIGNED, by, f"to {to.get_full_name() or to.get_username()}")
    elif changed:
        history(check_id, CheckDeed.UNASSIGNED, by)
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
    from autonomy.export.document import MARKER

    texts = [str(s.get("markdown", "")) for s in body.get("sections") or [] if isinstance(s, dict)]
    return sum(len(MARKER.sub(" ", text).split()) for text in texts)
