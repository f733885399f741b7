"""A look at who waits for whom in the database."""

from __future__ import annotations

from django.db import connection


def waits_for_a_lock() -> bool:
    """Whether somebody waits for a lock in the database, seen from outside of all transactions."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            return bool(cursor.fetchone()[0])
    finally:
        other.close()
