"""The SQL of the budgets: one statement per operation, so each happens wholly or not at all.

Every statement locks the run's row first and the owner's day after it; so what is checked is what
is booked, whoever else reserves or settles at the same moment, and no two can wait for each other.
"""

# ruff: noqa: S608 - built from constants

from __future__ import annotations

from autonomy.runtime.quotas import TODAY, limit_of

SECONDS = "(run.seconds_spent + COALESCE(extract(epoch FROM now() - run.beat_at), 0))"
"""Run time including what the next heartbeat will account."""

ACCOUNT = f"""
run.fence, run.status, run.tokens_spent, run.tokens_reserved, run.tokens_limit,
{SECONDS}, run.seconds_limit, run.usd_spent, run.usd_reserved, run.usd_limit, run.budget_warned
"""

READ = f"""
SELECT {ACCOUNT},
       COALESCE(used.tokens_spent, 0), COALESCE(used.tokens_reserved, 0),
       {limit_of("tokens", "bigint")},
       COALESCE(used.usd_spent, 0), COALESCE(used.usd_reserved, 0), {limit_of("usd", "numeric")}
FROM autonomy_runs run
LEFT JOIN autonomy_quotas quota ON quota.user_id = run.owner_id
LEFT JOIN autonomy_usage_days used ON used.user_id = run.owner_id AND used.day = {TODAY}
WHERE run.id = %(run)s
"""

KEY = """
%(key)s::text || CASE
    WHEN EXISTS (SELECT 1 FROM autonomy_budget_ledger entry
                 WHERE entry.run_id = %(run)s AND entry.key = %(key)s::text)
    THEN '~' || (SELECT count(*) + 1 FROM autonomy_budget_ledger entry
                 WHERE entry.run_id = %(run)s
                   AND (entry.key = %(key)s::text OR starts_with(entry.key, %(key)s::text || '~')))
    ELSE '' END
"""
"""An entry keeps its key; that of a repeated attempt gets a number."""

RESERVE = f"""
WITH mine AS (
    SELECT run.id, run.owner_id,
           (SELECT {limit_of("tokens", "bigint")} FROM (SELECT 1) AS one
            LEFT JOIN autonomy_quotas quota ON quota.user_id = run.owner_id) AS tokens_per_day,
           (SELECT {limit_of("usd", "numeric")} FROM (SELECT 1) AS one
            LEFT JOIN autonomy_quotas quota ON quota.user_id = run.owner_id) AS usd_per_day
    FROM autonomy_runs run
    WHERE run.id = %(run)s AND run.fence = %(fence)s AND run.status = 'running'
      AND run.tokens_spent + run.tokens_reserved + %(tokens)s::bigint <= run.tokens_limit
      AND run.usd_spent + run.usd_reserved + %(usd)s::numeric <= run.usd_limit
      AND {SECONDS} < run.seconds_limit
    FOR NO KEY UPDATE OF run
), day AS (
    INSERT INTO autonomy_usage_days AS used (id, user_id, day, tokens_reserved, usd_reserved)
    SELECT %(day)s, mine.owner_id, {TODAY}, %(tokens)s::bigint, %(usd)s::numeric FROM mine
    WHERE (mine.tokens_per_day IS NULL OR %(tokens)s::bigint <= mine.tokens_per_day)
      AND (mine.usd_per_day IS NULL OR %(usd)s::numeric <= mine.usd_per_day)
    ON CONFLICT (user_id, day) DO UPDATE
    SET tokens_reserved = used.tokens_reserved + EXCLUDED.tokens_reserved,
        usd_reserved = used.usd_reserved + EXCLUDED.usd_reserved
    WHERE ((SELECT tokens_per_day FROM mine) IS NULL
           OR used.tokens_spent + used.tokens_reserved + EXCLUDED.tokens_reserved
              <= (SELECT tokens_per_day FROM mine))
      AND ((SELECT usd_per_day FROM mine) IS NULL
           OR used.usd_spent + used.usd_reserved + EXCLUDED.usd_reserved
              <= (SELECT usd_per_day FROM mine))
    RETURNING used.day
), booked AS (
    UPDATE autonomy_runs run
    SET tokens_reserved = run.tokens_reserved + %(tokens)s::bigint,
        usd_reserved = run.usd_reserved + %(usd)s::numeric
    FROM day WHERE run.id = %(run)s
    RETURNING run.id, day.day
)
INSERT INTO autonomy_budget_ledger
    (id, run_id, key, role, model, tokens_reserved, usd_reserved, price_known, fence, assumed,
     day, created_at)
SELECT %(entry)s, booked.id, {KEY}, %(role)s, %(model)s, %(tokens)s::bigint, %(usd)s::numeric,
       false, %(fence)s, false, booked.day, now()
FROM booked
RETURNING id, key
"""
"""Books nothing unless the run's limits and the owner's day both have room for all of it."""

