"""What a user may use in a day."""

from __future__ import annotations

from django.contrib.auth.models import User

from autonomy.models import UsageDay
from autonomy.runtime import quotas
from autonomy.runtime.quotas import Usage
from autonomy.services.errors import QuotaUsedUp

HISTORY_DAYS = 30


def count_run(owner_id: int) -> None:
    """Count one more run of today, in the transaction that starts it.

    Raises:
        QuotaUsedUp: the day allows no further run; the caller's transaction must not commit.
    """
    try:
        quotas.count_run(owner_id)
    except quotas.QuotaReached as reached:
        usage = reached.usage
        limit = usage.runs.limit or 0
        started = "1 run that" if limit == 1 else f"{limit:,.0f} runs that"
        raise QuotaUsedUp(
            "runs",
            f"You have started the {started} a day allows. Nothing was started; the next can "
            f"start at {usage.resets_at:%H:%M} UTC.",
            used=usage.runs.spent,
            limit=limit,
            resets_at=usage.resets_at,
        ) from None


def usage_today(user: User) -> Usage:
    """What the user has used on this UTC day, and may use."""
    return quotas.usage_today(user.pk)


def usage_history(user: User) -> list[UsageDay]:
    """The user's days with any use, of the last ones, newest first."""
    return quotas.history(user.pk, HISTORY_DAYS)
