"""The SQL of the checkpointer: one statement per operation, so each is atomic by itself.

`put` is one data-modifying statement: the fence check, the event numbers, the events, the blobs,
the checkpoint and what the run's row mirrors commit together or not at all.
"""

from functools import cache

# ruff: noqa: S608 - built from constants

OPEN_GUARD = "guard AS (SELECT 0::bigint AS last_seq, true AS known)"

PUT_GUARD = """
before AS (
    SELECT EXISTS (SELECT 1 FROM autonomy_checkpoints
                   WHERE thread_id = %(thread)s AND checkpoint_ns = %(ns)s
                     AND checkpoint_id = %(id)s) AS known
), guard AS (
    UPDATE autonomy_runs run
    SET last_seq = run.last_seq + CASE WHEN before.known THEN 0 ELSE %(count)s END,
        claims_without_progress = 0,
        plan = COALESCE(%(plan)s::jsonb, run.plan),
        route = COALESCE(%(route)s, run.route),
        last_observation = COALESCE(%(observation)s::jsonb, run.last_observation),
        last_verdict = COALESCE(%(verdict)s::jsonb, run.last_verdict)
    FROM before
    WHERE run.id = %(run)s AND run.fence = %(fence)s AND run.status = 'running'
    RETURNING run.last_seq, before.known
), events AS (
    INSERT INTO autonomy_episodic_logs
        (run_id, seq, type, source, content, meta, task_id, attempt, fence, ts)
    SELECT %(run)s, guard.last_seq - %(count)s + e.ord, e.type, e.source, e.content,
           e.meta::jsonb, '', %(attempt)s, %(fence)s,
           clock_timestamp()
    FROM guard, unnest(%(types)s::text[], %(sources)s::text[], %(contents)s::text[],
                       %(metas)s::text[]) WITH ORDINALITY AS e(type, source, content, meta, ord)
    WHERE NOT guard.known
)
"""
"""A checkpoint that is put again under the same id does not log its events again."""

_PUT = """
WITH {guard}, blobs AS (
    INSERT INTO autonomy_checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
    SELECT %(thread)s, %(ns)s, b.channel, b.version, b.type, b.blob
    FROM guard, unnest(%(channels)s::text[], %(versions)s::text[], %(types_of)s::text[],
                       %(blobs)s::bytea[]) AS b(channel, version, type, blob)
    ON CONFLICT DO NOTHING
)
INSERT INTO autonomy_checkpoints
    (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
SELECT %(thread)s, %(ns)s, %(id)s, %(parent)s, %(checkpoint)s::jsonb, %(metadata)s::jsonb
FROM guard
ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id)
DO UPDATE SET checkpoint = EXCLUDED.checkpoint, metadata = EXCLUDED.metadata
RETURNING (SELECT last_seq FROM guard)
"""
PUT = _PUT.format(guard=PUT_GUARD)
PUT_OPEN = _PUT.format(guard=OPEN_GUARD)

WRITES_GUARD = """
guard AS (
    SELECT 1 FROM autonomy_runs
    WHERE id = %(run)s AND fence = %(fence)s AND status = 'running' FOR SHARE
)
"""

_PUT_WRITES = """
WITH {guard}, written AS (
    INSERT INTO autonomy_checkpoint_writes
        (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
    SELECT %(thread)s, %(ns)s, %(id)s, %(task)s, %(path)s, w.idx, w.channel, w.type, w.blob
    FROM guard, unnest(%(idxs)s::int[], %(channels)s::text[], %(types_of)s::text[],
                       %(blobs)s::bytea[]) AS w(idx, channel, type, blob)
    ON CONFLICT {conflict}
)
SELECT 1 FROM guard
"""
WRITES_KEEP = "DO NOTHING"
WRITES_REPLACE = """(thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
DO UPDATE SET channel = EXCLUDED.channel, type = EXCLUDED.type, blob = EXCLUDED.blob"""


