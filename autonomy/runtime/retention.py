"""History that nobody needs any more: a finished run is cut to its head and to the points at which
a person decided something, from which it can still be forked.

What delta channels are rebuilt from goes too: each checkpoint that stays is first given the full
value of its delta channels, as LangGraph itself stores it from time to time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_type_hints
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from langchain_core.runnables import RunnableConfig
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.serde.types import _DeltaSnapshot

from autonomy.core.state import RunState
from autonomy.models import ModelCall, Run
from autonomy.runtime import checkpoint_statements as sql
from autonomy.runtime.checkpointer_sql import DjangoCheckpointSaver

KEPT = """
WITH line AS (
    SELECT checkpoint_ns, checkpoint_id,
           lag(checkpoint_id) OVER earlier AS before,
           checkpoint -> 'channel_values' -> 'heard' AS heard,
           lag(checkpoint -> 'channel_values' -> 'heard') OVER earlier AS heard_before,
           lead(checkpoint_id) OVER earlier IS NULL AS head
    FROM autonomy_checkpoints WHERE thread_id = %(thread)s
    WINDOW earlier AS (PARTITION BY checkpoint_ns ORDER BY checkpoint_id)
)
SELECT checkpoint_ns, checkpoint_id FROM line WHERE head
UNION
SELECT checkpoint_ns, before FROM line
WHERE before IS NOT NULL AND heard IS NOT NULL AND heard IS DISTINCT FROM heard_before
UNION
SELECT checkpoint_ns, checkpoint_id FROM autonomy_checkpoint_writes
WHERE thread_id = %(thread)s AND channel = '__interrupt__'
"""
"""The newest checkpoint, those before a message of the person was taken, and those at which the
person was asked something."""

SIZE = """
SELECT (SELECT count(*) FROM autonomy_checkpoints WHERE thread_id = %(thread)s),
       (SELECT count(*) FROM autonomy_checkpoint_writes WHERE thread_id = %(thread)s),
       (SELECT COALESCE(sum(pg_column_size(checkpoint) + pg_column_size(metadata)), 0)
        FROM autonomy_checkpoints WHERE thread_id = %(thread)s)
       + (SELECT COALESCE(sum(octet_length(blob)), 0)
          FROM autonomy_checkpoint_blobs WHERE thread_id = %(thread)s)
       + (SELECT COALESCE(sum(octet_length(blob)), 0)
          FROM autonomy_checkpoint_writes WHERE thread_id = %(thread)s)
"""

STORE_VALUE = """
WITH stored AS (
    INSERT INTO autonomy_checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
    VALUES (%(thread)s, %(ns)s, %(channel)s, %(version)s, %(type)s, %(blob)s)
    ON CONFLICT (thread_id, checkpoint_ns, channel, version)
    DO UPDATE SET type = EXCLUDED.type, blob = EXCLUDED.blob
)
UPDATE autonomy_checkpoints
SET checkpoint = jsonb_set(checkpoint, ARRAY['channel_values', %(channel)s], 'true')
WHERE thread_id = %(thread)s AND checkpoint_ns = %(ns)s AND checkpoint_id = %(id)s
"""

RELINK = """
UPDATE autonomy_checkpoints later
SET parent_checkpoint_id = (
    SELECT max(earlier.checkpoint_id) FROM autonomy_checkpoints earlier
    WHERE earlier.thread_id = later.thread_id AND earlier.checkpoint_ns = later.checkpoint_ns
      AND earlier.checkpoint_id < later.checkpoint_id)
WHERE thread_id = %(thread)s
"""
"""A run's checkpoints form one line (a fork has a thread of its own)."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What cutting one run's history removed."""

    checkpoints: int
    writes: int
    size: int
    """Bytes, before PostgreSQL's own overhead."""


def due(finished_before: datetime, limit: int) -> list[UUID]:
    """Finished runs whose history was not cut since, longest ago first."""
    rows = Run.objects.filter(finished_at__lt=finished_before, pruned_at__isnull=True)
    return list(rows.order_by("finished_at").values_list("id", flat=True)[:limit])


@transaction.atomic
def prune_run(run_id: object) -> Pruned | None:
    """Cut the history of a finished run; None when it is live, busy (being forked or taken up
    again at this moment) or gone. Doing it again removes nothing more."""
    rows = Run.objects.filter(pk=str(run_id), finished_at__isnull=False)
    run = rows.select_for_update(no_key=True, skip_locked=True).first()
    if run is None:
        return None
    thread = str(run.pk)
    before = _size(thread)
    kept: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(KEPT, {"thread": thread})
        for ns, checkpoint_id in cursor.fetchall():
            kept.setdefault(ns, []).append(checkpoint_id)
    saver = DjangoCheckpointSaver()
    for ns, ids in kept.items():
        for checkpoint_id in ids:
            _store_delta_values(saver, thread, ns, checkpoint_id)
    with connection.cursor() as cursor:
        for ns, ids in kept.items():
            cursor.execute(sql.PRUNE, {"thread": thread, "ns": ns, "keep": ids})
        cursor.execute(RELINK, {"thread": thread})
        cursor.execute(sql.DELETE_ORPHANS, {"threads": [thread]})
    # What was said to models is history too; the figures of each call stay.
    ModelCall.objects.filter(run=run).update(system="", prompt="", reply="")
    Run.objects.filter(pk=run.pk).update(pruned_at=Now())
    after = _size(thread)
    return Pruned(*(was - now for was, now in zip(before, after, strict=True)))


def leave(run_id: object) -> None:
    """Count a run as cut although it was not, so that later rounds pass it by."""
    Run.objects.filter(pk=str(run_id)).update(pruned_at=Now())


def _size(thread: str) -> tuple[int, int, int]:
    with connection.cursor() as cursor:
        cursor.execute(SIZE, {"thread": thread})
        checkpoints, writes, size = cursor.fetchone()
    return int(checkpoints), int(writes), int(size)


@cache
def _delta_channels() -> Mapping[str, DeltaChannel[Any]]:
    """The delta channels of the state, by name."""
    hints = get_type_hints(RunState, include_extras=True)
    return {
        name: item
        for name, hint in hints.items()
        for item in getattr(hint, "__metadata__", ())
        if isinstance(item, DeltaChannel)
    }


def _store_delta_values(
    saver: DjangoCheckpointSaver, thread: str, ns: str, checkpoint_id: str
) -> None:
    """Make a checkpoint independent of its ancestors."""
    config: RunnableConfig = {
        "configurable": {"thread_id": thread, "checkpoint_ns": ns, "checkpoint_id": checkpoint_id}
    }
    found = saver.get_tuple(config)
    if found is None:
        return
    versions, values = found.checkpoint["channel_versions"], found.checkpoint["channel_values"]
    missing = [name for name in _delta_channels() if name in versions and name not in values]
    history = saver.get_delta_channel_history(config=config, channels=missing)
    for name in missing:
        kind = _delta_channels()[name]
        channel = kind.from_checkpoint(history[name].get("seed", kind.typ()))
        channel.replay_writes(history[name]["writes"])
        type_name, blob = saver.serde.dumps_typed(_DeltaSnapshot(channel.get()))
        with connection.cursor() as cursor:
            cursor.execute(
                STORE_VALUE,
                {
                    "thread": thread,
                    "ns": ns,
                    "id": checkpoint_id,
                    "channel": name,
                    "version": str(versions[name]),
                    "type": type_name,
                    "blob": blob,
                },
            )
