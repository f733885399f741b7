"""The common ending of a run, in two statements instead of a transaction of ten.

Every run pays for its ending, so it is worth a path of its own: nothing is reserved, nobody said
anything at the last moment, no mail is due, no originality cycle is open. What does not fit is left
to `segment_ends.finish`.

The first statement looks, the second ends the run as it was seen: whatever happens to a run is an
event of it, so a run whose `last_seq` has not moved is the one that was looked at.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import transaction

from autonomy.core.types import EventDraft, NotificationKind, RunStatus, StopReason
from autonomy.models.fields import new_id
from autonomy.runtime.couriers import hint
from autonomy.runtime.events import columns, storable
from autonomy.runtime.fence import Fence
from autonomy.runtime.notifications import KIND_OF, QUIET_JOURNEYS, TEXT_CHARS
from autonomy.runtime.prepared import execute

_LOOK = """
SELECT run.last_seq, document.id, document.title
FROM autonomy_runs run
LEFT JOIN LATERAL (
    SELECT artifact.id, artifact.title FROM autonomy_artifacts artifact
    WHERE artifact.kind = 'document' AND {which}
    ORDER BY artifact.version DESC LIMIT 1
) AS document ON true
WHERE run.id = %(run)s AND run.fence = %(fence)s AND run.status = 'running'
  AND run.tokens_reserved = 0 AND run.usd_reserved = 0
  AND NOT EXISTS (SELECT 1 FROM autonomy_run_messages told
                  WHERE told.run_id = run.id AND told.taken_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM autonomy_turnitin_cycles cycle
                  WHERE cycle.run_id = run.id
                    AND cycle.status IN ('awaiting_report', 'report_ready'))
"""
LOOK = _LOOK.format(which="artifact.run_id = run.id")
LOOK_AT = _LOOK.format(which="artifact.id = %(document)s")

_END = """
WITH ended AS (
    UPDATE autonomy_runs run
    SET status = %(status)s, stop_reason = %(reason)s, error = %(error)s,
        last_seq = run.last_seq + 1,
        seconds_spent = run.seconds_spent + extract(epoch FROM clock_timestamp() - run.beat_at),
        owner_lock = NULL, lease_until = NULL, beat_at = NULL,
        finished_at = clock_timestamp(), pruned_at = NULL, requested = '', waiting_for = NULL
    WHERE run.id = %(run)s AND run.fence = %(fence)s AND run.status = 'running'
      AND run.last_seq = %(seen)s AND run.tokens_reserved = 0 AND run.usd_reserved = 0
    RETURNING run.id, run.owner_id, run.conversation_id, run.last_seq, run.title, run.journey,
              GREATEST(0, run.seconds_spent - run.seconds_charged) AS uncharged
), charged AS (
    UPDATE autonomy_queue_users account
    SET virtual_time = account.virtual_time + ended.uncharged
    FROM ended WHERE account.user_id = ended.owner_id
), logged AS (
    INSERT INTO autonomy_episodic_logs
        (run_id, seq, type, source, content, meta, task_id, attempt, fence, ts)
    SELECT ended.id, ended.last_seq, e.type, e.source, e.content, e.meta::jsonb, '', 1, 0,
           clock_timestamp()
    FROM ended, unnest(%(types)s::text[], %(sources)s::text[], %(contents)s::text[],
                       %(metas)s::text[]) AS e(type, source, content, meta)
)
{told}
SELECT last_seq, conversation_id FROM ended
"""
"""Locks in the order of every transition: the run, then its owner's place in the queue."""
TOLD = """, told AS (
    INSERT INTO autonomy_notifications
        (id, owner_id, run_id, kind, cause, title, text, url, created_at)
    SELECT %(notification)s::uuid, ended.owner_id, ended.id, %(kind)s::text,
           'run:' || ended.id || ':' || ended.last_seq, left(ended.title, 300), %(told)s::text, '',
           clock_timestamp()
    FROM ended WHERE ended.journey <> ALL(%(quiet)s::text[])
    ON CONFLICT DO NOTHING
)"""
END = _END.replace("{told}", "")
END_AND_TELL = _END.replace("{told}", TOLD)


class Seen(NamedTuple):
    """A run that can be ended at once, as it was seen."""

    last_seq: int
    document: tuple[object, str] | None
    """Id and title of what it delivers."""


def look(fence: Fence, document_id: str) -> Seen | None:
    """The run if its ending is a common one; `document_id` is what it delivers, else its newest."""
    parameters = {"run": fence.run_id, "fence": fence.number, "document": document_id}
    rows = execute(LOOK_AT if document_id else LOOK, parameters)
    if not rows:
        return None
    last_seq, document, title = rows[0]
    return Seen(int(last_seq), None if document is None else (document, str(title)))


def end(
    fence: Fence,
    seen: Seen,
    status: RunStatus,
    stop_reason: StopReason,
    error: str,
    event: EventDraft,
) -> bool:
    """End the run with its `event`; False, and nothing done, when it is no longer as `seen`."""
    parameters: dict[str, Any] = {
        "run": fence.run_id,
        "fence": fence.number,
        "seen": seen.last_seq,
        "status": status.value,
        "reason": stop_reason.value,
        "error": storable(error),
        **columns([event]),
    }
    kind = KIND_OF.get(status)
    if kind is not None:
        parameters |= {
            "notification": new_id(),
            "kind": kind.value,
            "told": storable(event.content)[:TEXT_CHARS],
            "quiet": list(QUIET_JOURNEYS) if kind is NotificationKind.DONE else [],
        }
    rows = execute(END_AND_TELL if kind is not None else END, parameters)
    if not rows:
        return False
    last_seq, conversation_id = int(rows[0][0]), rows[0][1]
    transaction.on_commit(lambda: hint(fence.run_id, conversation_id, last_seq))
    return True
