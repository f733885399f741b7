"""A new run that goes on from a step of another."""

from __future__ import annotations

from django.contrib.auth.models import User

from autonomy.models import Checkpoint, Run
from autonomy.runtime import forking
from autonomy.runtime.contention import transacted
from autonomy.services.errors import NotFound
from autonomy.services.launch import launch
from autonomy.services.steering import checked, keep_message


@transacted
def fork(
    run: Run, checkpoint_id: str | None = None, *, message: str = "", by: User | None = None
) -> Run:
    """A new run of the same task that goes on from a checkpoint of this one (the newest unless
    named), with a full budget and with documents of its own. A `message` is taken first, so that
    the branch goes another way.

    Raises:
        NotFound: the run has no such checkpoint.
        Invalid: the message cannot be taken.
    """
    said = checked(message) if message.strip() else ""
    # Held until the copy is made: upkeep may not cut this history meanwhile.
    parent = Run.objects.select_for_update(no_key=True).filter(pk=run.pk).first()
    rows = Checkpoint.objects.filter(thread_id=str(run.pk), checkpoint_ns="")
    if checkpoint_id is not None:
        rows = rows.filter(checkpoint_id=checkpoint_id)
    start = rows.order_by("-checkpoint_id").first()
    if parent is None or start is None:
        cut = parent is not None and parent.pruned_at is not None
        why = " Its older history was tidied away." if cut else ""
        raise NotFound(f"The run has no such checkpoint to go on from.{why}")
    made = Run.objects.create(
        owner_id=parent.owner_id,
        conversation_id=parent.conversation_id,
        journey=parent.journey,
        title=parent.title,
        task=parent.task,
        parent=parent,
        priority=parent.priority,
        tokens_limit=parent.tokens_limit,
        seconds_limit=parent.seconds_limit,
        usd_limit=parent.usd_limit,
    )
    forking.copy_run(parent, made, start)
    launched = launch(
        made,
        "Forked from an earlier step.",
        by=by.pk if by is not None and by.pk != parent.owner_id else None,
        parent_id=str(parent.pk),
        checkpoint_id=start.checkpoint_id,
    )
    if said:
        keep_message(launched, said, by)
        launched.refresh_from_db()
    return launched
