"""Change what a run may spend, and go on with one that a limit had ended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Max
from django.db.models.functions import Coalesce

from autonomy.core.types import LIMIT_REASONS, EventDraft, RunStatus, StopReason
from autonomy.models import Run
from autonomy.runtime import controls, quotas, transitions
from autonomy.runtime.contention import transacted
from autonomy.runtime.events import append
from autonomy.runtime.transition_events import asked_by
from autonomy.services.errors import AllowanceUsedUp, Conflict, NotFound

_SPENT = {
    StopReason.BUDGET_TOKENS: ("tokens", "tokens_limit", "tokens_spent"),
    StopReason.BUDGET_SECONDS: ("seconds", "seconds_limit", "seconds_spent"),
    StopReason.BUDGET_USD: ("US dollars", "usd_limit", "usd_spent"),
}


_MICRODOLLAR = Decimal("0.000001")


@transacted
def set_budget(
    run: Run,
    *,
    tokens: int | None = None,
    seconds: float | None = None,
    usd: float | None = None,
    by: User | None = None,
) -> None:
    """Change limits of a run; None leaves one as it is. The task keeps what was asked first.

    A live run goes on under them: one that has spent more than a new limit ends at its next
    boundary with its best draft. A run that a limit had ended is taken up again from its last
    checkpoint when that limit is raised. Values that change nothing leave no event.

    Raises:
        Conflict: the run has ended for another reason, or is not given enough to go on.
        AllowanceUsedUp: the day's allowance ended it, and has no room yet.
        NotFound: the run has been deleted.
    """
    locked = Run.objects.select_for_update(no_key=True).filter(pk=run.pk).first()
    if locked is None:
        raise NotFound("The run has been deleted.")
    wanted: dict[str, Any] = {
        "tokens_limit": tokens,
        "seconds_limit": seconds,
        # As the column keeps it: the same request again is then seen to change nothing.
        "usd_limit": None if usd is None else Decimal(str(usd)).quantize(_MICRODOLLAR),
    }
    changed = {
        name: value
        for name, value in wanted.items()
        if value is not None and value != getattr(locked, name)
    }
    asker = by.pk if by is not None and by.pk != locked.owner_id else None
    meta = {
        name: float(value)
        if isinstance(value := changed.get(name, getattr(locked, name)), Decimal)
        else value
        for name in wanted
    }
    if locked.status in transitions.LIVE:
        if changed:
            Run.objects.filter(pk=locked.pk).update(**changed, budget_warned=False)
            said = "The budget was changed."
            draft = EventDraft(
                type="budget", source="runtime", content=said, meta={**meta, **asked_by(asker)}
            )
            append(locked.pk, [draft])
        return
    _may_go_on(locked, changed)
    controls.take_up(locked.pk, changed, {"budget": meta}, by=asker)


def _may_go_on(run: Run, changed: dict[str, Any]) -> None:
    """
    Raises:
        AllowanceUsedUp: the owner's day has no room for what the run does next.
        Conflict: more budget does not help this run, or this is not more.
    """
    if run.stop_reason not in LIMIT_REASONS:
        ended = "has finished" if run.status == RunStatus.SUCCEEDED else f"has {run.status}"
        raise Conflict(
            f"The run {ended}, and not for want of budget: another limit changes nothing.",
            code=f"run_{run.status}",
        )
    raised = [name for name, value in changed.items() if value > getattr(run, name)]
    if run.stop_reason == StopReason.QUOTA:
        _day_has_room(run)
        return
    unit, limit, spent = _SPENT[StopReason(run.stop_reason)]
    enough = changed.get(limit, getattr(run, limit)) > getattr(run, spent)
    if not raised or limit not in raised or not enough:
        used = getattr(run, spent)
        shown = f"{used:,.2f}" if isinstance(used, Decimal) else f"{used:,.0f}"
        raise Conflict(
            f"The run ended because its {unit} were used up. Give it more than the {shown} that it "
            "has spent to go on.",
            code="budget_not_raised",
        )


def _day_has_room(run: Run) -> None:
    """
    Raises:
        AllowanceUsedUp: today's allowance is not enough for another call of the run's largest size.
    """
    day = quotas.usage_today(run.owner_id)
    largest = run.budget_entries.aggregate(
        tokens=Coalesce(Max("tokens_reserved"), 0), usd=Coalesce(Max("usd_reserved"), Decimal(0))
    )
    for amount, unit, size in (
        (day.tokens, "tokens", float(largest["tokens"])),
        (day.usd, "US dollars", float(largest["usd"])),
    ):
        # None at all where the run has never called anything: then any room is worth a try.
        if amount.left is not None and (amount.left <= 0 or amount.left < size):
            raise AllowanceUsedUp(unit, day.resets_at)
