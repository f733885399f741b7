"""Database work for asynchronous code: a bounded pool of threads, each with its own connection.

The event loop of a worker drives many runs; none of them may block it, and together they may not
open more connections than the pool has threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import InterfaceError

from handywriterz.env import env

P = ParamSpec("P")
T = TypeVar("T")

IDLE_SECONDS = 5.0
"""A connection unused for longer is checked before it is used: its server may have restarted."""


class DatabaseThreads:
    """At most `size` threads and as many connections; broken connections are replaced."""

    def __init__(self, size: int, name: str = "db") -> None:
        self._executor = ThreadPoolExecutor(size, thread_name_prefix=name)
        self._local = threading.local()
        self._opened: list[BaseDatabaseWrapper] = []
        self._lock = threading.Lock()

    async def run(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`fn(*args, **kwargs)` in one of the threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._executor, lambda: self._call(lambda: fn(*args, **kwargs))
        )

    def close(self) -> None:
        """Wait for what runs and close every connection."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            for connection in self._opened:
                connection.close()
            self._opened.clear()

    def _call(self, fn: Callable[[], T]) -> T:
        connection = self._connection()
        used_at: float = getattr(self._local, "used_at", 0.0)
        stale = time.monotonic() - used_at > IDLE_SECONDS
        if connection.connection is not None and stale and not connection.is_usable():
            _discard(connection)
        try:
            return fn()
        except (DatabaseError, InterfaceError):
            if not connection.is_usable():
                _discard(connection)
            raise
        finally:
            self._local.used_at = time.monotonic()

    def _connection(self) -> BaseDatabaseWrapper:
        connection: BaseDatabaseWrapper | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = connections["default"]
            connection.inc_thread_sharing()  # `close` runs in another thread
            self._local.connection = connection
            with self._lock:
                self._opened.append(connection)
        return connection


def _discard(connection: BaseDatabaseWrapper) -> None:
    # Closing a connection whose server is gone may itself fail; it is dropped all the same.
    with contextlib.suppress(DatabaseError, InterfaceError):
        connection.close()
    connection.connection = None


_pool: tuple[int, DatabaseThreads] | None = None
_pool_lock = threading.Lock()


def pool() -> DatabaseThreads:
    """The pool of this process (a forked child gets its own)."""
    global _pool  # noqa: PLW0603 - one pool per process is the point
    with _pool_lock:
        if _pool is None or _pool[0] != os.getpid():
            _pool = (os.getpid(), DatabaseThreads(env().db_threads))
        return _pool[1]


def close_pool() -> None:
    """Close the pool of this process; the next use opens another."""
    global _pool
    with _pool_lock:
        closing, _pool = _pool, None
    if closing is not None and closing[0] == os.getpid():
        closing[1].close()


async def run_db(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`fn(*args, **kwargs)` in a database thread of this process; Django's ORM works inside."""
    return await pool().run(fn, *args, **kwargs)
