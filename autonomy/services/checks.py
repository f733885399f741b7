"""Checks by people: who may see, take, renew and hand back which document.

The one door to the workbench. Every function that takes `who` decides what that person may do: a
checker sees the queue's titles and lengths and the documents they hold, staff see all, and for
anybody else there is nothing here.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Literal

from django.contrib.auth.models import User
from django.db.models import Count, Q, QuerySet

from autonomy.core.originality import CheckDeed, CheckOutcome, CheckStatus
from autonomy.core.types import TERMINAL_STATUSES, CycleStatus
from autonomy.models import Check, CheckEvent, Run, TurnitinCycle
from autonomy.runtime import checks as rows
from autonomy.runtime.contention import transacted
from autonomy.services.errors import Conflict, Invalid, NotAllowed, NotFound, ServiceError
from handywriterz.env import env

LONG = (
    "report_read",
    "marked",
    "note",
    "cycle__report_read",
    "cycle__note",
    "cycle__run__task",
    "cycle__run__waiting_for",
)
"""Columns that may be large, and of which a queue shows nothing."""
Which = Literal["open", "mine", "done", "all"]


def is_checker(who: User) -> bool:
    """Whether the person may take documents to check."""
    return who.is_active and rows.checkers().filter(pk=who.pk).exists()


def works_here(who: User) -> bool:
    """Whether the workbench is there for this person: checkers, and staff, who assign."""
    return who.is_active and (who.is_staff or is_checker(who))


def lease() -> timedelta:
    return timedelta(minutes=env().checker_lease_minutes)


def name_of(who: User | None) -> str:
    """What other people read: the full name, or else the user name. Empty for nobody."""
    return (who.get_full_name() or who.get_username()) if who is not None else ""


# ------------------------------------------------------------------------ the owner's side


def offered(owner: User) -> bool:
    """Whether the person may send documents to checkers."""
    return env().checkers != "off" and rows.checkers().exclude(pk=owner.pk).exists()


def always() -> bool:
    """Whether this server has every document checked."""
    return env().checkers == "always"


def can_be_asked(cycle: TurnitinCycle) -> bool:
    """Whether checkers can be asked about the cycle's document now."""
    return _waits(cycle) and offered(cycle.run.owner)


def _waits(cycle: TurnitinCycle) -> bool:
    return cycle.status == CycleStatus.AWAITING_REPORT and cycle.run.status not in TERMINAL_STATUSES


def ask_checker(cycle: TurnitinCycle, owner: User) -> Check:
    """Hand the document of a cycle to the checkers. Asking again changes nothing.

    Raises:
        Conflict: there is nobody to ask, or the run no longer waits.
    """
    if not offered(cycle.run.owner):
        raise Conflict(
            "There are no checkers on this server. Check the document yourself and hand in the "
            "report.",
            code="no_checkers",
        )
    if not _waits(cycle):
        raise Conflict("The run no longer waits for a report.", code="not_waiting")
    return rows.ask(cycle, owner)


def take_back(cycle: TurnitinCycle, owner: User) -> Check:
    """Take the document of a cycle back from the checkers, also from one who reads it just now.

    Raises:
        NotFound: nobody was asked.
        Conflict: this server has every document checked.
    """
    check = Check.objects.filter(cycle=cycle).first()
    if check is None:
        raise NotFound("No checker was asked about this document.", code="not_asked")
    if always() and not owner.is_staff:
        raise Conflict(
            "On this server every document is checked. You can still hand in a report yourself.",
            code="always_checked",
        )
    rows.withdraw([check.pk], owner, "Taken back by its owner.")
    check.refresh_from_db()
    return check


def last_decided(run: Run) -> Check | None:
    """The last check of the run that a checker accepted or sent back."""
    decided = Check.objects.select_related("cycle", "holder").filter(
        cycle__run=run, outcome__in=(CheckOutcome.ACCEPTED, CheckOutcome.REJECTED)
    )
    return decided.order_by("-cycle__number").first()


# ----------------------------------------------------------------------- the checker's side


