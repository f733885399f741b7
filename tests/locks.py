"""A look at who waits for whom in the database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

from tests.stack_process import eventually

WAIT_SECONDS = 60


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


class Aside:
    """`work` in a thread and a connection of its own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: Exception | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._work()
        except Exception as error:  # noqa: BLE001 - told to the test
            self.error = error
        finally:
            connection.close()

    def waits(self) -> bool:
        """Whether it has come to a lock that another transaction holds; False once it has ended."""
        eventually(lambda: waits_for_a_lock() or not self._thread.is_alive())
        return self._thread.is_alive()

    def end(self) -> Any:
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error
        return self.result
