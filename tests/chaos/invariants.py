"""The promises as SQL: each statement returns the rows that break one.

Asked at the end of a storm, when the runs have settled. A run that waits for a person or is
paused is settled too.
"""

from __future__ import annotations

from typing import Any

import psycopg

SETTLED = "('succeeded', 'failed', 'cancelled', 'waiting_human', 'paused')"
ENDED = "('succeeded', 'failed', 'cancelled')"

INVARIANTS: dict[str, str] = {
    "lost runs": f"SELECT id, status, fence FROM autonomy_runs WHERE status NOT IN {SETTLED}",
    # Two children of one checkpoint: the superstep was committed twice.
    "steps committed twice": """
        SELECT thread_id, checkpoint_ns, parent_checkpoint_id, count(*)
        FROM autonomy_checkpoints
        GROUP BY 1, 2, 3 HAVING count(*) > 1
        UNION ALL
        SELECT thread_id, checkpoint_ns, 'step ' || (metadata ->> 'step'), count(*)
        FROM autonomy_checkpoints WHERE metadata ->> 'step' IS NOT NULL
        GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "boundary events told twice": """
        SELECT run_id, meta ->> 'once', count(*) FROM autonomy_episodic_logs
        WHERE meta ->> 'once' IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1""",
    "gaps or doubles in seq": """
        SELECT run.id, run.last_seq, count(log.seq), min(log.seq), max(log.seq)
        FROM autonomy_runs run LEFT JOIN autonomy_episodic_logs log ON log.run_id = run.id
        GROUP BY run.id
        HAVING count(log.seq) <> run.last_seq OR count(DISTINCT log.seq) <> run.last_seq
            OR max(log.seq) <> run.last_seq OR min(log.seq) <> 1""",
    "written by an older fence": """
        SELECT run_id, seq, fence, newest FROM (
            SELECT run_id, seq, fence, max(fence) OVER (PARTITION BY run_id ORDER BY seq) AS newest
            FROM autonomy_episodic_logs) log
        WHERE fence > 0 AND fence < newest""",
    "events after the end": """
        SELECT run_id, seq, type FROM (
            SELECT run_id, seq, type,
                   lag(type) OVER (PARTITION BY run_id ORDER BY seq) AS before
            FROM autonomy_episodic_logs) log
        WHERE before = 'run.finished' AND type <> 'run.resumed'""",
    "ended without saying so": f"""
        SELECT run.id, run.status FROM autonomy_runs run
        WHERE (run.status IN {ENDED}) <> COALESCE((
            SELECT log.type = 'run.finished' FROM autonomy_episodic_logs log
            WHERE log.run_id = run.id AND log.type IN ('run.finished', 'run.resumed')
            ORDER BY log.seq DESC LIMIT 1), false)""",
    "budgets overrun": """
        SELECT id, tokens_spent, tokens_reserved, tokens_limit, usd_spent, usd_reserved, usd_limit
        FROM autonomy_runs
        WHERE tokens_spent + tokens_reserved > tokens_limit
           OR usd_spent + usd_reserved > usd_limit""",
    "reservations left open": f"""
        SELECT run.id, entry.key FROM autonomy_budget_ledger entry
        JOIN autonomy_runs run ON run.id = entry.run_id
        WHERE entry.settled_at IS NULL AND run.status IN {ENDED}""",
    "totals that differ from the ledger": """
        SELECT run.id, run.tokens_spent, run.tokens_reserved, run.usd_spent, run.usd_reserved
        FROM autonomy_runs run LEFT JOIN autonomy_budget_ledger entry ON entry.run_id = run.id
        GROUP BY run.id
        HAVING run.tokens_spent <> COALESCE(sum(entry.input_tokens + entry.output_tokens)
                                            FILTER (WHERE entry.settled_at IS NOT NULL), 0)
            OR run.usd_spent <> COALESCE(sum(entry.usd)
                                         FILTER (WHERE entry.settled_at IS NOT NULL), 0)
            OR run.tokens_reserved <> COALESCE(sum(entry.tokens_reserved)
                                               FILTER (WHERE entry.settled_at IS NULL), 0)
            OR run.usd_reserved <> COALESCE(sum(entry.usd_reserved)
                                            FILTER (WHERE entry.settled_at IS NULL), 0)""",
    "days that differ from the ledger": """
        SELECT day.user_id, day.day, day.tokens_reserved, day.usd_reserved
        FROM autonomy_usage_days day
        WHERE (day.tokens_reserved, day.usd_reserved) <> (
            SELECT COALESCE(sum(entry.tokens_reserved), 0), COALESCE(sum(entry.usd_reserved), 0)
            FROM autonomy_budget_ledger entry JOIN autonomy_runs run ON run.id = entry.run_id
            WHERE run.owner_id = day.user_id AND entry.day = day.day
              AND entry.settled_at IS NULL)""",
    "places in line and runs that disagree": """
        SELECT run.id, run.status, job.run_id FROM autonomy_runs run
        FULL JOIN autonomy_job_queue job ON job.run_id = run.id
        WHERE (COALESCE(run.status, '') = 'queued') <> (job.run_id IS NOT NULL)""",
    "driven by nobody": """
        SELECT id, owner_lock, lease_until FROM autonomy_runs
        WHERE status = 'running' AND lease_until < now()""",
    # LangGraph does not wait for a thread's very first checkpoint, which holds nothing but the
    # input: a crash before it leaves the input's writes, older than whatever is stored then.
    "writes of no checkpoint": """
        SELECT w.thread_id, w.checkpoint_id, w.task_id, w.channel
        FROM autonomy_checkpoint_writes w
        WHERE w.checkpoint_id > (SELECT min(first.checkpoint_id) FROM autonomy_checkpoints first
                                 WHERE first.thread_id = w.thread_id)
          AND NOT EXISTS (SELECT 1 FROM autonomy_checkpoints c
                          WHERE c.thread_id = w.thread_id AND c.checkpoint_ns = w.checkpoint_ns
                            AND c.checkpoint_id = w.checkpoint_id)""",
    "checkpoints without a parent": """
        SELECT c.thread_id, c.checkpoint_id, c.parent_checkpoint_id FROM autonomy_checkpoints c
        JOIN autonomy_runs run ON run.id::text = c.thread_id AND run.pruned_at IS NULL
        WHERE c.parent_checkpoint_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM autonomy_checkpoints p
                          WHERE p.thread_id = c.thread_id AND p.checkpoint_ns = c.checkpoint_ns
                            AND p.checkpoint_id = c.parent_checkpoint_id)""",
}
"""Name of what is wrong → the rows that are. Written for the schema, not for one scenario."""


def offences(connection: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Every broken promise with the rows that break it; empty when all hold."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for name, statement in INVARIANTS.items():
        rows = connection.execute(statement).fetchall()
        if rows:
            found[name] = rows
    return found


def told(found: dict[str, list[tuple[Any, ...]]], limit: int = 3) -> str:
    """`offences` in a line for the table."""
    if not found:
        return "none"
    parts = [f"{name}: {len(rows)} (e.g. {rows[:limit]})" for name, rows in found.items()]
    return "; ".join(parts)