def queue(who: User, which: Which = "open") -> QuerySet[Check]:
    """Checks that the person may see, of one kind: free ones, those they hold, those they did.

    `all` is everything for staff, and every kind together for a checker.
    """
    rows.withdraw_unwanted()
    seen = _seen(who).defer(*LONG)
    if which == "open":
        seen = seen.filter(rows.FREE).filter(_for(who))
    elif which == "mine":
        seen = seen.filter(rows.LIVE, holder=who)
    elif which == "done":
        seen = seen.filter(status=CheckStatus.DONE)
        seen = seen if who.is_staff else seen.filter(holder=who)
    return seen


def get_check(who: User, check_id: uuid.UUID | str) -> Check:
    """
    Raises:
        NotFound: there is none, or it is nothing of this person's; the two cannot be told apart.
    """
    rows.withdraw_unwanted()
    check = _seen(who).filter(pk=str(check_id)).first()
    if check is None:
        raise NotFound("There is no check with this id, or it is not with you.")
    return check


def holds(who: User, check: Check) -> bool:
    """Whether the person holds the check now, by the database's clock."""
    return rows.held(check.pk, who).exists()


def may_read(who: User, check: Check) -> bool:
    """Whether the person may read the document: who holds it, and staff."""
    return who.is_staff or holds(who, check)


def claim_check(who: User, check_id: uuid.UUID | str) -> Check:
    """Take a free check, for as long as the lease lasts. Who holds it already gets it as it is.

    Raises:
        NotFound: as `get_check`.
        NotAllowed: staff who are no checkers, or the person's own document.
        Conflict: somebody else has it or it is assigned to somebody else, or nobody waits for it.
    """
    check = get_check(who, check_id)
    if not is_checker(who):
        raise NotAllowed(
            "Only checkers take documents. Add yourself to the group Checkers first.",
            code="no_checker",
        )
    if check.cycle.run.owner_id == who.pk:
        raise NotAllowed("You cannot check a document of your own.", code="own_document")
    if not rows.claim(check.pk, who, lease()) and not holds(who, check):
        raise lost(who, check)
    return get_check(who, check_id)


def renew_check(who: User, check_id: uuid.UUID | str) -> Check:
    """Hold the check for another lease.

    Raises:
        NotFound: the person never held it.
        Conflict: `lease_expired` (it can be claimed again), `lease_lost`, `check_over`.
    """
    rows.withdraw_unwanted()
    if not rows.renew(check_id, who, lease()):
        raise not_held(who, check_id)
    return get_check(who, check_id)


def release_check(who: User, check_id: uuid.UUID | str) -> Check:
    """Hand the check back to the queue; what was put together stays with it. Twice is once.

    Raises:
        NotFound: the person never held it.
        Conflict: `check_over`.
    """
    check = _once_held(who, check_id)
    if not rows.release(check.pk, who) and check.status == CheckStatus.DONE:
        raise lost(who, check)
    check.refresh_from_db()
    return check


def not_held(who: User, check_id: uuid.UUID | str) -> ServiceError:
    """Why the person does not hold the check, as `lost`; or that they never did."""
    try:
        check = _once_held(who, check_id)
    except NotFound as unknown:
        try:
            get_check(who, check_id)
        except NotFound:
            return unknown
        return Conflict("Claim this document first.", code="not_claimed")
    return lost(who, check)


def lost(who: User, check: Check) -> ServiceError:
    """Why the person does not hold the check, and what to do."""
    check.refresh_from_db()
    if check.status == CheckStatus.DONE:
        if check.outcome == CheckOutcome.WITHDRAWN:
            detail = (
                "Nobody waits for this check any more: its owner took the document back or brought "
                "a report, or the run ended."
            )
        else:
            detail = "This check is done already."
        return Conflict(detail, code="check_over")
    if check.assigned_to_id not in (None, who.pk):
        return Conflict(
            "This document is assigned to somebody else. What you put together stays with it.",
            code="lease_lost",
        )
    if Check.objects.filter(rows.LIVE, pk=check.pk).exclude(holder=who).exists():
        return Conflict(
            "Somebody else has this document now. What you put together stays with it.",
            code="lease_lost",
        )
    return Conflict(
        "Your time with this document ran out, and nobody has taken it since. Claim it again to go "
        "on; what you put together is kept.",
        code="lease_expired",
    )


