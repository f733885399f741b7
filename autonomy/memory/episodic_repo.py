"""Episodic memory: what happened in a run, read from its append-only log.

Writing is `autonomy.runtime.events`, because only the runtime knows who may write.
"""

from __future__ import annotations

from datetime import UTC

from autonomy.core.types import Event
from autonomy.models import Episode


def to_event(row: Episode, conversation_id: object | None) -> Event:
    """The envelope of a logged event."""
    meta = dict(row.meta)
    if row.task_id:
        meta |= {"task_id": row.task_id, "attempt": row.attempt}
    return Event(
        type=row.type,
        seq=row.seq,
        ts=row.ts.astimezone(UTC).isoformat(),
        conversation_id=str(conversation_id) if conversation_id else None,
        run_id=str(row.run_id),
        content=row.content,
        source=row.source,
        meta=meta,
    )


def events_after(run_id: object, seq: int, limit: int = 500) -> list[Event]:
    """Events of a run with a higher number than `seq`, in order, at most `limit`."""
    rows = Episode.objects.filter(run_id=str(run_id), seq__gt=seq).order_by("seq")
    found = list(rows.select_related("run").only(*_EVENT_FIELDS)[:limit])
    return [to_event(row, row.run.conversation_id) for row in found]


_EVENT_FIELDS = (
    "run_id",
    "seq",
    "type",
    "source",
    "content",
    "meta",
    "task_id",
    "attempt",
    "ts",
    "run__conversation_id",
)