@cache
def put_writes(fenced: bool, replace: bool) -> str:
    """The statement that stores a task's writes; `replace` those of the special channels, which a
    task may write again."""
    return _PUT_WRITES.format(
        guard=WRITES_GUARD if fenced else OPEN_GUARD,
        conflict=WRITES_REPLACE if replace else WRITES_KEEP,
    )


SELECT = """
SELECT c.thread_id, c.checkpoint_ns, c.checkpoint_id, c.parent_checkpoint_id,
       c.checkpoint::text, c.metadata::text,
       (SELECT array_agg(ARRAY[b.channel::bytea, b.type::bytea, b.blob])
        FROM jsonb_each_text(c.checkpoint -> 'channel_versions') AS used(channel, version)
        JOIN autonomy_checkpoint_blobs b
          ON b.thread_id = c.thread_id AND b.checkpoint_ns = c.checkpoint_ns
         AND b.channel = used.channel AND b.version = used.version),
       (SELECT array_agg(ARRAY[convert_to(w.task_path, 'UTF8'), convert_to(w.task_id, 'UTF8'),
                               w.idx::text::bytea, convert_to(w.channel, 'UTF8'),
                               w.type::bytea, w.blob])
        FROM autonomy_checkpoint_writes w
        WHERE w.thread_id = c.thread_id AND w.checkpoint_ns = c.checkpoint_ns
          AND w.checkpoint_id = c.checkpoint_id)
FROM autonomy_checkpoints c
WHERE {where}
ORDER BY c.checkpoint_id DESC
LIMIT %(limit)s
""".replace("b.channel::bytea", "convert_to(b.channel, 'UTF8')")

STORED = """(
    ancestor.checkpoint -> 'channel_values' ? name.wanted
    OR EXISTS (SELECT 1 FROM autonomy_checkpoint_blobs b
               WHERE b.thread_id = ancestor.thread_id
                 AND b.checkpoint_ns = ancestor.checkpoint_ns AND b.channel = name.wanted
                 AND b.version = ancestor.checkpoint -> 'channel_versions' ->> name.wanted)
)"""

DELTA_CHAIN = f"""
chain AS (
    SELECT ancestor.*, 1 AS depth, %(channels)s::text[] AS wanted
    FROM autonomy_checkpoints target
    JOIN autonomy_checkpoints ancestor
      ON ancestor.thread_id = target.thread_id AND ancestor.checkpoint_ns = target.checkpoint_ns
     AND ancestor.checkpoint_id = target.parent_checkpoint_id
    WHERE target.thread_id = %(thread)s AND target.checkpoint_ns = %(ns)s
      AND target.checkpoint_id = %(id)s
    UNION ALL
    SELECT parent.*, ancestor.depth + 1, remaining.wanted
    FROM chain ancestor
    CROSS JOIN LATERAL (
        SELECT array_agg(name.wanted) AS wanted FROM unnest(ancestor.wanted) AS name(wanted)
        WHERE NOT {STORED}
    ) AS remaining
    JOIN autonomy_checkpoints parent
      ON parent.thread_id = ancestor.thread_id AND parent.checkpoint_ns = ancestor.checkpoint_ns
     AND parent.checkpoint_id = ancestor.parent_checkpoint_id
    WHERE remaining.wanted IS NOT NULL
)
"""
"""The ancestors of a checkpoint, nearest first, as far back as some wanted channel has no stored
value yet. `wanted` holds the channels whose walk reaches that ancestor."""