# ------------------------------------------------------------------------------ staff's side


def assignable(staff: User) -> list[tuple[User, int]]:
    """The checkers by name, each with how many documents they hold now; nobody for anybody but
    staff."""
    if not (staff.is_active and staff.is_staff):
        return []
    held = Check.objects.filter(rows.LIVE).values("holder").annotate(count=Count("pk"))
    holding = {row["holder"]: row["count"] for row in held}
    found = rows.checkers().order_by("email", "username")
    return [(one, holding.get(one.pk, 0)) for one in found]


def assign_to(staff: User, check_id: uuid.UUID | str, checker_id: int | None) -> Check:
    """`assign_check` to the person with this id, or to nobody in particular.

    Raises:
        NotFound, NotAllowed, Invalid, Conflict: as `assign_check`; whoever may not assign does not
            learn who there is.
    """
    get_check(staff, check_id)
    if not staff.is_staff:
        raise NotAllowed("Only staff assign documents.", code="not_staff")
    to = User.objects.filter(pk=checker_id).first() if checker_id is not None else None
    if checker_id is not None and to is None:
        raise Invalid("There is nobody with this id.", code="no_checker")
    return assign_check(staff, check_id, to)


@transacted
def assign_check(staff: User, check_id: uuid.UUID | str, to: User | None) -> Check:
    """Only `to` may take the check from now on; nobody in particular with None. A claim of anybody
    else ends at once.

    Raises:
        NotFound: as `get_check`.
        NotAllowed: the caller is not staff.
        Invalid: `to` is no checker, or the document is theirs.
        Conflict: the check is done.
    """
    check = get_check(staff, check_id)
    if not staff.is_staff:
        raise NotAllowed("Only staff assign documents.", code="not_staff")
    if to is not None and not is_checker(to):
        raise Invalid("This person is not in the group Checkers.", code="no_checker")
    if to is not None and check.cycle.run.owner_id == to.pk:
        raise Invalid("Nobody checks a document of their own.", code="own_document")
    if not rows.assign(check.pk, to, staff):
        raise Conflict("This check is done already.", code="check_over")
    return get_check(staff, check_id)


def history_of(check: Check) -> QuerySet[CheckEvent]:
    """What happened to the check, oldest first."""
    return check.events.select_related("who", "whom").order_by("id")


def earlier_cycles(check: Check) -> QuerySet[TurnitinCycle]:
    """The document's cycles up to this one, oldest first."""
    cycles = TurnitinCycle.objects.filter(run_id=check.cycle.run_id, number__lte=check.cycle.number)
    return cycles.select_related("checked_by").order_by("number")


# -------------------------------------------------------------------------------------------


def _seen(who: User) -> QuerySet[Check]:
    checks = Check.objects.select_related("cycle__run", "holder", "assigned_to")
    if who.is_active and who.is_staff:
        return checks
    if not is_checker(who):
        return checks.none()
    free = rows.FREE & _for(who)
    return checks.filter(free | (rows.LIVE | Q(status=CheckStatus.DONE)) & Q(holder=who))


def _for(who: User) -> Q:
    """Free for this person: not assigned to somebody else, and not their own document."""
    return (Q(assigned_to=None) | Q(assigned_to=who)) & ~Q(cycle__run__owner=who)


def _once_held(who: User, check_id: uuid.UUID | str) -> Check:
    """The check, if the person ever claimed it: they are told what became of it."""
    once = CheckEvent.objects.filter(
        subject_id=uuid.UUID(str(check_id)), who=who, deed=CheckDeed.CLAIMED
    )
    check = Check.objects.select_related("cycle__run").filter(pk=str(check_id)).first()
    if check is None or not is_checker(who) or not once.exists():
        raise NotFound("There is no check with this id, or it is not with you.")
    return check
