"""The SQL of the effects ledger: one statement to begin a call, one to record what came of it.

Both check the fence on a locked row, so that a segment that lost its run neither begins a call nor
records one.
"""

# ruff: noqa: S608 - built from constants

GUARD = """
guard AS (
    SELECT 1 FROM autonomy_runs
    WHERE id = %(run)s AND fence = %(fence)s AND status = 'running' FOR SHARE
)
"""

BEGIN = f"""
WITH {GUARD}, before AS (
    SELECT status, result, note FROM autonomy_effects
    WHERE run_id = %(run)s AND key = %(key)s
), begun AS (
    INSERT INTO autonomy_effects AS effect
        (id, run_id, key, kind, status, fence, attempts, note, created_at)
    SELECT %(id)s, %(run)s, %(key)s, %(kind)s, 'intent', %(fence)s, 1, '', clock_timestamp()
    FROM guard
    ON CONFLICT (run_id, key) DO UPDATE
    SET status = 'intent', fence = EXCLUDED.fence, settled_at = NULL,
        attempts = LEAST(effect.attempts + 1, 32767),
        note = CASE WHEN effect.status IN ('intent', 'unknown') AND effect.note = ''
                    THEN %(lost)s ELSE effect.note END
    WHERE effect.status = 'failed'
       OR (effect.status IN ('intent', 'unknown') AND %(again)s)
       OR (effect.status = 'done' AND %(anew)s)
    RETURNING 1
), unhurried AS MATERIALIZED (
    SELECT CASE WHEN %(again)s THEN set_config('synchronous_commit', 'off', true) END
)
SELECT COALESCE(before.status, ''), before.result::text, COALESCE(before.note, ''),
       EXISTS (SELECT 1 FROM begun)
FROM unhurried CROSS JOIN guard LEFT JOIN before ON true
"""
"""No row: the fence is stale. Else how the effect stood, with its result, and whether the call may
be made now, which the row then says.

The intent of a call that may be made again need not outlive a crash of the database server, so its
commit does not wait for the disk."""

RECORD = f"""
WITH {GUARD}
UPDATE autonomy_effects
SET status = %(status)s, result = %(result)s::jsonb, fence = %(fence)s,
    note = CASE WHEN %(note)s = '' THEN note ELSE %(note)s END, settled_at = clock_timestamp()
FROM guard
WHERE run_id = %(run)s AND key = %(key)s
RETURNING 1
"""