SETTLE = f"""
WITH mine AS (
    SELECT run.id, run.owner_id FROM autonomy_runs run WHERE run.id = %(run)s FOR NO KEY UPDATE
), entry AS (
    SELECT entry.id, entry.day,
           CASE WHEN entry.assumed THEN 0 ELSE entry.tokens_reserved END AS tokens_open,
           CASE WHEN entry.assumed THEN 0 ELSE entry.usd_reserved END AS usd_open,
           CASE WHEN entry.assumed THEN entry.tokens_reserved ELSE 0 END AS tokens_assumed,
           CASE WHEN entry.assumed THEN entry.usd_reserved ELSE 0 END AS usd_assumed
    FROM autonomy_budget_ledger entry JOIN mine ON mine.id = entry.run_id
    WHERE entry.id = %(entry)s AND (entry.settled_at IS NULL OR entry.assumed)
    FOR NO KEY UPDATE OF entry
), settled AS (
    UPDATE autonomy_budget_ledger ledger
    SET input_tokens = %(input)s, output_tokens = %(output)s, usd = %(usd)s,
        price_known = %(known)s, assumed = false, settled_at = now()
    FROM entry WHERE ledger.id = entry.id
), day AS (
    UPDATE autonomy_usage_days used
    SET tokens_reserved = used.tokens_reserved - entry.tokens_open,
        usd_reserved = used.usd_reserved - entry.usd_open,
        tokens_spent = used.tokens_spent - entry.tokens_assumed
                     + %(input)s::bigint + %(output)s::bigint,
        usd_spent = used.usd_spent - entry.usd_assumed + %(usd)s::numeric
    FROM entry, mine WHERE used.user_id = mine.owner_id AND used.day = entry.day
), unhurried AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
)
UPDATE autonomy_runs run
SET tokens_reserved = run.tokens_reserved - entry.tokens_open,
    usd_reserved = run.usd_reserved - entry.usd_open,
    tokens_spent = run.tokens_spent - entry.tokens_assumed + %(input)s::bigint + %(output)s::bigint,
    usd_spent = run.usd_spent - entry.usd_assumed + %(usd)s::numeric
FROM entry CROSS JOIN unhurried WHERE run.id = %(run)s
RETURNING {ACCOUNT}
"""
"""Nothing happens to an entry that is settled. One that was counted in full because its worker
seemed lost is corrected by what the worker says after all.

Its commit does not wait for the disk: should the database server crash in that moment, the entry is
still open, and is counted in full when the run is taken up. The answer's own record, which comes
next, waits."""

CLOSE = """
WITH mine AS (
    SELECT run.id, run.owner_id FROM autonomy_runs run
    WHERE run.id = %(run)s AND {owned} FOR NO KEY UPDATE
), open AS (
    UPDATE autonomy_budget_ledger entry
    SET input_tokens = entry.tokens_reserved, output_tokens = 0, usd = entry.usd_reserved,
        price_known = false, assumed = true, settled_at = now()
    FROM mine WHERE entry.run_id = mine.id AND entry.settled_at IS NULL AND {left}
    RETURNING entry.tokens_reserved, entry.usd_reserved, entry.day
), total AS (
    SELECT count(*) AS entries, sum(tokens_reserved) AS tokens, sum(usd_reserved) AS usd FROM open
), days AS (
    UPDATE autonomy_usage_days used
    SET tokens_reserved = used.tokens_reserved - by_day.tokens,
        tokens_spent = used.tokens_spent + by_day.tokens,
        usd_reserved = used.usd_reserved - by_day.usd,
        usd_spent = used.usd_spent + by_day.usd
    FROM mine, (SELECT day, sum(tokens_reserved) AS tokens, sum(usd_reserved) AS usd
                FROM open GROUP BY day) AS by_day
    WHERE used.user_id = mine.owner_id AND used.day = by_day.day
)
UPDATE autonomy_runs run
SET tokens_reserved = run.tokens_reserved - total.tokens,
    tokens_spent = run.tokens_spent + total.tokens,
    usd_reserved = run.usd_reserved - total.usd,
    usd_spent = run.usd_spent + total.usd
FROM total WHERE run.id = %(run)s AND total.entries > 0
RETURNING total.entries, total.tokens
"""
CLOSE_LEFT = CLOSE.format(
    owned="run.fence = %(fence)s AND run.status = 'running'",
    left="(entry.fence IS NULL OR entry.fence < %(fence)s)",
)
"""Those of segments before this one; a segment that is not the newest closes nothing."""
CLOSE_ALL = CLOSE.format(owned="true", left="true")

HOLD_DAYS = """
SELECT 1 FROM autonomy_usage_days used
WHERE (used.user_id, used.day) IN (
    SELECT run.owner_id, entry.day
    FROM autonomy_budget_ledger entry JOIN autonomy_runs run ON run.id = entry.run_id
    WHERE entry.run_id = ANY(%(runs)s) AND entry.settled_at IS NULL)
ORDER BY used.user_id, used.day
FOR NO KEY UPDATE
"""
"""For a transaction that ends or moves several runs: the days that closing them may touch, before
any of their owners' places in the queue."""
