"""What you may use in a day, and have used."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Router, Schema

from autonomy import services
from autonomy.api.auth import ApiRequest
from autonomy.runtime.quotas import Amount

router = Router(tags=["account"])


class Allowance(Schema):
    """One allowance of a UTC day."""

    used: float
    reserved: float
    """Set aside for calls that are under way."""
    limit: float | None
    """None: no limit but each run's own."""
    left: float | None


class DayUsed(Schema):
    """What was used on one UTC day."""

    day: date
    runs: int
    tokens: int
    usd: float


class UsageOut(Schema):
    """Today's allowances and the days before."""

    day: date
    resets_at: datetime
    """When today's allowances start anew, UTC."""
    runs: Allowance
    tokens: Allowance
    usd: Allowance
    runs_at_once: int
    """Runs of yours that are driven at the same time; others wait in line."""
    history: list[DayUsed]
    """Days with any use, newest first, today included."""


@router.get("/usage", response=UsageOut)
def usage(request: ApiRequest) -> UsageOut:
    """What you have used today and on earlier days, and what a day allows."""
    today = services.usage_today(request.auth)
    return UsageOut(
        day=today.day,
        resets_at=today.resets_at,
        runs=_allowance(today.runs),
        tokens=_allowance(today.tokens),
        usd=_allowance(today.usd),
        runs_at_once=today.runs_at_once,
        history=[
            DayUsed(day=row.day, runs=row.runs, tokens=row.tokens_spent, usd=float(row.usd_spent))
            for row in services.usage_history(request.auth)
        ],
    )


def _allowance(amount: Amount) -> Allowance:
    return Allowance(
        used=amount.spent, reserved=amount.reserved, limit=amount.limit, left=amount.left
    )
