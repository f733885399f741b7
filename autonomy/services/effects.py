"""Staff say what became of a call whose outcome nobody knew."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q
from django.db.models.functions import Now

from autonomy.core.types import TERMINAL_STATUSES, EventDraft, RunStatus
from autonomy.models import Effect, EffectStatus, Run
from autonomy.runtime.contention import transacted
from autonomy.runtime.effects import canonical
from autonomy.runtime.events import append
from autonomy.services.errors import Conflict


class Settlement(StrEnum):
    """What somebody found out at the other side."""

    DONE = "done"
    NOT_DONE = "not_done"


_STATUS = {Settlement.DONE: EffectStatus.DONE, Settlement.NOT_DONE: EffectStatus.FAILED}
_SAID = {
    Settlement.DONE: "It was done, and is not done again.",
    Settlement.NOT_DONE: "It was not done, and may be done now.",
}


@transacted
def settle_effect(
    effect: Effect,
    outcome: Settlement | str,
    result: dict[str, Any] | None = None,
    *,
    by: User | None = None,
) -> None:
    """Settle a call whose outcome is unknown. When the run comes to it again, a call that was done
    gives `result` (or counts as done with its result lost), one that was not is made.

    Saying the same again changes nothing.

    Raises:
        Conflict: the outcome is known, or the call is under way.
        ValueError: there is no such outcome.
    """
    settlement = Settlement(outcome)
    run = Run.objects.select_for_update(no_key=True).get(pk=effect.run_id)
    open_ones = Q(status=EffectStatus.UNKNOWN)
    if run.status != RunStatus.RUNNING:
        open_ones |= Q(status=EffectStatus.INTENT)
    else:
        # An intent of an older segment: whoever made it is fenced out.
        open_ones |= Q(status=EffectStatus.INTENT, fence__lt=run.fence)
    who = f" by {by.get_username()}" if by else ""
    note = f"Settled{who}: {_SAID[settlement]}"
    changed = Effect.objects.filter(open_ones, pk=effect.pk).update(
        status=_STATUS[settlement],
        result=canonical(result) if settlement is Settlement.DONE else None,
        note=note,
        settled_at=Now(),
    )
    if not changed:
        row = Effect.objects.filter(pk=effect.pk, note=note, status=_STATUS[settlement]).first()
        if row is None:
            raise Conflict(
                "There is nothing to settle: the outcome is known, or the call is under way.",
                code="effect_settled",
            )
        return
    if run.status not in TERMINAL_STATUSES:
        append(
            run.pk,
            [
                EventDraft(
                    type="note",
                    source="staff",
                    content=f"The call that was in doubt is settled. {_SAID[settlement]}",
                    meta={
                        "kind": "effect_settled",
                        "effect": effect.key,
                        "outcome": settlement.value,
                        "by": by.pk if by else None,
                    },
                )
            ],
        )
