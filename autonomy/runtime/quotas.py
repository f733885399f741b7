"""What one user may use in a UTC day, over all runs: counted at a run's start, reserved and settled
together with each run's own budget.

Nought means no limit, in the settings and in a user's `Quota` row alike; an empty field of that
row leaves the setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from autonomy.models import UsageDay
from autonomy.models.fields import new_id
from autonomy.runtime.prepared import execute
from handywriterz.env import env

TODAY = "(statement_timestamp() AT TIME ZONE 'UTC')::date"


def limit_of(what: str, kind: str) -> str:
    """SQL for a user's limit per day on `what`, NULL for none; `quota` is the user's row if there
    is one, and `%(what_per_day)s` the setting."""
    return f"NULLIF(COALESCE(quota.{what}_per_day, %({what}_per_day)s::{kind}), 0)"


ADMIT = f"""
WITH allowed AS (
    SELECT {limit_of("runs", "bigint")} AS runs
    FROM (SELECT 1) AS one LEFT JOIN autonomy_quotas quota ON quota.user_id = %(user)s
)
INSERT INTO autonomy_usage_days AS used (id, user_id, day, runs)
SELECT %(id)s, %(user)s, {TODAY}, 1
ON CONFLICT (user_id, day) DO UPDATE SET runs = used.runs + 1
WHERE (SELECT runs FROM allowed) IS NULL OR used.runs < (SELECT runs FROM allowed)
RETURNING used.runs
"""  # noqa: S608 - constants only
"""A limit is at least 1, so the first run of a day always fits; each later start waits for the
row of the one before it to commit."""

READ = f"""
SELECT {TODAY}, COALESCE(used.runs, 0), {limit_of("runs", "bigint")},
       COALESCE(used.tokens_spent, 0), COALESCE(used.tokens_reserved, 0),
       {limit_of("tokens", "bigint")},
       COALESCE(used.usd_spent, 0), COALESCE(used.usd_reserved, 0), {limit_of("usd", "numeric")},
       COALESCE(NULLIF(quota.runs_at_once, 0), %(runs_at_once)s)
FROM (SELECT 1) AS one
LEFT JOIN autonomy_quotas quota ON quota.user_id = %(user)s
LEFT JOIN autonomy_usage_days used ON used.user_id = %(user)s AND used.day = {TODAY}
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class Amount:
    """One allowance of one day."""

    spent: float
    reserved: float
    limit: float | None
    """None: as much as you like."""

    @property
    def left(self) -> float | None:
        return None if self.limit is None else max(0.0, self.limit - self.spent - self.reserved)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a user has used today, and may use."""

    day: date
    runs: Amount
    tokens: Amount
    usd: Amount
    runs_at_once: int

    @property
    def resets_at(self) -> datetime:
        """When the day's allowances start anew."""
        return resets_at(self.day)


class QuotaReached(Exception):
    """No further run may be started today."""

    def __init__(self, usage: Usage) -> None:
        super().__init__(f"{usage.runs.spent:.0f} runs were started on {usage.day}: no more today")
        self.usage = usage


def resets_at(day: date) -> datetime:
    """The midnight, UTC, that ends `day`."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def settings() -> dict[str, Any]:
    """The deployment's limits, as the statements want them."""
    return {
        "runs_per_day": env().quota_runs_per_day,
        "tokens_per_day": env().quota_tokens_per_day,
        "usd_per_day": env().quota_usd_per_day,
    }


def count_run(owner_id: int) -> None:
    """Count one more run of today, in the caller's transaction.

    Raises:
        QuotaReached: the user has started all that a day allows; nothing was counted.
    """
    parameters = {"user": owner_id, "id": new_id(), "runs_per_day": settings()["runs_per_day"]}
    while not execute(ADMIT, parameters):
        usage = usage_today(owner_id)
        if usage.runs.left == 0:
            raise QuotaReached(usage)
        # The limit was raised or the day ended since the refusal: that is asked anew.


def usage_today(owner_id: int) -> Usage:
    """What the user has used on this UTC day, and the limits."""
    parameters = {"user": owner_id, "runs_at_once": env().runs_per_user, **settings()}
    day, runs, runs_limit, *amounts, at_once = execute(READ, parameters)[0]
    return Usage(
        day=day,
        runs=_amount(runs, 0, runs_limit),
        tokens=_amount(*amounts[:3]),
        usd=_amount(*amounts[3:]),
        runs_at_once=int(at_once),
    )


def _amount(spent: Any, reserved: Any, limit: Any) -> Amount:
    return Amount(float(spent), float(reserved), None if limit is None else float(limit))


def history(owner_id: int, days: int) -> list[UsageDay]:
    """The last `days` days on which the user used anything, newest first."""
    return list(UsageDay.objects.filter(user_id=owner_id).order_by("-day")[:days])
