"""Telling people, in the product, that a run needs them or is over.

The row is written in the transaction of what it tells of, so that neither exists without the other,
and only once for each person and cause. Mail about the same goes through `notices`.
"""

from __future__ import annotations

from collections.abc import Sequence

from autonomy.core.types import EventDraft, NotificationKind, RunStatus
from autonomy.models import Notification, NotificationChoice, Run, TurnitinCycle
from autonomy.models.fields import new_id
from autonomy.runtime.events import storable

QUIET_JOURNEYS = ("answer",)
"""A short answer stands in the conversation within seconds: nobody is told that it is there."""
TEXT_CHARS = 500

KIND_OF = {
    RunStatus.WAITING_HUMAN: NotificationKind.WAITING,
    RunStatus.SUCCEEDED: NotificationKind.DONE,
    RunStatus.FAILED: NotificationKind.FAILED,
}
"""Status → what people are told. A cancelled run tells nobody: a person did that."""


def tell(
    owner_id: int,
    kind: NotificationKind,
    cause: str,
    text: str,
    *,
    title: str = "",
    run_id: object | None = None,
    url: str = "",
) -> None:
    """Tell a person, unless they were told of this `cause` already. Inside the transaction of what
    is told of."""
    Notification.objects.bulk_create(
        [
            Notification(
                id=new_id(),
                owner_id=owner_id,
                run_id=None if run_id is None else str(run_id),
                kind=kind,
                cause=cause[:100],
                title=storable(title)[:300],
                text=storable(text)[:TEXT_CHARS],
                url=url[:500],
            )
        ],
        ignore_conflicts=True,
    )


def about(run: Run, to: RunStatus, seq: int, events: Sequence[EventDraft]) -> None:
    """Tell the run's owner of a transition to `to`, whose last event is number `seq`."""
    kind = KIND_OF.get(to)
    if kind is None or (run.journey in QUIET_JOURNEYS and kind is NotificationKind.DONE):
        return
    said = events[-1].content if events else ""
    text = asks(run) if to is RunStatus.WAITING_HUMAN else said
    tell(run.owner_id, kind, cause(run.pk, seq), text, title=run.title, run_id=run.pk)


def cause(run_id: object, seq: int) -> str:
    """Of what event `seq` of a run tells."""
    return f"run:{run_id}:{seq}"


def asks(run: Run) -> str:
    """What the run waits for, in a sentence or two."""
    asked = run.waiting_for or {}
    if asked.get("kind") == "plan_approval":
        return "Its plan is ready for you to look at."
    if asked.get("kind") == "tool_approval":
        return f"It asks whether it may use the tool {asked.get('tool', '')}."
    if asked.get("kind") == "similarity_report":
        cycle = TurnitinCycle.objects.filter(run=run, pk=str(asked.get("cycle_id"))).first()
        until = (
            f" It waits until {cycle.expires_at:%d %B %Y}." if cycle and cycle.expires_at else ""
        )
        return f"It waits for a similarity report. Nothing is spent meanwhile.{until}"
    return "It has a question for you."


def wants_mail(user_id: int, kind: NotificationKind) -> bool:
    """Whether the person wants mail of this kind."""
    chosen = NotificationChoice.objects.filter(user_id=user_id).first()
    return chosen is None or chosen.wants(kind)
