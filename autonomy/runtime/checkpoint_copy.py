"""Copies of a thread's history: what a fork starts from."""

from __future__ import annotations

from django.db import connection

CHAIN = """
WITH RECURSIVE chain AS (
    SELECT c.* FROM autonomy_checkpoints c
    WHERE c.thread_id = %(source)s AND c.checkpoint_ns = '' AND c.checkpoint_id = %(start)s
    UNION ALL
    SELECT parent.* FROM chain JOIN autonomy_checkpoints parent
      ON parent.thread_id = chain.thread_id AND parent.checkpoint_ns = chain.checkpoint_ns
     AND parent.checkpoint_id = chain.parent_checkpoint_id
), checkpoints AS (
    INSERT INTO autonomy_checkpoints
        (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
    SELECT %(target)s, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata
    FROM chain
), blobs AS (
    INSERT INTO autonomy_checkpoint_blobs
        (thread_id, checkpoint_ns, channel, version, type, blob)
    SELECT DISTINCT %(target)s, b.checkpoint_ns, b.channel, b.version, b.type, b.blob
    FROM chain, jsonb_each_text(chain.checkpoint -> 'channel_versions') AS used(channel, version)
    JOIN autonomy_checkpoint_blobs b
      ON b.thread_id = %(source)s AND b.channel = used.channel AND b.version = used.version
    WHERE b.checkpoint_ns = chain.checkpoint_ns
)
INSERT INTO autonomy_checkpoint_writes
    (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
SELECT %(target)s, w.checkpoint_ns, w.checkpoint_id, w.task_id, w.task_path, w.idx, w.channel,
       w.type, w.blob
FROM chain JOIN autonomy_checkpoint_writes w
  ON w.thread_id = %(source)s AND w.checkpoint_ns = chain.checkpoint_ns
 AND w.checkpoint_id = chain.checkpoint_id
WHERE w.checkpoint_id <> %(start)s
"""
"""Ancestors come along because delta channels are rebuilt from their writes. Writes at the start
itself stay behind: they belong to the superstep that the copy does anew."""


def copy_history(source: str, target: str, checkpoint_id: str) -> None:
    """Give thread `target` the history of `source` up to and including `checkpoint_id`."""
    with connection.cursor() as cursor:
        cursor.execute(CHAIN, {"source": source, "target": target, "start": checkpoint_id})