DELTA_HISTORY = f"""
WITH RECURSIVE {DELTA_CHAIN}
SELECT chain.wanted, (chain.checkpoint -> 'channel_values')::text,
       (SELECT array_agg(ARRAY[convert_to(b.channel, 'UTF8'), b.type::bytea, b.blob])
        FROM unnest(chain.wanted) AS name(wanted)
        JOIN autonomy_checkpoint_blobs b
          ON b.thread_id = chain.thread_id AND b.checkpoint_ns = chain.checkpoint_ns
         AND b.channel = name.wanted
         AND b.version = chain.checkpoint -> 'channel_versions' ->> name.wanted),
       (SELECT array_agg(ARRAY[convert_to(w.task_path, 'UTF8'), convert_to(w.task_id, 'UTF8'),
                               w.idx::text::bytea, convert_to(w.channel, 'UTF8'),
                               w.type::bytea, w.blob])
        FROM autonomy_checkpoint_writes w
        WHERE w.thread_id = chain.thread_id AND w.checkpoint_ns = chain.checkpoint_ns
          AND w.checkpoint_id = chain.checkpoint_id AND w.channel = ANY(chain.wanted))
FROM chain ORDER BY chain.depth
"""

DELETE_THREADS = """
WITH writes AS (DELETE FROM autonomy_checkpoint_writes WHERE thread_id = ANY(%(threads)s)),
     blobs AS (DELETE FROM autonomy_checkpoint_blobs WHERE thread_id = ANY(%(threads)s))
DELETE FROM autonomy_checkpoints WHERE thread_id = ANY(%(threads)s)
"""

DELETE_RUNS = """
WITH gone AS (
    DELETE FROM autonomy_checkpoints WHERE metadata ->> 'run_id' = ANY(%(runs)s)
    RETURNING thread_id, checkpoint_ns, checkpoint_id
)
DELETE FROM autonomy_checkpoint_writes w USING gone
WHERE w.thread_id = gone.thread_id AND w.checkpoint_ns = gone.checkpoint_ns
  AND w.checkpoint_id = gone.checkpoint_id
RETURNING w.thread_id
"""

THREADS_OF_RUNS = """
SELECT DISTINCT thread_id FROM autonomy_checkpoints WHERE metadata ->> 'run_id' = ANY(%(runs)s)
"""

COPY_THREAD = """
WITH checkpoints AS (
    INSERT INTO autonomy_checkpoints
        (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
    SELECT %(target)s, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata
    FROM autonomy_checkpoints WHERE thread_id = %(source)s
    ON CONFLICT DO NOTHING
), blobs AS (
    INSERT INTO autonomy_checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
    SELECT %(target)s, checkpoint_ns, channel, version, type, blob
    FROM autonomy_checkpoint_blobs WHERE thread_id = %(source)s
    ON CONFLICT DO NOTHING
)
INSERT INTO autonomy_checkpoint_writes
    (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
SELECT %(target)s, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob
FROM autonomy_checkpoint_writes WHERE thread_id = %(source)s
ON CONFLICT DO NOTHING
"""

HEADS = """
SELECT DISTINCT ON (checkpoint_ns) checkpoint_ns, checkpoint_id,
       ARRAY(SELECT jsonb_object_keys(
           COALESCE(metadata -> 'counters_since_delta_snapshot', '{}'::jsonb)))
FROM autonomy_checkpoints WHERE thread_id = %(thread)s
ORDER BY checkpoint_ns, checkpoint_id DESC
"""

DELTA_ANCESTORS = f"WITH RECURSIVE {DELTA_CHAIN} SELECT checkpoint_id FROM chain"

PRUNE = """
WITH gone AS (
    DELETE FROM autonomy_checkpoints
    WHERE thread_id = %(thread)s AND checkpoint_ns = %(ns)s AND checkpoint_id <> ALL(%(keep)s)
)
DELETE FROM autonomy_checkpoint_writes
WHERE thread_id = %(thread)s AND checkpoint_ns = %(ns)s AND checkpoint_id <> ALL(%(keep)s)
"""

DELETE_ORPHANS = """
DELETE FROM autonomy_checkpoint_blobs b
WHERE b.thread_id = ANY(%(threads)s) AND NOT EXISTS (
    SELECT 1 FROM autonomy_checkpoints c
    WHERE c.thread_id = b.thread_id AND c.checkpoint_ns = b.checkpoint_ns
      AND c.checkpoint -> 'channel_versions' ->> b.channel = b.version
)
"""
"""Blobs that no checkpoint refers to any more."""
